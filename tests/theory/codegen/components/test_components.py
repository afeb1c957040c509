"""Programs of scalars: against the array code, finite differences, and at extreme exponents."""

import itertools
import math
from functools import cache

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.algebra.expressions import slots
from theory.algebra.symbols import Index, Size, Tensor, total
from theory.codegen import value_and_gradient
from theory.codegen.compiling import compiled
from theory.codegen.components import (
    Assign,
    Components,
    LogSumExp,
    Softmax,
    batch_jacobian,
    batch_values,
    component_source,
    entries,
    local_derivatives,
    unroll,
)
from theory.codegen.components.batch import numpy_namespace
from theory.models import model_named
from theory.models.model import Definition, name_of
from theory.models.resolution import theory_of

SIZES = st.fixed_dictionaries(
    {"T": st.integers(1, 3), "n": st.integers(1, 3), "d_x": st.integers(1, 2),
     "d_k": st.integers(1, 2), "d_v": st.integers(1, 3), "C": st.integers(2, 3)}
)  # fmt: skip
x, y, z, a, b = sp.symbols("x y z a b", real=True)


@cache
def derived(name):
    """A model and its theory; deriving takes longer than any example."""
    model = model_named(name)
    return model, theory_of(model)


@cache
def array_code(name, *wrt):
    return value_and_gradient(derived(name)[0], wrt=list(wrt))


def head(name, wrt, sizes):
    """dL/d wrt and L of a model as programs of all its inputs."""
    model, theory = derived(name)
    given_ = list(model.inputs)
    outputs = []
    for w in wrt:
        entry = model.entry(model.tensors[w])
        outputs.append((slots(entry), theory.adjoints[w].reference))
    state = [t for t in given_ if name_of(t) in wrt]
    rest = [t for t in given_ if name_of(t) not in wrt]
    gradient = unroll(name, theory.lines, state, rest, outputs, sizes)
    loss = unroll(name, theory.lines, state, rest, [([], model.loss)], sizes)
    return state, rest, gradient, loss


def shape_of(tensor, sizes):
    return tuple(sizes[str(k)] for k in tensor.axes) if isinstance(tensor, Tensor) else ()


def numbers(tensor, sizes, rng):
    shape = shape_of(tensor, sizes)
    if name_of(tensor) == "y":
        return rng.dirichlet(np.ones(shape[-1]), size=shape[:-1])
    return np.abs(rng.normal(size=shape)) + 0.3 if shape == () else rng.normal(size=shape)


