"""Every error of elaboration, by a smallest document that meets it."""

import pytest

from proofs_checks.claims.claim import Problem
from proofs_checks.claims.problems import ReadingError
from proofs_checks.claims.reading import read_claims

VOCABULARY = [
    (r"u_i = W_O (p_i - y_i)", "not the rows of the second: a matrix C x d_v meets a column"),
    (r"\frac{\partial L}{\partial z_i} = u_i", "column vector over C meets a column vector over"),
    (r"b_{ij} = u_i v_j", "a column vector over d_v cannot be multiplied by a column vector"),
    (
        r"u_i = v_i^\top",
        "two sides of an equation need one shape: a column vector over d_v meets a",
    ),
    (r"\nabla_V L = V + 1", "the terms of a sum need one shape: a matrix T x d_v meets a scalar"),
    (r"u_i \odot p_i = 0", "the factors of an entrywise product need one shape"),
    (r"\langle u_i, p_i \rangle = 0", "the arguments of an inner product need one shape"),
    (
        r"b_{ij} = u_{ij} v_{ji}",
        "the index j ranges over T elsewhere, but axis 2 of `u` ranges over",
    ),
    (
        r"\sum_{i=1}^{d_v} \alpha_{ij} = 1",
        "the index i ranges over d_v elsewhere, but axis 1 of `al",
    ),
    (r"\alpha_{ij} = \sum_j \sum_{j=1}^{C} b_{ij}", "the index j ranges over"),
    (r"v_j = \sum_i \alpha_{ij} u_k", "the index k is free on the right side only"),
    (
        r"\sum_i v_i = \sum_i \alpha_{ij} u_k + \omega_i",
        "`omega` is not in the vocabulary of `attent",
    ),
    (r"\alpha_{ijk} = 1", "`alpha` has 2 axes; got 3 indices"),
    (r"v_1 = v_0", "axis 1 of `v` needs an index letter"),
    (r"\left(\alpha_i\right)_{jk} = 1", "has 1 axes; got 2 indices"),
    (r"\alpha_{i0} = 1", "axis 2 of `alpha` needs an index letter"),
    (r"\mathrm{tr}(V) = 1", "a trace needs a square matrix; got a matrix T x d_v"),
    (r"\mathrm{tr}(v_1) = 1", "a trace needs a matrix; got a column vector over d_v"),
    (r"\mathrm{diag}(V) = v_1", "`diag` needs a square matrix; got a matrix T x d_v"),
    (r"\mathrm{diag}(L) = 1", "`diag` needs a vector; got a scalar"),
    (r"\mathrm{rowsum}(v_1) = 1", "a row sum needs a matrix; got a column vector over d_v"),
    (r"\mathrm{softmax}(L) = 1", "`softmax` needs a vector; got a scalar"),
    (r"H(L) = 1", "an entropy needs a distribution; got a scalar"),
    (r"\mathrm{KL}(L \| L) = 0", "a divergence needs distributions; got scalars"),
    (r"\mathbb{E}[b_{ij}] = 0", "an expectation needs its distribution as a subscript"),
    (
        r"\mathbb{E}_{\alpha}[b] = 0",
        "a distribution is a vector over what it weighs; got a matrix T x",
    ),
    (r"\mathrm{Cov}_{\alpha_i}(v, v) = 0", "a covariance of vectors is not part of the language"),
    (r"\|v_i\|_3 = 1", "the norm with subscript 3 is not part of the language"),
    (r"b_{ij} = V^2", "a power of a matrix T x d_v is not part of the language"),
    (r"b_{ij} = 1 / v_i", "a denominator must be a scalar; got a column vector over d_v"),
    (r"b_{ij} = e^{v_i} b_{ij}", "need one shape"),
    (r"b_{ij} = b_{ij} / 0", "this divides by zero"),
    (r"\alpha \otimes v = 0", r"the product `\otimes` is not part of the language"),
    (r"\prod_k \alpha_{ik} = 1", "products over an index are not part of the language"),
    (r"\sum_{k \in S} \alpha_{ik} = 1", "a sum over a set is not part of the language"),
    (r"\sum_{k=3}^{n} \alpha_{ik} = 1", "a sum must start at 1"),
    (r"X^{-1} = W_Q", "the inverse of a matrix is not part of the language"),
    (r"\sum_{k=0}^{n} \alpha_{ik} = 1", "a sum must start at 1"),
    (r"\sum_{k=1}^{3} \alpha_{ik} = 1", "a sum must end at a size"),
    (r"\sum_{k < 3} \alpha_{ik} = 1", "an order is read between two index letters only"),
    (r"b_{ij} = \begin{cases} 1 & i = j \end{cases}", "the cases do not cover every index"),
    (r"\nabla L = 0", "a gradient needs what it is taken by"),
    (r"\frac{\partial L}{\partial (v_j + u_j)} = 0", "only a symbol can be differentiated by"),
    (r"\frac{\partial L}{\partial b_{ij}} = 0", "nothing says how L depends on b"),
    # of several the first is named, in every run
    (r"\frac{\partial L}{\partial b_{ij}} = \frac{\partial L}{\partial A_{ij}}", "depends on b"),
    (r"\frac{\partial L}{\partial A_{ij}} = \frac{\partial L}{\partial b_{ij}}", "depends on A"),
    (r"\frac{\partial V}{\partial K} = 0", "this derivative has 4 silent axes"),
    (r"\ddot v_j = 0", "second derivatives by time are not part of the language"),
    (r"\Delta (v_j + u_j) = 0", r"`\Delta` stands before a symbol"),
    (r"\Delta L = 0", r"`\Delta` of the loss needs to say what moves"),
    (r"\dot L = 0", "`d/dt` of the loss needs to say what moves"),
    (r"\Delta v_j = O(\eta^2) - v_j", "dropped terms O(...) stand at the end of a sum"),
]
OWN = [
    (r"m_j = \beta m_j + p_j", "`m` is defined by itself"),
    (r"a := b + 1, \qquad b := a - 1", "`a` is defined in a circle"),
    (r"c_i = w_k", "the index k stands on the right side only"),
    (r"M_{ij} = 0 \quad (i \neq j)", "a definition must hold for all values of its indices"),
    (r"O = PV, \quad \frac{\partial^2 L}{\partial P_{ij} \partial P_{ij}} = 0",
     "the second derivative of a loss that the document does not define is not determined"),
    (r"O = PV, \quad \frac{\partial L}{\partial O_{ij}} = L",
     "the value of L, which the document does not define, is not determined"),
    (r"a_i = \omega_{ik}, \quad \sum_i a_i = 1",
     "`a` is defined by an equation that could not be read"),
]  # fmt: skip


