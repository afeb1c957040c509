"""What exp, log and roots of a node are made of.

Over a finite field exp and log are no functions of values, but homomorphisms: exp turns sums into
products, log the other way round.  They are therefore evaluated on parts:

    terms(x)     x = sum of c_t x_t     with rational c_t; products of sums are multiplied out
    factors(x)   x = c prod of y_t^e_t  with rational c, e_t; factors that do not depend on a bound
                 index are taken out of its sum

so exp x = prod exp(x_t)^c_t, log x = log c + sum e_t log y_t, exp(c log y) = y^c, log exp x = x.
What cannot be taken apart is a part by itself and is told apart from others by its value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import product
from math import gcd, lcm, prod

from proofs_checks.checks.evaluation.contraction import Factor, fresh
from proofs_checks.checks.evaluation.graph import Graph
from proofs_checks.checks.evaluation.nodes import (
    Entry,
    Exp,
    Extent,
    Inverse,
    Label,
    Linear,
    Log,
    Named,
    Node,
    NotApplicable,
    Power,
    Product,
    SymbolicPower,
    WholePower,
)
from proofs_checks.checks.evaluation.parts import (
    Factored,
    Part,
    Powers,
    collected,
    itself,
    known_nonnegative,
    picked,
    prime_powers,
    relabelled,
)
from proofs_checks.checks.evaluation.ranged_factors import determinant_factors, product_factors
from proofs_checks.checks.evaluation.ranged_nodes import Determinant, RangeProduct
from proofs_checks.checks.evaluation.real_run import whole_numbers

__all__ = ["Structure"]

ONE = Fraction(1)
MOST_TERMS = 64
MOST_UNITS = 24


class Structure:
    """Terms and factors of nodes at given sizes; each node is taken apart once."""

    def __init__(self, graph: Graph, sizes: Mapping[str, int]) -> None:
        self.graph = graph
        self.sizes = sizes
        self._terms: dict[Node, tuple[Part, ...]] = {}
        self._factors: dict[Node, Factored] = {}

    def terms(self, node: Node) -> tuple[Part, ...]:
        """Return (coefficient, part, axes of the node that the axes of the part are)."""
        if node not in self._terms:
            self._terms[node] = collected(self._new_terms(node))
        return self._terms[node]

    def factors(self, node: Node) -> Factored:
        """Return the rational factor and (exponent, part, axes of the node)."""
        if node not in self._factors:
            coefficient, parts = self._new_factors(node)
            self._factors[node] = (coefficient, collected(parts))
        return self._factors[node]

    # -- terms ----------------------------------------------------------------------------------

    def _new_terms(self, node: Node) -> Iterable[Part]:
        match node:
            case Named() | SymbolicPower():
                return self.terms(node.body)
            case Extent():
                return [(Fraction(self.sizes[node.size.name]), self.graph.constant(ONE), ())]
            case Linear():
                return [
                    part
                    for coefficient, child, at in node.terms
                    for part in relabelled(self.terms(child), at, coefficient)
                ]
            case Product():
                return self._multiplied_out(node)
            case Log():
                return self._log_terms(node)
            case Inverse():
                return self._inverse_terms(node)
        return [itself(node)]

    def _inverse_terms(self, node: Inverse) -> Iterable[Part]:
        """Return one over a product, with its rational factor and the sign of a sum in front."""
        coefficient, parts = self.factors(node.body)
        labels = fresh(node)
        factors: list[Factor] = []
        for exponent, part, at in parts:
            if isinstance(part, Linear) and part.terms[0][0] < 0 and exponent % 2 == 1:
                own = fresh(part)
                part = self.graph.linear(((-c, n, picked(own, at)) for c, n, at in part.terms), own)
                coefficient = -coefficient
            factors.append((self.graph.power(part, -exponent), picked(labels, at)))
        rebuilt = self.graph.product(ONE, factors, labels)
        if rebuilt is node or isinstance(rebuilt, Inverse):
            return [(1 / coefficient, rebuilt, tuple(range(len(node.axes))))]
        return relabelled(self.terms(rebuilt), tuple(range(len(node.axes))), 1 / coefficient)

    def _multiplied_out(self, node: Product) -> Iterable[Part]:
        labels = tuple(Label(size) for size in node.sizes)
        out = labels[: len(node.axes)]
        choices = [relabelled(self.terms(child), at) for child, at in node.factors]
        if prod(len(choice) for choice in choices) > MOST_TERMS:
            return [itself(node)]
        result: list[Part] = []
        for chosen in product(*choices):
            coefficient = node.coefficient * prod((c for c, _, _ in chosen), start=ONE)
            factors = [(part, picked(labels, at)) for _, part, at in chosen]
            term = self.graph.product(ONE, factors, out, labels)
            if term is node:
                return [itself(node)]
            if isinstance(term, Product) and term.thin and len(term.factors) <= 1:
                whole = [(ONE, part, at) for part, at in term.factors]
                again = whole or [(ONE, self.graph.constant(ONE), ())]
            else:
                again = self.terms(term)
            result += [(coefficient * c, part, at) for c, part, at in again]
        return result

    def _log_terms(self, node: Log) -> Iterable[Part]:
        coefficient, parts = self.factors(node.body)
        if coefficient == 1 and parts == (itself(node.body),) and not _is_apart(node.body):
            return [itself(node)]
        if coefficient < 0:
            parts = self._with_sign(parts)
        result: list[Part] = []
        for exponent, part, at in parts:
            if isinstance(part, Exp):
                result += relabelled(self.terms(part.body), at, exponent)
            elif isinstance(part, RangeProduct):
                result += relabelled(self.terms(self._log_sum(part)), at, exponent)
            elif isinstance(part, Extent):
                result += self._number_log(Fraction(self.sizes[part.size.name]), exponent)
            else:
                result.append((exponent, self.graph.log(part), at))
        return result + self._number_log(abs(coefficient), ONE)

    def _log_sum(self, part: RangeProduct) -> Node:
        """Return the sum of the logarithms of what is multiplied."""
        labels = fresh(part.body)
        return self.graph.product(ONE, [(self.graph.log(part.body), labels)], labels[:-1])

    def _number_log(self, value: Fraction, exponent: Fraction) -> list[Part]:
        return [
            (exponent * power, self.graph.log(self.graph.constant(Fraction(prime))), ())
            for prime, power in prime_powers(value).items()
        ]

    def _with_sign(self, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        """Return the parts with the one whose sign is unknown negated."""
        unknown = [p for p in parts if not known_nonnegative(p[1])]
        if len(unknown) != 1 or unknown[0][0] % 2 != 1:
            raise NotApplicable("the logarithm of a product with a negative coefficient.")
        exponent, part, at = unknown[0]
        labels = fresh(part)
        negated = self.graph.product(-ONE, [(part, labels)], labels)
        if isinstance(negated, Product) and negated.thin:  # the sign would be taken out again
            negated = self.graph.named("negative", negated)
        return tuple((exponent, negated, at) if p is unknown[0] else p for p in parts)

    # -- factors --------------------------------------------------------------------------------

    def _new_factors(self, node: Node) -> tuple[Fraction, Iterable[Part]]:
        match node:
            case Named() if node.name != "negative":
                return self.factors(node.body)
            case SymbolicPower():
                return self.factors(node.body)
            case Product():
                return self._product_factors(node)
            case Linear() if node.terms:
                return self._sum_factors(node)
            case Inverse():
                coefficient, parts = self.factors(node.body)
                return 1 / coefficient, [(-e, part, at) for e, part, at in parts]
            case Power():
                return ONE, self._root_factors(node)
            case Exp():
                return ONE, self._exp_factors(node)
            case RangeProduct():
                return product_factors(self, node.body)
            case WholePower() if node.is_uniform:
                coefficient, parts = self.factors(node.base)
                count = int(whole_numbers(node.exponent, self.sizes)[()])
                return coefficient**count, [(e * count, part, at) for e, part, at in parts]
            case Determinant():
                return determinant_factors(self, node)
        return ONE, [itself(node)]

    def _product_factors(self, node: Product) -> tuple[Fraction, Iterable[Part]]:
        rank = len(node.axes)
        coefficient, outside = node.coefficient, []
        inside: list[Entry] = []
        for child, at in node.factors:
            scale, parts = self.factors(child)
            moved = relabelled(parts, at)
            free = [part for part in moved if max(part[2], default=-1) < rank]
            if max(at, default=-1) >= rank and not free:
                inside.append((child, at))
                continue
            coefficient *= scale
            outside += free
            inside += [
                (self.graph.power(part, e), axes)
                for e, part, axes in moved
                if max(axes, default=-1) >= rank
            ]
        if len(node.sizes) == rank:
            return coefficient, outside
        if not outside and node.coefficient == 1:
            return coefficient, [itself(node)]
        inner, used = self._inner_sum(node, inside)
        scale, parts = self.factors(inner)
        return coefficient * scale, outside + relabelled(parts, used)

    def _inner_sum(self, node: Product, inside: list[Entry]) -> tuple[Node, tuple[int, ...]]:
        """Return the sum of what is left under it, and which axes of ``node`` it has."""
        rank = len(node.axes)
        used = tuple(dict.fromkeys(a for _, at in inside for a in at if a < rank))
        labels = tuple(Label(size) for size in node.sizes)
        factors: list[Factor] = [(n, picked(labels, at)) for n, at in inside]
        out = picked(labels, used)
        return self.graph.product(ONE, factors, out, labels[rank:]), used

    def _sum_factors(self, node: Linear) -> tuple[Fraction, Iterable[Part]]:
        """Return a sum as a positive rational, exponentials, and a sum with coprime coefficients.

        Products of sums are multiplied out.  Of the sums that differ by an exponential of one of
        their terms, such as 1 + e^x and 1 + e^-x, the node that was made first stands for all.
        """
        terms = self.terms(node)
        if not terms:
            return ONE, [itself(node)]  # everything cancels: zero, as it stands
        if len(terms) > MOST_UNITS:
            terms = node.terms
        monomials = [self._monomial(c, n, at) for c, n, at in terms]
        numbers = [c for c, _, _ in monomials]
        content = Fraction(
            gcd(*(c.numerator for c in numbers)), lcm(*(c.denominator for c in numbers))
        )
        monomials = [(c / content, rest, powers) for c, rest, powers in monomials]
        units = [powers for _, _, powers in monomials]
        if len(units) > MOST_UNITS:
            units = [{}]
        labels = fresh(node)
        reduced = [(self._divided(monomials, unit, labels), unit) for unit in units]
        chosen, unit = min(reduced, key=lambda pair: pair[0].number)
        self._factors[chosen] = (ONE, (itself(chosen),))
        return content, [itself(chosen), *((e, atom, at) for (atom, at), e in unit.items())]

    def _monomial(
        self, scale: Fraction, node: Node, at: tuple[int, ...]
    ) -> tuple[Fraction, list[Part], Powers]:
        """Return the rational factor, the other factors, and the exponentials of a term."""
        coefficient, parts = self.factors(node)
        moved = relabelled(parts, at)
        rest = [part for part in moved if not isinstance(part[1], Exp)]
        powers: Powers = {(n, axes): e for e, n, axes in moved if isinstance(n, Exp)}
        return scale * coefficient, rest, powers

    def _divided(self, monomials: list, unit: Powers, labels: tuple[Label, ...]) -> Node:
        """Return the sum of the monomials, each divided by ``unit``."""
        terms = []
        for coefficient, rest, powers in monomials:
            quotient = [*((e, n, at) for (n, at), e in powers.items()), *rest]
            quotient += [(-e, n, at) for (n, at), e in unit.items()]
            factors: list[Factor] = [
                (self.graph.power(n, e), picked(labels, at)) for e, n, at in collected(quotient)
            ]
            out = tuple(dict.fromkeys(x for _, own in factors for x in own))
            term = self.graph.product(coefficient, factors, out)
            terms.append((ONE, term, out))
        return self.graph.linear(terms, labels)

    def _root_factors(self, node: Power) -> Iterable[Part]:
        coefficient, parts = self.factors(node.body)
        result: list[Part] = []
        if coefficient < 0:
            if node.exponent.denominator % 2 == 0:
                raise NotApplicable("a root of a negative multiple.")
            coefficient = -coefficient
            result.append((Fraction(node.exponent.numerator), self.graph.constant(-ONE), ()))
        result += [
            (power * node.exponent, self.graph.constant(Fraction(prime)), ())
            for prime, power in prime_powers(coefficient).items()
        ]
        for exponent, part, at in parts:
            if not known_nonnegative(part):
                raise NotApplicable("a root of something that is not known to be positive.")
            result.append((exponent * node.exponent, part, at))
        return result

    def _exp_factors(self, node: Exp) -> Iterable[Part]:
        result: list[Part] = []
        for coefficient, part, at in self.terms(node.body):
            if isinstance(part, Log):
                result.append((coefficient, part.body, at))
            else:
                result.append((coefficient, self.graph.exp(part), at))
        return result


def _is_apart(node: Node) -> bool:
    return isinstance(node, Exp | Extent | RangeProduct) or (
        isinstance(node, Product) and not node.factors
    )
