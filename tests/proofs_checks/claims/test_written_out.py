r"""Sums, lists, vectors and matrices written out with dots, and what is no plain pattern."""

import pytest

from proofs_checks.claims.reading import read_claims
from tests.proofs_checks.claims.corpus_documents import verdict_of


def _claims(*displays):
    return read_claims("\n".join(rf"\[ {x} \]" for x in displays), "a.tex").claims


def _verdicts(*displays):
    return [verdict_of(c) if c.kind in ("claim", "step") else c.kind for c in _claims(*displays)]


def _matrix(*rows):
    return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"


SOFTMAX = r"s_i = \frac{e^{z_i}}{\sum_j e^{z_j}}"
JACOBIAN = _matrix(
    r"s_1(1-s_1) & -s_1 s_2 & \cdots & -s_1 s_n",
    r"-s_2 s_1 & s_2(1-s_2) & \cdots & -s_2 s_n",
    r"\vdots & \vdots & \ddots & \vdots",
    r"-s_n s_1 & -s_n s_2 & \cdots & s_n(1-s_n)",
)


def test_a_jacobian_written_out_is_judged_entry_by_entry():
    right = rf"\frac{{\partial s}}{{\partial z}} = {JACOBIAN}"
    assert _verdicts(SOFTMAX, right)[-1] == "proved"
    assert _verdicts(SOFTMAX, right.replace("-s_", "s_"))[-1] == "refuted"


def test_an_entry_that_follows_no_pattern_makes_the_matrix_unreadable():
    claim = _claims(SOFTMAX, "J = " + JACOBIAN.replace("-s_2 s_n", "-s_1 s_n"))[-1]
    assert claim.kind == "unreadable"
    assert "no plain pattern" in claim.problem.message


@pytest.mark.parametrize(
    "rows",
    [
        (r"a_1 & & ", r"& \ddots & ", r"& & a_n"),
        (r"a_1 & 0 & \cdots & 0", r"0 & a_2 & \cdots & 0", r"\vdots & \vdots & \ddots & \vdots",
         r"0 & 0 & \cdots & a_n"),
    ],
)  # fmt: skip
def test_a_diagonal_matrix_written_out(rows):
    verdicts = _verdicts(f"A = {_matrix(*rows)}", r"A x = a \odot x", r"A x = x")
    assert verdicts == ["definition", "proved", "refuted"]


def test_the_two_digits_of_an_entry_are_its_row_and_column():
    written = _matrix(r"a_{11} & \cdots & a_{1n}", r"\vdots & \ddots & \vdots",
                      r"a_{m1} & \cdots & a_{mn}")  # fmt: skip
    given = (f"A = {written}", "y = A x")
    assert _verdicts(*given, r"y_i = \sum_j a_{ij} x_j") == ["proved", "definition", "proved"]
    assert _verdicts(*given, r"y_i = \sum_j a_{ji} x_j")[-1] != "proved"


@pytest.mark.parametrize("written", [r"(x_1, \dots, x_n)^\top", r"[x_1, x_2, \ldots, x_n]^T"])
def test_a_list_of_own_entries_says_how_they_are_called(written):
    verdicts = _verdicts(rf"x = {written}", r"s = w^\top x", r"s = \sum_{i=1}^n w_i x_i")
    assert verdicts == ["proved", "definition", "proved"]


def test_a_list_is_a_row_where_the_other_side_is_one():
    verdicts = _verdicts(
        r"y = [e^{x_1}, \dots, e^{x_n}]", "z = y W", r"z_j = \sum_i e^{x_i} W_{ij}"
    )
    assert verdicts == ["definition", "definition", "proved"]


def test_a_gradient_written_out():
    function = r"f(x) = \sum_i x_i^2"
    assert _verdicts(function, r"\nabla f(x) = (2x_1, \dots, 2x_n)^\top")[-1] == "proved"
    assert _verdicts(function, r"\nabla f(x) = (x_1, \dots, x_n)^\top")[-1] == "refuted"
    partials = r"[\partial_{x_1} f(x), \partial_{x_2} f(x), \dots, \partial_{x_n} f(x)]^T"
    assert _verdicts(function, rf"\nabla f(x) = {partials}")[-1] == "proved"


@pytest.mark.parametrize(
    ("written", "right"),
    [
        (r"[x_1, \dots, x_n]", "X X^\\top"),
        (_matrix(r"x_1 & \cdots & x_n"), "X X^\\top"),
        (r"[x_1, \dots, x_n]^\top", "X^\\top X"),
        (_matrix(r"x_1^\top", r"\vdots", r"x_n^\top"), "X^\\top X"),
    ],
)
def test_vectors_side_by_side_are_columns_and_below_each_other_rows(written, right):
    wrong = {"X X^\\top": "X^\\top X", "X^\\top X": "X X^\\top"}[right]
    moments = r"\sum_{i=1}^n x_i x_i^\top"
    verdicts = _verdicts(f"X = {written}", f"{right} = {moments}", f"{wrong} = {moments}")
    assert verdicts[1:] == ["proved", "refuted"]


def test_a_list_whose_length_the_document_contradicts_changes_nothing_else():
    definition, claim = r"L = \sum_{i=1}^N x_i^2", r"\frac{\partial L}{\partial x_i} = 2 x_i"
    assert _verdicts(r"x = (x_1, \dots, x_n)", definition, claim)[1:] == ["definition", "proved"]


def test_sums_in_the_entries_keep_their_own_index():
    entry = r"\frac{e^{x_%s}}{e^{x_1} + \cdots + e^{x_n}}"
    written = _matrix(entry % "1", r"\vdots", entry % "n")
    verdicts = _verdicts(r"f(x) = \log(e^{x_1} + \cdots + e^{x_n})", rf"\nabla f(x) = {written}")
    assert verdicts[-1] == "proved"


def test_a_list_that_counts_is_no_vector():
    assert _claims(r"I = (1, \dots, n)")[-1].kind == "not judged"
