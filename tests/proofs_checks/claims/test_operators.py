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
        (r"d(a b) = a\,db", "unreadable"),  # right only where a does not move
        (r"d(X Y) = (dX) Y + X (dY)", "proved"),
        (r"d\,\mathrm{tr}(X) = \mathrm{tr}(dX)", "proved"),
        (r"d \log\det X = \mathrm{tr}(X^{-1} dX)", "proved"),
        (r"d \log\det X = -\mathrm{tr}(X^{-1} dX)", "refuted"),
        (r"d(X^{-1}) = -X^{-1} (dX) X^{-1}", "proved"),
    ],
)
def test_differentials_of_expressions(claim, verdict):
    assert _last(claim) == verdict


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
