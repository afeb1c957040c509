"""Proofs of limit cycles: known ones are proved, and nothing else is."""

import numpy as np
import pytest
from flint import arb, ctx

from numerics.fixed_points import find
from numerics.flows import system_named
from numerics.portraits.cycles import limit_cycles
from numerics.validated import CycleProof, prove_cycle
from tests.numerics.portraits.systems import driven, flow, iterated

CIRCLE = flow("x - y - x*(x^2 + y^2)", "x + y - y*(x^2 + y^2)")  # r' = r - r^3, phi' = 1
VAN_DER_POL = flow("y", "mu*(1 - x^2)*y - x", mu=1)
PERIOD = "6.6632868593231301896996820305"
WIDEST = 2.0086198608748431650


def holds(bounds, value):
    return bounds[0] <= value <= bounds[1]


def test_a_circle_has_the_period_and_the_multiplier_known_in_closed_form():
    proof = prove_cycle(CIRCLE, np.array([1.0, 0.0]), 6.2831853)
    assert proof.holds and proof.stability == "stable"
    with ctx.workprec(200):
        assert proof.period is not None and proof.period.contains(2 * arb.pi())
        assert proof.period.rad() < 1e-15
    assert holds(proof.multiplier_bounds, np.exp(-4 * np.pi))


def test_the_cycle_of_van_der_pol_is_proved_with_its_period():
    proof = prove_cycle(VAN_DER_POL, np.array([WIDEST, 0.0]), 6.66329)
    assert proof.holds and proof.stability == "stable"
    with ctx.workprec(200):
        assert proof.period is not None and proof.period.overlaps(arb(PERIOD))
    assert holds(proof.period_bounds, float(PERIOD))
    assert np.diff(proof.period_bounds)[0] < 1e-13
    assert holds(proof.multiplier_bounds, 8.5969506360e-4)


def test_the_brusselator_has_a_stable_cycle():
    system = flow("a - (b + 1)*x + x^2*y", "b*x - x^2*y", ((0, 5), (0, 6)), a=1, b=3)
    # by an independent integration to 1e-12
    proof = prove_cycle(system, np.array([1.548011140859, 1.526247928871]), 7.15691992)
    assert proof.holds and proof.stability == "stable"
    assert holds(proof.period_bounds, 7.15691992117988) and proof.multiplier_bounds[1] < 3e-4


def test_an_unstable_cycle_is_proved_backward_in_time():
    system = flow("-(x - y - x*(x^2 + y^2))", "-(x + y - y*(x^2 + y^2))")
    for backward in (True, False):
        proof = prove_cycle(system, np.array([1.0, 0.0]), 6.2831853, backward=backward)
        assert proof.holds and proof.stability == "unstable"
        assert holds(proof.multiplier_bounds, np.exp(4 * np.pi))


@pytest.mark.parametrize(
    ("system", "start", "period", "reason"),
    [
        (CIRCLE, (1.05, 0.0), 6.2831853, "Newton's method leads away"),
        (CIRCLE, (1.0, 0.0), 6.4, "Newton's method leads away"),
        (CIRCLE, (0.0, 0.0), 6.2831853, "the orbit rests"),
        (VAN_DER_POL, (2.1, 0.0), float(PERIOD), "Newton's method leads away"),
        (CIRCLE, (1.0, 0.0), 4 * np.pi, "may close earlier"),
        (flow("y", "-x - 0.1*y"), (1.0, 0.0), 6.3, "Newton's method leads away"),
        (flow("y", "-x"), (1.0, 0.0), 2 * np.pi, ""),  # a family of closed orbits
        (flow("y", "-sin(x)"), (1.0, 0.0), 6.69996, ""),
        (flow("1", "y"), (0.0, 0.0), 1.0, ""),
        (flow("y", "-abs(x)*x"), (1.0, 0.0), 7.4, "the field is not smooth everywhere"),
        (flow("y", "log(x) - y"), (0.5, -0.1), 3.0, ""),
    ],
)
def test_what_is_no_limit_cycle_is_never_proved(system, start, period, reason):
    proof = prove_cycle(system, np.array(start), period)
    assert proof.verdict == "not proved" and proof.reason and reason in proof.reason
    assert proof.period is None and proof.period_bounds == (-np.inf, np.inf)
    assert proof.multiplier_bounds == (-np.inf, np.inf) and proof.stability == "not proved"


def test_a_proof_holds_for_the_decimal_and_for_the_float():
    """mu = 1/10 is no float: the period for either lies within the bounds."""
    thin = flow("y", "mu*(1 - x^2)*y - x", mu=0.1)
    exact = flow("y", "(1 - x^2)*y/10 - x")
    (cycle,) = limit_cycles(exact, (-3, 3, -3, 3), find(exact))
    start, period = cycle.points[0], cycle.period
    wide, narrow = (prove_cycle(s, start, period) for s in (thin, exact))
    assert wide.holds and narrow.holds
    assert wide.period_bounds[0] <= narrow.period_bounds[0]
    assert narrow.period_bounds[1] <= wide.period_bounds[1]


def test_it_says_what_it_takes():
    with pytest.raises(
        ValueError,
        match="closed orbits are proved for flows of two variables; `test` is a map of 2",
    ):
        prove_cycle(iterated("x", "y"), np.zeros(2), 1.0)
    with pytest.raises(ValueError, match="is a driven flow of 3"):
        prove_cycle(driven("y", "cos(t) - x", "2*pi"), np.zeros(3), 1.0)
    with pytest.raises(ValueError, match="is a flow of 8"):
        prove_cycle(system_named("attention-flow"), np.zeros(8), 1.0)
    for start, period in (((0.0, 0.0, 0.0), 1.0), ((np.nan, 0.0), 1.0), ((1.0, 0.0), -1.0)):
        with pytest.raises(ValueError, match="given by a finite state .* and a period above 0"):
            prove_cycle(CIRCLE, np.array(start), period)
    assert not CycleProof("not proved", "a reason").holds
