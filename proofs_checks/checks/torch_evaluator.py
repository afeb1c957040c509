"""Float64 values of index expressions, with derivatives taken by torch.autograd.

The SymPy tree is walked node by node; entries take their values from a hand-written reference, and

    Partial(f, x)               Jacobian of f by x, cut at x: what lies before x does not matter
    Step(Q, eta, x ...)         -eta sum <dQ/dx, dL/dx>
    Flow(Q, (x, rate) ...)      - sum rate_x <dQ/dx, dL/dx>

come from the graph of the reference, never from the theory's own rules.  Every value has its
magnitude beside it (see `torch_majorant`), found by the same walk.

Recording a graph is on inside a derivative and off outside: `torch.is_grad_enabled` tells a node
whether its value will be differentiated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp
import torch

from proofs_checks.checks.torch_point import (
    Point,
    Whole,
    adjoint_source,
    jacobian,
)
from proofs_checks.checks.torch_terms import (
    Term,
    Unjudgeable,
    add,
    constant,
    contract,
    elementwise,
    power,
    spread,
    whole_power,
)
from theory.algebra.expressions import entry_tensor, fresh, is_whole, substitute, tensors_in
from theory.algebra.symbols import Flow, Index, Partial, Size, Step, Tensor, is_order
from theory.models.model import Model, name_of

__all__ = ["Evaluator", "differentiated"]

FUNCTIONS = {
    sp.exp: torch.exp,
    sp.Abs: torch.abs,
    sp.sinh: torch.sinh,
    sp.cosh: torch.cosh,
    sp.tanh: torch.tanh,
    sp.sech: lambda x: 1 / torch.cosh(x),
}


def differentiated(loss: str, *sides: sp.Basic) -> frozenset[str]:
    """Return the names of everything by which the expressions differentiate."""
    entries: list[sp.Basic] = []
    for node in (n for side in sides for n in sp.preorder_traversal(side)):
        if isinstance(node, Partial):
            entries += node.args[1:]
        elif isinstance(node, Step):
            entries += node.args[2:]
        elif isinstance(node, Flow):
            entries += [x for x, _ in node.pairs]
    names = {name_of(entry_tensor(x)) for x in entries}
    used = frozenset().union(*(tensors_in(side) for side in sides))
    return frozenset(names | ({adjoint_source(x, loss) for x in used} - {""}))


class Evaluator:
    """Evaluates the expressions of one model at one drawn point.

    Symbols that are neither quantities of the point nor definitions of the model are drawn:
    positive if they are declared so.
    """

    def __init__(self, model: Model, point: Point) -> None:
        self.model = model
        self.point = point
        self._recorded: dict[sp.Basic, Term] = {}

    def evaluate(self, e: sp.Basic) -> Term:
        """Return the value of an expression; its axes are the free indices.

        Raises `Unjudgeable` for nodes that have no float64 value here.
        """
        for kinds, method in _METHODS:
            if isinstance(e, kinds):
                return method(self, e)
        raise Unjudgeable(f"`{e}` ({type(e).__name__}) has no float64 evaluation")

    # -- entries ----------------------------------------------------------------------------

    def _number(self, e: sp.Basic) -> Term:
        return constant(_as_float(e))

    def _size(self, e: Size) -> Term:
        return constant(self.point.sizes[e.name])

    def _scalar(self, e: sp.Symbol) -> Term:
        if isinstance(e, Index):  # as a number
            positions = torch.arange(1, self.point.sizes[e.size.name] + 1, dtype=torch.float64)
            return Term((e,), positions, positions)
        return self._whole(e).at(())

    def _entry(self, e: sp.Indexed) -> Term:
        return self._whole(e.base).at(e.indices)

    def _delta(self, e: sp.KroneckerDelta) -> Term:
        ends = e.args[:2]
        sizes = [self.point.sizes[x.size.name] for x in ends if isinstance(x, Index)]
        if not sizes:
            raise Unjudgeable(f"`{e}` joins no two indices")
        eye = torch.eye(sizes[0], dtype=torch.float64)
        return Whole(eye, eye).at(ends)

    def _whole(self, tensor: sp.Basic) -> Whole:
        """Return all entries of a tensor or a scalar."""
        name = name_of(tensor)
        shape = self._shape(tensor)
        if is_order(name):
            triangle = torch.ones(shape, dtype=torch.float64).tril()
            return Whole(triangle, triangle)
        found = self.point.wholes.get(name)
        if found is None and name in self.model.by_name:
            found = self.point.wholes[name] = self._defined(name)
        if found is None and adjoint_source(name, self.model.loss.name):
            source = self.model.tensors.get(adjoint_source(name, self.model.loss.name))
            found = None if source is None else self._loss_gradient(source)
        if found is None:
            symbol = tensor.label if isinstance(tensor, Tensor) else tensor
            found = self.point.draw(name, shape, positive=bool(symbol.is_nonnegative))
        if tuple(found.value.shape) != shape:
            raise Unjudgeable(
                f"`{name}` has the shape {shape} in the equation and {tuple(found.value.shape)} "
                "in the hand-written implementation"
            )
        return found

    def _shape(self, tensor: sp.Basic) -> tuple[int, ...]:
        axes = tensor.axes if isinstance(tensor, Tensor) else ()
        return tuple(self.point.sizes[axis.name] for axis in axes)

    def _defined(self, name: str) -> Whole:
        """Return a definition that the reference does not know, evaluated on its graph."""
        line = self.model.by_name[name]
        shape = self._shape(line.tensor)
        with torch.enable_grad():
            term = self.evaluate(line.value).onto(line.parameters)
            nowhere = None if term.undefined is None else term.undefined.expand(shape)
            return Whole(term.value.expand(shape), term.magnitude.expand(shape), nowhere)

    # -- algebra ----------------------------------------------------------------------------

    def _sum_of_terms(self, e: sp.Add) -> Term:
        return add([self.evaluate(x) for x in e.args])

    def _product(self, e: sp.Mul) -> Term:
        return contract([self.evaluate(x) for x in e.args], (), self.point.sizes)

    def _sum(self, e: sp.Sum) -> Term:
        bound = []
        for k, low, high in e.limits:  # type: ignore[misc]
            if not isinstance(k, Index) or low != 1 or high != k.size:
                raise Unjudgeable(
                    f"the sum over {k} from {low} to {high} is not over the whole range of an index"
                )
            bound.append(k)
        body = e.function
        factors = body.args if isinstance(body, sp.Mul) else (body,)
        return contract([self.evaluate(x) for x in factors], bound, self.point.sizes)

    def _power(self, e: sp.Pow) -> Term:
        if isinstance(e.exp, sp.Rational):
            is_odd = e.exp.q != 1 and e.exp.q % 2 == 1
            root = (e.exp.p % 2 == 1) if is_odd else None
            return power(self.evaluate(e.base), _as_float(e.exp), self.point.sizes, odd_root=root)
        if is_whole(e.exp):
            return whole_power(self.evaluate(e.base), self.evaluate(e.exp))
        log = sp.log(e.base, evaluate=False)
        exponent = contract([self.evaluate(e.exp), self.evaluate(log)], (), self.point.sizes)
        return elementwise(torch.exp, exponent)

    def _function(self, e: sp.Function) -> Term:
        return elementwise(FUNCTIONS[e.func], self.evaluate(e.args[0]))

    def _log(self, e: sp.log) -> Term:
        """Return a logarithm, by log-softmax where it is the logarithm of a softmax weight.

        The factors of a product that are positive are split off, so that they can be such weights.
        """
        x = e.args[0]
        if isinstance(x, sp.Indexed):
            stable = self.point.stable_log(name_of(x.base))
            if stable is not None:
                return stable.at(x.indices)
        if isinstance(x, sp.exp):
            return self.evaluate(x.args[0])
        if isinstance(x, sp.Pow) and _is_positive(x.base):
            log = self.evaluate(sp.log(x.base, evaluate=False))
            return contract([self.evaluate(x.exp), log], (), self.point.sizes)
        if isinstance(x, sp.Mul) and any(_is_positive(factor) for factor in x.args):
            parts = [factor for factor in x.args if _is_positive(factor)]
            rest = [factor for factor in x.args if not _is_positive(factor)]
            parts += [sp.Mul(*rest)] if rest else []
            return add([self.evaluate(sp.log(part, evaluate=False)) for part in parts])
        inside = self.evaluate(x)
        return elementwise(torch.log, inside, inside.value.detach() <= 0)

    # -- derivatives ------------------------------------------------------------------------

    def _partial(self, e: Partial) -> Term:
        quantity, *earlier, entry = e.args
        inner = Partial(quantity, *earlier) if earlier else quantity
        positions = entry.indices if isinstance(entry, sp.Indexed) else ()
        x = self._variable(entry)
        if inner == self.model.loss:
            return self._loss_gradient(entry_tensor(entry)).at(positions)
        nested = torch.is_grad_enabled()
        f = self._on_graph(inner)
        derivative = Whole(
            jacobian(f.value, x.value, nested), jacobian(f.magnitude, x.magnitude, nested)
        )
        result = derivative.at(positions, f.labels)
        if f.undefined is None:
            return result
        nowhere = spread(f.undefined, f.labels, result.labels).expand(result.value.shape)
        return Term(result.labels, result.value, result.magnitude, nowhere)

    def _on_graph(self, e: sp.Basic) -> Term:
        """Return the value of an expression with its graph; it is evaluated once."""
        if e not in self._recorded:
            with torch.enable_grad():
                self._recorded[e] = self.evaluate(e)
        return self._recorded[e]

    def _variable(self, entry: sp.Basic) -> Whole:
        """Return all entries of what an entry belongs to; they are on the graph."""
        if not isinstance(entry, sp.Indexed | sp.Symbol) or isinstance(entry, Index | Size):
            raise Unjudgeable(f"`{entry}` is no entry and no scalar to differentiate by")
        if name_of(entry_tensor(entry)) in self.point.fixed:
            raise Unjudgeable(f"`{entry}` is 0 or 1 in the hand-written implementation")
        return self._whole(entry_tensor(entry))

    def _loss_gradient(self, tensor: sp.Basic) -> Whole:
        x = self._whole(tensor)
        return self.point.loss_gradient(self._whole(self.model.loss), name_of(tensor), x)

    def _step(self, e: Step) -> Term:
        quantity, rate, *moved = e.args
        return self._along(quantity, [(x, rate) for x in moved])

    def _flow(self, e: Flow) -> Term:
        return self._along(e.args[0], e.pairs)

    def _along(self, quantity: sp.Basic, moves: Sequence[tuple[sp.Basic, sp.Basic]]) -> Term:
        """Return the derivative of a quantity when every x moves along -rate dL/dx."""
        parts = []
        for entry, rate in moves:
            if not isinstance(entry, sp.Indexed | sp.Symbol):
                raise Unjudgeable(f"`{entry}` is no entry and no scalar that could move")
            positions = getattr(entry, "indices", ())
            if not all(isinstance(k, Index) for k in positions):
                raise Unjudgeable(f"`{entry}` is one entry; a step moves the whole tensor")
            apart = {k: fresh(k) for k in positions}
            moved = substitute(entry, apart)
            change = self.evaluate(Partial(quantity, moved))
            gradient = self.evaluate(Partial(self.model.loss, moved))
            bound = tuple(apart.values())
            inner = contract([constant(-1), change, gradient], bound, self.point.sizes)
            parts.append(contract([self.evaluate(rate), inner], (), self.point.sizes))
        return add(parts)


def _as_float(e: sp.Basic) -> float:
    number = float(e)  # type: ignore[arg-type]
    if not math.isfinite(number):
        raise Unjudgeable("a number in the equation is larger than float64 can hold")
    return number


def _is_positive(x: sp.Basic) -> bool:
    """Return whether log x exists wherever x is not 0: it is declared or built that way."""
    if isinstance(x, sp.Indexed):
        return bool(entry_tensor(x).label.is_nonnegative)  # type: ignore[attr-defined]
    if isinstance(x, sp.Pow):
        return isinstance(x.exp, sp.Rational) and _is_positive(x.base)
    return isinstance(x, sp.exp) or bool(x.is_positive)


_METHODS: tuple[tuple[Any, Callable[..., Term]], ...] = (
    ((sp.Number, sp.NumberSymbol), Evaluator._number),
    (Size, Evaluator._size),
    (sp.Indexed, Evaluator._entry),
    (sp.Symbol, Evaluator._scalar),
    (sp.Add, Evaluator._sum_of_terms),
    (sp.Mul, Evaluator._product),
    (sp.Sum, Evaluator._sum),
    (sp.Pow, Evaluator._power),
    (sp.log, Evaluator._log),
    (sp.KroneckerDelta, Evaluator._delta),
    (tuple(FUNCTIONS), Evaluator._function),
    (Partial, Evaluator._partial),
    (Step, Evaluator._step),
    (Flow, Evaluator._flow),
)
