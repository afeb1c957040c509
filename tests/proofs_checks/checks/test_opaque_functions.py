"""The polynomials that stand for opaque functions."""

import pytest
import sympy as sp

from proofs_checks.checks.evaluation.nodes import NotApplicable
from proofs_checks.checks.evaluation.opaque_functions import (
    Polynomials,
    degrees_in,
    differentiated,
    monomials,
)
from proofs_checks.checks.evaluation.program import Program
from tests.proofs_checks.checks.node_statements import MODEL, f, t, u

x, y = sp.symbols("x y")


def as_sympy(terms):
    """A polynomial of two variables as SymPy has it."""
    return sum(c * x**m * y**n for (m, n), c in terms.items())


def test_monomials_come_highest_first_and_are_all_of_them():
    assert monomials(1, 3) == [(3,), (2,), (1,), (0,)]
    assert monomials(2, 2) == [(2, 0), (1, 1), (0, 2), (1, 0), (0, 1), (0, 0)]


@pytest.mark.parametrize(("arguments", "degree"), [(8, 3), (5, 7)])
def test_too_many_monomials_are_refused(arguments, degree):
    with pytest.raises(NotApplicable, match="variables is needed"):
        monomials(arguments, degree)


@pytest.mark.parametrize("orders", [(0, 0), (1, 0), (0, 2), (2, 1), (4, 0)])
def test_derivatives_are_those_of_sympy(orders):
    terms = Polynomials().terms("g", 2)
    expected = as_sympy(terms)
    for symbol, order in zip((x, y), orders, strict=True):
        expected = sp.diff(expected, symbol, order) if order else expected
    assert sp.expand(as_sympy(differentiated(terms, orders)) - expected) == 0


def test_the_degree_is_three_or_one_more_than_the_derivatives():
    program = Program(MODEL)
    nodes = [program.read(f(t, orders=(5,)) * f(t, u)).node, program.read(f(u)).node]
    assert degrees_in(nodes) == {("f", 1): 6, ("f", 2): 3}


def test_names_seeds_and_arguments_give_different_polynomials():
    plain = Polynomials().terms("f", 1)
    assert plain == Polynomials().terms("f", 1)
    assert plain != Polynomials().terms("g", 1)
    assert any(Polynomials(seed=n).terms("f", 1) != plain for n in (1, 2))
    assert all(c for c in plain.values()) and len(plain) == 4


def test_positive_polynomials_have_positive_coefficients():
    assert all(c > 0 for c in Polynomials(positive=True).terms("f", 3).values())


def test_texts_are_polynomials_in_letters():
    functions = Polynomials({("f", 1): 3, ("g", 2): 3, ("h", 4): 3})
    texts = functions.texts()
    assert list(texts) == ["f(x)", "g(x, y)", "h(x_1, x_2, x_3, x_4)"]
    for name, arguments in (("f(x)", 1), ("g(x, y)", 2)):
        terms = functions.terms(name[0], arguments)
        written = sp.parse_expr(
            texts[name]
            .replace("^", "**")
            .replace(" x", "*x")
            .replace(" y", "*y")
            .replace("+*", "+ ")
            .replace("-*", "- "),
            {"x": x, "y": y},
        )
        expected = sum(
            c * sp.prod(v**e for v, e in zip((x, y), exponents, strict=False))
            for exponents, c in terms.items()
        )
        assert sp.expand(written - expected) == 0
