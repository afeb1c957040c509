"""Taylor coefficients as balls, against those computed in another way."""

import mpmath
import numpy as np
import pytest
from flint import arb, arb_series, ctx

from numerics.validated.series import FlowSeries, length
from numerics.validated.steps import Accuracy, NotEnclosed, followed
from tests.numerics.portraits.systems import flow
from theory.codegen.components import FUNCTIONS

ACCURACY = Accuracy(128, 24, 2.0**-64, 400)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_series_have_their_coefficients(name):
    """The field is f(x) - y: after x' = 1 the rates of y hold the coefficients of f at x."""
    at = 1.7 if name == "acosh" else 0.4
    series = FlowSeries(flow("1", f"{name}(x)"))
    with ctx.workprec(128):
        found = series.coefficients([arb(at), arb(0)], 12)
    context = mpmath.mp.clone()
    context.dps = 40
    expected = context.taylor(getattr(context, name), context.mpf(at), 11)
    for n, value in enumerate(expected):
        gap = found[n + 1][1] * (n + 1) - arb(str(value))
        assert gap.contains(0) or float(abs(gap).upper()) < 1e-14 * (1 + abs(float(value)))
        assert float(found[n + 1][1].rad()) < 1e-25 * (1 + abs(float(value)))


def test_linear_flows_have_the_exponential_as_their_derivative():
    series = FlowSeries(flow("-y", "4*x"))
    with ctx.workprec(128):
        found = series.derivatives(series.coefficients([arb(1), arb(0)], 6), 6)
        flown = followed(series, [arb(1), arb(0)], arb.pi() / 2, ACCURACY)
    assert [float(x.mid()) for x in found[2].entries()] == [-2, 0, 0, -2]
    # after half a turn both change their sign
    assert all(x.contains(v) and x.rad() < 1e-15 for x, v in zip(flown.y, (-1, 0), strict=True))
    for x, v in zip(flown.slope.entries(), (-1, 0, 0, -1), strict=True):
        assert x.contains(v) and x.rad() < 1e-15


def test_every_start_of_a_box_is_enclosed_throughout():
    system = flow("y", "(1 - x^2)*y - x")
    corner, series = np.array([1.0, 0.5]), FlowSeries(system)
    with ctx.workprec(128):
        box = [arb(x, 1e-4) for x in corner]
        flown = followed(series, box, arb(3), ACCURACY)
        for way in np.random.default_rng(0).uniform(-1, 1, size=(6, 2)):
            inner = followed(series, [arb(x) for x in corner + 1e-4 * way], arb(3), ACCURACY)
            assert all(a.contains(b) for a, b in zip(flown.y, inner.y, strict=True))
            for place in inner.tubes[:: len(inner.tubes) // 5]:
                assert any(
                    all(a.overlaps(b) for a, b in zip(tube, place, strict=True))
                    for tube in flown.tubes
                )


def test_what_cannot_be_enclosed_says_so():
    with ctx.workprec(128):
        with pytest.raises(
            NotEnclosed, match="no box holds the flow for a step|more than 40 steps"
        ):
            followed(FlowSeries(flow("x^2", "1")), [arb(1), arb(0)], arb(2),
                     ACCURACY._replace(most=40))  # fmt: skip
        with pytest.raises(NotEnclosed, match="the orbit takes more than 5 steps"):
            followed(FlowSeries(flow("-y", "x")), [arb(1), arb(0)], arb(9),
                     ACCURACY._replace(most=5))  # fmt: skip
        with pytest.raises(NotEnclosed, match="the field is not defined on the orbit"):
            followed(FlowSeries(flow("log(x)", "1")), [arb(-1), arb(0)], arb(1), ACCURACY)
    with pytest.raises(ValueError, match="the field is not smooth everywhere"):
        FlowSeries(flow("max(x, y)", "y"))


def test_the_length_of_series_is_put_back():
    before = ctx.cap
    with length(31):
        assert arb_series([0, 1], prec=31).exp().prec == 31
    assert ctx.cap == before
