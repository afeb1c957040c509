"""A model and statements about it as an evaluation graph, straight from the SymPy trees.

Every line of the model becomes a `Named` node; `Partial(f, x)` is the Jacobian of the graph of f
cut at the node of x; `Step` and `Flow` are -rate sum (df/dx) (dL/dx) over the entries of x that
move.  The trees are read as plain data (kind of node and its arguments): no rule of the index
calculus, no adjoint table and no simplification of `theory` takes part.

Symbols that the model does not know (a rate, a tensor of a document) are inputs like any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import sympy as sp

from proofs_checks.checks.evaluation.change import (
    Labelled,
    added,
    contracted,
    in_order,
    moving,
    partial,
)
from proofs_checks.checks.evaluation.contraction import Factor
from proofs_checks.checks.evaluation.derivative import jacobian
from proofs_checks.checks.evaluation.graph import Graph
from proofs_checks.checks.evaluation.nodes import WINDOW, AnyLabel, Label, Node, NotApplicable
from proofs_checks.checks.evaluation.ranged_reading import binder, extremum
from theory.algebra.binders import Binder
from theory.algebra.expressions import (
    Equation,
    Relation,
    is_condition,
    is_whole,
    partial_sums,
    tensors_in,
)
from theory.algebra.nodes import Applied
from theory.algebra.symbols import Flow, Index, Partial, Size, Step, Tensor
from theory.models.model import Model, name_of

__all__ = ["Program", "program_of"]

ONE = Fraction(1)
LARGEST_EXPONENT = 1000


class Program:
    """The graph of one model, extended by every statement that is read."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.graph = Graph()
        self._lines = {line.name: line for line in (*model.definitions, *model.vocabulary)}
        self._tensors: dict[str, Node] = {}  # what the model knows, by name
        self._read: dict[sp.Basic, Labelled] = {}
        self._inputs = {name_of(symbol): symbol for symbol in model.inputs}

    def sides(self, equation: Relation) -> tuple[Node, Node, tuple[Index, ...]]:
        """Return both sides as nodes with the same axes, one for each free index, by name.

        Raises `NotApplicable` if a part has no value in this evaluation.
        """
        left, right = self.read(equation.left), self.read(equation.right)
        free = in_order({*left.labels, *right.labels})
        return self.arranged(left, free), self.arranged(right, free), free

    def contracted_difference(self, equation: Equation) -> Node:
        """Return sum_I rho_I (left - right)_I with random vectors rho, a scalar."""
        difference = sp.Add(equation.left, -equation.right, evaluate=False)
        free = frozenset(self.read(difference).labels)
        return contracted(self, difference, free).node

    def read(self, expression: sp.Basic) -> Labelled:
        """Return the node of an expression."""
        if expression not in self._read:
            self._read[expression] = self._dispatch(expression)
        return self._read[expression]

    def tensor(self, symbol: sp.Basic) -> Node:
        """Return the node of a tensor or a scalar symbol."""
        name = name_of(symbol)
        if name in self._inputs:
            return self._leaf(self._inputs[name])
        if name not in self._lines and self._differentiated(name) is None:
            return self._leaf(symbol)
        if name not in self._tensors:
            self._open(name)
        return self._tensors[name]

    def _open(self, name: str) -> None:
        """Read a line of the model after the lines it needs, however many stand in a chain."""
        waiting = [name]
        while waiting:
            top = waiting[-1]
            missing = [x for x in self._needs(top) if x not in self._tensors]
            if any(x in waiting for x in missing):
                raise NotApplicable(f"`{top}` is defined by way of itself.")
            if missing:
                waiting.append(missing[0])
                continue
            self._tensors[top] = self.graph.named(top, self._value(top))
            waiting.pop()

    def _needs(self, name: str) -> list[str]:
        """Return the lines, and derivatives of the loss, that one is made of."""
        line, source = self._lines.get(name), self._differentiated(name)
        used = tensors_in(line.value) if line is not None else {self.model.loss.name, source or ""}
        known = (x for x in used if x not in self._inputs)
        return sorted(x for x in known if x in self._lines or self._differentiated(x) is not None)

    def _leaf(self, symbol: sp.Basic) -> Node:
        axes = symbol.axes if isinstance(symbol, Tensor) else ()
        label = symbol.label if isinstance(symbol, Tensor) else symbol
        return self.graph.leaf(name_of(symbol), axes, bool(label.is_nonnegative))

    def _value(self, name: str) -> Node:
        """Return what a line of the model, or the derivative of the loss dL_dx, stands for."""
        line = self._lines.get(name)
        if line is not None:
            return self.arranged(self.read(line.value), line.parameters)
        by = self.tensor(self.model.tensors[self._differentiated(name) or ""])
        return jacobian(self.graph, self.tensor(self.model.loss), by)

    def _differentiated(self, name: str) -> str | None:
        """Return x where the name is dL_dx."""
        rest = name.removeprefix(f"d{name_of(self.model.loss)}_d")
        return rest if rest != name and rest in self.model.tensors else None

    def arranged(self, value: Factor, out: Iterable[AnyLabel]) -> Node:
        """Return a node with these axes, broadcast over those that the value lacks."""
        return self.graph.product(ONE, [value], tuple(out))

    # -- expressions ----------------------------------------------------------------------------

    def _dispatch(self, e: sp.Basic) -> Labelled:
        match e:
            case sp.Rational():
                return self._product([e], ())
            case Size():
                return Labelled(self.graph.extent(e), ())
            case Index():  # as a number
                return Labelled(self.graph.position(e.size), (e,))
            case sp.Indexed():
                return self._product([e], ())
            case Tensor():
                raise NotApplicable(f"the tensor `{e}` stands without its indices.")
            case sp.Symbol():
                node = self.tensor(e)
                if node.axes:
                    raise NotApplicable(f"`{e}` stands without its {len(node.axes)} indices.")
                return Labelled(node, ())
            case sp.Add():
                apart = partial_sums(e) if e.has(sp.log, sp.Pow) else e
                return self._sum_of(sp.Add.make_args(apart))
            case sp.Mul():
                return self._product(e.args, ())
            case sp.exp() | sp.log():
                make = self.graph.exp if isinstance(e, sp.exp) else self.graph.log
                node, labels = self.read(e.args[0])
                return Labelled(make(node), labels)
            case sp.Pow():
                return self._power(e.base, e.exp)
            case sp.KroneckerDelta():
                return self._product([e], ())
            case sp.Sum():
                return self._sum(e)
            case Partial():
                return partial(self, e)
            case Step() | Flow():
                return moving(self, e)
            case sp.NumberSymbol():
                return self._constant(e)
            case Binder():
                return binder(self, e)
            case Applied():
                out, arguments = self.alike(e.arguments)
                return Labelled(self.graph.opaque(e.name, e.orders, arguments), out)
            case sp.Max() | sp.Min():
                return extremum(self, e, ONE if isinstance(e, sp.Max) else -ONE)
            case sp.Function():
                return self._function(e)
        raise NotApplicable(f"`{e}` ({type(e).__name__}) has no value here.")

    def _constant(self, e: sp.NumberSymbol) -> Labelled:
        if e is sp.E:
            return Labelled(self.graph.exp(self.graph.constant(ONE)), ())
        if e is sp.pi:
            return Labelled(self.graph.leaf("pi", (), nonnegative=True, kind="constant"), ())
        raise NotApplicable(f"the constant {e} is not known.")

    def _sum_of(self, arguments: Iterable[sp.Basic], bound: tuple[Index, ...] = ()) -> Labelled:
        """Return the sum of the arguments, each summed over ``bound``."""
        return added(self, [self._product([argument], bound) for argument in arguments])

    def _product(self, arguments: Iterable[sp.Basic], bound: tuple[Index, ...]) -> Labelled:
        """Return the product of the arguments, summed over ``bound``."""
        coefficient, factors = ONE, []
        waiting = list(arguments)[::-1]
        is_partial = self._is_partial(waiting)
        while waiting:
            e = waiting.pop()
            if isinstance(e, sp.Rational):
                coefficient *= Fraction(int(e.p), int(e.q))
            elif isinstance(e, sp.Mul):
                waiting += e.args[::-1]
            elif isinstance(e, sp.Indexed):
                factors += self._entry(e)
            elif isinstance(e, sp.KroneckerDelta):
                factors.append(self._delta(e))
            elif is_partial and is_condition(e):
                node, labels = self.read(e)
                factors.append((self.graph.named(WINDOW, node), labels))
            else:
                factors.append(self.read(e))
        free = in_order(x for _, labels in factors for x in labels)
        out = tuple(x for x in free if x not in bound)
        return Labelled(self.graph.product(coefficient, factors, out, bound), out)

    def _is_partial(self, arguments: list[sp.Basic]) -> bool:
        """Return whether conditions stand beside what is not defined everywhere.

        Where a condition fails there is no term; so the two must not be multiplied out.
        """
        flat = [x for e in arguments for x in (e.args if isinstance(e, sp.Mul) else (e,))]
        conditions = [x for x in flat if isinstance(x, sp.Add) and is_condition(x)]
        return bool(conditions) and any(self._restricts(x) for x in flat if x not in conditions)

    def _restricts(self, e: sp.Basic) -> bool:
        if e.has(sp.log, Partial, Step, Flow) or not tensors_in(e).isdisjoint(self._lines):
            return True
        powers = e.atoms(sp.Pow)
        return any(not (isinstance(x.exp, sp.Integer) and x.exp > 0) for x in powers)

    def _entry(self, e: sp.Indexed) -> list[Factor]:
        """Return the factors whose product is an entry; a number as index is a basis vector."""
        node = self.tensor(e.base)
        labels, units = self.positions(e, node.axes)
        return [(node, labels), *units]

    def positions(
        self, e: sp.Indexed, axes: tuple[Size, ...]
    ) -> tuple[tuple[AnyLabel, ...], list[Factor]]:
        """Return the labels of an entry, and basis vectors for indices that are numbers."""
        if len(e.indices) != len(axes):
            raise NotApplicable(f"`{e}` has {len(e.indices)} indices for {len(axes)} axes.")
        labels: list[AnyLabel] = []
        units: list[Factor] = []
        for index, size in zip(e.indices, axes, strict=True):
            own, unit = self.places((index,), size)
            labels += own
            units += unit
        return tuple(labels), units

    def places(
        self, places: Iterable[sp.Basic], size: Size
    ) -> tuple[tuple[AnyLabel, ...], list[Factor]]:
        """Return labels over ``size`` for indices, and basis vectors for those that are numbers."""
        labels: list[AnyLabel] = []
        units: list[Factor] = []
        for index in places:
            if isinstance(index, Index) and index.size == size:
                labels.append(index)
            elif isinstance(index, sp.Integer) and index > 0:
                labels.append(Label(size))
                units.append((self.graph.unit(size, int(index)), (labels[-1],)))
            else:
                raise NotApplicable(f"`{index}` stands for an index over {size}.")
        return tuple(labels), units

    def _delta(self, e: sp.KroneckerDelta) -> Factor:
        first, second = e.args[:2]
        if isinstance(first, Index) and isinstance(second, Index):
            if first.size != second.size:
                raise NotApplicable(f"`{e}` joins indices of different sizes.")
            return self.graph.delta(first.size), (first, second)
        for index, position in ((first, second), (second, first)):
            if isinstance(index, Index) and isinstance(position, sp.Integer) and position > 0:
                return self.graph.unit(index.size, int(position)), (index,)
        raise NotApplicable(f"`{e}` is not a delta of indices.")

    def _power(self, base: sp.Basic, exponent: sp.Expr) -> Labelled:
        if isinstance(exponent, sp.Rational):
            if max(abs(int(exponent.p)), int(exponent.q)) > LARGEST_EXPONENT:
                raise NotApplicable(f"the exponent {exponent} is larger than {LARGEST_EXPONENT}.")
            node, labels = self.read(base)
            power = self.graph.power(node, Fraction(int(exponent.p), int(exponent.q)))
            return Labelled(power, labels)
        if base is sp.E:
            return self.read(sp.exp(exponent, evaluate=False))
        value, number = self.read(base), self.read(exponent)
        if is_whole(exponent) and not number.labels:
            return Labelled(self.graph.whole_power(value.node, number.node), value.labels)
        out = in_order({*value.labels, *number.labels})
        make = self.graph.whole_power if is_whole(exponent) else self.graph.symbolic_power
        return Labelled(make(self.arranged(value, out), self.arranged(number, out)), out)

    def _sum(self, e: sp.Sum) -> Labelled:
        bound, body = _bound(e), e.function
        while isinstance(body, sp.Sum) and not set(bound).intersection(_bound(body)):
            bound, body = bound + _bound(body), body.function
        once = tuple(dict.fromkeys(bound))  # the inner of two limits with one name binds
        if isinstance(body, sp.Add):
            value = self._sum_of(body.args, once)
        else:
            value = self._product([body], once)
        again = [k for n, k in enumerate(bound) if k in bound[:n]]
        if not again:
            return value
        counts = [(self.graph.extent(k.size), ()) for k in again]
        return Labelled(self.graph.product(ONE, [value, *counts], value.labels), value.labels)

    def _function(self, e: sp.Function) -> Labelled:
        if isinstance(e, sp.tanh | sp.coth | sp.sinh | sp.cosh | sp.sech | sp.csch):
            return self._hyperbolic(e)
        out, arguments = self.alike(e.args)
        if not arguments:
            raise NotApplicable(f"`{e}` has no arguments.")
        return Labelled(self.graph.apply(e.func.__name__, arguments), out)

    def alike(self, arguments: Iterable[sp.Basic]) -> tuple[tuple[Index, ...], tuple[Node, ...]]:
        """Return the free indices of several expressions, and nodes with these as axes."""
        parts = [self.read(argument) for argument in arguments]
        out = in_order(x for part in parts for x in part.labels)
        return out, tuple(self.arranged(part, out) for part in parts)

    def _hyperbolic(self, e: sp.Function) -> Labelled:
        """Return tanh = sinh/cosh and the others, with sinh and cosh as sums of exponentials."""
        graph = self.graph
        node, labels = self.read(e.args[0])
        rising = graph.exp(node)
        falling = graph.exp(graph.product(-ONE, [(node, labels)], labels))
        half = Fraction(1, 2)
        sinh = graph.linear([(half, rising, labels), (-half, falling, labels)], labels)
        cosh = graph.linear([(half, rising, labels), (half, falling, labels)], labels)
        over = {"sinh": (sinh, None), "cosh": (cosh, None), "tanh": (sinh, cosh)}
        under = {"coth": (cosh, sinh), "sech": (None, cosh), "csch": (None, sinh)}
        numerator, denominator = {**over, **under}[type(e).__name__]
        factors = [] if numerator is None else [(numerator, labels)]
        if denominator is not None:
            factors.append((graph.inverse(denominator), labels))
        return Labelled(graph.product(ONE, factors, labels), labels)


def _bound(e: sp.Sum) -> tuple[Index, ...]:
    """Return the bound indices of a sum, each over its whole range."""
    for index, low, high in e.limits:
        if not isinstance(index, Index) or low != 1 or high != index.size:
            raise NotApplicable(
                f"the sum over {index} from {low} to {high} is not over a whole range."
            )
    return tuple(limit[0] for limit in e.limits)  # type: ignore[misc]


_programs: dict[Model, Program] = {}
LARGEST_GRAPH = 200_000
MOST_PROGRAMS = 32


def program_of(model: Model) -> Program:
    """Return the program of a model; it is read once, and again when statements have swollen it."""
    program = _programs.get(model)
    if program is None or len(program.graph) > LARGEST_GRAPH:
        if len(_programs) >= MOST_PROGRAMS:
            _programs.pop(next(iter(_programs)))
        program = _programs[model] = Program(model)
    return program
