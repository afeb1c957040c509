"""Polynomials in entries, sizes, sums and functions, multiplied out: what Coq's normaliser sees.

A term is  c sum_{k..} x y z : a rational, bound indices, factors.  Factors are never merged, as
SymPy would do with exp(a) exp(b): each stands for itself in the certificate.  Nothing here has to
be trusted; coqc checks every equation that is written with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import permutations, product
from typing import Any, NamedTuple

import sympy as sp

from proofs_checks.certificates.printing import Scope, coq_term
from proofs_checks.certificates.shares import shape_of
from theory.algebra.expressions import free_indices, fresh, substitute
from theory.algebra.symbols import Index, Size

__all__ = ["ONE", "Poly", "Term", "as_expression", "common", "factor", "free_in", "key_of", "moved",
           "number", "plus", "printed", "scaled", "summed", "times", "without"]  # fmt: skip

MOST_BOUND = 4
"""How many bound indices of equal use are put in all orders, to find the same term again."""


class Term(NamedTuple):
    """A rational times the sum over ``bound`` of the product of ``factors``."""

    number: Any
    bound: tuple[Index, ...]
    factors: tuple[Any, ...]


Poly = tuple[Term, ...]
ONE: Poly = (Term(sp.S.One, (), ()),)


def number(c: Any) -> Poly:
    """Return a rational."""
    return (Term(sp.Rational(c), (), ()),) if c != 0 else ()


def factor(x: Any) -> Poly:
    """Return one factor."""
    return (Term(sp.S.One, (), (x,)),)


def plus(*polys: Poly) -> Poly:
    """Return the sum, like terms added up."""
    found: dict[Any, Term] = {}
    for t in (t for p in polys for t in p):
        key = _term_key(t)
        c = t.number + (found[key].number if key in found else 0)
        found[key] = t._replace(number=c)
    return tuple(t for t in found.values() if t.number != 0)


def scaled(c: Any, p: Poly) -> Poly:
    """Return c times p."""
    return tuple(t._replace(number=t.number * c) for t in p)


def times(p: Poly, q: Poly) -> Poly:
    """Return the product."""
    found = []
    for a, b in product(p, q):
        apart = {k: fresh(k) for k in b.bound}
        factors = (*a.factors, *(substitute(x, apart) for x in b.factors))
        found.append(_contracted(a.number * b.number, (*a.bound, *apart.values()), factors))
    return plus(tuple(found))


def summed(p: Poly, ks: Iterable[Index]) -> Poly:
    """Return the sum over indices."""
    found = []
    for t in p:
        apart = {k: fresh(k) for k in ks}
        factors = tuple(substitute(x, apart) for x in t.factors)
        found.append(_contracted(t.number, (*t.bound, *apart.values()), factors))
    return plus(tuple(found))


def _contracted(c: Any, bound: tuple[Index, ...], factors: tuple[Any, ...]) -> Term:
    """Return a term without deltas of bound indices, and without indices that nothing names."""
    for n, x in enumerate(factors):
        if isinstance(x, sp.KroneckerDelta):
            for k in x.args:
                if k in bound:
                    other = next(y for y in x.args if y != k)
                    rest = tuple(substitute(y, {k: other}) for y in factors[:n] + factors[n + 1 :])
                    numbers = [y for y in rest if y.is_Rational]
                    others = tuple(y for y in rest if not y.is_Rational)
                    return _contracted(
                        c * sp.Mul(*numbers), tuple(b for b in bound if b != k), others
                    )
    factors = _cancelled(factors)
    used = set().union(*(free_indices(x) for x in factors))
    sizes = tuple(k.size for k in bound if k not in used)
    return Term(
        sp.Rational(c), tuple(k for k in bound if k in used), _cancelled((*factors, *sizes))
    )


def _cancelled(factors: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the factors without x and 1/x, exp a and exp(-a)."""
    left: list[Any] = []
    for x in factors:
        opposite = next((y for y in left if _is_opposite(x, y)), None)
        if opposite is None:
            left.append(x)
        else:
            left.remove(opposite)
    return tuple(left)


def _is_opposite(x: Any, y: Any) -> bool:
    if isinstance(x, sp.exp) and isinstance(y, sp.exp):
        above, below = (e.as_base_exp()[1] for e in (x, y))
        return shape_of(above, {}) == shape_of(-below, {})
    return any(isinstance(a, sp.Pow) and a.exp == -1 and a.base == b for a, b in ((x, y), (y, x)))


