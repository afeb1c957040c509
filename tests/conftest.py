"""What holds for every test: signals, no cache of verdicts, profiles of hypothesis.

Examples of hypothesis are the same in every run; "ci" tries more of them.
"""

import os
import signal

from hypothesis import HealthCheck, settings

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
