"""The model of a self-contained document.

A loss that the document differentiates but never defines is an arbitrary differentiable function of
its last definitions O (those no other definition uses).  Its first derivatives are those of

    L = sum_O sum_a  (dL/dO)_a O_a        with free tensors dL/dO,

so that is how it is written down; second derivatives are not determined and are rejected earlier.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from proofs_checks.claims.elaboration.sizes import Ranges
from theory.algebra.expressions import Equation, fresh, slots, tensors_in
from theory.algebra.symbols import Index, Partial, Tensor, total
from theory.models import Constraint, Definition, Model

__all__ = ["empty_model", "order_constraints", "own_model"]


def own_model(
    definitions: Sequence[Definition],
    inputs: Sequence[sp.Basic],
    loss: sp.Symbol,
    constraints: tuple[Constraint, ...],
    differentiated: set[str],
    ranges: Ranges,
) -> Model:
    """Return the model of a document; ``differentiated`` names what it differentiates by."""
    adjoint = _built_on_derivatives(definitions)
    plain = _sorted([line for line in definitions if line.name not in adjoint])
    inputs = list(inputs)
    if loss.name not in {line.name for line in plain}:
        outputs = _last(plain, inputs, differentiated)
        terms = []
        for symbol in outputs:
            free = tuple(fresh(k) for k in slots(symbol))
            upstream, term = _upstream(loss, symbol, free)
            inputs.append(upstream)
            terms.append(term)
        plain.append(Definition(loss, sp.Add(*terms), "loss, not defined by the document"))
    sizes = {k.size for line in definitions for k in line.parameters}
    sizes |= {axis for x in inputs if isinstance(x, Tensor) for axis in x.axes}
    return Model(
        name="document",
        title="the document's own definitions",
        sizes=tuple(sorted(sizes | set(ranges.named.values()), key=str)),
        inputs=tuple(inputs),
        definitions=tuple(plain),
        loss=loss,
        constraints=constraints,
        vocabulary=tuple(line for line in definitions if line.name in adjoint),
        letters={size.name: tuple("ijklabcdef") for size in sizes},
        features={},
    )


def empty_model(loss: sp.Symbol) -> Model:
    """Return the model of a document whose definitions make none."""
    title = "a document without a model"
    return Model("document", title, (), (), (Definition(loss, sp.S.Zero, "loss"),), loss)


def order_constraints(order: Tensor) -> tuple[Constraint, ...]:
    """Return what the algebra may use of an order: zeros and ones, and ones on the diagonal."""
    j, k = (Index(letter, order.axes[0]) for letter in "jk")
    return (
        Constraint(Equation(order[j, k] ** 2, order[j, k]), "[k <= j] is 0 or 1"),
        Constraint(Equation(order[j, j], 1), "[j <= j] is 1"),
    )


def _upstream(loss: sp.Symbol, symbol: sp.Expr, free: tuple[Index, ...]):
    base = symbol.base if isinstance(symbol, sp.Indexed) else symbol
    name = f"d{loss.name}_d{getattr(base, 'label', base)}"
    if not isinstance(base, Tensor):
        upstream = sp.Symbol(name, real=True)
        return upstream, upstream * base
    upstream = Tensor(name, base.axes)
    return upstream, total(upstream[free] * base[free], *free)


def _built_on_derivatives(definitions: Sequence[Definition]) -> set[str]:
    """Return the definitions that need the gradient of the loss, directly or through others."""
    found = {line.name for line in definitions if line.value.has(Partial)}
    while True:
        more = {d.name for d in definitions if tensors_in(d.value) & found} | found
        if more == found:
            return found
        found = more


def _sorted(definitions: Sequence[Definition]) -> list[Definition]:
    """Return the definitions so that each comes after what it uses; circles stay as they are."""
    names = {line.name for line in definitions}
    result: list[Definition] = []
    waiting = list(definitions)
    while waiting:
        known = {line.name for line in result}
        ready = [d for d in waiting if (tensors_in(d.value) & names) - {d.name} <= known]
        if not ready:
            return result + waiting
        result += ready
        waiting = [line for line in waiting if line not in ready]
    return result


def _last(
    definitions: Sequence[Definition], inputs: Sequence[sp.Basic], differentiated: set[str]
) -> list[sp.Expr]:
    """Return what the opaque loss depends on: the last definitions.

    Where the document itself differentiates the loss by some of them, only those.
    """
    used = {name for line in definitions for name in tensors_in(line.value)}
    last = [line for line in definitions if line.name not in used]
    named = [line for line in last if line.name in differentiated]
    if last:
        return [line.symbol for line in (named or last)]
    entries = []
    for x in inputs:
        if str(getattr(x, "label", x)) in differentiated:
            entries.append(
                x[
                    tuple(
                        Index(letter, size) for letter, size in zip("abcdef", x.axes, strict=False)
                    )
                ]
                if isinstance(x, Tensor)
                else x
            )
    return entries
