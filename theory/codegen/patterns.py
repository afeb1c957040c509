"""Patterns that must not be computed as they stand: softmax, log-sum-exp, centred products.

Recognised from the structure of an expression, whatever its symbols are called:

    sum_k w_ik exp(E_ik)                          a sum of exponentials, with weights >= 0
    w_ij exp(E_ij) / sum_k w_ik exp(E_ik)         a softmax over j
    w_ij (x_ij - sum_k w_ik x_ik)                 a centred product, such as the score gradient

Written out, exp overflows at 710 and a row whose exponents are all below -745 divides by zero.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.algebra.expressions import bound_of, free_indices, substitute
from theory.algebra.symbols import Index, Tensor

__all__ = [
    "CentredProduct",
    "ExponentialSum",
    "Softmax",
    "axes_of",
    "canonical",
    "centred_product",
    "collected",
    "exponential_sum",
    "exponential_terms",
    "factors_of",
    "is_large",
    "occurring",
    "shared_sums",
    "softmax_in",
    "summand",
    "unused",
    "with_sigmoids",
    "written_out_exponentials",
]

Powers = dict[sp.Expr, sp.Expr]


@dataclass(frozen=True)
class ExponentialSum:
    """The sum over ``bound`` of ``weight`` times exp of ``exponent``; the weight is >= 0."""

    exponent: sp.Expr
    weight: sp.Expr
    bound: tuple[Index, ...]


@dataclass(frozen=True)
class Softmax:
    """``weight`` exp(``exponent``) over its sum along an index, to an integer ``power``."""

    exponent: sp.Expr
    weight: sp.Expr
    along: Index
    power: sp.Expr = sp.S.One

    @property
    def is_whole(self) -> bool:
        """Whether this is the softmax itself, no higher power."""
        return self.power == 1


@dataclass(frozen=True)
class CentredProduct:
    """``weight`` times what ``value`` is above its weighted sum along an index."""

    weight: sp.Expr
    value: sp.Expr
    along: Index


def summand(e: sp.Sum) -> sp.Expr:
    """Return what a sum adds up."""
    return e.args[0]  # type: ignore[return-value]


def factors_of(expression: sp.Expr) -> Powers:
    """Return the factors of a product with their exponents; exp(...) counts as one factor."""
    powers: Powers = {}
    for factor in sp.Mul.make_args(expression):
        is_power = isinstance(factor, sp.Pow)
        base, exponent = (factor.base, factor.exp) if is_power else (factor, sp.S.One)
        powers[base] = powers.get(base, sp.S.Zero) + exponent
    return powers


def product_of(powers: Mapping[sp.Expr, sp.Expr]) -> sp.Expr:
    """Return the product again."""
    return sp.Mul(*(sp.Pow(base, exponent) for base, exponent in powers.items()))


def exponential_sum(expression: sp.Basic, *, signed: bool = False) -> ExponentialSum | None:
    """Return the parts of a sum of exponentials, None for anything else.

    ``signed``: the weight may be of any sign.
    """
    if not isinstance(expression, sp.Sum):
        return None
    powers = factors_of(summand(expression))
    exponents = [base for base in powers if isinstance(base, sp.exp)]
    if not exponents or any(powers[e] != 1 for e in exponents):
        return None
    rest = {base: n for base, n in powers.items() if base not in exponents}
    bound = bound_of(expression)
    exponent = sp.Add(*(e.args[0] for e in exponents))  # type: ignore[arg-type]
    has_sign = signed or all(_nonnegative(base) for base in rest)
    if not has_sign or not set(bound) <= free_indices(exponent):
        return None
    return ExponentialSum(exponent, product_of(rest), tuple(bound))


def _nonnegative(factor: sp.Expr) -> bool:
    if isinstance(factor, sp.Indexed):
        return isinstance(factor.base, Tensor) and bool(factor.base.label.is_nonnegative)
    return bool(factor.is_nonnegative)


Terms = tuple[tuple[sp.Expr, ...], tuple[sp.Expr, ...]]


def exponential_terms(e: sp.Basic) -> Terms | None:
    """Return exponents and weights of a sum of c_k exp(E_k), numbers c > 0; E = 0 for a number."""
    if not isinstance(e, sp.Add):
        return None
    constant, rest = e.as_coeff_Add()
    pairs = [(sp.S.Zero, constant)] if constant != 0 else []
    for term in sp.Add.make_args(rest):
        weight, factor = term.as_coeff_Mul()
        if not isinstance(factor, sp.exp):
            return None
        pairs.append((factor.args[0], weight))  # type: ignore[arg-type]
    if not all(weight > 0 for _, weight in pairs):
        return None
    return tuple(e for e, _ in pairs), tuple(w for _, w in pairs)


def written_out_exponentials(e: sp.Basic) -> Terms | None:
    """Return exponents and weights of c_0 + sum of c_k exp(E_k), numbers c > 0; the first is 0."""
    terms = exponential_terms(e)
    return terms if terms is not None and terms[0][0] == 0 else None


def with_sigmoids(expression: sp.Expr) -> Any:
    """Return an expression with A/(A + B) - 1 written as -B/(A + B), for exponentials A and B.

    What would be a difference of two nearly equal numbers becomes a product, in which exponentials
    beside it are absorbed before any of them can overflow.
    """
    if not any(exponential_terms(e.base) for e in expression.atoms(sp.Pow)):
        return expression
    return expression.replace(lambda e: isinstance(e, sp.Add), _joined)


def _joined(e: sp.Add) -> sp.Expr:
    """Return a sum with such a difference as one term, if it has one."""
    number, rest = e.as_coeff_Add()
    for term in sp.Add.make_args(rest):
        for factor in sp.Mul.make_args(term):
            if not isinstance(factor, sp.Pow) or factor.exp != -1:
                continue
            above = -term / factor / number if number != 0 else sp.S.Zero
            if exponential_terms(factor.base) and above in factor.base.args:
                return rest - term + number * (factor.base - above) * factor
    return e


def softmax_in(expression: sp.Expr) -> tuple[Softmax, sp.Expr] | None:
    """Return a softmax, or a power of one, among the factors of a product; and the other factors.

    The denominator must be the sum of the very numerator, over one index.
    """
    powers = factors_of(expression)
    for base, n in powers.items():
        parts = exponential_sum(base) if n.is_integer and n.is_negative else None
        if parts is None or len(parts.bound) != 1:
            continue
        (k,) = parts.bound
        free = free_indices(expression) - free_indices(base)
        for j in sorted((j for j in free if j.size == k.size), key=str):
            numerator = factors_of(substitute(base.args[0], {k: j}) ** -n)
            left = {b: e for b, e in powers.items() if b != base}
            if all(left.get(b) == e for b, e in numerator.items()):
                others = product_of({b: e for b, e in left.items() if b not in numerator})
                exponent, weight = (
                    substitute(part, {k: j}) for part in (parts.exponent, parts.weight)
                )
                return Softmax(exponent, weight, j, -n), others
    return None


def collected(expression: sp.Expr) -> sp.Expr:
    """Return a sum with the large arrays that several terms share in front of brackets.

    Every product of large arrays is a pass over them: alpha b + alpha E takes one more than
    alpha (b + E).
    """
    terms = sp.Add.make_args(expression)
    shared: dict[Any, list[Any]] = {}
    for term in terms:
        for factor in sp.Mul.make_args(term):
            if isinstance(factor, sp.Indexed) and is_large(free_indices(factor)):
                shared.setdefault(factor, []).append(term)
    factor = max(shared, key=lambda f: (len(shared[f]), str(f)), default=None)
    if factor is None or len(shared[factor]) < 2:
        return expression
    rest = sp.Add(*(t for t in terms if t not in shared[factor]))
    inside = sp.Add(*(t / factor for t in shared[factor]))
    return sp.Add(sp.Mul(factor, collected(inside)), collected(rest))


def is_large(axes: Collection[Index]) -> bool:
    """Return whether an array over these axes counts as large: scores do, queries do not."""
    return sum(not k.size.feature for k in axes) > 1


def centred_product(expression: sp.Basic) -> CentredProduct | None:
    """Return the parts of w_ij (x_ij - sum_k w_ik x_ik), None for anything else."""
    factors: list[Any] = list(expression.args) if isinstance(expression, sp.Mul) else []
    for difference in (f for f in factors if isinstance(f, sp.Add)):
        weight = sp.Mul(*(f for f in factors if f is not difference))
        for mean in (-term for term in difference.args):
            if not isinstance(mean, sp.Sum) or len(mean.limits) != 1:
                continue
            (k,), value = bound_of(mean), difference + mean
            for j in sorted(free_indices(weight) & free_indices(value), key=str):
                if j.size == k.size and substitute(weight * value, {j: k}) == summand(mean):
                    return CentredProduct(weight, value, j)
    return None


# -- equal up to the names of indices ---------------------------------------------------------


def axes_of(symbol: sp.Basic) -> tuple[Index, ...]:
    """Return the indices of an entry, none for a scalar."""
    return symbol.indices if isinstance(symbol, sp.Indexed) else ()  # type: ignore[return-value]


def occurring(expression: sp.Basic) -> tuple[Index, ...]:
    """Return the indices of an expression, bound ones too, in the order in which they occur."""
    nodes = sp.preorder_traversal(expression)
    return tuple(dict.fromkeys(node for node in nodes if isinstance(node, Index)))


def unused(k: Index, taken: Iterable[Index]) -> Index:
    """Return ``k``, with primes if its name is taken (the same ones in every run)."""
    names, name = {x.name for x in taken}, k.name
    while name in names:
        name += "'"
    return Index(name, k.size)


def canonical(expression: sp.Basic) -> tuple[str, tuple[Index, ...]]:
    """Return a text that is equal for expressions that differ in the names of indices only.

    The second part are the free indices in the order in which they occur, so that equal texts say
    which index of one expression is which of the other.
    """
    found = occurring(expression)
    renaming = {k: Index(f"_{n}", k.size) for n, k in enumerate(found)}
    text = str(expression.xreplace(renaming))
    sizes = ",".join(k.size.name for k in found)
    return f"{text}|{sizes}", tuple(k for k in found if k in free_indices(expression))


def shared_sums(expressions: Iterable[sp.Basic]) -> frozenset[str]:
    """Return the canonical texts of the sums worth a variable: those that occur more than once.

    A sum that stands only inside products of other sums, where it can be opened, is worth one if
    it has two axes at most; else keeping it might cost more memory than computing it again.
    """
    found: dict[str, list[bool]] = {}
    for expression in expressions:
        centred = centred_product(expression) if is_large(free_indices(expression)) else None
        whole = sp.Tuple(centred.weight, centred.value) if centred else expression
        for e, inside in _sums_in(whole, False):
            if exponential_sum(e) is None:
                text, free = canonical(e)
                found.setdefault(text, []).append(not inside or len(free) <= 2)
    return frozenset(text for text, worth in found.items() if len(worth) > 1 and any(worth))


def _sums_in(e: sp.Basic, inside: bool) -> Iterator[tuple[sp.Basic, bool]]:
    """Yield every sum, and whether it is a factor of the product under another sum."""
    if isinstance(e, sp.Sum):
        yield e, inside
        for factor in sp.Mul.make_args(summand(e)):
            yield from _sums_in(factor, True)
    elif isinstance(e, sp.Mul) and (found := softmax_in(e)) is not None:
        pattern, others = found  # the exponent is computed once, though it is written twice
        for part in (pattern.exponent, pattern.weight, others):
            yield from _sums_in(part, False)
    else:
        for argument in e.args:
            yield from _sums_in(argument, False)
