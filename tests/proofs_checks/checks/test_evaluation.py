"""The evaluator: field arithmetic, sums, derivatives, and its independence of the calculus."""

import ast
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from flint import ctx, fmpq
from hypothesis import given
from hypothesis import strategies as st

import proofs_checks.checks.evaluation as evaluation
from proofs_checks.checks import exact, modular
from proofs_checks.checks.evaluation import NotApplicable, Program, RealRun, SingularPoint
from proofs_checks.checks.evaluation import evaluator as evaluator_module
from proofs_checks.checks.evaluation.derivative import jacobian
from proofs_checks.checks.evaluation.prime_field import P, PrimeField, residue
from proofs_checks.checks.evaluation.rational_points import Point
from theory.algebra.expressions import Equation
from theory.algebra.symbols import (
    Flow,
    Index,
    Partial,
    Size,
    Step,
    Tensor,
    delta,
    indices,
    scalar,
    total,
)
from theory.models.attention_head import attention_head
from theory.models.model import Definition, Model

ALLOWED = {
    "theory.algebra.binders",
    "theory.algebra.nodes",
    "theory.algebra.symbols",
    "theory.algebra.expressions",
    "theory.models.model",
}
CHECKS = Path(evaluation.__file__).parent.parent
MODULES = [*sorted(CHECKS.glob("evaluation/*.py")), CHECKS / "modular.py", CHECKS / "exact.py"]

n = Size("n")
m = Size("m")
i, j, k, l = indices("i j k l", n)
a, b = indices("a b", m)
x, w = Tensor("x", (n,)), Tensor("w", (n, m))
c = scalar("c")
ENTRIES = st.integers(0, P - 1) | st.integers(0, 3) | st.integers(P - 3, P - 1)


def toy(*definitions):
    """A model with x (n,), w (n, m), c and these definitions; the last one is the loss."""
    lines = tuple(Definition(symbol, value, "") for symbol, value in definitions)
    return Model(
        name="toy",
        title="toy",
        sizes=(n, m),
        inputs=(x, w, c),
        definitions=lines,
        loss=lines[-1].symbol,
    )


def value_at(model, expression, sizes, inputs):
    """The exact array of an expression at rational inputs, with axes in order of index names."""
    program = Program(model)
    node = program.read(expression).node

    def draw(leaf, run):
        array = np.array(inputs[leaf.name], dtype=object)
        flat = [fmpq(*Fraction(v).as_integer_ratio()) for v in array.ravel()]
        result = np.empty(array.shape, dtype=object)
        result.ravel()[:] = flat
        return result

    return RealRun(sizes, draw).value(node)


