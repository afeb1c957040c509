"""What notebooks show of verdicts and reports."""

import pytest

from proofs_checks.audit import LawReport, WrongStep
from proofs_checks.checking import check_paper
from proofs_checks.claims.reading import read_claims
from proofs_checks.verdict import Verdict
from theory.catalogue import law_named

TEXT = rb"""
\[ p_i = \frac{e^{x_i}}{\sum_j e^{x_j}} \]
\begin{equation}\label{a<b}
\frac{\partial p_i}{\partial x_j} = p_i (\delta_{ij} + p_j)
\end{equation}
\[ \sum_i p_i = ) \]
"""


@pytest.fixture(scope="module")
def report():
    return check_paper(read_claims(TEXT, "paper <1>.tex"))


def test_a_document_is_a_table_of_its_equations(report):
    html = report._repr_html_()
    assert html.count("<tr>") == len(report.claims) == 3
    assert "paper &lt;1&gt;.tex" in html and "a&lt;b" in html
    for status in ("definition", "refuted", "unreadable"):
        assert f"{status}</b>" in html
    assert "the sign of $p_j$ is wrong" in html
    assert r"correct: $\frac{\partial p_i}{\partial x_j} = p_i (\delta_{ij} - p_j)$" in html


def test_an_empty_document_says_so():
    assert "no equations found" in check_paper(read_claims(b"", "x.tex"))._repr_html_()


def test_a_refutation_shows_its_point(report):
    html = report.claims[1].verdict._repr_html_()
    point = ("at indices", "$i$ = 1, $j$ = 1", "all inputs 0")
    for text in ("refuted</b> by exact", *point, "left - right", "modular"):
        assert text in html


def test_a_law_in_one_model_shows_its_wrong_line():
    law = law_named("advantage-routing")
    wrong = WrongStep(3, "a <reason>", Verdict("refuted", "exact"))
    html = LawReport(law, "attention-head", Verdict("proved", "x"), 7, wrong, 0.1)._repr_html_()
    assert law._repr_html_() in html
    assert "7 lines of derivation; line 3 (a &lt;reason&gt;) is refuted" in html
