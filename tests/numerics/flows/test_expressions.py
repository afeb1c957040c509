"""Formulas of users: they mean what SymPy says they mean, and errors name the place."""

import numpy as np
import pytest
import sympy as sp
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from numerics.fixed_points import ball_program
from numerics.flows.expressions import FormulaError, read_formula
from numerics.integration.scalar import scalar_field
from theory.codegen.components import FUNCTIONS, Components, batch_jacobian, batch_values

NAMES = {n: sp.Symbol(n) for n in ("a", "b", "mu", "n")}
CONSTANTS = {NAMES["mu"]: 1.5, NAMES["n"]: 3.0}
POINT = {"a": 0.7, "b": -1.3, "mu": 1.5, "n": 3.0}


def value(text):
    """The value of a formula at POINT, through generated code."""
    e = read_formula(text, NAMES, CONSTANTS)
    program = Components("f", (NAMES["a"], NAMES["b"]), tuple(CONSTANTS), (), (e,))
    return float(batch_values(program)(np.array([[0.7, -1.3]]), np.array([1.5, 3.0]))[0, 0])


@st.composite
def formulas(draw, depth=4):
    """A formula and what it means, as a SymPy expression built without our reader."""
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        if draw(st.booleans()):
            name = draw(st.sampled_from(list(NAMES)))
            return name, sp.Float(POINT[name], 40)
        number = draw(st.sampled_from(["2", "0.5", ".25", "3.", "1e-2", "12.5E1"]))
        return number, sp.Float(number, 40)
    kind = draw(st.sampled_from(["+", "-", "*", "/", "sign", "power", "call", "group"]))
    text, left = draw(formulas(depth - 1))
    space = draw(st.sampled_from(["", " ", "  "]))
    if kind == "group":
        return f"({space}{text})", left
    if kind == "sign":
        return f"-({text})", -left
    if kind == "power":
        n, mark = draw(st.integers(0, 3)), draw(st.sampled_from(["^", "**"]))
        return f"({text}){mark}{space}{n}", left**n
    if kind == "call":
        name = draw(st.sampled_from(["sin", "cos", "tanh", "atan", "asinh", "erf"]))
        return f"{name}({text})", getattr(sp, name)(left)
    other, right = draw(formulas(depth - 1))
    # the formula decides what binds: brackets only where the meaning needs them
    if kind == "/":
        return f"({text}){space}/ (2 + ({other})^2)", left / (2 + right**2)
    if kind == "*":
        return f"({text}){space}*({other})", left * right
    if kind == "+":
        return f"{text}{space}+ {other}", left + right
    return f"{text} -{space}({other})", left - right


@given(formulas())
def test_a_formula_has_the_value_that_sympy_gives_it(case):
    text, meaning = case
    expected = float(sp.N(meaning, 40))
    assert value(text) == pytest.approx(expected, rel=1e-11, abs=1e-11 * (1 + abs(expected)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-a^2", -(0.7**2)), ("a^-2", 0.7**-2), ("2^3^2", 512.0), ("2**-1*4", 2.0),
        ("a - b - mu", 0.7 + 1.3 - 1.5), ("1/2/4", 0.125), ("2*-a", -1.4), ("b^n", (-1.3) ** 3),
        ("b^(n - 1)", 1.69), ("sqrt(b^2)", 1.3), ("tan(a + pi/2)", -1 / np.tan(0.7)),
        ("a^mu", 0.7**1.5), ("+a", 0.7), ("10^60*a/10^60", 0.7), ("exp(1)^2", np.e**2),
        ("a^0.5", np.sqrt(0.7)), ("a\n + b", -0.6),
    ],
)  # fmt: skip
def test_precedence_powers_and_numbers(text, expected):
    assert value(text) == pytest.approx(expected, rel=1e-14)