def problems(text: str, model: str) -> list[Problem]:
    paper = read_claims(f"\\[ {text} \\]", "a.tex", model=model)
    return [claim.problem for claim in paper.claims if claim.problem is not None]


@pytest.mark.parametrize(("text", "message"), VOCABULARY, ids=lambda x: x[:40])
def test_an_error_in_the_vocabulary_says_what_is_wrong(text: str, message: str) -> None:
    found = problems(text, "attention-head")
    assert any(message in p.message for p in found), found


@pytest.mark.parametrize(("text", "message"), OWN, ids=lambda x: x[:40])
def test_an_error_in_a_self_contained_document_says_what_is_wrong(text: str, message: str) -> None:
    found = problems(text, "none")
    assert any(message in p.message for p in found), found


def test_a_clash_of_ranges_names_both_places() -> None:
    (problem,) = problems(r"b_{ij} = \sum_c p_{ic} v_{jc}", "attention-head")
    assert "The other place is line 1, column 18." in problem.message
    line, caret = problem.caret.split("\n")
    assert line[caret.index("^")] == "c"
    assert problem.column > line.index("v_")


def test_an_unknown_symbol_can_be_declared() -> None:
    (problem,) = problems(r"b_{ij} = \omega_{ij}", "attention-head")
    assert problem.suggestion.endswith("% proofhead: input omega")


def test_a_hypothesis_without_meaning_leaves_the_rest_readable() -> None:
    text = "% proofhead: assume \\sum_j \\omega_{ij} = 1\n\\[ \\sum_j \\alpha_{ij} = 1 \\]"
    paper = read_claims(text, "a.tex", model="attention-head")
    assert [c.kind for c in paper.claims] == ["unreadable", "claim"]
    assert paper.claims[0].problem is not None
    assert "`omega` is not in the vocabulary" in paper.claims[0].problem.message


def test_a_document_that_asks_for_an_unknown_model_is_refused_with_the_place() -> None:
    text = "\\[ x = 1 \\]\n% proofhead: model = attention-haed\n"
    with pytest.raises(ReadingError, match="`attention-haed` is no model") as caught:
        read_claims(text, "a.tex")
    assert (caught.value.problems[0].line, caught.value.problems[0].column) == (2, 14)
    with pytest.raises(ValueError, match="`attention-haed` is no model"):
        read_claims("", "a.tex", model="attention-haed")


def test_a_product_of_very_many_matrices_is_refused() -> None:
    """Its sums stand inside one another, and the work of every step grows with their depth."""
    found = problems(r"Q = X W_Q, \quad K " + "V " * 130 + r"= X W_K, \quad V = X W_V", "none")
    assert any("a product of more than 25 matrices is not read" in p.message for p in found), found
