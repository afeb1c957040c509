"""The hand-written references of the small models: names, draws, magnitudes, and a slip of 1e-9."""

import pytest
import torch

from proofs_checks.checks import autograd, exact, modular
from proofs_checks.checks.torch_draws import Draw
from proofs_checks.checks.torch_reference import reference_for
from theory.algebra.expressions import Equation
from theory.algebra.symbols import Partial, indices, total
from theory.models import model_named, theory_of

SIZES = {"N": 5, "K": 3, "T": 4, "n": 3, "d_v": 2, "d_x": 2, "C": 3}
SIZES |= {"S": 3, "O": 4, "V": 4, "d": 5, "M": 7}
SMALL = (
    "symmetric-pair",
    "symmetric-pair-origin",
    "soft-assignment",
    "hard-assignment",
    "slow-manifold",
    "posterior-predictive",
    "hidden-markov",
    "hidden-markov-path",
    "bijection",
    "circulant-chain",
    "sticky-chain",
    "noisy-filter",
    "next-token",
    "next-token-labelled",
    "next-token-tied",
    "next-token-table",
    "linear-regression",
    "linear-regression-start",
    "linear-regression-descent",
    "linear-regression-risk",
)

VANISHING = {
    "symmetric-pair-origin": ("theta_star", "Partial(F, theta)"),
    "bijection": ("Partial(L, n)",),  # the surprise does not depend on how many bijections are left
    "linear-regression-start": ("Partial(L, e[k])",),  # nothing has moved yet
}


def values(model, scores=None, seed=0):
    reference = reference_for(model)
    shapes = {
        name: tuple(SIZES[k.name] for k in getattr(tensor, "axes", ()))
        for name, tensor in model.tensors.items()
    }
    draw = Draw("here", SIZES, "one-hot" if seed % 2 else "soft", scores)
    generator = torch.Generator().manual_seed(seed)
    inputs = reference.draw(shapes, model.features, draw, generator)
    made = reference.values(inputs, model.features)
    return made, reference.majorant(made, model.features), shapes


@pytest.mark.parametrize("scores", [None, 30.0, 600.0])
@pytest.mark.parametrize("name", SMALL)
def test_names_shapes_and_magnitudes(name, scores):
    model = model_named(name)
    for seed in range(4):
        made, major, shapes = values(model, scores, seed)
        for quantity, shape in shapes.items():
            assert tuple(made[quantity].shape) == shape, quantity
            bounded = made[quantity].abs() <= major[quantity] * (1 + 1e-10) + 1e-300
            assert bool(bounded.all()), quantity
        for x in theory_of(model).adjoints:
            if x != model.loss.name and made[x].requires_grad:
                value, bound = (
                    torch.autograd.grad(
                        at[model.loss.name], at[x], retain_graph=True, allow_unused=True
                    )[0]
                    for at in (made, major)
                )
                if value is not None:
                    assert bool((value.abs() <= bound * (1 + 1e-10) + 1e-300).all()), x


@pytest.mark.parametrize("name", SMALL)
def test_lines_and_gradients_agree_and_a_slip_of_1e_9_is_seen(name):
    model = model_named(name)
    lines = [(line.symbol, line.value) for line in (*model.definitions, *model.vocabulary)]
    adjoints = [(x.partial, x.value) for x in theory_of(model).adjoints.values()]
    vanishing = VANISHING.get(name, ())
    for left, right in lines + adjoints:
        outcome = autograd.check(model, Equation(left, right))
        assert outcome.agrees is True, (left, outcome)
        assert float(outcome.error_bound) <= 2e-15
        if right != 1 and str(left) not in vanishing:
            slip = Equation(left, right * (1 + Partial(model.loss, model.loss) / 10**9))
            assert autograd.check(model, slip).agrees is False, left


@pytest.mark.parametrize("name", SMALL)
def test_a_missing_input_is_named(name):
    model = model_named(name)
    with pytest.raises(ValueError, match="needs the inputs .*; missing: "):
        reference_for(model).values({}, model.features)


def test_one_hot_rows_are_drawn_by_every_judge():
    model = model_named("hard-assignment")
    alpha = model.tensors["alpha"]
    (i,), (j, k) = indices("i", model.size_names["N"]), indices("j k", model.size_names["K"])
    sums = Equation(total(alpha[i, j] ** 2, j), 1)
    shared = Equation(total(alpha[i, j] * alpha[i, k], j, k), total(alpha[i, j] ** 3, j))
    for judge in (modular, exact, autograd):
        for equation in (sums, shared):
            assert judge.check(model, equation).agrees is True, (judge, equation)
        false = Equation(alpha[i, j] ** 2, 1)
        assert judge.check(model, false).agrees is False
    soft = model_named("soft-assignment")
    for judge in (modular, exact, autograd):
        assert judge.check(soft, sums).agrees is False


def test_the_pair_sits_at_the_origin_for_every_judge():
    model = model_named("symmetric-pair-origin")
    for judge in (modular, exact, autograd):
        assert judge.check(model, Equation(model.tensors["theta"], 0)).agrees is True
        assert judge.check(model, Equation(model.tensors["sigma2"], 0)).agrees is False


def test_what_one_differentiates_by_is_not_inserted_before():
    """With theta = 0 inserted first, the second derivative of an odd map would be no question."""
    model = model_named("symmetric-pair-origin")
    theory = theory_of(model)
    star, theta = model.tensors["theta_star"], model.tensors["theta"]
    third = Partial(star, theta, theta, theta)
    assert not theory.prove(Equation(third, 0)).proved
    proof = theory.prove(Equation(Partial(star, theta, theta), 0))
    assert proof.proved and proof.hypotheses == ("theta = 0",)