@pytest.mark.parametrize(
    "name", ["attention-head", "attention-head-cross", "attention-head-causal"]
)
@settings(max_examples=6)
@given(sizes=SIZES, seed=st.integers(0, 10**6))
def test_gradients_are_those_of_the_array_code(name, sizes, seed):
    if name != "attention-head-cross":
        sizes = {**sizes, "n": sizes["T"]}
    rng, wrt = np.random.default_rng(seed), ["W_Q", "W_V"]
    state, rest, gradient, loss = head(name, wrt, sizes)
    values = {name_of(t): numbers(t, sizes, rng) for t in (*state, *rest)}
    if "M" in values:  # the array code makes the causal mask itself
        values["M"] = np.tri(sizes["T"])
    array_values = {k: v for k, v in values.items() if k != "M"}
    expected_loss, expected = array_code(name, *wrt)(**array_values)
    point = np.concatenate([values[name_of(t)].ravel() for t in state])[None]
    p = np.concatenate([np.ravel(values[name_of(t)]) for t in rest])
    found = batch_values(gradient)(point, p)[0]
    flat = np.concatenate([np.ravel(expected[w]) for w in wrt])
    np.testing.assert_allclose(found, flat, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(batch_values(loss)(point, p)[0, 0], expected_loss, rtol=1e-12)


@settings(max_examples=8)
@given(sizes=SIZES, seed=st.integers(0, 10**6))
def test_the_jacobian_is_that_of_finite_differences(sizes, seed):
    sizes = {**sizes, "n": sizes["T"]}
    rng = np.random.default_rng(seed)
    state, rest, gradient, loss = head("attention-head", ["W_K", "W_O"], sizes)
    point = np.concatenate([numbers(t, sizes, rng).ravel() for t in state])
    p = np.concatenate([np.ravel(numbers(t, sizes, rng)) for t in rest])
    steps = 1e-5 * np.eye(len(point))
    for program in (gradient, loss):
        run = batch_values(program)
        expected = ((run(point + steps, p) - run(point - steps, p)) / 2e-5).T
        found = batch_jacobian(program)(point[None], p)[0]
        np.testing.assert_allclose(found, expected, atol=2e-8 * (1 + np.abs(expected).max()))
    np.testing.assert_allclose(  # the gradient is the derivative of the loss
        batch_jacobian(loss)(point[None], p)[0, 0], batch_values(gradient)(point[None], p)[0],
        rtol=1e-10, atol=1e-12,
    )  # fmt: skip


def row(weights=(1, 1, 1)):
    exponents = (x, y, z)
    names = sp.symbols("q1:4", real=True)
    stages = (Softmax(names, exponents, tuple(map(sp.sympify, weights))),)
    return Components("row", exponents, (), stages, names)


def log_total(weights=(1, 1, 1)):
    stage = LogSumExp(sp.Symbol("l", real=True), (x, y, z), tuple(map(sp.sympify, weights)))
    return Components("total", (x, y, z), (), (stage,), (stage.symbol,))


@settings(max_examples=60)
@given(
    exponents=st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3),
    weights=st.lists(st.sampled_from([sp.Integer(1), sp.Rational(1, 3), sp.Integer(5)]),
                     min_size=3, max_size=3),
)  # fmt: skip
def test_softmax_and_log_sum_exp_at_extreme_exponents(exponents, weights):
    import mpmath

    point = np.array([exponents])
    with mpmath.workdps(50):
        terms = [mpmath.mpf(w.p) / w.q * mpmath.exp(mpmath.mpf(e))
                 for w, e in zip(weights, exponents, strict=True)]  # fmt: skip
        expected = [float(t / mpmath.fsum(terms)) for t in terms]
        logarithm = float(mpmath.log(mpmath.fsum(terms)))
    p = np.zeros(0)
    found = batch_values(row(weights))(point, p)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-300)
    value = batch_values(log_total(weights))(point, p)[0, 0]
    np.testing.assert_allclose(value, logarithm, rtol=1e-13, atol=1e-13)
    jacobian = batch_jacobian(row(weights))(point, p)[0]
    q = np.array(expected)
    np.testing.assert_allclose(jacobian, np.diag(q) - np.outer(q, q), atol=1e-12)
    np.testing.assert_allclose(batch_jacobian(log_total(weights))(point, p)[0, 0], q, atol=1e-12)


def test_both_styles_say_the_same():
    program, point = row((1, 2, sp.Rational(1, 2))), [0.3, -1.2, 2.5]
    results = [
        compiled(component_source(program, style), "field", "row", numpy_namespace())(point, [])
        for style in ("shifted", "pairs")
    ]
    np.testing.assert_allclose(*results, rtol=1e-14)
    both = [
        compiled(component_source(log_total(), style), "field", "t", numpy_namespace())(point, [])
        for style in ("shifted", "pairs")
    ]
    np.testing.assert_allclose(*both, rtol=1e-14)


def test_the_source_of_a_small_program():
    program = Components(
        "small", (x,), (a,), (Assign(b, a * x**2),), (sp.sqrt(b) / 3 - sp.exp(-x),)
    )
    assert component_source(program, "shifted").splitlines()[1:] == [
        "def field(y, p):",
        '    """small, generated."""',
        "    x = y[0]",
        "    a = p[0]",
        "    b = a*(x*x)",
        "    return (sqrt(b)/3 - exp(-x), )",
    ]


J = Index("j", Size("n"))
s, m, q = Tensor("s", (J.size,)), Tensor("m", (J.size,)), Tensor("q", (J.size,))


def softmax_line(weight):
    k = Index("k", J.size)
    top = weight(J) * sp.exp(s[J])
    return Definition(q[J], top / total(weight(k) * sp.exp(s[k]), k), "softmax")


def test_weights_may_depend_on_the_state():
    line = softmax_line(lambda k: m[k] ** 2)
    program = unroll("weights", [line], [s, m], [], [((J,), q[J])], {"n": 3})
    rng = np.random.default_rng(0)
    point = rng.normal(size=(4, 6))
    terms = point[:, 3:] ** 2 * np.exp(point[:, :3])
    expected = terms / terms.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(batch_values(program)(point, np.zeros(0)), expected, rtol=1e-13)