def test_decimals_are_exact():
    assert read_formula("0.1*a", NAMES, CONSTANTS) == NAMES["a"] / 10


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_and_its_derivative(name):
    argument = "1 + a" if name == "acosh" else "a/2"
    e = read_formula(f"{name}({argument})", NAMES, CONSTANTS)
    program = Components("f", (NAMES["a"],), (), (), (e,))
    x, h = np.array([[0.7]]), 1e-6
    slope = batch_values(program)(x + h, x) - batch_values(program)(x - h, x)
    assert batch_jacobian(program)(x, x)[0, 0, 0] == pytest.approx(slope[0, 0] / (2 * h), rel=1e-8)


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("2a", "an operator is missing before `a`; write `*`", (1, 2)),
        ("a b", "an operator is missing before `b`", (2, 3)),
        ("(a)(b)", "an operator is missing before `(`", (3, 4)),
        ("sin(a", "the formula ends too early", (5, 6)),
        ("", "the formula ends too early", (0, 1)),
        ("a + )", "`)` cannot stand here", (4, 5)),
        ("a $ b", "`$` is no part of a formula", (2, 3)),
        ("a + nv", "unknown name `nv`. Did you mean `n`?", (4, 6)),
        ("sinn(a)", "unknown function `sinn`. Did you mean `sin`?", (0, 7)),
        ("a(2)", "`a` is no function; write `*`", (0, 4)),
        ("sin*a", "the function `sin` needs an argument", (0, 3)),
        ("a/(b - b)", "division by zero", (2, 9)),
        ("0^-1", "division by zero", (0, 4)),
        ("a*log(-1)", "this is no real number", (2, 9)),
        ("(-8)^(1/3)", "this is no real number", (0, 10)),
        ("a^65", "exponents may reach 64", (2, 4)),
        ("a + 1e999", "this number is too large for a double", (4, 9)),
        ("(10^60)^60", "this number is too large for a double", (0, 10)),
        ("1e200*a*1e200", "multiply to one too large for a double", (0, 13)),
        ("(" * 50 + "a" + ")" * 50, "more than 40 operations inside one another", (10, 91)),
        ("-" * 50 + "a", "more than 40 operations inside one another", (10, 51)),
        ("a + " * 300 + "a", "a formula may have 1000 characters; this one has 1201", (0, 1)),
    ],
)
def test_errors_name_the_place(text, message, place):
    with pytest.raises(FormulaError) as error:
        read_formula(text, NAMES, CONSTANTS)
    assert message in error.value.message
    assert (error.value.start, error.value.end) == place


@given(st.text(alphabet="ab12.()+-*/^ nsixep'_", max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        read_formula(text, NAMES, CONSTANTS)
    except FormulaError as error:
        assert 0 <= error.start <= len(text)


@pytest.mark.parametrize("text", ["a + " * 249 + "a", "*".join(f"(a+{n})" for n in range(130))])
def test_long_formulas_are_read(text):
    assert np.isfinite(value(text))


@pytest.mark.parametrize(
    ("text", "expected", "slopes"),
    [
        ("abs(b)", 1.3, (0, -1)),
        ("max(a, b)", 0.7, (1, 0)),
        ("min(a, b, -4)", -4, (0, 0)),
        ("min(a, b)", -1.3, (0, 1)),
        ("max(1e20*a^2, 1) - 1e20*a^2", 0, (0, 0)),
        ("heaviside(a) + Heaviside(b)", 1, (0, 0)),
        ("a*sign(b)", -0.7, (-1, 0)),
        ("heaviside(a - 0.7)", 0.5, (0, 0)),
        ("max(2, 3)*sech(0) + min(abs(-1), 5) + heaviside(0)", 4.5, (0, 0)),
        ("cot(a)", 1 / np.tan(0.7), (-1 / np.sin(0.7) ** 2, 0)),
        ("sec(a)*csc(a)", 1 / (np.cos(0.7) * np.sin(0.7)), None),
        ("coth(a) - csch(a)", (np.cosh(0.7) - 1) / np.sinh(0.7), None),
    ],
)
def test_functions_of_several_pieces(text, expected, slopes):
    e = read_formula(text, NAMES, CONSTANTS)
    program = Components("f", (NAMES["a"], NAMES["b"]), tuple(CONSTANTS), (), (e,))
    at, p = np.array([[0.7, -1.3]]), np.array([1.5, 3.0])
    assert batch_values(program)(at, p)[0, 0] == pytest.approx(expected, abs=1e-12)
    assert scalar_field(program)(at[0], p.tolist())[0] == pytest.approx(expected, abs=1e-12)
    if slopes is not None:
        np.testing.assert_allclose(batch_jacobian(program)(at, p)[0, 0], slopes, atol=1e-12)


def test_balls_across_a_kink_and_a_jump():
    a = NAMES["a"]
    kink = Components("f", (a,), (), (), (read_formula("abs(a)", NAMES, {}),))
    (value,), ((slope,),) = ball_program(kink).linearised([arb(0, 1)], [], [[arb(1)]])
    assert value.contains(0) and value.contains(1) and slope.contains(-1) and slope.contains(1)
    jumps = Components("f", (a,), (), (), (read_formula("heaviside(a)", NAMES, {}),))
    (value,), ((slope,),) = ball_program(jumps).linearised([arb(0, 1)], [], [[arb(1)]])
    assert value.contains(0) and value.contains(1) and not slope.is_finite()
    (value,), ((slope,),) = ball_program(jumps).linearised([arb(2, 1)], [], [[arb(1)]])
    assert value == 1 and slope == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("min(a)", "`min` compares two numbers or more"),
        ("sin(a, b)", "`sin` takes one argument; got 2"),
        ("abs(a, b)", "`abs` takes one argument; got 2"),
        ("max(a,)", "cannot stand here"),
    ],
)
def test_wrong_numbers_of_arguments(text, message):
    with pytest.raises(FormulaError, match=message):
        read_formula(text, NAMES, CONSTANTS)
