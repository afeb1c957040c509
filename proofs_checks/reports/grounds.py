"""On which definitions of its document an equation rests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from proofs_checks.claims.claim import Claim
from theory.algebra.expressions import entry_tensor, tensors_in
from theory.latex.names import name_of as latex_name
from theory.latex.names import subscripted
from theory.models.model import name_of

__all__ = ["Grounds"]

UNREAD = re.compile(r"the definition of (\S+) could not be read")
LEFT_SIDE = re.compile(r"(.*?)(?::?=|\\coloneqq|\\triangleq|\\equiv|\\propto)", re.DOTALL)


class Grounds:
    """The definitions of one document, by the names of what they define.

    ``claims`` are all equations of the document; places count from 0 in their order.
    """

    def __init__(self, claims: Sequence[Claim]) -> None:
        self.claims = claims
        self._defining: dict[str, list[int]] = {}
        for place, claim in enumerate(claims):
            if claim.kind == "definition" and claim.equation is not None:
                name = name_of(entry_tensor(claim.equation.left))
                self._defining.setdefault(name, []).append(place)

    def of(self, place: int) -> Mapping[str, int]:
        """Return the definitions an equation rests on, nearest first, by the name defined.

        A definition that could not be read is among them where the equation waits for it.
        """
        claim = self.claims[place]
        found = dict(self._unread(claim))
        waiting, seen = _names(claim), set[str]()
        while waiting:
            for name in waiting:
                at = self._nearest(name, place)
                if at is not None:
                    found.setdefault(name, at)
            seen.update(waiting)
            below = [n for w in waiting if w in found for n in _names(self.claims[found[w]])]
            waiting = [n for n in dict.fromkeys(below) if n not in seen]
        return found

    def _nearest(self, name: str, place: int) -> int | None:
        """Return the last definition before an equation, else the first after it."""
        places = [at for at in self._defining.get(name, ()) if at != place]
        before = [at for at in places if at < place]
        return before[-1] if before else places[0] if places else None

    def _unread(self, claim: Claim) -> Iterator[tuple[str, int]]:
        match = UNREAD.search(claim.problem.message) if claim.problem is not None else None
        wanted = _bare(subscripted(latex_name(match[1]))) if match else ""
        for at, other in enumerate(self.claims if wanted else ()):
            left = LEFT_SIDE.match(other.source)
            if match and other.kind == "unreadable" and left and _bare(left[1]) == wanted:
                yield match[1], at
                return


def _names(claim: Claim) -> list[str]:
    """Return the symbols of an equation, in an order that does not change from run to run."""
    return sorted(tensors_in(claim.equation)) if claim.equation is not None else []


def _bare(latex: str) -> str:
    """Return LaTeX without spaces, braces, fonts and marks of alignment."""
    return re.sub(r"[\s{}&]|\\(?:math(?:bf|rm|cal)|boldsymbol|text)(?![A-Za-z])", "", latex)