def test_a_causal_mask_leaves_the_masked_entries_out():
    sizes = {"T": 2, "n": 2, "d_x": 1, "d_k": 1, "d_v": 1, "C": 2}
    model, theory = derived("attention-head-causal")
    state, mask = [model.tensors["s"]], [model.tensors["M"]]
    alpha = model.entry(model.tensors["alpha"])
    program = unroll("mask", theory.lines, state, mask, [(slots(alpha), alpha)], sizes)
    p = np.array([1.0, 0.0, 1.0, 1.0])
    found = batch_values(program)(np.array([[0.0, 300.0, 0.0, 0.0]]), p)[0]
    np.testing.assert_array_equal(found, [1, 0, 0.5, 0.5])
    assert isinstance(program.stages[0], Softmax) and set(program.stages[0].weights) <= set(
        program.parameters
    )


def test_labels_are_what_papers_write():
    n, c = Size("n"), Size("C")
    assert entries(Tensor("s", (n, c)), {"n": 1, "C": 2}) == ["s_11", "s_12"]
    assert entries(Tensor("W_Q", (n, c)), {"n": 1, "C": 2}) == ["W_Q,11", "W_Q,12"]
    assert entries(Tensor("v", (n,)), {"n": 10})[-1] == "v_10"
    assert entries(Tensor("s", (n, c)), {"n": 1, "C": 11})[-1] == "s_1,11"


def test_names_that_python_or_another_entry_has_taken_do_not_collide():
    n = Size("n")
    u, u1 = Tensor("u", (n,)), sp.Symbol("u_1", real=True)
    k = Index("k", n)
    word = sp.Symbol("lambda", real=True)
    output = total(u[k], k) * u1 + word
    program = unroll("names", [], [u, u1, word], [], [([], output)], {"n": 2})
    assert len(set(program.state)) == 4
    found = batch_values(program)(np.array([[1.0, 2.0, 10.0, 0.5]]), np.zeros(0))
    assert found[0, 0] == 30.5


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda: unroll("p", [], [s], [], [((J,), s[J])], {"T": 2}),
         "program `p`: the size `n` needs a number; got numbers for \\['T'\\]"),
        (lambda: unroll("p", [], [s], [], [((J,), m[J])], {"n": 2}),
         "program `p`: nothing defines `m`"),
        (lambda: unroll("p", [], [s], [], [((), sp.Derivative(sp.Function("f")(x), x))], {"n": 1}),
         "has no value at concrete sizes"),
        (lambda: Components("p", (x,), (), (), (y,)), "program `p`: an output uses \\['y'\\]"),
        (lambda: Components("p", (x,), (), (Assign(a, b), Assign(b, x)), (a,)),
         "program `p`: stage `a` uses \\['b'\\]"),
        (lambda: component_source(Components("p", (x,), (), (), (sp.gamma(x),)), "shifted"),
         "generated code cannot call `gamma`; it knows exp, log"),
        (lambda: local_derivatives(Components("p", (x,), (), (), (sp.Function("f")(x),))),
         "has no elementary derivative by x"),
    ],
)  # fmt: skip
def test_what_makes_no_program_is_refused(work, message):
    with pytest.raises(ValueError, match=message):
        work()


def test_functions_of_every_kind_and_their_derivatives():
    functions = (sp.exp, sp.log, sp.sqrt, sp.sin, sp.cos, sp.tan, sp.sinh, sp.cosh, sp.tanh,
                 sp.asinh, sp.atanh, sp.atan, sp.asin, sp.acos, sp.erf)  # fmt: skip
    powers = (
        x**-1,
        x**-3,
        x**7,
        x ** sp.Rational(-1, 2),
        x ** sp.Rational(2, 3),
        sp.E**x,
        sp.pi * x,
    )
    program = Components("all", (x,), (), (), (*(f(x) for f in functions), *powers))
    point = 0.37
    found = batch_values(program)(np.array([[point]]), np.zeros(0))[0]
    slopes = batch_jacobian(program)(np.array([[point]]), np.zeros(0))[0, :, 0]
    for value, slope, e in zip(found, slopes, program.outputs, strict=True):
        assert math.isclose(value, float(e.subs(x, point)), rel_tol=1e-13)
        assert math.isclose(slope, float(sp.diff(e, x).subs(x, point)), rel_tol=1e-12)
    assert list(itertools.chain(found, slopes))
