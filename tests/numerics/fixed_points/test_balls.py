"""Balls contain what they must, and nothing is concluded where a function is not defined."""

import numpy as np
import pytest
import sympy as sp
from flint import arb, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.fixed_points.balls import ball_program, bounds, box, exact, power, rounded
from numerics.flows import system_named
from theory.codegen.components import (
    FUNCTIONS,
    Assign,
    Components,
    LogSumExp,
    Softmax,
    batch_jacobian,
    batch_values,
)

X, Y, P = sp.symbols("x y p", real=True)
DOMAIN = {"log": (0.1, 3), "sqrt": (0.1, 3), "acosh": (1.1, 3), "atanh": (-0.9, 0.9),
          "asin": (-0.9, 0.9), "acos": (-0.9, 0.9), "tan": (-1.4, 1.4)}  # fmt: skip
number = st.floats(-1e3, 1e3, allow_subnormal=False)


def program(*outputs, state=(X, Y), parameters=(), stages=()):
    return Components("test", tuple(state), tuple(parameters), tuple(stages), tuple(outputs))


def values(made, low, high, p=()):
    return ball_program(made).values(box(low, high), exact(p))


PRODUCTS = program(X * X * Y, (X - Y) ** 6)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_enclose_values_and_derivatives(name):
    low, high = DOMAIN.get(name, (-2, 2))
    made = program(getattr(sp, name)(X) * Y)
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b = np.sort(rng.uniform(low, high, 2))
        y = rng.uniform(-1, 1)
        inside = np.column_stack([rng.uniform(a, b, 20), np.full(20, y)])
        unit = [exact(row) for row in np.eye(2)]
        f, rows = ball_program(made).linearised(box([a, y], [b, y]), [], unit)
        for ball, numbers in [
            (f[0], batch_values(made)(inside, np.zeros(0))[:, 0]),
            *zip(rows[0], batch_jacobian(made)(inside, np.zeros(0))[:, 0].T, strict=True),
        ]:
            below, above = bounds(ball)
            slack = 1e-13 * (1 + np.abs(numbers).max())
            assert (numbers >= below - slack).all() and (numbers <= above + slack).all()


@pytest.mark.parametrize(
    ("e", "low", "high"),
    [
        (sp.sqrt(X), -0.1, 0.5),
        (sp.log(X), 0, 1),
        (sp.log(X), -1, 1),
        (1 / X, -1, 1),
        (1 / X, 0, 1),
        (X ** sp.Rational(1, 3), -1, 1),
        (X**-2, -1, 1),
        (sp.asin(X), 0.5, 1.5),
        (sp.acos(X), -1.5, 0),
        (sp.atanh(X), 0.5, 1),
        (sp.acosh(X), 0.9, 2),
        (sp.tan(X), 1, 2),
        (1 / sp.sqrt(X), 0, 1),
        (sp.exp(X) / (1 + sp.exp(X)), -1e30, 1e30),
    ],
)
def test_outside_the_domain_nothing_is_concluded(e, low, high):
    (ball,) = values(program(e, state=(X,)), [low], [high])
    assert not ball.is_finite()


def test_roots_touch_zero():
    (ball,) = values(program(sp.sqrt(X), state=(X,)), [0.0], [0.0])
    assert ball.contains(0) and ball.is_finite()


def test_numbers_are_exact():
    third = sp.Rational(1, 3)
    made = program(third * X, X + sp.Float(0.1), sp.pi * X, sp.sqrt(2) * X, 2 ** third * X,
                   sp.E * X, sp.Integer(7), state=(X,))  # fmt: skip
    for bits in (53, 300):
        with ctx.workprec(bits):
            third, tenth, pi, root, cube, e, seven = ball_program(made).values([arb(1)], [])
            assert contains(third, fmpq(1, 3))
            assert tenth.contains(
                fmpq((0.1).as_integer_ratio()[0], (0.1).as_integer_ratio()[1]) + 1
            )
            assert pi.contains(arb.pi().mid()) and pi.overlaps(arb.pi())
            assert power(root, 2).contains(2) and power(cube, 3).contains(2)
            assert e.overlaps(arb(1).exp()) and seven == 7
            assert all(float(x.rad()) < 2.0 ** (8 - bits) for x in (third, pi, root, cube, e))


