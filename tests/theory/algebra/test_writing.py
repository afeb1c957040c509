"""Normal forms written as expressions that people can read."""

import pytest
import sympy as sp

from tests.theory.algebra.test_identities import ALL
from tests.theory.algebra.test_signs import EQUAL as SIGNS
from tests.theory.algebra.test_sums_and_deltas import EQUAL as SUMS
from tests.theory.algebra.vocabulary import (
    C,
    D,
    N,
    S,
    T,
    a,
    b,
    c,
    d,
    e,
    f,
    h,
    i,
    j,
    k,
    l,
    m,
    o,
    p,
    q,
    r,
    s,
    softmax,
    values_agree,
    w,
    x,
    y,
)
from theory.algebra.expressions import free_indices
from theory.algebra.normal_form import normal_form
from theory.algebra.polynomial import Atom, Polynomial
from theory.algebra.symbols import Index, Tensor, delta, total
from theory.algebra.writing import Writer

SIZES = {size.name: size for size in (T, N, C, D)}
LETTERS = {"T": ("i", "j", "k", "l"), "n": ("m", "o"), "C": ("c", "d", "e"), "d": ("f", "g")}
EXPRESSIONS = [sp.sympify(side) for pair in {**ALL, **SIGNS, **SUMS}.values() for side in pair]


def writer(*expressions):
    symbols = {}
    for expression in expressions:
        entries = expression.atoms(sp.Indexed)
        symbols |= {str(z): z for z in expression.atoms(sp.Symbol)}
        symbols |= {str(z.base.label): z.base for z in entries}
    return Writer(symbols, SIZES, LETTERS)


def written(expression):
    avoid = {k.name for k in free_indices(expression)}
    return writer(expression).write(normal_form(expression), avoid)


@pytest.mark.parametrize("number", range(len(EXPRESSIONS)))
def test_what_is_written_reads_back_and_has_the_same_values(number):
    expression = EXPRESSIONS[number]
    text = written(expression)
    assert normal_form(text) == normal_form(expression)
    assert free_indices(text) <= free_indices(expression)
    assert False not in values_agree(expression, text)


LEGIBLE = {
    "a common factor in front": (
        x[i] * p[c] - x[i] * q[c],
        x[i] * (p[c] - q[c]),
    ),
    "sums that share a factor are joined": (
        total(S[k, i] * x[k], k) - total(S[k, i] * y[k], k),
        total(S[j, i] * (x[j] - y[j]), j),
    ),
    "a square of a sum": (total(x[k] * x[l], k, l), total(x[i], i) ** 2),
    "a delta": (total(delta(j, k) * S[i, k], k), S[i, j]),
    "a bound letter that is free elsewhere": (x[i] * total(x[k], k), x[i] * total(x[j], j)),
    "two sums, two letters": (total(S[k, l] * x[k], k, l), total(S[j, i] * x[j], i, j)),
    "softmax": (softmax, sp.exp(s[i, m]) / total(sp.exp(s[i, o]), o)),
    "nothing": (x[i] - x[i], sp.Integer(0)),
    "a constant": (sp.pi * a / 2, sp.pi * a / 2),
    "a root of a prime": (sp.sqrt(2) * a, sp.sqrt(2) * a),
    "a symbolic power": (a ** (2 * T), a ** (2 * T)),
    "an opaque function": (sp.Function("F")(a + a), sp.Function("F")(2 * a)),
}


@pytest.mark.parametrize("name", LEGIBLE)
def test_the_form_is_the_one_a_paper_would_print(name):
    expression, expected = LEGIBLE[name]
    assert written(expression) == expected


def test_letters_run_out_into_numbers():
    plain = Writer({"w": w}, SIZES, {"n": ("m",)})
    text = plain.write(normal_form(total(w[m], m) ** 2 * w[Index("m", N)]), {"m"})
    assert text == w[m] * total(w[Index("m1", N)], Index("m1", N)) ** 2
    assert Writer({}, SIZES).letter("n", set()) == "k"


def test_literal_positions_are_kept():
    assert written(x[2] * total(S[k, 1], k)) == x[2] * total(S[i, 1], i)


def test_a_symbol_outside_the_vocabulary_is_named():
    with pytest.raises(ValueError, match="`u` is not in the vocabulary: x, T, n, C, d"):
        Writer({"x": x}, SIZES).write(normal_form(Tensor("u", (T,))[i]))


def test_an_unknown_atom_is_refused():
    class Unknown(Atom):
        def __init__(self):
            self.free, self.height, self.nonnegative = frozenset(), 0, False
            self._finish("unknown")

    with pytest.raises(TypeError, match="`unknown` is no atom this writer knows"):
        Writer({}, {}).write(Polynomial.of(Unknown()))


def test_unused_names_of_the_vocabulary_do_not_matter():
    text = writer(a + b, h + r[i] + p[c] + q[d] + e * 0).write(normal_form(a * b))
    assert text == a * b
    assert f.size == D
