r"""The d of differentials before brackets and functions."""

import pytest

from proofs_checks.claims.reading import read_claims
from tests.proofs_checks.claims.corpus_documents import verdict_of


def _last(*equations):
    text = "\n\n".join(f"$$ {e} $$" for e in equations)
    return verdict_of(read_claims(text, "notes.md").claims[-1])


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"d(u^T v) = d(u^T) v + d(v^T) u", "proved"),
        (r"d \log p = \frac{dp}{p}", "proved"),
        (r"d(a b) = a\,db + b\,da", "proved"),
        (r"d(a b) = a\,db - b\,da", "refuted"),
        (r"d(a b) = a\,db", "proved"),  # where no differential of a stands, a does not move
        (r"d(a b) = b\,db", "unreadable"),
        (r"d(x^\top A x) = dx^\top A x + x^\top A\,dx", "proved"),
        (r"d(x^\top A x) = 2 x^\top A\,dx", "refuted"),
        (r"d(X X^{-1}) = dX\,X^{-1} + X\,d(X^{-1})", "proved"),
        (r"\mathrm{tr}(d(A X)) = \mathrm{tr}(A\,dX)", "proved"),
        (r"\mathrm{tr}(d(A X)) = \mathrm{tr}(A^\top dX)", "refuted"),
        (r"d|X| = |X|\,\mathrm{tr}(X^{-1} dX)", "proved"),
        (r"d(X Y) = (dX) Y + X (dY)", "proved"),
        (r"d(X Y) = (dX) Y + Y (dX)", "refuted"),
        (r"d\,\mathrm{tr}(X) = \mathrm{tr}(dX)", "proved"),
        (r"d \log\det X = \mathrm{tr}(X^{-1} dX)", "proved"),
        (r"d \log\det X = -\mathrm{tr}(X^{-1} dX)", "refuted"),
        (r"d(X^{-1}) = -X^{-1} (dX) X^{-1}", "proved"),
    ],
)
def test_differentials_of_expressions(claim, verdict):
    assert _last(claim) == verdict


def test_the_report_says_what_is_held_fixed():
    claim = read_claims(r"$$ d(a b) = a\,db $$", "notes.md").claims[0]
    assert "a is held fixed: no differential of it is written" in claim.notes


@pytest.mark.parametrize(
    "claim",
    [
        r"d\sigma^2 \frac{\partial \sigma^2}{\partial \mu} = -2\,d\sigma^2 (x - \mu)",
        r"dx\,d(a b) = 0",
        r"d(a b) = 0",
        r"d(a b) + dx = dx",
    ],
)
def test_the_differential_of_what_does_not_move_is_not_zero(claim):
    assert _last(r"dy = 2\,dx", claim) != "proved"


def test_what_has_a_differential_somewhere_moves():
    assert _last(r"dy = a\,da", r"d(a b) = a\,db") != "proved"
    assert _last(r"d(a b) = a\,db + b\,da", r"d(a b) = a\,db") == "refuted"
    assert _last(r"d(X^{-1}) = -X^{-1} (dX) X^{-1}", r"dX\,X^{-1} + X\,d(X^{-1}) = 0") == "proved"


@pytest.mark.parametrize(
    ("equations", "verdict"),
    [
        ([r"E = d (x - y)^2", r"\frac{\partial E}{\partial x} = 2 d (x - y)"], "proved"),
        ([r"d = \log x", r"d (x + 1) = d x + d"], "proved"),
        ([r"a = d \log n", r"2 a = d \log n + a"], "proved"),
    ],
)
def test_a_d_that_is_a_letter_stays_one(equations, verdict):
    assert _last(*equations) == verdict