def test_python_never_divides_two_integers():
    # three equal exponents: the weights are 1/3, which no float is
    names = sp.symbols("r_1 r_2 r_3", real=True)
    made = program(names[0], stages=[Softmax(names, (X, X, X), (sp.S.One,) * 3)])
    assert contains(values(made, [0, 0], [1, 0])[0], fmpq(1, 3))
    # a stage that is a number
    two = sp.Symbol("two", real=True)
    made = program(1 / (two + 1), stages=[Assign(two, sp.Integer(2))])
    assert contains(values(made, [0, 0], [1, 0])[0], fmpq(1, 3))


def test_variables_may_bear_any_name():
    names = sp.symbols("ball_3 y p power", real=True)
    e = 3 * names[0] + names[1] ** 2 + names[2] - names[3]
    made = program(e, state=names)
    assert ball_program(made).values(exact([1, 2, 3, 4]), [])[0] == 6
    assert batch_values(made)(np.array([[1.0, 2, 3, 4]]), np.zeros(0)) == 6


def test_softmax_weights_lie_between_0_and_1_and_are_tight():
    names = sp.symbols("r_1 r_2", real=True)
    made = program(*names, stages=[Softmax(names, (X, Y), (sp.S.One, P))], parameters=(P,))
    first, second = values(made, [-1.0, -1.0], [1.0, 1.0], [2.0])
    exactly = 1 / (1 + 2 * np.exp(2)), 1 / (1 + 2 * np.exp(-2))
    assert np.allclose(bounds(first), exactly, rtol=1e-6)
    assert bounds(first)[0] <= exactly[0] and bounds(first)[1] >= exactly[1]
    assert np.isclose(bounds(second)[1], 1 - exactly[0], rtol=1e-6)


def test_log_sum_exp_is_enclosed_with_its_derivative():
    lse = sp.Symbol("lse", real=True)
    made = program(lse, stages=[LogSumExp(lse, (X, Y), (sp.S.One, sp.S.One))])
    f, rows = ball_program(made).linearised(box([700, 0], [701, 1]), [], [exact([1]), exact([1])])
    low, high = bounds(f[0])
    assert low <= 700 and high >= 701 and high - low < 1.1
    assert rows[0][0].contains(1)  # the weights sum to 1


def contains(ball, number):
    """Return whether a rational lies in a ball; it becomes a ball itself, so with many digits."""
    with ctx.workprec(4000):
        return ball.contains(number)


def rational(x):
    return fmpq(*float(x).as_integer_ratio())


@settings(deadline=None, max_examples=60)
@given(st.lists(number, min_size=4, max_size=4), st.integers(0, 7), st.integers(0, 64))
def test_powers_and_products_contain_every_point(ends, n, part):
    low, high = np.sort(np.reshape(ends, (2, 2)), axis=0)
    ball = box(low, high)
    x, y = (
        rational(a) + fmpq(part, 64) * (rational(b) - rational(a))
        for a, b in zip(low, high, strict=True)
    )
    assert contains(power(ball[0], n), x**n)
    product, difference = ball_program(PRODUCTS).values(ball, [])
    assert contains(product, x**2 * y)
    assert contains(difference, (x - y) ** 6)
    assert bounds(power(ball[0], 2))[0] >= -1e-8 * np.abs([low, high]).max() ** 2 - 1e-300


def test_parameters_hold_all_that_rounds_to_them():
    (tenth, half, zero) = rounded([0.1, 0.5, 0.0])
    assert contains(tenth, fmpq(1, 10)) and tenth.contains(arb(0.1))
    assert half == 0.5 and zero == 0
    assert float(tenth.rad()) <= np.spacing(0.1)
    assert exact([0.1])[0].rad() == 0


@pytest.mark.parametrize(
    "settings", [{"T": 1, "n": 2}, {"label_smoothing": 0.1, "decay": 0.3, "C": 3}]
)
def test_a_generated_flow_lies_in_its_balls(settings):
    system = system_named("attention-flow", **settings)
    rng = np.random.default_rng(1)
    d = system.dimension
    for width in (0.0, 1e-3, 0.3):
        low = rng.normal(size=d)
        inside = low + width * rng.uniform(size=(30, d))
        unit = [exact(row) for row in np.eye(d)]
        f, rows = ball_program(system.field).linearised(
            box(low, low + width), rounded(system.values), unit
        )
        for ball, numbers in zip(f, system.velocity(inside).T, strict=True):
            below, above = bounds(ball)
            assert (numbers >= below - 1e-13).all() and (numbers <= above + 1e-13).all()
        slopes = system.jacobian(inside)
        for i, row in enumerate(rows):
            for j, ball in enumerate(row):
                below, above = bounds(ball)
                assert (slopes[:, i, j] >= below - 1e-13).all()
                assert (slopes[:, i, j] <= above + 1e-13).all()
