r"""Sums from 0: `\sum_{k=0}^{n-1} \gamma^k` begins with 1, and `x_k` is counted in one way."""

import pytest

from proofs_checks.claims.reading import read_claims
from tests.proofs_checks.claims.corpus_documents import verdict_of


def _verdicts(text):
    return [verdict_of(c) for c in read_claims(text, "sums.tex").claims]


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"\sum_{k=0}^{n-1} k = \frac{n(n-1)}{2}", "proved"),
        (r"\sum_{k=0}^{n-1} k = \frac{n(n+1)}{2}", "refuted"),
        (r"\sum_{k=0}^{n} k = \frac{n(n+1)}{2}", "proved"),
        (r"\sum_{k=0}^{n} k = \frac{n(n-1)}{2}", "refuted"),
        (r"\sum_{k=0}^{n-1} \gamma^k = \sum_{k=1}^{n} \gamma^{k-1}", "proved"),
        (r"\sum_{k=0}^{n-1} \gamma^k = \sum_{k=1}^{n} \gamma^k", "refuted"),
        (r"\sum_{k=0}^{n-1} k x_k = \sum_{j=0}^{n-1} j x_j", "proved"),
        (r"\sum_{t=1}^{T} \gamma^t r_t = \gamma \sum_{t=1}^{T} \gamma^{t-1} r_t", "proved"),
        (r"\sum_{t=1}^{T} \gamma^t r_t = \gamma \sum_{t=1}^{T} r_t", "refuted"),
    ],
)
def test_an_index_is_the_number_that_it_counts(equation, verdict):
    assert _verdicts(rf"\[ {equation} \]") == [verdict]


def test_a_letter_is_a_transpose_only_where_nothing_sums_over_it():
    quadratic = r"\[ f = x^t A x, \qquad \nabla_x f = (A + A^t) x \]"
    assert _verdicts(quadratic) == ["definition", "proved"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (r"\[ \sum_{k=0}^{n-1} x_k = \sum_{k=1}^{n} x_k \]", "is counted from 1 here and from 0"),
        (r"\[ \sum_{k=0}^{n-1} x_k = \sum_{j=0}^{n-1} (x_j + x_1) \]", "counted from 1 here"),
        (
            r"\[ G = \sum_{j=0}^{n-1} \gamma^j r_j, \quad \partial G / \partial r_j = \gamma^j \]",
            "its range is counted from 0 elsewhere",
        ),
        (r"\[ \sum_{k=1}^{n} k = m \] \[ \sum_{k=0}^{n} k = m \]", "ends a sum of n terms and one"),
        (r"\[ \sum_{k=0}^{n} k = m \] \[ \sum_{k=1}^{n} k = m \]", "ends a sum of n terms and one"),
        (
            r"\[ \sum_{k=0}^{n-1} \sum_{j=1}^{n} \delta_{jk} a_j b_k = \sum_{i=1}^{n} a_i \]",
            "what is compared is counted from 0",
        ),
    ],
)
def test_two_ways_to_count_are_refused(text, message):
    problems = [c.problem.message for c in read_claims(text, "sums.tex").claims if c.problem]
    assert any(message in problem for problem in problems), problems
