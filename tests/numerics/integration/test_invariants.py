"""What the laws conserve is conserved by every engine, and a drift that is too large is said."""

import numpy as np
import pytest

from numerics.flows import system_named
from numerics.integration import integrate, invariants

ENGINES = ["explicit", "stiff", "heyoka", "scipy"]
CONSERVED = [
    ("binary-head", "drift_invariant"),
    ("head-flow", "drift_balance_of_query_and_key_weights"),
    ("head-flow", "drift_balance_of_value_and_output_weights"),
    ("attention-flow", "drift_sum_of_a_row_of_scores"),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("name", "drift"), CONSERVED)
def test_invariants_drift_by_1e_10_at_most_at_the_default_tolerance(engine, name, drift):
    flow = system_named(name)
    starts = flow.starts(np.random.default_rng(11), 100 if engine in ("explicit", "stiff") else 8)
    run = integrate(flow, starts, np.linspace(0, 30, 101), engine=engine)
    assert list(run.status.values) == ["finished"] * len(starts)
    assert float(run[drift].max()) <= 1e-10
    assert not run[drift.replace("drift", "violated")].any()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_loss_rises_nowhere(engine):
    flow = system_named("attention-flow", label_smoothing=0.1, eps_v=10.0)
    starts = flow.starts(np.random.default_rng(3), 40 if engine != "scipy" else 4)
    run = integrate(flow, starts, np.linspace(0, 50, 201), engine=engine)
    assert not run.violated_loss.any()
    assert float(run.drift_loss.max()) <= 1e-8


def test_a_backward_run_to_large_states_is_no_alarm():
    """There the invariant is a small difference of large terms, whose rounding is no broken law."""
    flow = system_named("binary-head")
    starts = flow.starts(np.random.default_rng(0), 8)
    run = integrate(flow, starts, np.linspace(0, -50, 101), engine="scipy")
    assert float(run.drift_invariant.max()) > 1e-10
    assert not run.violated_invariant.any()


def test_a_coarse_run_has_a_drift_that_is_said(monkeypatch):
    """Without the care that balances ask for, steps at the tolerance break them visibly."""
    monkeypatch.setattr(invariants, "CARE", 1.0)
    flow = system_named("binary-head")
    starts = flow.starts(np.random.default_rng(11), 50)
    run = integrate(flow, starts, [0, 15, 30.0], engine="explicit", rtol=1e-4, atol=1e-4)
    assert run.violated_invariant.any()
    assert float(run.drift_invariant.max()) > 1e-6
