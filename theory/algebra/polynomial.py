"""The data of the normal form: atoms, monomials and polynomials.

A polynomial is a sum of monomials with rational coefficients.  A monomial is a product of atoms
with rational exponents.  The atoms are

    Entry      s_ij, W_ca, a scalar, a size, an index as a number (a name with indices)
    Delta      the Kronecker delta of two indices
    Function   exp(m) with m a monic monomial, log(P), |P|, ...   (a name with polynomials)
    Base       a primitive polynomial under a power that is no positive integer
    Closed     a connected sum over bound indices, sum_k ...      (bound indices, a monomial)
    Prime      a prime number under a fractional power
    Ranged     products, maxima, inverse matrices, determinants  (`theory.algebra.ranged`)

Nothing here simplifies: `theory.algebra.ring` does.  Every object carries a `key`, a string that
is equal for equal objects and orders them; bound indices are named by `theory.algebra.canonical`,
so equal keys mean equal up to renaming.

An index is a pair (name, size name).  Names with "~" are raw bound indices, names with "_" are
canonical bound ones, "#3" is the literal position 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TypeAlias

from theory.algebra.limits import MOST_CHARACTERS, AlgebraError
from theory.algebra.signs import keeps_no_sign
from theory.algebra.symbols import is_order

__all__ = [
    "Atom",
    "Base",
    "Closed",
    "Delta",
    "Entry",
    "Function",
    "Ix",
    "Monomial",
    "NUMBER",
    "ONE",
    "Polynomial",
    "Prime",
    "Renaming",
]

NUMBER = "#"  # the name of the entry at k that is k itself; no quantity is called so

Ix: TypeAlias = tuple[str, str]
Renaming: TypeAlias = Mapping[Ix, Ix]


class Atom:
    """What the kinds of atom share; equality and hash are those of the key."""

    __slots__ = ("_hash", "free", "height", "key", "nonnegative")
    key: str
    free: frozenset[Ix]  # the indices that occur and are not bound inside
    nonnegative: bool  # known to be >= 0 for all real inputs
    height: int  # nesting depth of bound indices inside

    def _finish(self, key: str) -> None:
        if len(key) > MOST_CHARACTERS:
            raise AlgebraError(
                f"a part of the normal form is longer than {MOST_CHARACTERS} characters; "
                "split the expression into named definitions."
            )
        self.key = key
        self._hash = hash(key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Atom) and self.key == other.key)

    def __repr__(self) -> str:
        return self.key

    @property
    def inside(self) -> tuple[Polynomial, ...]:
        """The polynomials that the atom is made of; none for entries, deltas and primes."""
        return ()

    def render(self, renaming: Renaming) -> str:
        """Return the key under a renaming of free indices that need not be injective.

        Nothing is simplified, so this is a sound invariant for colouring bound indices.
        """
        raise NotImplementedError


def _show(index: Ix) -> str:
    return f"{index[0]}:{index[1]}"


def _rank(index: Ix) -> tuple[int, Ix]:
    """Literal positions first, then free indices, canonical and raw bound ones."""
    return ({"#": 0, "_": 2, "~": 3}.get(index[0][0], 1), index)


class Entry(Atom):
    """A tensor entry, a scalar or a size; an index as a number is the entry of `NUMBER`."""

    __slots__ = ("counts", "indices", "is_number", "is_order", "name", "size")

    def __init__(
        self, name: str, indices: tuple[Ix, ...] = (), nonnegative: bool = False, size: bool = False
    ) -> None:
        self.name, self.indices, self.nonnegative, self.size = name, indices, nonnegative, size
        self.free = frozenset(i for i in indices if i[0][0] != "#")
        self.height = 0
        self.is_order, self.is_number = is_order(name), name == NUMBER
        self.counts = size or self.is_number  # a positive integer
        shown = f"{name}:" if size else name  # a size and a scalar may share a letter
        self._finish(f"{name}[{','.join(map(_show, indices))}]" if indices else shown)

    @property
    def orders(self) -> tuple[tuple[Ix, ...], ...]:
        """The orders of the indices that mean the same; two for a symmetric tensor."""
        return (self.indices,)

    def render(self, renaming: Renaming) -> str:  # noqa: D102  (see Atom)
        return f"{self.name}[{','.join(_show(renaming.get(i, i)) for i in self.indices)}]"


class Delta(Atom):
    """The Kronecker delta of two different indices; a product replaces the second by the first."""

    __slots__ = ("first", "second")

    def __init__(self, first: Ix, second: Ix) -> None:
        self.first, self.second = sorted((first, second), key=_rank)
        self.free = frozenset(i for i in (first, second) if i[0][0] != "#")
        self.nonnegative = True
        self.height = 0
        self._finish(f"[{_show(self.first)}={_show(self.second)}]")

    def render(self, renaming: Renaming) -> str:  # noqa: D102
        names = sorted(_show(renaming.get(i, i)) for i in (self.first, self.second))
        return f"[{'='.join(names)}]"


class Prime(Atom):
    """A prime number; it occurs only under a fractional power."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value
        self.free, self.nonnegative, self.height = frozenset(), True, 0
        self._finish(f"prime({value})")

    def render(self, renaming: Renaming) -> str:  # noqa: D102  (see Atom)
        return self.key


