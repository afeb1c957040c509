"""What reading a document yields: claims with their place, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from proofs_checks.claims import tree
from theory.algebra.expressions import Relation
from theory.models import Model

__all__ = ["NOT_JUDGED", "Claim", "Paper", "Problem", "Side", "SymbolEntry", "Written"]

NOT_JUDGED = "not judged"
"""The kind of what is displayed and is no equality, such as x ~ p; its ``notes`` say why."""


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
class Side:
    """One side of an equation as written: its LaTeX, its tree, where the LaTeX begins.

    The spans of the tree are places in the document, of which ``start`` is the first of ``text``.
    """

    text: str
    node: tree.Node
    start: int


@dataclass(frozen=True)
class Written:
    r"""An equation in its author's notation, and what its document has to write others with.

    ``symbols`` are the quantities that the document writes down, such as ``dS_{ij}`` or ``K``, in
    the order of their first use; ``read`` returns what ``left = right`` would mean in the place of
    the equation, None if it would mean nothing there.
    """

    left: Side
    right: Side
    symbols: tuple[str, ...]
    read: Callable[[str, str], Relation | None]


@dataclass(frozen=True)
class Claim:
    """One equation of a document, with the model it is about.

    ``kind`` is "claim", "step" (of a chain), "definition", "assumption", "unreadable" or "not
    judged" (``notes`` say why); ``source`` is the LaTeX as written; ``chain`` numbers the display
    chain a step belongs to (0: none) and ``step`` its place there; ``order`` is the LaTeX of
    dropped terms such as O(eta^2); ``notes`` say how the equation was taken; ``axes`` are the
    letters that its silent row and column axes got ("" for none); ``written`` is what a correction
    in the author's notation is made of; ``file`` is the file that it stands in, where that is not
    the document's own; ``hedge`` says why a refutation would mean nothing, ``undeclared``
    which inputs it would be enough to declare, ``of_inputs`` that the claim bounds inputs, or says
    what one is, ``cases`` which indices the prose tells apart and the claim does not.
    """

    kind: str
    label: str
    line: int
    column: int
    source: str
    model: Model | None = None
    equation: Relation | None = None
    chain: int = 0
    step: int = 0
    order: str = ""
    problem: Problem | None = None
    notes: tuple[str, ...] = ()
    axes: tuple[str, str] = ("", "")
    hedge: str = ""
    undeclared: tuple[str, ...] = ()
    of_inputs: bool = False
    cases: tuple[tuple[str, str], ...] = ()
    written: Written | None = field(default=None, compare=False, repr=False)
    file: str = ""

    @property
    def reason(self) -> str:
        """Why the claim is not judged; empty for every other kind."""
        return "; ".join(self.notes) if self.kind == NOT_JUDGED else ""


@dataclass(frozen=True)
class SymbolEntry:
    r"""What was understood about one symbol of a document.

    ``latex`` is the symbol as its author writes it; ``kind`` its rank and shape ("matrix, N x N",
    "scalar", "positions, 1..N"); ``origin`` where its meaning comes from ("defined on line 12",
    "input, not defined: any real number"); ``note`` a choice that was made; ``line`` counts from 1,
    0 where no line is meant.
    """

    latex: str
    kind: str
    origin: str
    note: str = ""
    line: int = 0


@dataclass(frozen=True)
class Paper:
    """A document as read: its claims in order, whose symbols they use, and why.

    ``vocabulary`` is the name of a model, or "own" for a self-contained document; ``symbols`` is
    the symbol table, ``notes`` are the choices that were made for the whole document.
    """

    name: str
    claims: tuple[Claim, ...]
    vocabulary: str
    why: str
    symbols: tuple[SymbolEntry, ...] = ()
    notes: tuple[str, ...] = ()
