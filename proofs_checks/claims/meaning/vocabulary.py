"""Whose symbols does a document use: those of a model, or its own?

A document that computes a vocabulary's quantities from the vocabulary's inputs uses it; everything
else is read with its own symbols.  Evidence is a derivative of the loss by a quantity of the
vocabulary, or a computed quantity with all its indices; a loss and inputs alone (L, x, y) are none,
and a symbol that the document defines otherwise is evidence against.  Of the two readings the one
that reads more equations is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.document import Reading
from proofs_checks.claims.meaning.families import doubt_about, is_family, suspects
from proofs_checks.claims.meaning.operators import is_composite
from proofs_checks.claims.meaning.statements import Said
from proofs_checks.claims.tree import nodes
from theory.algebra.expressions import Equation, entry_tensor, tensors_in
from theory.algebra.limits import AlgebraError
from theory.algebra.symbols import Flow, Partial, Step, Tensor
from theory.latex.names import name_of as latex_name
from theory.latex.names import subscripted
from theory.models import Model, theory_of
from theory.models.model import name_of

__all__ = ["Interpretation", "interpret"]


@dataclass(frozen=True)
class Interpretation:
    """A reading, the vocabulary it uses ("own" for none), and why."""

    reading: Reading
    vocabulary: str
    why: str


def interpret(said: Said, model: Model, *, forced: bool | None = None) -> Interpretation:
    """Return the document read with ``model``'s vocabulary or with its own symbols.

    ``forced`` True takes the vocabulary, False the document's own symbols, None decides.
    """
    if forced is False:
        return Interpretation(_own(said), "own", "asked for")
    if forced:
        return Interpretation(Reading(said, model), model.name, "asked for")
    own = _own(said)
    if not _could_use(own, model):
        why = f"the document computes nothing of the vocabulary of {model.name}"
        return Interpretation(own, "own", why)
    shared = Reading(said, model)
    other = _redefined(shared, model)
    if other is not None:
        why = f"the document defines {other} differently from the vocabulary of {model.name}"
        return Interpretation(own, "own", why)
    if not _evidence(shared, model):
        why = f"of {model.name} the document would use inputs only, and it can be read alone"
        return Interpretation(own, "own", why)
    spared = 1 if _agreements(shared, model) >= CLEAR else 0
    fewer = own.problems + spared < shared.problems
    if (fewer and (own.claims or not shared.claims)) or (
        own.problems == shared.problems and own.claims and _defines_its_own_loss(own)
    ):
        why = (
            f"the vocabulary of {model.name} reads fewer equations than the document's own symbols"
        )
        return Interpretation(own, "own", why)
    return Interpretation(shared, model.name, "the document agrees with this vocabulary")


def _own(said: Said) -> Reading:
    """Return the document read with its own symbols, in the way that reads most of it."""
    own = Reading(said, None)
    if not said.summation and _sums_by_repetition(own):
        other = Reading(replace(said, summation="found"), None)
        if other.problems + 2 <= own.problems:
            other.notes.append("an index that stands twice in a term is summed: no sum is written")
            own = other
    if own.problems and own.roles.capitals:  # A beside a_i need not be the matrix of its rows
        other = Reading(replace(said, summation=own.summation, rows=False), None)
        own = other if other.problems < own.problems else own
    return _with_families(said, own)


def _with_families(said: Said, own: Reading) -> Reading:
    """Return a reading with letters told apart, where that reads more and loses nothing.

    Or far more than it loses: half of what was unread.
    """
    for letter in suspects(own) if own.problems else ():
        apart = own.apart_letters | {letter}
        said = replace(said, summation=own.summation, rows=own.rows, apart=apart)
        other = Reading(said, None)
        before, after = _unread(own), _unread(other)
        loses_nothing = after < before
        if is_family(letter, other) and (loses_nothing or 2 * len(after) <= len(before)):
            latex = subscripted(latex_name(letter))
            other.notes.append(f"{latex} with an index is another quantity than {latex} alone")
            _keep_hedges(own, other, "" if loses_nothing else doubt_about(latex))
            own = other
    return own


def _keep_hedges(before: Reading, after: Reading, doubt: str) -> None:
    """Keep the doubts of a reading in another, with one about all that the first did not read."""
    for number, meaning in after.meanings.items():
        earlier = before.meanings.get(number)
        for new in meaning.links if earlier is None or earlier.error else ():
            new.hedge = new.hedge or doubt
        for old, new in zip(earlier.links if earlier else (), meaning.links, strict=False):
            new.hedge = new.hedge or old.hedge


def _unread(reading: Reading) -> set[int]:
    return {n for n, meaning in reading.meanings.items() if meaning.error is not None}


def _sums_by_repetition(own: Reading) -> bool:
    """Return whether a document leaves indices on one side of its equations, again and again."""
    errors = [str(m.error) for m in own.meanings.values() if m.error is not None]
    return sum("side only" in e for e in errors) >= 2


def _defines_its_own_loss(own: Reading) -> bool:
    return own.loss_name in own.definitions.found


def _could_use(own: Reading, model: Model) -> bool:
    """Return whether any symbol is spelled like one of the vocabulary."""
    names = {n.lower() for n in model.tensors} | set(model.tensors)
    stems = {n.split("_")[0] for n in own.symbols.table} | own.symbols.table.keys()
    return any(n in names or n.lower() in names for n in stems)


def _redefined(shared: Reading, model: Model) -> str | None:
    """Return the first vocabulary symbol that the document defines differently."""
    computed = {line.name for line in (*model.definitions, *model.vocabulary)}
    for name in sorted(shared.broken):  # what its own definition says could not be parsed
        if shared.roles.alias(name) in computed:
            return name
    seen: set[str] = set()
    for statement in shared.statements:
        if statement.is_inline:
            continue
        meaning = shared.meanings[statement.number]
        for n, side in enumerate(statement.sides[:-1]):
            reference = shared.definitions.reference(side)
            if reference is None or reference.name not in model.tensors:
                continue
            name = reference.name
            if name in seen:  # its first equation says what it is
                continue
            seen.add(name)
            whole = not reference.indices and isinstance(model.tensors[name], Tensor)
            strict = statement.defines or name == model.loss.name or (whole and name in computed)
            if name not in computed or (not strict and name not in LIKELY):
                continue
            if meaning.error is not None:
                return name
            if n < len(meaning.links) and not _agrees(shared, meaning.links[n].relation):
                if strict or name in LIKELY:
                    return name
    return None


LIKELY = ("A", "D", "alpha", "p", "s", "g", "z")
"""What many papers use for other things: an entry that is computed otherwise is another symbol."""


CLEAR = 3
"""So many definitions of a vocabulary that a document repeats outweigh one equation lost."""


def _agreements(shared: Reading, model: Model) -> int:
    """Return how many definitions of the vocabulary the document repeats."""
    computed = {line.name for line in (*model.definitions, *model.vocabulary)}
    found: set[str] = set()
    for statement in shared.statements:
        meaning = shared.meanings[statement.number]
        reference = shared.definitions.reference(statement.sides[0])
        if reference is not None and reference.name in computed and meaning.links:
            if _agrees(shared, meaning.links[0].relation):
                found.add(reference.name)
    return len(found)


def _agrees(shared: Reading, relation: sp.Basic) -> bool:
    try:
        return theory_of(shared.model).prove(Equation(relation.args[0], relation.args[1])).proved
    except (AlgebraError, ValueError):  # too large to compare: a claim like any other
        return True


def _evidence(shared: Reading, model: Model) -> bool:
    """Return whether some equation uses the vocabulary as such."""
    inputs = {name_of(x) for x in model.inputs}
    computed = model.tensors.keys() - inputs
    for statement in shared.statements:
        if any(map(is_composite, nodes(statement.sides[0]))):
            continue  # a rule of calculus
        if any(isinstance(n, tree.Differential | tree.Gradient | tree.Derivative | tree.Step
                          | tree.Rate)
               for root in statement.sides for n in nodes(root)):  # fmt: skip
            meaning = shared.meanings[statement.number]
            for link in meaning.links:
                for node in sp.preorder_traversal(link.relation):
                    if isinstance(node, Partial | Step | Flow):
                        if not isinstance(node.args[0], sp.Indexed | sp.Symbol):
                            continue  # of what is written out nothing else is needed
                        names = {name_of(entry_tensor(x)) for x in node.args[1:]
                                 if isinstance(x, sp.Indexed | sp.Symbol)}  # fmt: skip
                        if names & model.tensors.keys() and (
                            tensors_in(node.args[0]) & model.tensors.keys()
                        ):
                            used = names | tensors_in(link.relation)
                            if used & computed - {model.loss.name}:  # not only L, x and y
                                return True
        for root in statement.sides:
            for node in nodes(root):
                if not isinstance(node, tree.Entry):
                    continue
                reference = shared.roles.reference(node)
                if reference is None or reference.name not in computed:
                    continue
                tensor = model.tensors[reference.name]
                visible = [a for a in getattr(tensor, "axes", ()) if not a.feature]
                if len(reference.indices) >= max(2, len(visible)):
                    return True
                if reference.name in ("alpha", "u") and reference.indices:
                    return True
    return False
