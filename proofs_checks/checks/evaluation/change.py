"""`Partial`, `Step` and `Flow` of a program, and sides contracted with random vectors.

    Partial(f_I, x_J) = df_I / dx_J                          the model is cut at x
    Step(f, rate, x, ...) = - rate sum_J df/dx_J dL/dx_J     summed over the x that move
    Flow(f, (x, rate_x), ...)                                likewise, with a rate each

Indices of x count as bound in `Step` and `Flow`.

`contracted` returns sum_I rho_I e_I for random vectors rho without computing e first.  The sum is
moved inwards to the one factor that has the index, and through `Partial` to the quantity that is
differentiated: sum_I rho_I df_I/dx is the gradient of one scalar, which one
reverse sweep gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import sympy as sp

from proofs_checks.checks.evaluation.contraction import Factor
from proofs_checks.checks.evaluation.derivative import jacobian
from proofs_checks.checks.evaluation.nodes import Label, Node, NotApplicable
from theory.algebra.symbols import Flow, Index, Partial, Size, Step

if TYPE_CHECKING:
    from proofs_checks.checks.evaluation.program import Program

__all__ = ["Labelled", "added", "contracted", "in_order", "moving", "partial"]

ONE = Fraction(1)
Indices = frozenset[Index]
NONE: Indices = frozenset()


class Labelled(NamedTuple):
    """A node and the free index that each of its axes stands for."""

    node: Node
    labels: tuple[Index, ...]


def in_order(indices: Iterable[object]) -> tuple[Index, ...]:
    """Return the different indices among these labels, by name and size."""
    found = {index for index in indices if isinstance(index, Index)}
    return tuple(sorted(found, key=lambda index: (index.name, index.size.name)))


def added(program: Program, parts: Sequence[Labelled]) -> Labelled:
    """Return the sum of values, each broadcast over the indices it lacks."""
    out = in_order(x for part in parts for x in part.labels)
    terms = ((ONE, part.node, part.labels) for part in parts)
    return Labelled(program.graph.linear(terms, out), out)


def partial(program: Program, e: Partial, along: Indices = NONE) -> Labelled:
    """Return a derivative, contracted along the indices ``along``."""
    quantity, *by = e.args
    entries = [frozenset(_indices_of(x)) for x in by]
    later = frozenset().union(*entries)
    value = contracted(program, quantity, along - later)
    for n, entry in enumerate(by):
        factors = _derivative(program, value, entry)
        out = in_order(x for _, labels in factors for x in labels)
        value = Labelled(program.graph.product(ONE, factors, out), out)
        later = frozenset().union(*entries[n + 1 :])
        value = _summed(program, value, along - later)
    return value


def moving(program: Program, e: Step | Flow, along: Indices = NONE) -> Labelled:
    """Return the change of a quantity, contracted along the indices ``along``."""
    if isinstance(e, Flow):
        moves = list(e.pairs)
    else:
        moves = [(x, e.args[1]) for x in e.args[2:]]
    rates = [program.read(rate) for _, rate in moves]
    kept = frozenset(x for rate in rates for x in rate.labels)
    value = contracted(program, e.args[0], along - kept)
    parts = [_move(program, value, x, rate) for (x, _), rate in zip(moves, rates, strict=True)]
    return _summed(program, added(program, parts), along)


def contracted(program: Program, e: sp.Basic, along: Indices) -> Labelled:
    """Return the sum of ``e`` times a random vector for each of its indices in ``along``."""
    whole = program.read(e)
    along = along.intersection(whole.labels)
    if not along:
        return whole
    match e:
        case Partial():
            return partial(program, e, along)
        case Step() | Flow():
            return moving(program, e, along)
        case sp.Add():
            return _contracted_sum(program, e, along)
        case sp.Mul():
            return _contracted_product(program, e, along)
        case sp.Sum() if not along.intersection(bound := in_order(x[0] for x in e.limits)):
            node, labels = contracted(program, e.function, along)
            out = tuple(x for x in labels if x not in bound)
            return Labelled(program.graph.product(ONE, [(node, labels)], out, bound), out)
    return _summed(program, whole, along)


def _contracted_sum(program: Program, e: sp.Add, along: Indices) -> Labelled:
    parts = []
    for argument in e.args:
        node, labels = contracted(program, argument, along)
        absent = along.difference(program.read(argument).labels)
        vectors = [_vector(program, x) for x in absent]
        product = program.graph.product(ONE, [(node, labels), *vectors], labels)
        parts.append(Labelled(product, labels))
    return added(program, parts)


def _contracted_product(program: Program, e: sp.Mul, along: Indices) -> Labelled:
    holders = {x: [a for a in e.args if x in program.read(a).labels] for x in along}
    factors: list[Factor] = []
    for argument in e.args:
        own = frozenset(x for x in along if holders[x] == [argument])
        factors.append(contracted(program, argument, own))
    factors += [_vector(program, x) for x in along if len(holders[x]) > 1]
    out = tuple(x for x in in_order(x for _, at in factors for x in at) if x not in along)
    return Labelled(program.graph.product(ONE, factors, out), out)


def _summed(program: Program, value: Labelled, along: Indices) -> Labelled:
    """Return a value contracted with the random vectors of those of its indices in ``along``."""
    gone = along.intersection(value.labels)
    out = tuple(x for x in value.labels if x not in gone)
    vectors = [_vector(program, x) for x in in_order(gone)]
    return Labelled(program.graph.product(ONE, [value, *vectors], out), out)


def _vector(program: Program, index: Index) -> Factor:
    name = f"along {index.name} over {index.size.name}"
    return program.graph.leaf(name, (index.size,), kind="random"), (index,)


def _derivative(program: Program, quantity: Labelled, by: sp.Basic) -> list[Factor]:
    """Return the factors whose product is d quantity / d by."""
    if isinstance(by, sp.Indexed):
        variable = program.tensor(by.base)
        labels, units = program.positions(by, variable.axes)
    elif isinstance(by, sp.Symbol) and not isinstance(by, Index | Size):
        variable, labels, units = program.tensor(by), (), []
    else:
        raise NotApplicable(f"`{by}` is no entry to differentiate by.")
    node = jacobian(program.graph, quantity.node, variable)
    return [(node, (*quantity.labels, *labels)), *units]


def _move(program: Program, value: Labelled, x: sp.Basic, rate: Labelled) -> Labelled:
    """Return - rate sum_J df/dx_J dL/dx_J, with labels of its own for J."""
    apart = {index: Label(index.size) for index in _indices_of(x)}

    def renamed(factors: list[Factor], skip: int) -> Iterator[Factor]:
        for n, (node, labels) in enumerate(factors):
            kept = skip if n == 0 else 0
            moved = tuple(apart.get(y, y) for y in labels[kept:])  # type: ignore[arg-type]
            yield node, (*labels[:kept], *moved)

    loss = Labelled(program.tensor(program.model.loss), ())
    change = renamed(_derivative(program, value, x), len(value.labels))
    gradient = renamed(_derivative(program, loss, x), 0)
    out = in_order((*value.labels, *rate.labels))
    return Labelled(program.graph.product(-ONE, [rate, *change, *gradient], out), out)


def _indices_of(entry: sp.Basic) -> list[Index]:
    return [x for x in getattr(entry, "indices", ()) if isinstance(x, Index)]
