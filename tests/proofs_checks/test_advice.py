"""Advice about equations that a document does not settle: who follows it gets a verdict."""

import re

import pytest

from proofs_checks.advice import advice
from proofs_checks.claims.claim import Claim
from proofs_checks.claims.reading import read_claims

OPEN = (
    r"\[ \frac{1}{2} x^\top x = Z \]",
    r"\[ y = W x \] \[ \mathrm{tr}(A B) = c_1 \]",
    r"\[ \log \sum_j e^{x_j} = z_i \]",
)


def hedged(text):
    return [c for c in read_claims(text, "a.tex").claims if c.hedge]


@pytest.mark.parametrize("text", OPEN)
def test_what_is_declared_as_advised_is_judged(text):
    (claim,) = hedged(text)
    declared = re.search(r"`proofhead: input (.+)` in a comment if .* arbitrary", advice(claim))
    assert declared is not None
    again = read_claims(f"% proofhead: input {declared[1]}\n{text}", "a.tex").claims
    assert [c.hedge for c in again if c.source == claim.source] == [""]


@pytest.mark.parametrize(
    ("hedge", "said"),
    [
        ("the definition of S could not be read", "mend that definition"),
        ("nothing says how L depends on b", "how the one is computed"),
        ("nothing says what the distribution D is", "its probabilities"),
        ("nothing says what f is", "define it in a display"),
        ("in the document as a whole nothing says what f is", "define it in a display"),
    ],
)
def test_no_input_is_advised_where_declaring_would_not_help(hedge, said):
    found = advice(Claim("claim", "", 1, 1, "", hedge=hedge))
    assert said in found
    assert "input" not in found


def test_no_advice_where_nothing_helps():
    for hedge in ("this may be a value at one point", "this may be an equation to be solved for x"):
        assert advice(Claim("claim", "", 1, 1, "", hedge=hedge)) == ""
