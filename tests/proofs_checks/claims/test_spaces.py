r"""What a document states of shapes is a constraint: ``x \in \mathbb{R}^n``, in prose as well."""

import pytest

from proofs_checks.claims.reading import read_claims
from tests.proofs_checks.claims.corpus_documents import verdict_of

SAID = r"Let $x, y \in \mathbb{R}^n$, $A \in R^{n \times m}$, $w \in \mathbb{R}^m$."


@pytest.mark.parametrize(
    ("prose", "display", "verdict"),
    [
        (r"With $x \in \mathbb{R}^n$, $A \in \mathbb{R}^{n \times n}$:", "A x = x A", "unreadable"),
        (SAID, r"\sum_{i=1}^n A_{ij} x_i = (A^\top x)_j", "proved"),
        (SAID, r"\sum_{i=1}^n A_{ij} w_i = (A^\top x)_j", "unreadable"),
        (SAID, r"A x = A x", "unreadable"),
        (SAID, r"x^\top A w = w^\top A^\top x", "proved"),
        (SAID, r"\frac{\partial}{\partial A} (x^\top A w) = x w^\top", "proved"),
        (r"With $y \in \{0, 1\}^C$, $t \in \{0, 1\}^{N \times C}$:", "t y = y t", "unreadable"),
        (r"With $e \in \mathbb{R}^n$ unused and $a \in \mathbb{R}$:", r"a b = b a", "proved"),
    ],
)  # fmt: skip
def test_a_space_in_the_prose_shapes_the_symbols_of_displays(prose, display, verdict):
    paper = read_claims(rf"{prose} \[ {display} \]", "a.tex")
    assert verdict_of(paper.claims[-1]) == verdict
    assert all("?" not in s.kind for s in paper.symbols)  # no symbol that only the prose has


def test_a_list_of_symbols_in_a_display_shares_its_space():
    text = r"\[ x, y \in \mathbb{R}^d, \quad W \in \mathbb{R}^{d \times k} \] \[ x^\top W = y \]"
    kinds = {s.latex: s.kind for s in read_claims(text, "a.tex").symbols}
    assert kinds["W"] == "matrix, d x k"


def test_shapes_that_contradict_each_other_are_said():
    r"""A document that has K with m rows cannot call \mathbf{K} A one with n rows."""
    text = r"""
    \[ K \in \mathbb{R}^{m \times d}, \quad Q \in \mathbb{R}^{n \times d} \]
    \[ P = Q K^\top, \quad R = K Q^\top \in \mathbb{R}^{n \times m} \]
    """
    claims = read_claims(text, "a.tex").claims
    assert claims[-1].problem.message == "this says n where m stands elsewhere."
