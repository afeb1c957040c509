"""The hand-written mixture: against torch.distributions, its magnitudes, and the judge's draws."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs_checks.checks import autograd, exact
from proofs_checks.checks.torch_draws import Draw
from proofs_checks.checks.torch_mixture import (
    draw_mixture,
    prototype_mixture,
    prototype_mixture_majorant,
)
from proofs_checks.checks.torch_reference import reference_for
from theory.algebra.expressions import Equation
from theory.algebra.symbols import Partial
from theory.codegen import value_and_gradient
from theory.models import model_named, theory_of
from theory.models.prototype_mixture import PROTOTYPE_MIXTURES

SIMPLEX, FREE = {"mixture": "simplex"}, {"mixture": "free"}
SIZES = {"N": 4, "K": 3, "d_x": 2}
COUNTS = st.fixed_dictionaries({name: st.integers(1, 5) for name in SIZES})
BOTH = st.sampled_from([SIMPLEX, FREE])


def drawn(features, sizes=SIZES, seed=0, scores=None):
    shapes = {
        "x": (sizes["N"], sizes["d_x"]),
        "v": (sizes["K"], sizes["d_x"]),
        "pi": (sizes["K"],),
    }
    draw = Draw("here", sizes, "soft", scores)
    return draw_mixture(shapes, features, draw, torch.Generator().manual_seed(seed))


@settings(max_examples=40, deadline=None)
@given(BOTH, COUNTS, st.integers(0, 10**6), st.sampled_from([None, 3.0, 300.0]))
def test_the_loss_is_the_log_likelihood_of_torch_distributions(features, sizes, seed, scores):
    made = {
        k: x.detach()
        for k, x in prototype_mixture(drawn(features, sizes, seed, scores), features).items()
    }
    components = torch.distributions.Independent(
        torch.distributions.Normal(made["v"], made["sigma2"].sqrt()), 1
    )
    weights = torch.distributions.Categorical(probs=made["pi"])
    mixture = torch.distributions.MixtureSameFamily(weights, components)
    expected = -mixture.log_prob(made["x"]).sum()
    torch.testing.assert_close(made["F"], expected, rtol=1e-12, atol=1e-12)
    joint = components.log_prob(made["x"][:, None]) + weights.logits
    torch.testing.assert_close(made["log_r"], joint.log_softmax(-1), rtol=1e-11, atol=1e-11)


@settings(max_examples=40, deadline=None)
@given(BOTH, COUNTS, st.integers(0, 10**6), st.sampled_from([None, 3.0, 300.0]))
def test_majorant_bounds_values_and_derivatives(features, sizes, seed, scores):
    made = prototype_mixture(drawn(features, sizes, seed, scores), features)
    major = prototype_mixture_majorant(made, features)
    slack = 1 + 1e-10
    for name in made:
        there = made[name].isfinite()  # one point alone leaves no variance after the step
        bounded = made[name].abs() <= major[name] * slack + 1e-300
        assert bool((bounded | ~there).all()), name
        assert bool(there.all()) or name.endswith("_new"), name
    by = ("d", "D", "v", "x", *(("pi", "sigma2") if features is SIMPLEX else ("a", "tau")))
    for quantity, names in (("F", by), ("r", ("d", "v")), ("v_star", ("d", "v", "x"))):
        if quantity == "v_star" and float(made["n"].detach().min()) < 1e-3:
            continue  # nobody's prototype: the quotient is bounded only nearby
        for name in names:
            value, bound = (
                torch.autograd.grad(at[quantity].sum(), at[name], retain_graph=True)[0]
                for at in (made, major)
            )
            assert bool((value.abs() <= bound * slack + 1e-300).all()), (quantity, name)


def test_through_the_weights_of_the_free_variant():
    inputs = drawn(FREE)
    direct, through = (
        prototype_mixture(inputs, FREE, through=frozenset(names)) for names in ((), ("pi",))
    )
    torch.testing.assert_close(direct["F"], through["F"])
    (gradient,) = torch.autograd.grad(through["F"], through["pi"])
    torch.testing.assert_close(gradient, -through["n"].detach() / through["pi"].detach())


def test_missing_and_misfit_inputs():
    inputs = drawn(SIMPLEX)
    with pytest.raises(
        ValueError, match=r"the prototype mixture needs the inputs x, v, a, tau; mi"
    ):
        prototype_mixture(inputs, FREE)
    with pytest.raises(ValueError, match=r"`x` must be float64; got torch.float32"):
        prototype_mixture({**inputs, "x": inputs["x"].float()}, SIMPLEX)


@pytest.mark.parametrize("name", PROTOTYPE_MIXTURES)
def test_the_reference_has_every_quantity_of_the_model(name):
    model = model_named(name)
    reference = reference_for(model)
    assert reference is not None
    made = reference.values(drawn(model.features), model.features)
    for quantity, tensor in model.tensors.items():
        axes = getattr(tensor, "axes", ())
        assert tuple(made[quantity].shape) == tuple(SIZES[x.name] for x in axes), quantity


@pytest.mark.parametrize("name", PROTOTYPE_MIXTURES)
def test_lines_and_gradients_agree_and_a_slip_of_1e_9_is_seen(name):
    model = model_named(name)
    lines = [(line.symbol, line.value) for line in (*model.definitions, *model.vocabulary)]
    adjoints = [(x.partial, x.value) for x in theory_of(model).adjoints.values()]
    for left, right in lines + adjoints:
        outcome = autograd.check(model, Equation(left, right))
        assert outcome.agrees is True, (left, outcome)
        assert float(outcome.error_bound) <= 2e-15
        if right != 1:
            slip = Equation(left, right * (1 + Partial(model.loss, model.loss) / 10**9))
            assert autograd.check(model, slip).agrees is False, left


def test_exact_points_lie_on_the_simplex():
    """Weights are shared out; the last one was 1 minus the others, hardly ever positive."""
    model = model_named("prototype-mixture")
    adjoint = theory_of(model).adjoints["v"]
    outcome = exact.check(model, Equation(adjoint.partial, adjoint.value))
    assert outcome.agrees is True
    assert outcome.detail.endswith("at 15 points")


@settings(max_examples=20, deadline=None)
@given(BOTH, COUNTS, st.integers(0, 10**6))
def test_generated_gradients_are_those_of_autograd(features, sizes, seed):
    name = "prototype-mixture" if features is SIMPLEX else "prototype-mixture-full"
    inputs = drawn(features, sizes, seed)
    wrt = list(inputs)
    loss, gradient = value_and_gradient(model_named(name), wrt)(
        **{x: inputs[x].numpy() for x in wrt}
    )
    made = prototype_mixture(inputs, features)
    assert loss == pytest.approx(float(made["F"].detach()), rel=1e-12, abs=1e-12)
    for x in wrt:
        (expected,) = torch.autograd.grad(made["F"], made[x], retain_graph=True)
        torch.testing.assert_close(
            torch.as_tensor(gradient[x]), expected, rtol=1e-9, atol=1e-9, check_dtype=False
        )
