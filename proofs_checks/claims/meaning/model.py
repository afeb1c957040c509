"""The model of a self-contained document.

A scalar that the document differentiates but never defines is an arbitrary differentiable function
of its last definitions O (those no other definition uses).  Its first derivatives are those of

    L = L0 + sum_O sum_a  (dL/dO)_a O_a        with free L0 and free tensors dL/dO,

so that is how it is written down; second derivatives are not determined and are rejected earlier.
What depends on a quantity by its name only, as pi_theta does on theta, is written down likewise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import sympy as sp

from proofs_checks.claims.meaning.ranges import Ranges
from theory.algebra.expressions import Relation, fresh, slots, tensors_in
from theory.algebra.limits import AlgebraError
from theory.algebra.nodes import Maximum
from theory.algebra.reading import Reader, Unfolding
from theory.algebra.ring import Ring
from theory.algebra.symbols import Index, Partial, Size, Tensor, total
from theory.algebra.writing import Writer
from theory.models import Constraint, Definition, Model
from theory.models.model import name_of

__all__ = ["document_model", "empty_model", "linear_in", "with_signs"]


def linear_in(symbol: sp.Expr, parts: Sequence[sp.Expr]) -> tuple[sp.Expr, list[sp.Basic]]:
    """Return an arbitrary function of ``parts`` as one that is linear in them, and its new inputs.

    ``symbol`` is the entry that is to be defined; the parts are entries with letters of their own.
    """
    own = tuple(k for k in slots(symbol) if isinstance(k, Index))
    base: Any = symbol.base if isinstance(symbol, sp.Indexed) else symbol
    name = name_of(base)
    inputs: list[sp.Basic] = []
    terms: list[sp.Expr] = []
    for part in parts:
        free = tuple(fresh(k) for k in slots(part))
        target: Any = part.base if isinstance(part, sp.Indexed) else part
        axes = tuple(k.size for k in (*own, *free))
        label = f"d{name}_d{name_of(target)}"
        gradient: Any = Tensor(label, axes) if axes else sp.Symbol(label, real=True)
        entry = gradient[(*own, *free)] if axes else gradient
        inputs.append(gradient)
        terms.append(total(entry * (target[free] if free else target), *free))
    return sp.Add(*terms), inputs


def document_model(
    definitions: Sequence[Definition],
    inputs: Iterable[sp.Basic],
    loss: sp.Symbol,
    constraints: tuple[Constraint, ...],
    ranges: Ranges,
    values: Mapping[str, str],
) -> Model:
    """Return the model of a document; a loss without a definition is the number 0.

    ``values`` are the numbers that inputs are among; one that a hypothesis speaks of has its own.
    """
    adjoint = _built_on_derivatives(definitions)
    plain = without_maxima(_sorted([line for line in definitions if line.name not in adjoint]))
    inputs = list(inputs)
    if all(line.symbol != loss for line in plain):
        loss = sp.Symbol("loss.", real=True)  # no symbol is called so
        plain.append(Definition(loss, sp.S.Zero, "loss, which the document does not have"))
    sizes: set[Size] = {k.size for line in definitions for k in line.parameters}
    sizes |= {axis for x in inputs if isinstance(x, Tensor) for axis in x.axes}
    sizes |= {s for line in definitions for s in line.value.atoms(Size)}
    sizes |= {k.size for line in definitions for k in line.value.atoms(Index)}
    taken = {name_of(x) for x in inputs} | {line.name for line in definitions}
    named = {size for size in ranges.named.values() if size.name not in taken}
    return Model(
        name="document",
        title="the document's own definitions",
        sizes=tuple(sorted(sizes | named, key=str)),
        inputs=tuple(inputs),
        definitions=tuple(plain),
        loss=loss,
        constraints=constraints,
        vocabulary=tuple(line for line in definitions if line.name in adjoint),
        letters={size.name: tuple("ijklabcdef") for size in sizes},
        features={"numbers": _drawn(inputs, constraints, values)},
    )


def _drawn(
    inputs: Iterable[sp.Basic], constraints: Iterable[Constraint], values: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    supposed = {n for c in constraints for n in tensors_in(c.equation)}
    names = (name_of(x) for x in inputs)
    return tuple((n, values[n]) for n in names if n in values and n not in supposed)


def empty_model(loss: sp.Symbol) -> Model:
    """Return the model of a document whose definitions make none."""
    title = "a document without a model"
    return Model("document", title, (), (), (Definition(loss, sp.S.Zero, "loss"),), loss)


def with_signs(
    model: Model, relation: Relation, signs: Mapping[Any, Any]
) -> tuple[Model, Relation]:
    """Return a model and a statement in which some inputs have a sign.

    ``signs`` maps symbols and tensors to those of the same name with a sign.
    """
    if not signs:
        return model, relation

    def changed(e: sp.Basic) -> Any:
        return e.xreplace(dict(signs))

    def line(d: Definition) -> Definition:
        return replace(d, symbol=changed(d.symbol), value=changed(d.value))

    signed = replace(
        model,
        inputs=tuple(signs.get(x, x) for x in model.inputs),
        definitions=tuple(map(line, model.definitions)),
        vocabulary=tuple(map(line, model.vocabulary)),
        loss=changed(model.loss),
    )
    domain = [changed(part) for part in relation.domain]
    return signed, type(relation)(*map(changed, relation.args), domain)  # type: ignore[return-value]


def without_maxima(definitions: Sequence[Definition]) -> list[Definition]:
    r"""Return sorted definitions, without the maxima that cancel in them.

    e^{s_i - m} / \sum_j e^{s_j - m} does not depend on m = \max_j s_j, whose derivatives are
    not defined where two scores are equal.
    """
    shifted = {line.name for line in definitions if line.value.has(Maximum)}
    maxima = frozenset(shifted)
    written: list[Definition] = []
    for line in definitions if shifted else ():
        if line.name in maxima or not tensors_in(line.value) & shifted:
            written.append(line)
            continue
        unfold = {
            d.name: Unfolding(d.parameters, d.value) for d in written if d.name in shifted - maxima
        }
        with suppress(AlgebraError):
            value = Reader(Ring(), unfold).read(line.value)
            if not value.names & shifted:
                atoms = {t for d in definitions for t in d.value.atoms(Tensor, sp.Symbol)}
                ordered = sorted(atoms, key=lambda t: isinstance(t, Tensor))  # after their labels
                names = {name_of(t): t for t in ordered if not isinstance(t, Index | Size)}
                sizes = {s.name: s for d in definitions for s in d.value.atoms(Size)}
                letters = {k.name for k in line.parameters}
                line = replace(line, value=Writer(names, sizes).write(value, letters))
        if tensors_in(line.value) & shifted:
            shifted.add(line.name)
        written.append(line)
    return written if shifted else list(definitions)


def _built_on_derivatives(definitions: Sequence[Definition]) -> set[str]:
    """Return the definitions that need derivatives, directly or through others."""
    found = {line.name for line in definitions if line.value.has(Partial)}
    while True:
        more = {d.name for d in definitions if tensors_in(d.value) & found} | found
        if more == found:
            return found
        found = more


def _sorted(definitions: Sequence[Definition]) -> list[Definition]:
    """Return the definitions so that each comes after what it uses."""
    by_name = {line.name: line for line in definitions}
    uses = {
        name: (tensors_in(line.value) & by_name.keys()) - {name} for name, line in by_name.items()
    }
    users: dict[str, list[str]] = {name: [] for name in by_name}
    for name, used in uses.items():
        for other in used:
            users[other].append(name)
    missing = {name: len(used) for name, used in uses.items()}
    ready = [name for name in by_name if not missing[name]]
    result: list[Definition] = []
    while ready:
        name = ready.pop(0)
        result.append(by_name[name])
        for user in users[name]:
            missing[user] -= 1
            if not missing[user]:
                ready.append(user)
    return result + [line for line in definitions if missing[line.name] > 0]