def moved(p: Poly, mapping: Mapping[Any, Any]) -> Poly:
    """Return p with free indices replaced."""
    return plus(tuple(
        _contracted(t.number, t.bound, tuple(substitute(x, mapping) for x in t.factors)) for t in p
    ))  # fmt: skip


def free_in(p: Poly) -> list[Index]:
    """Return the free indices in their order."""
    found: list[Index] = []
    for t in p:
        for x in t.factors:
            for k in sorted(free_indices(x), key=str):
                if k not in t.bound and k not in found:
                    found.append(k)
    return found


def key_of(p: Poly) -> Any:
    """Return a key that equal polynomials have in common."""
    return tuple(sorted(repr((_term_key(t), str(t.number))) for t in p))


def _term_key(t: Term) -> str:
    def sized(k: Index, n: int) -> str:
        return f"#{n}:{k.size}"

    def shown(order: tuple[Index, ...]) -> str:
        names = {k: sized(k, n) for n, k in enumerate(order)}
        return repr((sorted(repr(shape_of(x, names)) for x in t.factors), list(names.values())))

    def use(k: Index) -> Any:  # bound indices of different use are told apart by where they stand
        names = {b: "#" if b != k else "@" for b in t.bound}
        return sorted(repr(shape_of(x, names)) for x in t.factors), str(k.size)

    alike: dict[str, list[Index]] = {}
    for k in t.bound:
        alike.setdefault(repr(use(k)), []).append(k)
    groups = [alike[u] for u in sorted(alike)]
    if any(len(g) > MOST_BOUND for g in groups):
        return shown(tuple(k for g in groups for k in g))
    orders = product(*(permutations(g) for g in groups))
    return min(shown(tuple(k for g in order for k in g)) for order in orders)


def common(p: Poly) -> tuple[Any, ...]:
    """Return the factors that all terms have in common and that no sum binds."""
    counts = [Counter(x for x in t.factors if not free_indices(x) & set(t.bound)) for t in p]
    shared = counts[0]
    for c in counts[1:]:
        shared &= c
    return tuple(shared.elements())


def without(p: Poly, factors: Iterable[Any]) -> Poly:
    """Return p divided by factors that all its terms have."""
    found = []
    for t in p:
        left = list(t.factors)
        for x in factors:
            left.remove(x)
        found.append(t._replace(factors=tuple(left)))
    return tuple(found)


def leading(p: Poly) -> Term | None:
    """Return the term that a rule about 1/p begins with: one without a sum, else the simplest."""
    bare = [t for t in p if not t.bound and any(not isinstance(x, Size) for x in t.factors)]
    if bare:
        return max(bare, key=lambda t: len(t.factors))
    single = [t for t in p if len(t.bound) == 1]
    return min(single, key=lambda t: len(t.factors)) if single else None


def primes(c: Any) -> list[Any]:
    """Return the prime numbers and their inverses of which a positive rational is the product."""
    found: list[Any] = []
    for p, n in sp.factorint(c.p).items():
        found += [sp.Integer(p)] * n
    for p, n in sp.factorint(c.q).items():
        found += [sp.Rational(1, p)] * n
    return found


def as_expression(p: Poly) -> Any:
    """Return the expression."""
    return sp.Add(*(
        t.number * (sp.Sum(sp.Mul(*t.factors), *((k, 1, k.size) for k in t.bound)) if t.bound
                    else sp.Mul(*t.factors))
        for t in p
    ))  # fmt: skip


def printed(p: Poly, scope: Scope) -> str:
    """Return it in Coq, factor by factor."""
    terms = [_printed_term(t, scope) for t in p]
    return " + ".join(f"({t})" for t in terms) if len(p) > 1 else "".join(terms) or "0"


def _printed_term(t: Term, scope: Scope) -> str:
    inner, opening = scope, ""
    for k in t.bound:
        inner = inner.binding(k)
        opening += f"sum {scope.names.size(k.size)} (fun {inner.indices[k]} => "
    factors = " * ".join(f"({coq_term(x, inner)})" for x in t.factors) or "1"
    body = opening + factors + ")" * len(t.bound)
    return body if t.number == 1 else f"({coq_term(t.number, scope)}) * ({body})"
