"""What holds for every test: signals, no cache of verdicts, profiles of hypothesis.

Examples of hypothesis are the same in every run; "ci" tries more of them.
"""

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

from proofs_checks.pool import Pool

SLOW = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)

settings.register_profile(
    "default", deadline=None, derandomize=True, database=None, suppress_health_check=SLOW
)
settings.register_profile("ci", settings.get_profile("default"), max_examples=200)
settings.register_profile(
    "search", settings.get_profile("default"), max_examples=5_000, derandomize=False
)
# Under nohup, or in the background of a shell, signals are ignored, and so by what tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

os.environ["PROOFHEAD_CACHE"] = "off"  # tests judge; those of the cache name a folder of their own

settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def judges():
    """A judging process that has torch; it starts with the first test that needs one."""
    with Pool(most=1, torch=True) as pool:
        yield pool


class Lent:
    """A pool that outlives those who use it: closing it only takes away what they had asked."""

    def __init__(self, pool):
        self.submit, self.abandon, self.close = pool.submit, pool.abandon, pool.abandon

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@pytest.fixture
def warm_judges(judges, monkeypatch):
    """Commands and checks ask a process that is running; starting one takes longer than they do."""
    for user in (
        "proofs_checks.checking",
        "proofs_checks.cli.checking",
        "proofs_checks.cli.auditing",
    ):
        monkeypatch.setattr(f"{user}.Pool", lambda *_, **__: Lent(judges))
