"""What changes no verdict: other letters, a true equation in front; what a hedge may not hide."""

from __future__ import annotations

import re

import pytest
import sympy as sp

from proofs_checks.checking import check_paper
from proofs_checks.claims import notation
from proofs_checks.claims.meaning import functions
from proofs_checks.claims.reading import read_claims
from tests.proofs_checks.claims.corpus_documents import verdict_of
from tests.proofs_checks.claims.true_equations import TRUE

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[A-Za-z]|.", re.DOTALL)
LETTERS = str.maketrans("xywabcpzghqrmij", "wbxyacgqpzhmrji"[:15])


def verdicts(definitions: tuple[str, ...], equation: str) -> list[str]:
    """Return the verdicts on a true equation and on the same with one more on its right."""
    text = "\n".join(f"\\[ {x} \\]" for x in (*definitions, equation, f"{equation} + 1"))
    return [verdict_of(claim) for claim in read_claims(text, "a.tex").claims]


def renamed(equation: str) -> str:
    """Return an equation in other letters; commands keep theirs."""
    tokens = (found[0] for found in TOKEN.finditer(equation))
    return "".join(t.translate(LETTERS) if len(t) == 1 else t for t in tokens)


def test_the_letters_are_a_permutation() -> None:
    assert sorted(map(chr, LETTERS)) == sorted(map(chr, LETTERS.values()))


@pytest.mark.parametrize(("definitions", "equation"), TRUE[::2], ids=lambda x: str(x)[:40])
def test_other_letters_change_no_verdict(definitions: tuple[str, ...], equation: str) -> None:
    found = verdicts(definitions, equation)
    assert "proved" in found
    assert verdicts(tuple(map(renamed, definitions)), renamed(equation)) == found


FRONT = (
    r"(\xi + \zeta)^2 = \xi^2 + 2 \xi \zeta + \zeta^2",
    r"\log e^{\psi} = \psi",
)


@pytest.mark.parametrize(("definitions", "equation"), TRUE[1::4], ids=lambda x: str(x)[:40])
def test_a_true_equation_in_front_changes_no_verdict(
    definitions: tuple[str, ...], equation: str
) -> None:
    found = verdicts(definitions, equation)
    for front in FRONT:
        assert verdicts((front, *definitions), equation) == ["proved", *found]


PLAIN = [
    r"\[ (a + b)^2 = a^2 + b^2 \]",
    r"\[ \log(a b) = \log(a) \log(b) \]",
    r"\[ f = x^2 \] \[ \frac{\partial f}{\partial x} = 3 x \]",
    r"\[ p_i = \frac{e^{z_i}}{\sum_k e^{z_k}} \] \[ \sum_i p_i = 2 \]",
    r"\[ p_i = \frac{e^{z_i}}{\sum_k e^{z_k}} \]"
    r"\[ \frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} + p_j) \]",
    r"\[ h = \frac{1}{1 + e^{-x}} \] \[ \frac{\partial h}{\partial x} = h (1 + h) \]",
    r"\[ A = B C \] \[ A^\top = B^\top C^\top \]",
    r"\[ 1 + 1 = 3 \]",
]


@pytest.mark.parametrize("text", PLAIN, ids=lambda x: x[:40])
def test_a_hedge_hides_no_plain_refutation(text: str) -> None:
    paper = read_claims(text, "a.tex")
    assert paper.claims[-1].hedge == ""
    assert check_paper(paper).statuses[-1] == "refuted"


def test_what_a_document_leaves_open_is_reported_as_unreadable_if_it_is_not_true() -> None:
    text = r"\[ a_{ij} = \int s_{ij} \] \[ \sum_j a_{ij} = 3 \] \[ \sum_j a_{ij} = \sum_k a_{ik} \]"
    report = check_paper(read_claims(text, "a.tex", model="none"))
    assert list(report.statuses) == ["unreadable", "unreadable", "proved"]
    problem = report.claims[1].claim.problem
    assert problem is not None
    assert problem.message.startswith("the definition of a could not be read")
    assert any("the equation holds all the same" in note for note in report.claims[2].claim.notes)


def test_a_function_is_added_in_two_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    r"""Its word, and what it is of a number."""
    text = r"\[ y = \operatorname{swish}(x) \] \[ y = x / (1 + e^{-x}) \]"
    monkeypatch.setitem(notation.FUNCTIONS, "swish", "swish")
    monkeypatch.setitem(functions.ENTRYWISE, "swish", lambda x: x / (1 + sp.exp(-x)))
    claims = read_claims(text, "a.tex").claims
    assert [verdict_of(claim) for claim in claims] == ["definition", "proved"]
