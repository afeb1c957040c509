"""Hypothesis profiles: examples are the same in every run; "ci" tries more of them."""

import os

from hypothesis import HealthCheck, settings

SLOW = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)

settings.register_profile(
    "default", deadline=None, derandomize=True, database=None, suppress_health_check=SLOW
)
settings.register_profile("ci", settings.get_profile("default"), max_examples=200)
settings.register_profile(
    "search", settings.get_profile("default"), max_examples=5_000, derandomize=False
)
os.environ["PROOFHEAD_CACHE"] = "off"  # tests judge; those of the cache name a folder of their own

settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
