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
        r"F(a, b) = a   a b",  # the sign of the product is not needed
        r"\sum_{i=1}  (x_i - \mu) = 0",  # up to the end
        r"\sum_{i=1} n (x_i - \mu) = 0",
        r"\frac{\partial \mu}{\partial x_i} = \frac{1}{n}",
    ]
)


def changed(equation: str) -> Iterator[str]:
    """Yield the equation without each of its tokens and scripts, and with each of them changed."""
    for found in SCRIPT.finditer(equation):
        if equation[: found.start()].endswith(r"\sum") and found[0][2:-1].isalpha():
            continue  # a sum without an index is one over the letter that repeats
        if equation[: found.start()].endswith(r"\sum") and len(found[0]) == 2:
            continue
        yield equation[: found.start()] + " " + equation[found.end() :]
    for found in TOKEN.finditer(equation):
        before, token, after = equation[: found.start()], found[0], equation[found.end() :]
        if token not in ("{", "}", "=") and f"{before}{after}".lstrip()[0] != "=":
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
    """Return what a claim says and its hedge, its hidden indices numbered in order of use."""
    if claim is None or claim.equation is None:
        return None
    numbers: dict[str, str] = {}
    text = re.sub(
        r"~\d+", lambda m: numbers.setdefault(m[0], f"~{len(numbers)}"), str(claim.equation)
    )
    return text, claim.kind, claim.hedge


@pytest.mark.parametrize(("definitions", "equation"), TRUE, ids=lambda x: str(x)[:40])
def test_no_token_of_a_true_equation_is_inert(definitions: tuple[str, ...], equation: str) -> None:
    whole = last(definitions, equation)
    assert whole is not None and whole.kind == "claim"
    assert verdict_of(whole) == "proved"
    others = [x for x in dict.fromkeys(changed(equation)) if x not in TRUE_TOO]
    assert len(others) > 5
    read = {other: last(definitions, other) for other in others}
    same = [x for x, claim in read.items() if claim and meaning(claim) == meaning(whole)]
    assert same == []
    judged = [x for x, claim in read.items() if claim is not None and claim.kind == "claim"]
    for other in Random(equation).sample(judged, min(JUDGED, len(judged))):
        claim = read[other]
        assert claim is not None
        assert verdict_of(claim) != "proved", other


# An index of the left side is an index of the right side too, and no part of a name.
WRONG_INDICES = [
    (r"s_i = \sum_j a_{ij} x_j", r"\frac{\partial s_j}{\partial x_j} = a_{ij}"),
    (r"A_{ij} = \sum_k B_{ik} C_{kj}", r"\sum_j A_{jj} = \sum_k B_{ik} \sum_j C_{kj}"),
    (r"c_i = a_i^2 - b_i^2", r"c_j = (a_i - b_i)(a_i + b_i)"),
]


@pytest.mark.parametrize(("definition", "equation"), WRONG_INDICES)
def test_a_wrong_index_is_not_proved(definition: str, equation: str) -> None:
    claim = last((definition,), equation)
    assert claim is not None
    assert verdict_of(claim) in ("unreadable", "refuted")


@pytest.mark.parametrize("equation", ["F( , b) = a^2 b", "F(a, ) = a^2 b", "F(a b) = a^2 b"])
def test_an_argument_that_is_missing_is_not_passed_over(equation: str) -> None:
    claim = last((r"F(a, b) = a^2 b",), equation)
    assert claim is not None
    assert verdict_of(claim) in ("unreadable", "refuted", "definition")


def test_a_power_of_what_is_defined_is_no_symbol() -> None:
    claim = last((r"v = x - y",), r"v^2 = x^2 - 2 x y + y^2")
    assert claim is not None
    assert (claim.kind, verdict_of(claim)) == ("claim", "proved")
    claim = last((r"v = x - y",), r"v^2 = x^2 - y^2")
    assert claim is not None
    assert (claim.kind, verdict_of(claim)) == ("claim", "refuted")