class Function(Atom):
    """A function of polynomials: exp of a monic monomial, log, abs, or an unknown function."""

    __slots__ = ("arguments", "name")

    def __init__(self, name: str, arguments: tuple[Polynomial, ...]) -> None:
        self.name, self.arguments = name, arguments
        self.free = frozenset().union(*(a.free for a in arguments))
        self.nonnegative = (
            name in ("exp", "abs")
            or (name == "log" and arguments[0].at_least_one)
            or (name == "power" and (arguments[0].nonnegative or arguments[1].is_even))
        )
        self.height = max((a.height for a in arguments), default=0)
        self._finish(f"{name}({'; '.join(a.key for a in arguments)})")

    @property
    def inside(self) -> tuple[Polynomial, ...]:  # noqa: D102  (see Atom)
        return self.arguments

    def render(self, renaming: Renaming) -> str:  # noqa: D102  (see Atom)
        parts = [a.render(renaming) for a in self.arguments]
        if self.name == "Max":  # its arguments are sorted under other names
            parts.sort()
        return f"{self.name}({'; '.join(parts)})"


class Base(Atom):
    """A primitive polynomial that stands under a power and is not expanded."""

    __slots__ = ("polynomial",)

    def __init__(self, polynomial: Polynomial) -> None:
        self.polynomial = polynomial
        self.free, self.height = polynomial.free, polynomial.height
        self.nonnegative = polynomial.nonnegative
        self._finish(f"({polynomial.key})")

    @property
    def inside(self) -> tuple[Polynomial, ...]:  # noqa: D102  (see Atom)
        return (self.polynomial,)

    def render(self, renaming: Renaming) -> str:  # noqa: D102  (see Atom)
        return f"({_unsigned(self.polynomial, renaming)})"


class Closed(Atom):
    """A connected sum over bound indices: every factor mentions one of them."""

    __slots__ = ("bound", "body")

    def __init__(self, bound: tuple[Ix, ...], body: Monomial) -> None:
        self.bound, self.body = bound, body
        self.free = body.free - frozenset(bound)
        self.height = 1 + body.height
        self.nonnegative = body.nonnegative
        self._finish(f"sum[{','.join(map(_show, bound))}]{{{body.key}}}")

    @property
    def inside(self) -> tuple[Polynomial, ...]:  # noqa: D102  (see Atom)
        return (Polynomial.of(self.body),)

    def render(self, renaming: Renaming) -> str:  # noqa: D102
        hidden = {k: ("*", k[1]) for k in self.bound}  # names of bound indices are no invariant
        return f"sum{{{self.body.render({**renaming, **hidden})}}}"


class Monomial:
    """A product of atoms with nonzero rational exponents, sorted by key."""

    __slots__ = ("_hash", "_names", "factors", "free", "height", "key")

    def __init__(self, factors: Iterable[tuple[Atom, Fraction | int]]) -> None:
        self._names: frozenset[str] | None = None
        self.factors = tuple(sorted(factors, key=lambda pair: pair[0].key))
        self.free = frozenset().union(*(atom.free for atom, _ in self.factors))
        self.height = max((atom.height for atom, _ in self.factors), default=0)
        self.key = "*".join(a.key if e == 1 else f"{a.key}^{e}" for a, e in self.factors)
        self._hash = hash(self.key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Monomial) and self.key == other.key)

    def __repr__(self) -> str:
        return self.key or "1"

    @property
    def nonnegative(self) -> bool:
        """Whether every factor is >= 0: by itself, or by an even root or power."""
        return all(a.nonnegative or keeps_no_sign(e) for a, e in self.factors)

    @property
    def at_least_one(self) -> bool:
        """Whether this is a product of positive powers of sizes and positions, or 1."""
        return all(isinstance(a, Entry) and a.counts and e > 0 for a, e in self.factors)

    @property
    def is_whole(self) -> bool:
        """Whether this is a product of whole positive powers of sizes and positions."""
        return self.at_least_one and all(e.denominator == 1 for _, e in self.factors)

    @property
    def names(self) -> frozenset[str]:
        """The names of the tensors, scalars and sizes that occur."""
        if self._names is None:
            own = frozenset(a.name for a, _ in self.factors if isinstance(a, Entry))
            self._names = own.union(*(x.names for a, _ in self.factors for x in a.inside))
        return self._names

    def exponent(self, atom: Atom) -> Fraction | int:
        """Return the exponent of ``atom``, 0 if it does not occur."""
        return next((e for a, e in self.factors if a == atom), 0)

    def render(self, renaming: Renaming) -> str:
        """Return the key under a renaming (see `Atom.render`)."""
        return "*".join(sorted(f"{a.render(renaming)}^{e}" for a, e in self.factors))


