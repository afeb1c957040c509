"""The hand-written binary head: reduced against full, magnitudes, and what the judge sees."""

import pytest
import sympy as sp
import torch

from proofs_checks.checks import autograd
from proofs_checks.checks.torch_binary import binary_head, binary_head_majorant, draw_binary
from proofs_checks.checks.torch_draws import Draw
from proofs_checks.checks.torch_reference import reference_for
from theory.algebra.expressions import Equation
from theory.algebra.symbols import Partial
from theory.catalogue import LAWS
from theory.models import model_named

REDUCED, FULL = {"binary": True}, {"binary": True, "full": True}
CASES = [(law, m) for law in LAWS for m in law.models if law.name.startswith("binary-")]


def drawn(seed=0, scores=None):
    generator = torch.Generator().manual_seed(seed)
    return draw_binary({}, REDUCED, Draw("here", {}, "soft", scores), generator)


@pytest.mark.parametrize("seed", range(5))
def test_both_forms_have_one_loss_and_one_logit(seed):
    small, large = (binary_head(drawn(seed), features) for features in (REDUCED, FULL))
    for name in ("L", "f", "q", "alpha_11", "alpha_12"):
        torch.testing.assert_close(small[name], large[name], rtol=1e-13, atol=1e-15)
    gradients = [torch.autograd.grad(made["L"], made["x"])[0] for made in (small, large)]
    torch.testing.assert_close(*gradients, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("features", [REDUCED, FULL], ids=["reduced", "full"])
@pytest.mark.parametrize("scores", [None, 3.0])
def test_majorants_bound_values_and_slopes(features, scores):
    for seed in range(5):
        made = binary_head(drawn(seed, scores), features)
        major = binary_head_majorant(made, features)
        assert made.keys() == major.keys()
        for name in made:
            assert float(made[name].detach().abs()) <= float(major[name].detach()) * (1 + 1e-10)
        for name in ("x", "y", "w"):
            slope, bound = (
                torch.autograd.grad(a["L"], a[name], retain_graph=True)[0] for a in (made, major)
            )
            assert float(slope.abs()) <= float(bound) * (1 + 1e-10)


def test_the_loss_passes_through_the_probabilities_where_asked():
    made = binary_head(drawn(), FULL, through=frozenset(("p_11",)))
    (slope,) = torch.autograd.grad(made["L"], made["p_11"])
    assert float(slope.detach()) == pytest.approx(-0.5 / float(made["p_11"].detach()))


def test_a_missing_input_is_named():
    with pytest.raises(ValueError, match="the binary head needs the inputs x, y, w; missing: w"):
        binary_head({"x": torch.zeros((), dtype=torch.float64), "y": torch.ones(()).double()}, {})


@pytest.mark.parametrize(("law", "name"), CASES, ids=lambda v: getattr(v, "name", v))
def test_every_law_of_the_binary_head_is_seen_by_autograd(law, name):
    model = model_named(name)
    statement = law.statement(model)
    assert reference_for(model) is not None
    assert autograd.check(model, statement).agrees
    left, right = statement.args
    wrong = Equation(left, right * (1 + sp.Rational(1, 10**9)) if right != 0 else model.loss)
    assert autograd.check(model, wrong).agrees is False


def test_a_missing_factor_in_the_rate_of_the_value_is_seen():
    """dL/dy is twice the derivative by v_1: without the factor it is another system."""
    full, y = model_named("two-token-head"), model_named("binary-head").tensors["y"]
    loss, value = full.loss, full.tensors["v_1"]
    assert autograd.check(full, Equation(Partial(loss, value), Partial(loss, y) / 2)).agrees
    assert autograd.check(full, Equation(Partial(loss, value), Partial(loss, y))).agrees is False