# -- independence -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.name)
def test_the_evaluation_uses_symbols_and_models_only(path):
    tree = ast.parse(path.read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {
        a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names
    }
    assert {name for name in imported if name.startswith("theory")} <= ALLOWED
    assert not {name for name in imported if name.startswith("proofs_checks.checks.torch")}
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not called & {"simplify", "expand", "doit", "diff", "resolve", "rules", "refolding"}


# -- the prime field ----------------------------------------------------------------------------


@given(st.lists(st.tuples(ENTRIES, ENTRIES), min_size=1, max_size=9))
def test_field_operations_agree_with_integers(pairs):
    first, second = (np.array(column, dtype=np.uint64) for column in zip(*pairs, strict=True))
    field = PrimeField()
    assert field.add(first, second).tolist() == [(s + t) % P for s, t in pairs]
    assert field.multiply(first, second).tolist() == [s * t % P for s, t in pairs]
    assert field.negative(first).tolist() == [-s % P for s, _ in pairs]
    assert field.total(first, (0,)) == sum(s for s, _ in pairs) % P
    assert field.power(first, 5).tolist() == [pow(s, 5, P) for s, _ in pairs]
    if all(s for s, _ in pairs):
        assert field.inverse(first).tolist() == [pow(s, -1, P) for s, _ in pairs]


@pytest.mark.parametrize("inner", [1, 512, 513, 1500])
@pytest.mark.parametrize("low", [0, P - 4])
def test_matrix_products_are_exact_however_long_the_sums(inner, low):
    rng = np.random.default_rng(inner)
    first = rng.integers(low, P, (2, 3, inner), dtype=np.uint64)
    second = rng.integers(low, P, (2, inner, 70), dtype=np.uint64)
    exact = np.matmul(first.astype(object), second.astype(object)) % P
    assert (PrimeField().matmul(first, second) == exact.astype(np.uint64)).all()


def test_products_in_blocks_are_exact():
    rng = np.random.default_rng(0)
    first = rng.integers(0, P, (300, 1, 70), dtype=np.uint64)
    second = rng.integers(0, P, (1, 2, 70), dtype=np.uint64)
    exact = first.astype(object) * second.astype(object) % P
    assert (PrimeField().multiply(first, second) == exact.astype(np.uint64)).all()


@pytest.mark.parametrize("length", [1, 8, 9, 31, 64, 100])
def test_inverses_of_any_number_of_entries(length):
    values = np.arange(1, length + 1, dtype=np.uint64)
    inverted = PrimeField().inverse(values)
    assert (PrimeField().multiply(values, inverted) == 1).all()


def test_a_zero_denominator_is_a_singular_point():
    with pytest.raises(SingularPoint, match="denominator is zero"):
        PrimeField().inverse(np.array([3, 0], dtype=np.uint64))


def test_numbers_near_the_modulus_are_refused():
    assert residue(Fraction(1, 3)) * 3 % P == 1
    with pytest.raises(NotApplicable, match="too large for arithmetic modulo"):
        residue(Fraction(P))


# -- sums ---------------------------------------------------------------------------------------

INPUTS = {"x": [2, 3, 5], "w": [[1, 2], [3, 4], [5, 6]], "c": Fraction(1, 2)}
SIZES = {"n": 3, "m": 2}
LOSS = (scalar("L"), total(x[i], i))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (x[i] * delta(i, j), [[2, 0, 0], [0, 3, 0], [0, 0, 5]]),
        (total(x[i] * delta(i, j), i), [2, 3, 5]),
        (total(delta(i, j), i, j), 3),
        (total(c, i, a), 3),
        (total(n * x[i], i), 30),
        (w[2, a], [3, 4]),
        (x[i] * delta(i, 3), [0, 0, 5]),
        (total(total(x[i], i) * x[i], i), 100),  # the inner bound i is another one
        (total(x[i], i) ** 3, 1000),
        (x[i] ** -2, [Fraction(1, 4), Fraction(1, 9), Fraction(1, 25)]),
        (sp.sqrt(4 * x[1] ** 2) + sp.exp(total(x[i] - x[j], i, j)), 5),
        (total(w[i, a] * w[i, b], i), [[35, 44], [44, 56]]),
        (total(w[i, a] * x[i] * w[i, a], i, a), 10 + 75 + 305),
        (x[i] + x[j], [[4, 5, 7], [5, 6, 8], [7, 8, 10]]),
        (w[i, a] - total(delta(i, k) * w[k, a], k), [[0] * 3] * 2),
        (sp.Abs(c - x[1]), Fraction(3, 2)),
        (sp.tanh(c - c / 2 - sp.Rational(1, 4)) + 1 / sp.cosh(0 * c), 1),
    ],
)
def test_values_of_sums(expression, expected):
    found = value_at(toy(LOSS), expression, SIZES, INPUTS)
    expected = np.array(expected, dtype=object)
    assert found.shape == expected.shape
    for position in np.ndindex(*expected.shape):
        wanted = Fraction(expected[position])
        assert found[position] == fmpq(wanted.numerator, wanted.denominator)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (sp.Sum(x[i], (i, 2, n)), "not over a whole range"),
        (sp.Symbol("w", real=True) + 1, "stands without its 2 indices"),
        (w, "stands without its indices"),
        (sp.Float(0.5) * x[i], "has no value here"),
        (sp.EulerGamma * c, "the constant EulerGamma is not known"),
        (sp.IndexedBase("x")[i, j], "2 indices for 1 axes"),
        (Partial(x[i], n), "no entry to differentiate by"),
        (Partial(sp.Function("f")(c), c), "derivative of `f` is not known"),
        (x[i] ** sp.I, "has no value here"),
    ],
)
def test_what_has_no_value_says_so(expression, message):
    with pytest.raises(NotApplicable, match=message):
        Program(toy(LOSS)).read(expression)


def test_free_symbols_of_one_name_and_different_axes_are_different():
    program = Program(toy(LOSS))
    one, two = Tensor("t", (n,)), Tensor("t", (n, n))
    assert program.read(one[i]).node is not program.read(two[i, j]).node
    assert program.read(two[i, j]).node.axes == (n, n)


# -- derivatives --------------------------------------------------------------------------------

y = Tensor("y", (n,))
TOY = toy(
    (y[i], sp.exp(c * x[i]) + x[i] ** 2),
    (scalar("L"), total(y[i] * sp.log(y[i]), i) + total(w[i, a] * y[i], i, a) ** 2),
)


