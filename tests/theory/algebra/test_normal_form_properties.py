"""The normal form on random expressions: stable under rewriting, never wrong at a point.

A proof of equality is checked by numbers: every simplification the normal form makes is undone by
writing it out again and evaluating both at random points of two size assignments.
"""

from hypothesis import assume, given, settings

from tests.theory.algebra.evaluation import agree
from tests.theory.algebra.random_expressions import (
    FREE,
    RULES,
    SIZES,
    TENSORS,
    N,
    T,
    c,
    expressions,
    h,
    mutated,
    point,
    rewritten,
    tame,
)
from theory.algebra.limits import AlgebraError
from theory.algebra.normal_form import normal_form, proved_equal
from theory.algebra.writing import Writer

MORE = settings(max_examples=4 * settings.default.max_examples)
WRITER = Writer(
    {**{str(t.label): t for t in TENSORS}, "c": c, "h": h},
    {"T": T, "n": N},
    {"T": ("k", "l", "p", "q"), "n": ("a", "b", "d")},
)


def values_agree(left, right):
    return [
        agree(left, right, sizes, point(sizes, seed), *FREE) for sizes in SIZES for seed in (0, 1)
    ]


def in_the_language(*expressions_):
    """Whether SymPy made no infinity, no imaginary unit and no division by zero of them."""
    try:
        for e in expressions_:
            normal_form(e, RULES)
    except AlgebraError:
        return False
    return True


@MORE
@given(rewritten())
def test_equivalent_rewritings_keep_the_normal_form(drawn):
    start, end, names = drawn
    assume(tame(start) and in_the_language(start, end))
    assert proved_equal(start, end, RULES), names
    assert False not in values_agree(start, end), names


@MORE
@given(mutated())
def test_what_is_proved_equal_is_equal_at_points(drawn):
    left, right = drawn
    assume(in_the_language(left, right))
    seen = values_agree(left, right)
    if False in seen:
        assert not proved_equal(left, right, RULES)
        assert normal_form(left, RULES) != normal_form(right, RULES)


@MORE
@given(expressions())
def test_a_normal_form_has_the_values_of_what_was_read(e):
    assume(in_the_language(e))
    written = WRITER.write(normal_form(e, RULES), avoid={"i", "j", "m"})
    assert False not in values_agree(e, written)


@MORE
@given(expressions(depth=4))
def test_a_normal_form_reads_back_as_itself(e):
    assume(tame(e) and in_the_language(e))
    written = WRITER.write(normal_form(e, RULES), avoid={"i", "j", "m"})
    assume(in_the_language(written))
    assert proved_equal(e, written, RULES)
