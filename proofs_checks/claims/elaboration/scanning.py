r"""A first look at a document: which statements define a symbol, what is the loss, what is a size.

Nothing is elaborated here; only spellings and places are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from proofs_checks.claims import tree
from proofs_checks.claims.elaboration.statements import (
    Statement,
    nodes,
    subscripts,
    symbol_parts,
)
from proofs_checks.claims.elaboration.symbols import Symbols, spelling
from proofs_checks.claims.elaboration.values import Guess
from theory.algebra.symbols import scalar

__all__ = ["Learned", "defined_name", "scan"]


@dataclass
class Learned:
    """What earlier rounds found out about a document.

    ``axes`` are the numbers of axes of inputs; ``claims`` the statements that define nothing
    because they would close a circle of definitions; ``vectors`` the names that are differentiated
    and are no scalars.
    """

    axes: dict[str, Guess] = field(default_factory=dict)
    claims: set[int] = field(default_factory=set)
    vectors: set[str] = field(default_factory=set)


def scan(
    statements: Sequence[Statement], symbols: Symbols, learned: Learned, broken: Iterable[str]
) -> dict[str, Statement]:
    """Return the statement that defines each new symbol; tell ``symbols`` what was seen."""
    everything = [n for s in statements for side in s.sides for n in nodes(side)]
    for statement in statements:
        letters = subscripts(statement.sides)
        for node in (n for side in statement.sides for n in nodes(side)):
            if isinstance(node, tree.Bound | tree.Ranges) and isinstance(node.last, tree.Name):
                if isinstance(node, tree.Ranges) or spelling(node.last) not in letters:
                    symbols.sizes.add(spelling(node.last))
    for node in everything:
        if isinstance(node, tree.Bound) and isinstance(node.index, tree.Name):
            symbols.bound.add(spelling(node.index))
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name):
            symbols.has_d = symbols.has_d or (node.base.letter == "d" and len(node.lower) > 1)
    symbols.spelled = {spelling(n) for n in everything if isinstance(n, tree.Name)}
    losses = list(dict.fromkeys(_differentiated(everything)))
    losses = [name for name in losses if name not in learned.vectors]
    symbols.scalars.update(losses)
    if symbols.model is None:
        symbols.matrices = _matrices_of_vectors(everything)
    pending = _definitions(statements, symbols, learned)
    symbols.broken = {name for name in broken if name not in pending}
    if _bars_are_adjoints(everything, pending, symbols):
        symbols.bars_are_adjoints = True
        pending = _definitions(statements, symbols, learned)
    if symbols.model is None:
        undefined = [name for name in losses if name not in pending]
        symbols.loss = scalar((undefined or losses or ["L"])[0])
        symbols.loss_is_opaque = symbols.loss.name not in {*pending, *symbols.broken}
    return pending


def _differentiated(everything: Sequence[tree.Node]) -> Iterable[str]:
    for node in everything:
        if isinstance(node, tree.Derivative | tree.Gradient):
            if isinstance(node.quantity, tree.Name):
                yield spelling(node.quantity)


def _definitions(
    statements: Sequence[Statement], symbols: Symbols, learned: Learned
) -> dict[str, Statement]:
    pending: dict[str, Statement] = {}
    for statement in statements:
        name = defined_name(statement, symbols)
        if name is not None and statement.number not in learned.claims:
            pending.setdefault(name, statement)
    return pending


def _matrices_of_vectors(everything: Sequence[tree.Node]) -> set[str]:
    """Return the capitals that stand bare, with the small letter under indices: X for x_i."""
    bare = {n.letter for n in everything if isinstance(n, tree.Name)}
    indexed: dict[str, set[int]] = {}
    for node in everything:
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name):
            indexed.setdefault(node.base.letter, set()).add(len(node.lower))
    return {
        capital
        for capital in bare
        if len(capital) == 1 and capital.isupper()
        if capital not in indexed and indexed.get(capital.lower()) in ({1}, {2}, {1, 2})
    }


def _bars_are_adjoints(
    everything: Sequence[tree.Node], pending: dict[str, Statement], symbols: Symbols
) -> bool:
    r"""Whether some \\bar{O} stands undefined where O is known."""
    for node in everything:
        if isinstance(node, tree.Name) and node.accents == ("bar",):
            plain = node.letter + "'" * node.primes
            known = plain in pending or plain in symbols.vocabulary or symbols.alias(plain)
            if spelling(node) not in pending and known:
                return True
    return False


def defined_name(statement: Statement, symbols: Symbols) -> str | None:
    """Return the new symbol on the left of a statement, if it is one."""
    left = statement.sides[0]
    if isinstance(left, tree.Power) and isinstance(left.exponent, tree.Number):
        left = left.base
    parts = symbol_parts(left)
    if parts is None or len(statement.sides) < 2:
        return None
    base, lower, upper = parts
    letters = [spelling(x) for x in lower if isinstance(x, tree.Name)]
    name = spelling(base)
    if lower and (joined := symbols.joined(name, lower[0])) is not None:
        name, letters = joined, letters[1:]
        lower = lower[1:]
    if any(not isinstance(x, tree.Name) for x in lower) or len(set(letters)) < len(letters):
        return None
    if upper or name in symbols.vocabulary or symbols.is_size(name):
        return None
    if base.letter == "delta" and len(lower) == 2:
        return None
    if symbols.bars_are_adjoints and base.accents == ("bar",) and not statement.defines:
        return None
    alias = symbols.alias(name)
    if alias is not None and not letters:
        return None
    if alias is not None and len(letters) >= len(symbols.vocabulary[alias].axes):
        return None
    return name