ONE = Monomial(())


class Polynomial:
    """A sum of monomials with nonzero rational coefficients."""

    __slots__ = ("_key", "terms")

    def __init__(self, terms: Mapping[Monomial, Fraction | int]) -> None:
        self.terms = terms
        self._key: str | None = None

    @property
    def key(self) -> str:
        """The sorted text of all terms."""
        if self._key is None:
            self._key = " + ".join(sorted(f"{c}*{m.key}" for m, c in self.terms.items())) or "0"
        return self._key

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Polynomial) and self.key == other.key)

    def __repr__(self) -> str:
        return self.key

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def free(self) -> frozenset[Ix]:
        """The indices that occur and are not bound inside."""
        return frozenset().union(*(m.free for m in self.terms))

    @property
    def height(self) -> int:
        """Nesting depth of bound indices."""
        return max((m.height for m in self.terms), default=0)

    @property
    def nonnegative(self) -> bool:
        """Whether every term is known to be >= 0."""
        return all(c > 0 and m.nonnegative for m, c in self.terms.items())

    @property
    def at_least_one(self) -> bool:
        """Whether the value is known to be >= 1; every size is."""
        safe = sum(c for m, c in self.terms.items() if c > 0 and m.at_least_one)
        return self.nonnegative and safe >= 1

    @property
    def is_whole(self) -> bool:
        """Whether the value is an integer: made of sizes and positions with whole coefficients."""
        return all(c.denominator == 1 and m.is_whole for m, c in self.terms.items())

    @property
    def is_even(self) -> bool:
        """Whether the value is an even integer, to be seen from the coefficients."""
        return self.is_whole and all(c % 2 == 0 for c in self.terms.values())

    @property
    def names(self) -> frozenset[str]:
        """The names of the tensors, scalars and sizes that occur."""
        return frozenset().union(*(m.names for m in self.terms))

    @property
    def single(self) -> tuple[Monomial, Fraction | int] | None:
        """The only (monomial, coefficient), or None if there are none or several."""
        return next(iter(self.terms.items())) if len(self.terms) == 1 else None

    @property
    def constant(self) -> Fraction | int | None:
        """The value if this is a rational number, else None."""
        if not self.terms:
            return 0
        only = self.single
        return only[1] if only and not only[0].factors else None

    def render(self, renaming: Renaming) -> str:
        """Return the key under a renaming (see `Atom.render`)."""
        return " + ".join(sorted(f"{c}*{m.render(renaming)}" for m, c in self.terms.items()))

    def __add__(self, other: Polynomial) -> Polynomial:
        return Polynomial.add((self, other))

    def scaled(self, factor: Fraction | int) -> Polynomial:
        """Return ``factor`` times this polynomial."""
        if factor == 1:
            return self
        return Polynomial({m: c * factor for m, c in self.terms.items()} if factor else {})

    def __neg__(self) -> Polynomial:
        return self.scaled(-1)

    def __sub__(self, other: Polynomial) -> Polynomial:
        return self + -other

    @staticmethod
    def of(value: Monomial | Atom | Fraction | int) -> Polynomial:
        """Return a monomial, an atom or a number as a polynomial."""
        if isinstance(value, Atom):
            return Polynomial({Monomial(((value, 1),)): 1})
        if isinstance(value, Monomial):
            return Polynomial({value: 1})
        return Polynomial({ONE: value} if value else {})

    @staticmethod
    def add(parts: Iterable[Polynomial]) -> Polynomial:
        """Return the sum of many polynomials."""
        terms: dict[Monomial, Fraction | int] = {}
        for part in parts:
            for monomial, coefficient in part.terms.items():
                terms[monomial] = terms.get(monomial, 0) + coefficient
        return Polynomial({m: c for m, c in terms.items() if c})


def _unsigned(value: Polynomial, renaming: Renaming) -> str:
    """Render ``value`` or its negative: which of the two is stored depends on names of indices."""
    return min(value.render(renaming), (-value).render(renaming))
