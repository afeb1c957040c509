"""The points the autograd judge looks at: shapes, score scales, labels, and the options."""

import pytest
import sympy as sp

from proofs_checks.checks.autograd import check
from proofs_checks.checks.torch_draws import battery
from theory.algebra.expressions import Equation
from theory.algebra.symbols import indices, total
from theory.models import model_named

MODEL = model_named("attention-head")
I, J, K = indices("i j k", MODEL.size_names["T"])
(C,) = indices("c", MODEL.size_names["C"])
S, ALPHA, Y = (MODEL.tensors[name] for name in ("s", "alpha", "y"))


@pytest.mark.parametrize("seed", range(20))
def test_the_battery_holds_the_shapes_and_scales_that_break_things(seed):
    one, thin, plain, extreme = battery(("T", "n", "d_x", "d_k", "d_v", "C", "H"), seed)
    assert (one.sizes["T"], one.sizes["n"]) == (1, 1)
    assert {thin.sizes[d] for d in ("d_x", "d_k", "d_v")} == {1}
    assert min(plain.sizes.values()) >= 2
    assert extreme.scores == 700
    assert all(draw.sizes["T"] != draw.sizes["n"] for draw in (thin, plain, extreme))
    assert {draw.labels for draw in (thin, plain)} == {"soft", "one-hot"}


def test_extreme_scores_reach_700_and_labels_are_of_both_kinds():
    square = Equation(S[1, 1] ** 2, 0)
    outcome = check(MODEL, square, sizes={"T": 1}, scores_scale=700)
    assert outcome.worst["left"] == pytest.approx(700.0**2)
    spread = Equation(total(Y[I, C] ** 2, C), 1)
    assert check(MODEL, spread, labels="one-hot").agrees is True
    assert check(MODEL, spread, labels="soft").agrees is False
    assert check(MODEL, spread).worst["labels"] == "soft"


def test_overflow_halves_the_scores_and_says_so():
    i, j, k = I, J, K
    squares = sp.exp(2 * S[i, j]) / total(sp.exp(S[i, k]), k) ** 2
    outcome = check(MODEL, Equation(ALPHA[i, j] ** 2, squares), scores_scale=700)
    assert outcome.agrees is True
    assert "|s| up to 350 only, as 700 overflows" in outcome.detail
    hopeless = sp.exp(sp.exp(sp.exp(10 + S[i, j] ** 2)))
    outcome = check(MODEL, Equation(hopeless, hopeless))
    assert outcome.agrees is None
    assert "overflow at every drawn point" in outcome.detail


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"sizes": {"N": 2}}, "among C, T, d_k, d_v, d_x to positive integers; got 'N': 2"),
        ({"sizes": {"T": 0}}, "to positive integers; got 'T': 0"),
        ({"scores_scale": 701}, r"must lie in \(0, 700\]; got 701"),
        ({"labels": "hard"}, "must be 'soft', 'one-hot' or None; got 'hard'"),
    ],
)
def test_options_are_checked(options, text):
    with pytest.raises(ValueError, match=text):
        check(MODEL, Equation(S[I, J], 0), **options)
