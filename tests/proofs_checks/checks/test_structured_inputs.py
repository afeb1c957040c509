"""Inputs with a structure of their own: what they are, and that every judge draws them."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest

from proofs_checks.checks import exact, float64_document, interval, modular
from proofs_checks.checks.structured_inputs import Impossible, fitting, floats, kinds_of, structured
from proofs_checks.diagnosis.point import NotEvaluable, points
from theory.algebra.expressions import Equation
from theory.algebra.symbols import Index, Size, Tensor, delta, indices, scalar, total
from theory.models import MODELS, model_named
from theory.models.model import Constraint, Definition, Model

rows, columns = Size("N"), Size("K")
i, (k, j) = Index("i", rows), indices("k j", columns)
V, L = Tensor("V", (rows, columns)), scalar("L")
ORTHONORMAL = Model(
    "orthonormal", "", (rows, columns), (V,), (Definition(L, total(V[i, k], i, k), ""),), L,
    (Constraint(Equation(total(V[i, k] * V[i, j], i), delta(k, j)), "orthonormal columns"),),
    features={"structured": (("V", "orthonormal"),)},
)  # fmt: skip
JUDGES = (modular, exact, interval, float64_document)


def test_inputs_of_one_kind_are_not_alike():
    n = Size("n")
    a, b = Tensor("a", (n,)), Tensor("b", (n,))
    model = Model(
        "two", "", (n,), (a, b), (Definition(L, total(a[Index("i", n)], Index("i", n)), ""),), L,
        features={"numbers": (("a", "between 0 1"), ("b", "between 0 1"))},
    )  # fmt: skip
    m = Index("m", n)
    for judge in (exact, float64_document):
        assert judge.check(model, Equation(a[m], b[m])).agrees is False


@pytest.mark.parametrize("size", range(1, 13))
def test_steps_permute_and_waves_obey_the_addition_theorem(size):
    R, S = (structured(kind, (size,) * 3) for kind in ("shift", "two-way shift"))
    x = structured("cosine", (size,))
    assert (R.sum(1) == 1).all() and (R.sum(2) == 1).all()
    assert (R[0] == np.eye(size, dtype=int)).all()
    assert ((S @ x) == np.outer(x, x)).all()
    if size % 6 == 0:
        np.testing.assert_allclose(x.astype(float), np.cos(np.pi / 3 * np.arange(size)))


@pytest.mark.parametrize(("shape", "seed"), [((1, 1), 0), ((4, 2), 3), ((5, 5), 8), ((6, 1), 2)])
def test_orthonormal_columns_are_exactly_so(shape, seed):
    made = structured("orthonormal", shape, seed)
    assert all(isinstance(x, Fraction) for x in made.flat)
    assert ((made.T @ made) == np.eye(shape[1], dtype=int)).all()
    assert shape == (1, 1) or (made != structured("orthonormal", shape, seed + 1)).any()


def test_one_hot_rows_take_the_columns_in_turn():
    made = floats("one-hot", (2, 3, 4), 5)
    assert (made.sum(-1) == 1).all()
    assert made.sum((0, 1)).max() == 2


def test_what_there_is_not_is_refused():
    with pytest.raises(Impossible, match="3 columns of 2 entries are never orthonormal"):
        structured("orthonormal", (2, 3))
    with pytest.raises(ValueError, match="`fractal` is no kind of structure"):
        structured("fractal", (2,))


def test_inputs_are_among_the_numbers_that_a_document_names():
    made = structured("one of 0 -1 1/2", (40,), 3)
    assert set(made) == {Fraction(0), Fraction(-1), Fraction(1, 2)}
    between = structured("between -1 1", (40,), 3)
    assert all(-1 < x < 1 for x in between)
    assert len(set(between)) > 3
    assert structured("one of 0 1", ()) in (Fraction(0), Fraction(1))


@pytest.mark.parametrize("name", [n for n in MODELS if kinds_of(model_named(n))])
def test_structures_of_models_are_those_of_inputs(name):
    model = model_named(name)
    names = {str(x.label) for x in model.inputs if isinstance(x, Tensor)}
    assert kinds_of(model).keys() <= names


@pytest.mark.parametrize("judge", JUDGES)
def test_every_judge_draws_orthonormal_columns(judge):
    norms = Equation(total(V[i, k] ** 2, i), 1)
    assert judge.check(ORTHONORMAL, norms).agrees is True
    assert judge.check(ORTHONORMAL, Equation(total(V[i, k] ** 4, i), 1)).agrees is False


@pytest.mark.parametrize("judge", [j for j in JUDGES if j is not exact])
def test_more_columns_than_rows_are_not_judged(judge):
    wide = dataclasses.replace(ORTHONORMAL, name="wide")
    sizes = {"N": 2, "K": 3}
    outcome = judge.check(wide, Equation(total(V[i, k] ** 2, i), 1), sizes=sizes)
    assert outcome.agrees is None
    assert "3 columns of 2 entries are never orthonormal" in outcome.detail


def test_sizes_are_chosen_at_which_there_are_such_columns():
    assert fitting(ORTHONORMAL, {"N": 2, "K": 3}) == {"N": 2, "K": 2}
    assert fitting(ORTHONORMAL, {"K": 3}) == {"K": 3}
    assert fitting(model_named("sticky-chain"), {"N": 4}) == {"N": 4}
    for model in (ORTHONORMAL, dataclasses.replace(ORTHONORMAL, sizes=(columns, rows))):
        for point in points(model):
            made = point.tensor(V)
            np.testing.assert_allclose(made.T @ made, np.eye(made.shape[1]), atol=1e-14)


def test_the_diagnosis_has_no_point_where_there_are_none():
    point = points(ORTHONORMAL)[0].under([])
    point.sizes = {"N": 2, "K": 3}
    point._arrays = {}
    with pytest.raises(NotEvaluable, match="3 columns of 2 entries"):
        point.tensor(V)
