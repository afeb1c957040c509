"""SymPy expression -> polynomial in normal form, unfolding definitions where asked.

Hyperbolic functions are written with exp, so that tanh, sech and the logistic function meet in
one form.  Powers with symbolic exponents become exp(e log b) where b >= 0.  Anything that is no
part of the language (floats, sums over part of a range) is an `AlgebraError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import lru_cache, partial
from typing import Any, NamedTuple

import sympy as sp

from theory.algebra.domain import promises
from theory.algebra.expressions import tensors_in
from theory.algebra.functions import KNOWN_FUNCTIONS
from theory.algebra.limits import AlgebraError, bounded
from theory.algebra.nodes import Applied, Determinant, MatrixInverse, Maximum, ProductOver
from theory.algebra.polynomial import Entry, Ix, Polynomial
from theory.algebra.reading_nodes import applied, extremum, ranged
from theory.algebra.ring import Ring
from theory.algebra.symbols import Flow, Index, Partial, Size, Step, Tensor, is_order

__all__ = ["Reader", "Unfolding"]

RESERVED = re.compile(r"[][(){}:;,=*+^~#?\s]")  # what keys of the normal form are built with
HALF = Polynomial.of(Fraction(1, 2))
HYPERBOLIC = {  # as quotients of sinh and cosh
    sp.sinh: ("sinh", ""),
    sp.cosh: ("cosh", ""),
    sp.tanh: ("sinh", "cosh"),
    sp.coth: ("cosh", "sinh"),
    sp.sech: ("", "cosh"),
    sp.csch: ("", "sinh"),
}


class Unfolding(NamedTuple):
    """A definition to be written out: ``symbol[parameters] = value``."""

    parameters: tuple[Index, ...]
    value: sp.Expr


class Reader:
    """Reads SymPy expressions into one `Ring`; definitions in ``unfold`` are written out."""

    def __init__(self, ring: Ring, unfold: Mapping[str, Unfolding] | None = None) -> None:
        self.ring = ring
        self.unfold = dict(unfold or {})
        self._definitions: dict[str, Polynomial] = {}
        self._within: dict[str, Polynomial] = {}  # what stands within their outermost functions
        self._nonnegative: frozenset[str] = frozenset()

    @bounded
    def read(self, expression: sp.Expr) -> Polynomial:
        """Return the normal form of ``expression``.

        Raises `AlgebraError` with the offending part if it is outside the language.
        """
        try:
            e = sp.sympify(expression, strict=True)
        except sp.SympifyError:
            raise AlgebraError(
                f"{expression!r} ({type(expression).__name__}) is no expression."
            ) from None
        self._nonnegative |= self._signs(e)
        self._read_definitions(e)
        return self.read_in(e, {})

    def _read_definitions(self, e: sp.Basic) -> None:
        """Read the definitions that ``e`` needs, each after those that it needs itself.

        So that chains of hundreds of definitions are not nested.
        """
        waiting = self._unread(e)
        while waiting:
            missing = [x for x in self._unread(self.unfold[waiting[-1]].value) if x not in waiting]
            if missing:
                waiting += missing
                continue
            name = waiting.pop()
            if name not in self._definitions:
                self._definitions[name] = self.read_in(self.unfold[name].value, {})

    def _unread(self, e: sp.Basic) -> list[str]:
        return sorted((tensors_in(e) & self.unfold.keys()) - self._definitions.keys())

    def note_domain(self, parts: Iterable[sp.Basic]) -> None:
        """Note expressions that are defined, and inequalities that hold, wherever it matters."""
        for part in parts:
            self._nonnegative |= self._signs(part)

    def _signs(self, e: sp.Basic) -> frozenset[str]:
        """Return what is >= 0 wherever ``e`` and the definitions it needs are defined."""
        found, seen, waiting = frozenset[str](), set(), [e]
        while waiting:
            promised = promises(waiting.pop())
            found |= promised.nonnegative
            new = (promised.uses & self.unfold.keys()) - seen
            seen |= new
            waiting += (self.unfold[name].value for name in new)
        return found

    @bounded
    def total(self, value: Polynomial, bound: Iterable[Index]) -> Polynomial:
        """Return the sum of a polynomial over free indices, whole ranges."""
        names = {(k.name, k.size.name): self.ring.fresh(k.size.name) for k in bound}
        return self.ring.sum_over(names.values(), self.ring.rename(value, names))

    def read_in(self, e: sp.Basic, scope: Mapping[Index, Ix]) -> Polynomial:
        """Return the polynomial of a part, with the names of the indices that are bound around."""
        method = _method(type(e))
        if method is None:
            raise AlgebraError(f"`{e}` ({type(e).__name__}) is not part of the index calculus.")
        return method(self, e, scope)

    def _number(self, e: sp.Rational, _) -> Polynomial:
        return Polynomial.of(Fraction(int(e.p), int(e.q)))

    def _size(self, e: Size, _) -> Polynomial:
        return Polynomial.of(Entry(_checked(e.name), (), nonnegative=True, size=True))

    def _index(self, e: Index, scope) -> Polynomial:
        return self.ring.number(self.position(e, e.size, scope))

    def _scalar(self, e: sp.Symbol, _) -> Polynomial:
        if e.name in self.unfold:
            return self._definition(e.name, ())
        nonnegative = bool(e.is_nonnegative) or e.name in self._nonnegative
        return self.ring.entry(_checked(e.name), (), nonnegative)

    def _dummy(self, e: sp.Dummy, _) -> Polynomial:
        raise AlgebraError(f"`{e}` is a dummy symbol; names are what the normal form goes by.")

    def _constant(self, e: sp.NumberSymbol, _) -> Polynomial:
        if e is sp.E:
            return self.ring.exp(Polynomial.of(1))
        return Polynomial.of(Entry(f"{e}()", (), nonnegative=True))  # no symbol is called that

    def _entry(self, e: sp.Indexed, scope) -> Polynomial:
        name, at = self._place(e, scope)
        if name in self.unfold:
            return self._definition(name, at)
        if is_order(name):
            return self.ring.order(*at)
        tensor: Any = e.base
        nonnegative = bool(tensor.label.is_nonnegative) or name in self._nonnegative
        return self.ring.entry(_checked(name), at, nonnegative)

    def _place(self, e: sp.Indexed, scope) -> tuple[str, tuple[Ix, ...]]:
        """Return which entry of which tensor this is."""
        tensor: Any = e.base
        if not isinstance(tensor, Tensor) or len(tensor.axes) != len(e.indices):
            raise AlgebraError(f"`{e}` is no entry of a `Tensor` with {len(e.indices)} axes.")
        at = (self.position(x, k, scope) for x, k in zip(e.indices, tensor.axes, strict=True))
        return str(tensor.label), tuple(at)

    def _definition(self, name: str, at: tuple[Ix, ...], *, within: bool = False) -> Polynomial:
        """Return what a definition says, or what stands ``within`` its outermost function."""
        parameters, value = self.unfold[name]
        if len(parameters) != len(at):
            raise AlgebraError(
                f"`{name}` is defined with {len(parameters)} indices; got {len(at)}."
            )
        known = self._within if within else self._definitions
        if name not in known:
            known[name] = self.read_in(value.args[0] if within else value, {})
        mapping = {(k.name, k.size.name): ix for k, ix in zip(parameters, at, strict=True)}
        return self.ring.rename(known[name], mapping)

    @staticmethod
    def checked(name: str) -> str:
        """Return the name of a quantity if no key of the normal form can be mistaken for it."""
        return _checked(name)

    @staticmethod
    def size_name(k: Index) -> str:
        """Return the name of the size that an index ranges over."""
        if not isinstance(k, Index):
            raise AlgebraError(f"`{k}` stands in the place of a bound index.")
        return _checked(k.size.name)

    def position(self, e: sp.Basic, size: Size, scope) -> Ix:
        """Return an index, or a position, that stands for an index over ``size``."""
        if isinstance(e, Index) and e.size == size:
            return scope.get(e) or (_checked(e.name, index=True), _checked(size.name))
        if isinstance(e, sp.Integer) and e > 0:
            return (f"#{e}", _checked(size.name))
        raise AlgebraError(f"`{e}` stands in the place of an index over {size}.")

    def _sum_of_terms(self, e: sp.Add, scope) -> Polynomial:
        return Polynomial.add(self.read_in(argument, scope) for argument in e.args)

    def _product(self, e: sp.Mul, scope) -> Polynomial:
        result = Polynomial.of(1)
        for argument in e.args:
            result = self.ring.multiply(result, self.read_in(argument, scope))
        return result

    def _power(self, e: sp.Pow, scope) -> Polynomial:
        base = self.read_in(e.base, scope)
        if isinstance(e.exp, sp.Rational):
            return self.ring.power(base, Fraction(int(e.exp.p), int(e.exp.q)))
        return self.ring.function("power", (base, self.read_in(e.exp, scope)))

    def _exp(self, e: Any, scope) -> Polynomial:
        """Return exp of a sum; exp(n log x) is x^n, whatever is known of the factors of x."""
        result, rest = Polynomial.of(1), []
        for term in sp.Add.make_args(e.args[0]):
            number, factor = term.as_coeff_Mul()
            inner = self._argument_of_log(factor, scope) if number.is_Integer else None
            if inner is None:
                rest.append(self.read_in(term, scope))
            else:
                result = self.ring.multiply(result, self.ring.power(inner, int(number)))
        return self.ring.multiply(result, self.ring.exp(Polynomial.add(rest)))

    def _argument_of_log(self, e: sp.Basic, scope) -> Polynomial | None:
        """Return x for log x and for what is defined as log x."""
        if isinstance(e, sp.log):
            return self.read_in(e.args[0], scope)
        name, at = "", ()
        if isinstance(e, sp.Indexed):
            name, at = self._place(e, scope)
        elif isinstance(e, sp.Symbol) and not isinstance(e, Index):
            name = e.name
        if name in self.unfold and isinstance(self.unfold[name].value, sp.log):
            return self._definition(name, at, within=True)
        return None

    def _log(self, e: sp.log, scope) -> Polynomial:
        return self.ring.log(self.read_in(e.args[0], scope))

    def _abs(self, e: sp.Abs, scope) -> Polynomial:
        return self.ring.function("abs", (self.read_in(e.args[0], scope),))

    def _sign(self, e: sp.Function, scope) -> Polynomial:
        """Return |x| / x, which the derivative of |x| is where there is one."""
        argument = self.read_in(e.args[0], scope)
        ring = self.ring
        return ring.multiply(ring.function("abs", (argument,)), ring.power(argument, -1))

    def _hyperbolic(self, e: sp.Function, scope) -> Polynomial:
        ring, argument = self.ring, self.read_in(e.args[0], scope)
        up, down = ring.exp(argument), ring.exp(-argument)
        odd, even = (ring.multiply(HALF, x) for x in (up - down, up + down))
        above, below = HYPERBOLIC[e.func]
        parts = {"sinh": odd, "cosh": even, "": HALF.scaled(2)}
        return ring.multiply(parts[above], ring.power(parts[below], -1))

    def _delta(self, e: sp.KroneckerDelta, scope) -> Polynomial:
        first, second = e.args[:2]
        sizes = [x.size for x in (first, second) if isinstance(x, Index)]
        if not sizes:
            raise AlgebraError(f"`{e}` joins two numbers, not two indices.")
        ends = (self.position(x, sizes[0], scope) for x in (first, second))
        return self.ring.delta(*ends)

    def _sum(self, e: sp.Sum, scope) -> Polynomial:
        inner, bound = dict(scope), []
        for k, low, high in e.limits:
            if not isinstance(k, Index) or low != 1 or high != k.size:
                raise AlgebraError(
                    f"the sum over {k} from {low} to {high} does not run over the whole range of k."
                )
            bound.append(self.ring.fresh(_checked(k.size.name)))
            inner[k] = bound[-1]
        return self.ring.sum_over(bound, self.read_in(e.function, inner))

    def _function(self, e: sp.Function, scope) -> Polynomial:
        name = e.func.__name__
        if (
            name in KNOWN_FUNCTIONS
        ):  # an undefined function of that name; SymPy's own are read above
            raise AlgebraError(
                f"`{name}` has a meaning here; give the function `{e}` another name."
            )
        return self.ring.function(name, tuple(self.read_in(argument, scope) for argument in e.args))

    def _unresolved(self, e: sp.Expr, _) -> Polynomial:
        raise AlgebraError(f"`{e}` needs a model: resolve derivatives with `Theory.resolve` first.")

    def _tensor(self, e: Tensor, _) -> Polynomial:
        raise AlgebraError(f"the tensor `{e}` stands without its {len(e.axes)} indices.")


_METHODS: tuple[tuple[type | tuple[type, ...], Callable[..., Polynomial]], ...] = (
    (sp.Rational, Reader._number),
    (Size, Reader._size),
    (Index, Reader._index),
    (sp.Indexed, Reader._entry),
    (Tensor, Reader._tensor),
    (sp.Dummy, Reader._dummy),
    (sp.Symbol, Reader._scalar),
    (sp.NumberSymbol, Reader._constant),
    (sp.Add, Reader._sum_of_terms),
    (sp.Mul, Reader._product),
    (sp.exp, Reader._exp),
    (sp.Pow, Reader._power),
    (sp.log, Reader._log),
    (sp.Abs, Reader._abs),
    (sp.sign, Reader._sign),
    (sp.KroneckerDelta, Reader._delta),
    (sp.Sum, Reader._sum),
    (tuple(HYPERBOLIC), Reader._hyperbolic),
    (Applied, applied),
    ((MatrixInverse, Determinant, ProductOver, Maximum), ranged),
    (sp.Max, partial(extremum, sign=1)),
    (sp.Min, partial(extremum, sign=-1)),
    ((Partial, Step, Flow), Reader._unresolved),
    (sp.Function, Reader._function),
)


@lru_cache(maxsize=1024)
def _method(kind: type) -> Callable[..., Polynomial] | None:
    return next((method for base, method in _METHODS if issubclass(kind, base)), None)


@lru_cache(maxsize=65536)
def _checked(name: str, index: bool = False) -> str:
    """Return the name if no key of the normal form can be mistaken for it."""
    if index:  # fresh indices have "~" inside; bound ones begin with "_"
        bad = name[:1] in "~_" or RESERVED.search(name.replace("~", ""))
    else:
        bad = not name or RESERVED.search(name)
    if bad:
        raise AlgebraError(
            f"`{name}` cannot name {'an index' if index else 'a quantity'}: letters, digits and "
            "the signs _ ' - . \\ are free, brackets and operators are not."
        )
    return name
