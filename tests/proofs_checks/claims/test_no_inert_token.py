"""Every token counts: what a true equation loses or changes, its meaning loses or changes.

Each lexeme of a true equation is taken out, and each sign, number, letter and script changed, one
at a time.  What is left is unreadable or means something else; what is still proved is true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

import pytest

from proofs_checks.claims import ReadingError
from proofs_checks.claims.claim import Claim
from proofs_checks.claims.reading import read_claims
from tests.proofs_checks.claims.corpus_documents import verdict_of
from tests.proofs_checks.claims.true_equations import TRUE

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[A-Za-z]|\d+|\S")
SCRIPT = re.compile(r"[_^](?:\{[^{}]*\}|\\[A-Za-z]+|[A-Za-z0-9])")
OTHER = {"+": "-", "-": "+", "i": "j", "j": "i", "k": "i", "1": "2", "2": "3", "3": "2", "0": "1"}
JUDGED = 3  # changed equations of each that are judged; the meaning of all of them is looked at

# Changed equations that mean the same, or that are true too.
TRUE_TOO = frozenset(
    [
        r"F(a, b) = a  a b",  # the sign of the product is not needed
    ]
)


def changed(equation: str) -> Iterator[str]:
    """Yield the equation without each of its tokens and scripts, and with each of them changed."""
    for found in SCRIPT.finditer(equation):
        yield equation[: found.start()] + " " + equation[found.end() :]
    for found in TOKEN.finditer(equation):
        before, token, after = equation[: found.start()], found[0], equation[found.end() :]
        if token not in ("{", "}", "=", "&"):
            yield f"{before} {after}"
        if token in OTHER:
            yield before + OTHER[token] + after


def last(definitions: tuple[str, ...], equation: str) -> Claim | None:
    """Return the last claim of a document, None if it cannot be read."""
    text = "\n".join(f"\\[ {x} \\]" for x in (*definitions, equation))
    try:
        claims = read_claims(text, "a.tex").claims
    except ReadingError:
        return None
    return claims[-1] if len(claims) > len(definitions) else None


def meaning(claim: Claim | None) -> object:
    """Return what a claim says, its free index letters in the order of their names."""
    if claim is None or claim.equation is None:
        return None
    return re.sub(r"~\d+", "", str(claim.equation)), claim.kind


@pytest.mark.parametrize(("definitions", "equation"), TRUE, ids=lambda x: str(x)[:40])
def test_no_token_of_a_true_equation_is_inert(definitions: tuple[str, ...], equation: str) -> None:
    whole = last(definitions, equation)
    assert whole is not None and whole.kind == "claim"
    assert verdict_of(whole) == "proved"
    others = [x for x in dict.fromkeys(changed(equation)) if x not in TRUE_TOO]
    assert len(others) > 8
    read = {other: last(definitions, other) for other in others}
    same = [x for x, claim in read.items() if claim and meaning(claim) == meaning(whole)]
    assert same == []
    judged = [x for x, claim in read.items() if claim is not None and claim.kind == "claim"]
    for other in Random(equation).sample(judged, min(JUDGED, len(judged))):
        claim = read[other]
        assert claim is not None
        assert verdict_of(claim) != "proved", other
