"""From a refuted equation to the right one as its author would write it.

Candidates are the author's LaTeX with one change, then what is derived, written with matrices.
Each is read again in its place in the document; the first that is proved is the correction.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterator, Sequence

from proofs_checks.claims import tree
from proofs_checks.claims.claim import Claim, Written
from proofs_checks.corrections.derived import derived_in_notation
from proofs_checks.corrections.splices import Pieces, spliced
from proofs_checks.edits import KINDS
from proofs_checks.verdict import Verdict
from theory.algebra.expressions import Relation

__all__ = ["in_own_notation"]

MOST_READ = 600  # texts that are read again
MOST_SECONDS = 3.0  # for reading and proving them
BATCH = 24  # texts that are proved together
SIMPLE = ("sign", "transposed", "exchanged", "wrong_index", "wrong_power", "extra_term")
DETERMINED = (tree.Name, tree.Entry, tree.Derivative, tree.Differential, tree.Gradient, tree.Rate)
MATHEMATICS = re.compile(r"\$([^$]+)\$")
NUMBER = re.compile(r"should be (-?\d+(?:/\d+)?), not")
BOUND = re.compile(r"\\sum_\{?([a-z]+)")
LETTERS = re.compile(r"(?<![A-Za-z\\])[a-z](?![A-Za-z])")
SUBSCRIPT = re.compile(r"_(?:([a-z])|\{([^{}]*)\})")

FirstTrue = Callable[[Sequence[Relation]], int | None]
"""Returns the place of the first of some equations that is proved."""


def in_own_notation(claim: Claim, verdict: Verdict, first_true: FirstTrue) -> str:
    """Return the right equation in the author's notation, proved; empty if none is found."""
    written = claim.written
    if written is None or verdict.diagnosis is None:
        return ""
    deadline = time.monotonic() + MOST_SECONDS
    seen: set[Relation] = set()
    candidates = itertools.islice(_candidates(claim, verdict), MOST_READ)
    while batch := list(itertools.islice(candidates, BATCH)):
        texts: list[str] = []
        equations: list[Relation] = []
        for left, right in batch:
            meaning = written.read(left, right)
            if meaning is None or meaning in seen or meaning.left == meaning.right:
                continue
            seen.add(meaning)
            texts.append(f"{left} = {right}")
            equations.append(meaning)
        if equations and (found := first_true(equations)) is not None:
            return texts[found]
        if time.monotonic() > deadline:
            break
    return ""


def _candidates(claim: Claim, verdict: Verdict) -> Iterator[tuple[str, str]]:
    """Yield other left and right sides, by which the mistake of the diagnosis may be mended."""
    tried: set[tuple[str, str]] = set()
    for sides in itertools.chain(_mended(claim, verdict), derived_in_notation(claim, verdict)):
        if sides not in tried:
            tried.add(sides)
            yield sides


def _mended(claim: Claim, verdict: Verdict) -> Iterator[tuple[str, str]]:
    written, diagnosis = claim.written, verdict.diagnosis
    if written is None or diagnosis is None:
        return
    letters = _letters(written)
    found = (*MATHEMATICS.findall(diagnosis.message), *NUMBER.findall(diagnosis.message))
    said = tuple(dict.fromkeys(_apart(piece, letters) for piece in found))
    pieces = Pieces(written.symbols, said, letters)
    for kind in (diagnosis.kind,) if diagnosis.kind in KINDS else SIMPLE:
        for right in spliced(written.right, kind, pieces):
            yield written.left.text, right
        if not isinstance(written.left.node, DETERMINED):
            for left in spliced(written.left, kind, pieces):
                yield left, written.right.text


def _apart(piece: str, letters: Sequence[str]) -> str:
    """Return a piece whose sums run over letters that the equation does not use."""
    for bound in dict.fromkeys("".join(BOUND.findall(piece))):
        if bound in letters:
            free = (x for x in "klmnabcdefgh" if x not in letters and x not in piece)
            other = next(free, bound)
            piece = SUBSCRIPT.sub(lambda m, a=bound, b=other: m[0].replace(a, b), piece)
    return piece


def _letters(written: Written) -> tuple[str, ...]:
    """Return the index letters of an equation."""
    found: dict[str, None] = {}
    for side in (written.left, written.right):
        for single, several in SUBSCRIPT.findall(side.text):
            found.update(dict.fromkeys(LETTERS.findall(" ".join(single or several))))
    return tuple(found)
