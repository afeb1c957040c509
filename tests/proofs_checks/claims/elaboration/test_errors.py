"""Every error of elaboration, by a smallest document that meets it."""

import pytest

from proofs_checks.claims.claim import Problem
from proofs_checks.claims.problems import ReadingError
from proofs_checks.claims.reading import read_claims
from tests.proofs_checks.claims.corpus_documents import verdict_of

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
        "nothing says what omega_i is",
    ),
    (r"\alpha_{ijk} = 1", "`alpha` has 2 axes; got 3 indices"),
    (r"v_1 = v_0", "nothing says what v_0 is"),
    (r"\left(\alpha_i\right)_{jk} = 1", "`alpha` has 2 axes; got 3 indices"),
    (r"\mathrm{tr}(V) = 1", "a trace needs a square matrix; got a matrix T x d_v"),
    (r"\mathrm{tr}(v_1) = 1", "a trace needs a matrix; got a column vector over d_v"),
    (r"\mathrm{diag}(V) = v_1", "`diag` needs a square matrix; got a matrix T x d_v"),
    (r"\mathrm{diag}(L) = 1", "`diag` needs a vector; got a scalar"),
    (r"\mathrm{rowsum}(v_1) = 1", "a row sum needs a matrix; got a column vector over d_v"),
    (r"\mathrm{softmax}(L) = 1", "`softmax` needs a vector; got a scalar"),
    (r"H(L) = 1", "an entropy needs a distribution; got a scalar"),
    (r"\mathrm{KL}(L \| L) = 0", "a divergence needs distributions; got scalars"),
    (r"\mathbb{E}[b_{ij}] = 0", "an expectation needs its distribution as a subscript"),
    (r"\mathbb{E}_{\alpha}[b] = 0", "nothing says what the distribution alpha is"),
    (r"\mathrm{Cov}_{\alpha_i}(v, v) = 0", "a covariance of vectors is not part of the language"),
    (r"\|v_i\|_3 = 1", "the norm with subscript 3 is not part of the language"),
    (r"b_{ij} = V^2", "the columns of the first factor are not the rows"),
    (r"b_{ij} = 1 / v_i", "a denominator must be a scalar; got a column vector over d_v"),
    (r"b_{ij} = e^{v_i} b_{ij}", "need one shape"),
    (r"b_{ij} = b_{ij} / 0", "this divides by zero"),
    (r"\alpha \otimes v = 0", r"`\otimes` is read between vectors"),
    (r"\sum_{k \in S} \alpha_{ik} = 1", "the index k ranges over S_set elsewhere"),
    (r"\sum_{k=3}^{n} \alpha_{ik} = 1", "a sum must start at 1"),
    (r"X^{-1} = W_Q", "an inverse needs a square matrix"),
    (r"\sum_{k=0}^{n} \alpha_{ik} = 1", "the index k ranges over"),
    (r"\sum_{k=1}^{30} \alpha_{ik} = 1", "a sum must end at a size"),
    (r"b_{ij} = \begin{cases} 1 & i = j \end{cases}", "the cases do not cover every index"),
    (r"\nabla L = 0", "a gradient needs what it is taken by"),
    (r"\frac{\partial L}{\partial (v_j + u_j)} = 0", "only a symbol can be differentiated by"),
    (r"\frac{\partial L}{\partial b_{ij}} = 0", "nothing says how L depends on b"),
    # of several the first is named, in every run
    (r"\frac{\partial L}{\partial b_{ij}} = \frac{\partial L}{\partial A_{ij}}", "depends on b"),
    (r"\frac{\partial L}{\partial A_{ij}} = \frac{\partial L}{\partial b_{ij}}", "depends on A"),
    (r"\frac{\partial V}{\partial K} = 0", "this derivative has 4 silent axes"),
    (r"\ddot v_j = 0", "second derivatives by time are not part of the language"),
    (r"\Delta v_j = O(\eta^2) - v_j", "dropped terms O(...) stand at the end of a sum"),
]
OWN = [
    (r"m_j = \beta m_j + p_j", "nothing says what beta is"),
    (r"O = PV, \quad \frac{\partial^2 L}{\partial P_{ij} \partial P_{ij}} = 0",
     "the second derivative of L, which the document does not define, is not determined"),
    (r"O = PV, \quad \frac{\partial L}{\partial O_{ij}} = L",
     "nothing says what L is"),
]  # fmt: skip


# What the document says enough about to be judged.
JUDGED = [
    (r"\prod_k \alpha_{ik} = 1", "attention-head"),
    (r"\Delta L = 0", "attention-head"),
    (r"\dot L = 0", "attention-head"),
    (r"a_i := \omega_i + 1, \quad \sum_i a_i = 1", "none"),
]


def problems(text: str, model: str) -> list[Problem]:
    paper = read_claims(f"\\[ {text} \\]", "a.tex", model=model)
    return [claim.problem for claim in paper.claims if claim.problem is not None]


def reasons(text: str, model: str) -> list[str]:
    """Return why equations are unreadable, or would be if they were not true."""
    claims = read_claims(f"\\[ {text} \\]", "a.tex", model=model).claims
    return [c.problem.message if c.problem is not None else c.hedge for c in claims]


@pytest.mark.parametrize(("text", "message"), VOCABULARY, ids=lambda x: x[:40])
def test_an_error_in_the_vocabulary_says_what_is_wrong(text: str, message: str) -> None:
    found = reasons(text, "attention-head")
    assert any(message in reason for reason in found), found


@pytest.mark.parametrize(("text", "message"), OWN, ids=lambda x: x[:40])
def test_an_error_in_a_self_contained_document_says_what_is_wrong(text: str, message: str) -> None:
    found = reasons(text, "none")
    assert any(message in reason for reason in found), found


@pytest.mark.parametrize(("text", "model"), JUDGED)
def test_what_is_determined_is_judged(text: str, model: str) -> None:
    claim = read_claims(f"\\[ {text} \\]", "a.tex", model=model).claims[-1]
    assert claim.hedge == ""
    assert verdict_of(claim) == "refuted"


def test_a_clash_of_ranges_names_both_places() -> None:
    (problem,) = problems(r"b_{ij} = \sum_c p_{ic} v_{jc}", "attention-head")
    assert "The other place is line 1, column 18." in problem.message
    line, caret = problem.caret.split("\n")
    assert line[caret.index("^")] == "c"
    assert problem.column > line.index("v_")


def test_an_unknown_symbol_can_be_declared() -> None:
    text = "\\[ b_{ij} = \\omega_{ij} \\]"
    (claim,) = read_claims(text, "a.tex", model="attention-head").claims
    assert claim.hedge == "nothing says what omega is"
    text = "% proofhead: input \\omega_{ij}\n" + text
    (claim,) = read_claims(text, "a.tex", model="attention-head").claims
    assert (claim.hedge, verdict_of(claim)) == ("", "refuted")


def test_a_hypothesis_without_meaning_leaves_the_rest_readable() -> None:
    text = "% proofhead: assume \\sum_j v_j = \\alpha_{ij}\n\\[ \\sum_j \\alpha_{ij} = 1 \\]"
    paper = read_claims(text, "a.tex", model="attention-head")
    assert [c.kind for c in paper.claims] == ["unreadable", "claim"]
    assert paper.claims[0].problem is not None
    assert "a column vector over d_v meets a scalar" in paper.claims[0].problem.message


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
