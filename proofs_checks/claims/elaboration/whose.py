"""Whose symbols does a document use: a vocabulary's, or its own?

The vocabulary holds as long as the document agrees with it.  A document that defines one of its
symbols differently, or the scalar it differentiates, is self-contained; so is one that the
vocabulary mostly cannot read and that can be read alone.  A wrong equation between vocabulary
symbols is a wrong claim, not another definition: what tells them apart is said at `_redefines`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proofs_checks.claims import tree
from proofs_checks.claims.elaboration.attempt import Reading
from proofs_checks.claims.elaboration.document import read_as
from proofs_checks.claims.elaboration.statements import Statement, symbol_parts
from proofs_checks.claims.elaboration.symbols import spelling
from theory.algebra.expressions import entry_tensor, tensors_in
from theory.algebra.limits import AlgebraError
from theory.algebra.symbols import Partial
from theory.models import Model, theory_of
from theory.models.model import name_of
from theory.models.reverse_mode import reached

__all__ = ["Interpretation", "interpret"]


@dataclass(frozen=True)
class Interpretation:
    """A reading, the vocabulary it uses ("own" for none), and why."""

    reading: Reading
    vocabulary: str
    why: str


def interpret(
    statements: Sequence[Statement],
    model: Model,
    *,
    forced: bool | None = None,
    assumptions: Sequence[Statement] = (),
    inputs: Sequence[tree.Node] = (),
    einstein: bool = False,
    broken: Sequence[str] = (),
) -> Interpretation:
    """Return the document read with ``model``'s vocabulary or with its own symbols.

    ``forced`` True takes the vocabulary, False the document's own symbols, None decides.
    ``broken`` are the names whose definitions could not be parsed.
    """
    if not statements:
        return Interpretation(Reading(model, []), model.name, "there is no equation to read")
    if forced is False:
        own = read_as(statements, None, assumptions, inputs, einstein, broken)
        return Interpretation(own, "own", "asked for")
    shared = read_as(statements, model, assumptions, inputs, einstein, broken)
    if forced:
        return Interpretation(shared, model.name, "asked for")
    redefined = _redefined(statements, shared, model)
    if redefined is None and not shared.problems:
        return Interpretation(shared, model.name, "the document agrees with this vocabulary")
    own = read_as(statements, None, assumptions, inputs, einstein, broken)
    if redefined is not None and own.problems <= shared.problems:
        why = f"the document defines {redefined} differently from the vocabulary of {model.name}"
        return Interpretation(own, "own", why)
    outside = _outside(shared)
    if outside is not None and own.problems <= shared.problems:
        why = (
            f"the loss of {model.name} does not depend on {outside}, by which it is differentiated"
        )
        return Interpretation(own, "own", why)
    if own.problems == 0 and own.claims and not _computed_in(shared, model):
        why = f"of {model.name} the document would use inputs only, and it can be read alone"
        return Interpretation(own, "own", why)
    mostly = 2 * shared.problems >= len(statements)
    fits = own.problems < shared.problems and own.claims
    if mostly and fits and not _holds(shared, _contested(statements, shared)):
        why = f"the vocabulary of {model.name} does not fit, and the document can be read alone"
        return Interpretation(own, "own", why)
    why = "the document agrees with this vocabulary where it can be read"
    return Interpretation(shared, model.name, why)


def _redefined(statements: Sequence[Statement], reading: Reading, model: Model) -> str | None:
    """Return the first vocabulary symbol that the document defines differently."""
    for statement, meaning in zip(statements, reading.meanings, strict=True):
        parts = symbol_parts(statement.sides[0])
        if parts is None or len(statement.sides) < 2:
            continue
        name = spelling(parts[0])
        if not _is_vocabulary(name, model) or not _redefines(statement, parts, model):
            continue
        if meaning.error is not None:
            return name
        for link in meaning.links[:1]:
            if link.equation is None or not link.notes:
                continue
            try:
                agrees = theory_of(reading.model).prove(link.equation).proved
            except AlgebraError:  # too large to compare: a claim like any other
                continue
            if not agrees:
                return name
    return None


def _computed_in(shared: Reading, model: Model) -> bool:
    """Whether the document uses what the vocabulary computes or names, not only its inputs."""
    inputs = {name_of(x) for x in model.inputs}
    used: set[str] = set()
    for meaning in shared.meanings:
        for link in meaning.links:
            used |= tensors_in(link.equation) if link.equation is not None else set()
    return bool((used & model.tensors.keys()) - inputs)


def _contested(statements: Sequence[Statement], shared: Reading) -> set[str]:
    """Return the vocabulary symbols that the document writes an equation for and cannot have."""
    found: set[str] = set()
    for statement, meaning in zip(statements, shared.meanings, strict=True):
        parts = symbol_parts(statement.sides[0])
        if meaning.error is not None and parts is not None:
            found |= {spelling(parts[0]), spelling(parts[0]).lower()}
    return found


def _holds(shared: Reading, contested: set[str]) -> bool:
    """Whether some claim can be proved from the vocabulary alone: then it is what is meant.

    That of a ``contested`` symbol says nothing: rows sum to one in many models.
    """
    for meaning in shared.meanings:
        for link in meaning.links if meaning.error is None else ():
            if link.kind == "definition" or link.notes or link.equation is None:
                continue  # a restatement may be of another model: p = softmax(z)
            if tensors_in(link.equation) & contested:
                continue
            try:
                if (
                    tensors_in(link.equation)
                    and theory_of(shared.model).prove(link.equation).proved
                ):
                    return True
            except AlgebraError:
                continue
    return False


def _outside(shared: Reading) -> str | None:
    """Return a symbol of the document by which it differentiates a loss that lacks it."""
    own = {line.name for line in shared.model.vocabulary}
    names = reached(shared.model)
    for meaning in shared.meanings:
        for link in meaning.links if meaning.error is not None and meaning.error.foreign else ():
            for partial in link.equation.atoms(Partial) if link.equation else ():
                for entry in partial.args[1:]:
                    name = name_of(entry_tensor(entry))
                    if partial.args[0] == shared.model.loss and name in own - names:
                        return name
    return None


def _is_vocabulary(name: str, model: Model) -> bool:
    """Whether the symbol is the vocabulary's, perhaps as the capital of a vector."""
    return name in model.tensors or (len(name) == 1 and name.lower() in model.tensors)


def _redefines(statement: Statement, parts, model: Model) -> bool:
    """Whether an equation with a vocabulary symbol on the left can be a definition of it.

    ``:=`` always; ``=`` for the loss and for what the model itself computes (scores, weights,
    values, ...) written as a whole matrix, as in P = softmax(S), and for A and D, which many papers
    use for other things.  For other derived quantities such as u_i or b_ij, and for entries, a
    plain ``=`` is a claim.
    """
    name = spelling(parts[0])
    if statement.defines or name == model.loss.name:
        return True
    if parts[1] or parts[2]:
        return False
    computed = {line.name for line in model.definitions}
    return name.lower() in computed if name not in model.tensors else name in ("A", "D")
