"""Machine code for several trajectories at once, against NumPy and mpmath."""

import ctypes

import mpmath
import numpy as np
import pytest
import sympy as sp

from numerics.flows import SYSTEMS, system_named
from numerics.integration.compiled import splitting
from numerics.integration.compiled.vector_code import (
    LANES,
    VectorCode,
    _polynomial,
    chained_products,
)
from theory.codegen.components import (
    FUNCTIONS,
    Assign,
    Components,
    LogSumExp,
    Softmax,
    batch_jacobian,
    batch_values,
    local_derivatives,
)

x, y, a = sp.symbols("x y a", real=True)
FLOWS = [name for name in SYSTEMS if system_named(name).kind == "flow"]


def values_of(code, states, parameters, outputs):
    """Run compiled code on states (batch, d), LANES at a time."""
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3)(code.address)
    found = []
    for n in range(0, len(states), LANES):
        rows = np.arange(n, n + LANES) % len(states)
        given = [np.array(z[rows].T, order="C") for z in (states, parameters)]
        out = np.empty((outputs, LANES))
        call(*(z.ctypes.data for z in (*given, out)))
        found.append(out.T)
    return np.concatenate(found)[: len(states)]


def function(expression, points, stages=()):
    program = Components("g", (x,), (), stages, (expression,))
    points = np.asarray(points, dtype=float)[:, None]
    code = VectorCode(program, program.stages, program.outputs)
    return values_of(code, points, np.zeros((len(points), 0)), 1)[:, 0]


def test_the_exponential_is_right_to_the_last_bit_but_one():
    rng = np.random.default_rng(0)
    halves = np.arange(-700, 700) * np.log(2) / 2  # where the rest is largest
    uniform = [rng.uniform(-x, x, 2000) for x in (708, 1, 1e-8)]
    points = np.concatenate([halves, *uniform])
    found = function(sp.exp(x), points)
    with mpmath.workdps(40):
        exact = [mpmath.exp(mpmath.mpf(float(z))) for z in points]
        errors = [abs((f - e) / np.spacing(float(e))) for f, e in zip(found, exact, strict=True)]
    assert max(errors) < 1.5


def test_the_terms_of_a_softmax_are_right_beside_its_largest():
    rng = np.random.default_rng(1)
    points = -np.concatenate([rng.uniform(0, s, 2000) for s in (708, 40, 1, 1e-8)])
    names = sp.symbols("t1:4", real=True)
    stages = (Softmax(names, (x, sp.Integer(0), sp.Integer(-800)), (sp.Integer(1),) * 3),)
    ratios = function(names[0] / names[1], points, stages)  # two roundings more
    assert not function(names[2], points, stages).any()
    with mpmath.workdps(40):
        exact = [mpmath.exp(mpmath.mpf(float(z))) for z in points]
        errors = [abs(f - e) / e for f, e in zip(ratios, exact, strict=True)]
    assert max(errors - 3.5e-17 * abs(points)) < 7e-16
    assert max(errors * np.exp(points)) < 7e-16


def test_the_coefficients_do_not_depend_on_what_other_threads_compute():
    expected = _polynomial(11)
    with mpmath.workdps(3):  # as if another thread had left its precision
        assert _polynomial.__wrapped__(11) == expected


def test_the_exponential_at_its_ends():
    payload = np.frombuffer(np.uint64(0x7FF8000000000001).tobytes())[0]
    points = [0.0, -0.0, 5e-324, -708.5, 709.4, 709.5, 710, 1e4, np.inf, -708.9, -745, -1e300,
              -np.inf, np.nan, payload]  # fmt: skip
    found = function(sp.exp(x), points)
    np.testing.assert_array_equal(found[:3], 1)
    np.testing.assert_allclose(found[3:5], np.exp(points[3:5]), rtol=3e-16)
    np.testing.assert_array_equal(found[5:9], np.inf)
    np.testing.assert_array_equal(found[9:13], 0)
    assert np.isnan(found[13:]).all()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_the_one_of_numpy(name):
    points = np.linspace(1.1, 3, 40) if name == "acosh" else np.linspace(0.05, 0.95, 40)
    program = Components("g", (x,), (), (), (getattr(sp, name)(x),))
    expected = batch_values(program)(points[:, None], np.zeros(0))[:, 0]
    np.testing.assert_allclose(function(program.outputs[0], points), expected, rtol=1e-14)


