"""What reading a document yields: claims with their place, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass

from theory.algebra.expressions import Equation
from theory.models import Model

__all__ = ["Claim", "Paper", "Problem"]


@dataclass(frozen=True)
class Problem:
    """Why a place could not be read.

    ``line`` and ``column`` count from 1 in the original text; ``caret`` is the source line with a
    caret under the place; ``suggestion`` is empty where nothing is near.
    """

    line: int
    column: int
    message: str
    expected: str = ""
    suggestion: str = ""
    caret: str = ""


@dataclass(frozen=True)
class Claim:
    """One equation of a document, with the model it is about.

    ``kind`` is "claim", "step" (of a chain), "definition", "assumption" or "unreadable"; ``source``
    is the LaTeX as written; ``chain`` numbers the display chain a step belongs to (0: none) and
    ``step`` its place there; ``order`` is the LaTeX of dropped terms such as O(eta^2); ``notes``
    say how the equation was taken.
    """

    kind: str
    label: str
    line: int
    column: int
    source: str
    model: Model | None = None
    equation: Equation | None = None
    chain: int = 0
    step: int = 0
    order: str = ""
    problem: Problem | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paper:
    """A document as read: its claims in order, whose symbols they use, and why.

    ``vocabulary`` is the name of a model, or "own" for a self-contained document.
    """

    name: str
    claims: tuple[Claim, ...]
    vocabulary: str
    why: str
