"""What a value says about signs by its own logarithms: log x stands there, so x > 0.

    log |x| + .. - log x = ..          sum_k log |x_k| - sum_k log x_k = 0

A logarithm below another factor that may vanish by its indices (a Kronecker delta, the order of a
range) promises nothing, and one below a sum only what stands there for every term.
"""

from __future__ import annotations

from theory.algebra.polynomial import Atom, Closed, Delta, Entry, Function, Monomial, Polynomial
from theory.algebra.symbols import is_order

__all__ = ["known_positive"]


def known_positive(value: Polynomial) -> Polynomial:
    """Return the value with log |x| replaced by log x where log x is one of its terms' factors."""
    positive = {
        logarithm.arguments[0]
        for monomial in value.terms
        if not any(_may_vanish(atom) for atom, _ in monomial.factors)
        for atom, _ in monomial.factors
        if (logarithm := _logarithm(atom)) is not None
    }
    if not positive:
        return value
    parts = []
    for monomial, c in value.terms.items():
        powers: dict[Atom, object] = {}
        for atom, e in monomial.factors:
            new = _unsigned(atom, positive)
            powers[new] = powers.get(new, 0) + e  # type: ignore[operator]
        kept = [(atom, e) for atom, e in powers.items() if e]
        parts.append(Polynomial.of(Monomial(kept)).scaled(c))  # type: ignore[arg-type]
    return Polynomial.add(parts)


def _may_vanish(atom: Atom) -> bool:
    return isinstance(atom, Delta) or (isinstance(atom, Entry) and is_order(atom.name))


def _logarithm(atom: Atom) -> Function | None:
    """Return the logarithm that an atom is, or the sum of."""
    if isinstance(atom, Closed) and len(atom.body.factors) == 1:
        atom, e = atom.body.factors[0]
        if e != 1:
            return None
    return atom if isinstance(atom, Function) and atom.name == "log" else None


def _unsigned(atom: Atom, positive: set[Polynomial]) -> Atom:
    logarithm = _logarithm(atom)
    inner = None if logarithm is None else _magnitude_of(logarithm.arguments[0])
    if inner is None or inner not in positive:
        return atom
    plain = Function("log", (inner,))
    return Closed(atom.bound, Monomial(((plain, 1),))) if isinstance(atom, Closed) else plain


def _magnitude_of(value: Polynomial) -> Polynomial | None:
    """Return x for |x|."""
    only = value.single
    if only is None or only[1] != 1 or len(only[0].factors) != 1:
        return None
    atom, e = only[0].factors[0]
    if e == 1 and isinstance(atom, Function) and atom.name == "abs":
        return atom.arguments[0]
    return None
