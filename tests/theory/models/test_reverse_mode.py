"""Reverse mode in every model: against finite differences and against `pull_back`."""

import numpy as np
import pytest

from tests.theory.models.numbers import completed, gradient, inputs, value_of
from theory.algebra.expressions import Equation, entry_tensor, free_indices, slots, substitute
from theory.algebra.normal_form import proved_equal
from theory.algebra.symbols import Partial, scalar
from theory.models import MODELS, Definition, Model, model_named, theory_of
from theory.models.attention_head import ATTENTION_HEADS
from theory.models.reverse_mode import computed_from, pull_back

CASES = [(name, quantity) for name in MODELS for quantity in theory_of(model_named(name)).adjoints]
IDS = [f"{name}:{quantity}" for name, quantity in CASES]


@pytest.mark.parametrize(("name", "quantity"), CASES, ids=IDS)
def test_adjoint_is_the_gradient_of_finite_differences(name, quantity):
    model = model_named(name)
    theory = theory_of(model)
    values = inputs(model)
    known = completed(model, values, theory.lines)
    adjoint = theory.adjoints[quantity]
    free = slots(adjoint.partial.args[1])
    ours = value_of(adjoint.value, known, *free)
    if quantity == model.loss.name:
        assert ours == 1
        return
    np.testing.assert_allclose(ours, gradient(model, values, quantity), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("name", "quantity"), CASES, ids=IDS)
def test_adjoint_is_proved_from_the_definitions_alone(name, quantity):
    """`pull_back` through the definitions knows nothing of adjoints and their names."""
    model = model_named(name)
    theory = theory_of(model)
    entry = theory.adjoints[quantity].partial.args[1]
    direct = pull_back(model, model.definitions, model.loss, entry)
    assert not direct.before
    proof = theory.prove(Equation(theory.write(direct.value, entry), Partial(model.loss, entry)))
    assert proof.proved


@pytest.mark.parametrize(("name", "quantity"), CASES, ids=IDS)
def test_every_step_of_a_derivation_equals_the_next(name, quantity):
    theory = theory_of(model_named(name))
    adjoint = theory.adjoints[quantity]
    if quantity == theory.model.loss.name:
        assert adjoint.value == 1 and adjoint.through == ()
        return
    assert theory.prove(Equation(adjoint.chain, adjoint.inserted)).proved
    assert theory.prove(Equation(adjoint.inserted, adjoint.value)).proved
    assert free_indices(adjoint.value) <= free_indices(adjoint.partial)
    assert adjoint.through


@pytest.mark.parametrize("name", ATTENTION_HEADS)
def test_only_the_logits_rest_on_the_labels(name):
    adjoints = theory_of(model_named(name)).adjoints
    resting = {quantity for quantity, adjoint in adjoints.items() if adjoint.hypotheses}
    assert resting == {"z"}
    assert adjoints["z"].hypotheses == ("sum_c y_ic = 1",)


@pytest.mark.parametrize("name", [name for name in ATTENTION_HEADS if "cross" not in name])
def test_an_adjoint_can_be_read_at_other_indices(name):
    model = model_named(name)
    adjoint = theory_of(model).adjoints["s"]
    entry = adjoint.partial.args[1]
    *own, row, column = slots(entry)
    swapped = entry_tensor(entry)[(*own, column, row)]
    assert adjoint.at(swapped).base == adjoint.symbol.base
    there = adjoint.at(swapped, "value")
    assert not proved_equal(there, adjoint.value)
    assert proved_equal(substitute(there, {row: column, column: row}), adjoint.value)
    assert adjoint.at(swapped, "partial") == Partial(model.loss, swapped)


def test_inverses_of_probabilities_are_inserted_not_named():
    adjoints = theory_of(model_named("attention-head")).adjoints
    assert adjoints["p"].inline and adjoints["p"].reference == adjoints["p"].value
    assert not adjoints["z"].inline and adjoints["z"].reference == adjoints["z"].symbol


def test_names_of_the_vocabulary_are_used():
    adjoints = theory_of(model_named("attention-head-multi")).adjoints
    assert str(entry_tensor(adjoints["g"].symbol)) == "u"
    assert str(entry_tensor(adjoints["alpha"].symbol)) == "b"
    assert str(entry_tensor(adjoints["s"].symbol)) == "dL_ds"


def test_what_is_computed_from_a_quantity():
    lines = model_named("attention-head").definitions
    assert computed_from("alpha", lines) == {"g", "z", "p", "L"}
    assert computed_from("v", lines) == {"g", "z", "p", "L"}
    assert computed_from("L", lines) == set()


def test_derivatives_of_other_things_than_the_loss():
    model = model_named("attention-head")
    theory = theory_of(model)
    values = inputs(model)
    known = completed(model, values)
    alpha, s = model.tensors["alpha"], model.tensors["s"]
    i, j, k = (model.index(letter, "T") for letter in "ijk")
    written = theory.resolve(Partial(alpha[i, j], s[i, k]))
    step, place = 1e-6, (1, 2)
    for sign, store in ((1, far := {}), (-1, near := {})):
        moved = known["s"].copy()
        moved[place] += sign * step
        store.update(completed(model, {**values, "s": moved}))
    difference = (far["alpha"] - near["alpha"])[1] / (2 * step)
    np.testing.assert_allclose(value_of(written, known, i, j, k)[1, :, 2], difference, atol=1e-9)


def test_a_line_that_depends_on_x_in_two_ways_is_inserted_at_once():
    """With y = f(x), z = g(x, y) the term dL/dz dz/dx would count what comes by way of y twice."""
    x, y, z, L = (scalar(name) for name in "xyzL")
    lines = (Definition(y, x**2, "y"), Definition(z, x * y, "z"), Definition(L, y + z, "loss"))
    adjoint = theory_of(Model("nested", "", (), (x,), lines, L)).adjoints["x"]
    assert adjoint.chain == Partial(L, y) * Partial(y, x) + scalar("dL_dz") * y
    assert adjoint.inserted == 2 * scalar("dL_dy") * x + scalar("dL_dz") * y
    theory = theory_of(Model("nested", "", (), (x,), lines, L))
    assert theory.prove(Equation(adjoint.chain, 2 * x + 3 * x**2)).proved