@pytest.mark.parametrize(
    "e",
    [x**5, x**-3, sp.sqrt(x), 1 / sp.sqrt(x), x ** sp.Rational(2, 3), x**sp.pi, sp.E**x, 2**x,
     -x * (x - 3) / (2 * x + 1), sp.Rational(1, 3) - x - x**2 / 7, 3 - sp.Float("0.1") * x, -x,
     sp.Integer(4), sp.pi * x, 1 / (x * sp.exp(-x))],
)  # fmt: skip
def test_expressions(e):
    points = np.linspace(0.3, 4, 21)
    expected = sp.lambdify(x, e, "mpmath")
    wanted = [float(expected(mpmath.mpf(float(z)))) for z in points]
    np.testing.assert_allclose(function(e, points), wanted, rtol=1e-14)


def test_a_function_without_code_is_refused():
    with pytest.raises(ValueError, match="generated code cannot call `gamma`"):
        function(sp.gamma(x), [1.0])


@pytest.mark.parametrize("weights", [(1, 1), (1, a), (1, 1, 1)], ids=str)
def test_a_softmax_bears_exponents_of_any_size(weights):
    names = sp.symbols("t1:4", real=True)[: len(weights)]
    weights = tuple(map(sp.sympify, weights))
    exponents = (x, y, sp.Integer(0))[: len(weights)]
    stages = (
        Softmax(names, exponents, weights),
        LogSumExp(sp.Symbol("z", real=True), exponents, weights),
    )
    outputs = (*names, sp.Symbol("z", real=True))
    program = Components("softmax", (x, y), (a,), stages, outputs)
    states = np.array(
        [[0.3, -0.2], [800, 799], [-900, 1], [1e5, -1e5], [-1e5, 1e5], [0, 0], [np.nan, 1]]
    )
    code = VectorCode(program, stages, outputs)
    found = values_of(code, states, np.full((len(states), 1), 0.5), len(outputs))
    np.testing.assert_allclose(
        found, batch_values(program)(states, np.array([0.5])), rtol=1e-14, atol=1e-300
    )
    assert np.isnan(found[-1]).all() and np.isfinite(found[:-1]).all()


@pytest.mark.parametrize("longest", [None, 30])
@pytest.mark.parametrize("name", FLOWS)
def test_velocity_and_jacobian_of_every_flow(name, longest, monkeypatch):
    if longest:  # the code is cut into parts
        monkeypatch.setattr(splitting, "LONGEST", longest)
        monkeypatch.setattr(splitting, "PART", longest)
    system = system_named(name)
    field, local = system.field, local_derivatives(system.field)
    states = system.starts(np.random.default_rng(5), 37)
    p = np.broadcast_to(system.values, (37, len(system.values)))
    d = field.dimension
    velocity = values_of(VectorCode(field, field.stages, field.outputs), states, p, d)
    np.testing.assert_allclose(
        velocity, batch_values(field)(states, system.values), rtol=1e-12, atol=1e-13
    )
    jacobian = values_of(VectorCode(field, local.stages, chain=local), states, p, d * d)
    expected = batch_jacobian(field)(states, system.values)
    np.testing.assert_allclose(jacobian.reshape(-1, d, d), expected, rtol=1e-11, atol=1e-12)


def test_the_products_of_a_chain_are_counted():
    t = sp.Symbol("t", real=True)
    program = Components("chain", (x, y), (), (Assign(t, x * y),), (t**2, x))
    assert chained_products(program, local_derivatives(program)) == 2 + 2 + 1