@pytest.mark.parametrize(
    ("derivative", "value"),
    [
        (
            Partial(TOY.loss, y[i]),
            sp.log(y[i]) + 1 + 2 * total(w[j, a] * y[j], j, a) * total(w[i, a], a),
        ),
        (Partial(y[i], x[j]), delta(i, j) * (c * sp.exp(c * x[i]) + 2 * x[i])),
        (Partial(y[i], c), x[i] * sp.exp(c * x[i])),
        (Partial(TOY.loss, x[i]), Partial(TOY.loss, y[i]) * (c * sp.exp(c * x[i]) + 2 * x[i])),
        (Partial(TOY.loss, y[i], y[j]), delta(i, j) / y[i] + 2 * total(w[i, a] * w[j, b], a, b)),
        (
            Partial(TOY.loss, w[i, a], y[j]),
            2 * y[i] * total(w[j, b], b) + 2 * total(w[k, b] * y[k], k, b) * delta(i, j),
        ),
        (Partial(total(x[i], i), y[j]), 0),
        (Partial(x[i] * x[j], x[i]), x[j] * delta(i, i) + x[i] * delta(i, j)),
        (Partial(total(w[i, a] * w[i, a], i), w[j, b]), 2 * w[j, b] * delta(a, b)),
        (Partial(sp.log(sp.sqrt(n) * y[i]), y[j]), delta(i, j) / y[i]),
        (Partial(y[2], x[i]), delta(i, 2) * (c * sp.exp(c * x[2]) + 2 * x[2])),
        (Partial(y[i], x[2]), delta(i, 2) * (c * sp.exp(c * x[2]) + 2 * x[2])),
        (Step(y[i], c, x[j]), -c * (c * sp.exp(c * x[i]) + 2 * x[i]) * Partial(TOY.loss, x[i])),
        (Step(TOY.loss, c, x[i]), -c * total(Partial(TOY.loss, x[k]) ** 2, k)),
        (
            Flow(x[i] * w[i, a], (x[i], c), (w[i, a], n)),
            -c * w[i, a] * Partial(TOY.loss, x[i]) - n * x[i] * Partial(TOY.loss, w[i, a]),
        ),
        (total(Tensor("dL_dy", (n,))[i], i), total(Partial(TOY.loss, y[i]), i)),
    ],
)
def test_derivatives_have_the_values_of_calculus(derivative, value):
    for judge in (modular.check, exact.check):
        outcome = judge(TOY, Equation(derivative, value))
        assert outcome.agrees is True, outcome
        outcome = judge(TOY, Equation(derivative, value + c * x[1]))
        assert outcome.agrees is False, outcome


HEAD = attention_head()
CUTS = [
    ("L", "s"),
    ("L", "X"),
    ("alpha", "s"),
    ("b", "v"),
    ("g", "W_K"),
    ("D", "z"),
    ("u", "alpha"),
]


@pytest.mark.parametrize(("quantity", "variable"), CUTS)
def test_jacobians_of_the_head_are_limits_of_difference_quotients(quantity, variable):
    """Balls of 800 bits and a step of 1e-40: the central difference is right to 1e-60 or so."""
    program = Program(HEAD)
    f, v = (program.tensor(HEAD.tensors[name]) for name in (quantity, variable))
    sizes = {"T": 2, "d_x": 2, "d_k": 1, "d_v": 2, "C": 2}
    step = fmpq(1, 10**40)
    with ctx.workprec(800):
        point = Point(evaluation.Hypotheses(program), sizes, 1)
        run = RealRun(sizes, point.draw)
        found = run.value(jacobian(program.graph, f, v))
        centre = run.value(v)
        for position in np.ndindex(*centre.shape):
            moved = []
            for sign in (1, -1):
                array = centre.copy()
                array[position] = array[position] + sign * step
                moved.append(RealRun(sizes, point.draw, {v: array}).value(f))
            quotient = (moved[0] - moved[1]) / (2 * step)
            for error in np.ravel(quotient - found[(..., *position)]):
                assert abs(float(error)) < 1e-60


def test_no_law_of_first_order_needs_an_array_with_three_axes(monkeypatch):
    """d alpha / d s has four axes, A1 has three free indices; neither is ever stored."""
    monkeypatch.setattr(evaluator_module, "LARGEST_ARRAY", 64 * 64)
    sizes = {"T": 64, "d_x": 32, "d_k": 32, "d_v": 32, "C": 32}
    size_t, size_v = HEAD.size_names["T"], HEAD.size_names["d_v"]
    i, j, k = indices("i j k", size_t)
    f, g = indices("f g", size_v)
    t = HEAD.tensors
    alpha, s, v, u, D, A = (t[name] for name in ("alpha", "s", "v", "u", "D", "A"))
    eta = scalar("eta", positive=True)
    for left, right in (
        (Partial(alpha[i, j], s[i, k]), alpha[i, j] * (delta(j, k) - alpha[i, k])),
        (Partial(HEAD.loss, s[i, j]), D[i, j]),
        (A[i, j], total(u[i, f] * (v[j, f] - t["g"][i, f]), f)),
        (Step(HEAD.loss, eta, s[i, j]), -eta * total(D[i, j] ** 2, i, j)),
        (Partial(t["g"][i, f], v[j, g]), alpha[i, j] * delta(f, g)),
    ):
        assert modular.check(HEAD, Equation(left, right), sizes=sizes).agrees is True
        outcome = modular.check(HEAD, Equation(left, right + right), sizes=sizes)
        assert outcome.agrees is False


def test_an_array_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(evaluator_module, "LARGEST_ARRAY", 100)
    outcome = modular.check(HEAD, Equation(HEAD.entry(HEAD.tensors["s"]), 0))
    assert outcome.agrees is None
    assert "is needed" in outcome.detail


def test_an_index_keeps_its_size():
    other = Index("i", m)
    outcome = modular.check(toy(LOSS), Equation(x[i] * w[i, other], w[i, other] * x[i]))
    assert outcome.agrees is True
