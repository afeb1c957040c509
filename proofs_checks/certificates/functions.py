"""Rules for what is no polynomial: inverses, roots, exponentials and logarithms, sums inside them.

Every such function is written with as few different ones as can be, and the few get the equations
that define them:

    exp(a + b) = exp a exp b        1 / (c exp(-m) D) = exp m / c / D        ln(a / b) = ln a - ln b
    D (1/D) = 1                     sqrt S sqrt S = S                        1/sqrt S = sqrt S (1/S)

with D multiplied out; its largest term t becomes a rule  t (1/D) = 1 - (D - t) (1/D).  The rules
turn both sides of a true equation into the same polynomial, as far as they reach; the search for
them need not be trusted, coqc checks each rule and the conclusion.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sympy as sp

from proofs_checks.certificates.known_functions import KnownFunctions
from proofs_checks.certificates.polynomials import (
    ONE,
    Poly,
    Term,
    as_expression,
    common,
    factor,
    free_in,
    key_of,
    leading,
    moved,
    number,
    plus,
    primes,
    printed,
    scaled,
    summed,
    times,
    without,
)
from proofs_checks.certificates.printing import Scope, coq_term, inverted
from proofs_checks.certificates.problem import NotCertified
from proofs_checks.certificates.program import Program, instance, ordered_free, shape
from proofs_checks.certificates.rules import is_plain, kept_lines, packed
from proofs_checks.certificates.shares import shape_of
from theory.algebra.expressions import (
    entry_tensor,
    free_indices,
    fresh,
    refresh,
    slots,
    substitute,
)
from theory.algebra.symbols import Index, Size
from theory.models.model import name_of

__all__ = ["Functions"]

ATOM = 3
CLOSE = "<close>"  # where a proof says that two polynomials are equal by the rules so far


class Functions:
    """The rules for the functions in some expressions; ``steps`` prove them, ``rules`` name them.

    ``texts`` are those expressions, ``given`` rules that hold anyway.  Sums of entries that are
    divided by or stand in a logarithm keep their names, ``plain``.

    Raises `NotCertified` for a function that has no rules.
    """

    def __init__(
        self, program: Program, scope: Scope, texts: Iterable[Any], given: Iterable[str] = ()
    ) -> None:
        taken = {f"taken{n}": name for n, name in enumerate(scope.indices.values())}
        self.program, self.scope = program, replace(scope, indices=taken)
        self.plain = {n for n in kept_lines(program, texts) if is_plain(program.lines[n].value)}
        self.steps: list[str] = []
        self.rules: list[str] = list(given)
        self.known = KnownFunctions()
        self._done: dict[Any, tuple[tuple[Index, ...], Poly]] = {}
        self._lines: set[str] = set()

    def read(self, e: Any) -> None:
        """Write the rules for the functions in ``e``, numbered positions being indices there."""
        self.poly(self.program.general(e))

    # -- expressions as polynomials

    def poly(self, e: Any) -> Poly:
        """Return ``e`` multiplied out, its functions in terms of the known ones."""
        if isinstance(e, sp.Rational):
            return number(e)
        if isinstance(e, sp.Add):
            return plus(*map(self.poly, e.args))
        if isinstance(e, sp.Mul):
            result = ONE
            for x in e.args:
                result = times(result, self.poly(x))
            return result
        if isinstance(e, sp.Sum):
            ks: list[Any] = [k for k, *_ in e.limits]
            apart = {k: fresh(k) for k in ks}
            return summed(self.poly(substitute(e.function, apart)), apart.values())
        if isinstance(e, sp.Pow):
            return self._power(e)
        if isinstance(e, Index):
            raise NotCertified(f"the index {e.name} as a number")
        if isinstance(e, sp.Indexed | sp.Symbol) and not isinstance(e, Size):
            return self._entry(e)
        if isinstance(e, Size | sp.KroneckerDelta) or e is sp.pi:
            return factor(e)
        if isinstance(e, sp.exp | sp.log):
            return self._function(e)
        raise NotCertified(f"no rules are written for `{type(e).__name__}`")

    def _power(self, e: Any) -> Poly:
        if e.exp.is_Integer and e.exp > 0:
            result = ONE
            for _ in range(int(e.exp)):
                result = times(result, self.poly(refresh(e.base)))
            return result
        if e.exp.is_Rational and e.exp < 0:
            result = ONE
            for d in inverted(e):
                result = times(result, self._inverse_of(d))
            return result
        if e.exp == sp.Rational(1, 2):
            return self._function(e)
        raise NotCertified(f"the power with exponent `{e.exp}`")

    def _entry(self, e: Any) -> Poly:
        name = name_of(entry_tensor(e))
        line = self.program.lines.get(name)
        if line is None or name in self.plain:
            return factor(e)
        result = self.poly(refresh(instance(line, slots(e))))
        if name not in self._lines:
            self._lines.add(name)
            inner = self.scope.binding(*line.parameters)
            said = f"{coq_term(line.symbol, inner)} = {coq_term(line.value, inner)}"
            self._rule(line.parameters, said, "reflexivity")
        return result

    def _function(self, e: Any) -> Poly:
        """Return what an exponential, a root or a logarithm is, and make it a rule."""
        free, key = ordered_free(e), shape(e)
        if key not in self._done:
            u = self.poly(e.args[0])
            inner = self.scope.binding(*free)
            if isinstance(e, sp.exp):
                result = self._exponential(u, e)
                sum_ = self._exponents(u, inner)
                proof = f"transitivity (exp ({sum_})); [apply f_equal; {CLOSE}|powers; {CLOSE}]"
            elif isinstance(e, sp.log):
                result, proof = self._logarithm(u, e)
                self._inverse_of(e.args[0])  # its derivative has it
            else:
                result, proof = self._root(u, e)
            if key_of(result) != key_of(factor(e)):
                self._rule(free, f"{coq_term(e, inner)} = {printed(result, inner)}", proof)
            self._done[key] = (tuple(free), result)
        params, result = self._done[key]
        return moved(result, dict(zip(params, free, strict=True)))

    # -- exponentials

    def _exponential(self, u: Poly, e: Any = None) -> Poly:
        """Return exp u, a product of exponentials of single terms; ``e`` is where it stands."""
        result = ONE
        for t in u:
            if t.number.is_Integer and not t.bound and len(t.factors) == 1:
                (x,) = t.factors
                if isinstance(x, sp.log):
                    g = self.poly(x.args[0])
                    one = g if t.number > 0 else self.inverse(g, x.args[0])
                    for _ in range(abs(t.number)):
                        result = times(result, one)
                    continue
            count, unit = abs(t.number.p), sp.Rational(1 if t.number > 0 else -1, t.number.q)
            base: Poly = (t._replace(number=unit),)
            known = self.known.find("exp", base)
            if known is None:
                is_alone = e is not None and len(u) == 1 and count == 1
                known = factor(e if is_alone else sp.exp(as_expression(base)))
                self.known.add("exp", base, known)
                self._opposites(base, known)
            for _ in range(count):
                result = times(result, known)
        return result

    def _exponents(self, u: Poly, inner: Scope) -> str:
        """Return u in Coq, as the sum of the exponents that `_exponential` uses."""
        parts = []
        for t in u:
            unit = sp.Rational(1 if t.number > 0 else -1, t.number.q)
            known = self.known.find("exp", (t._replace(number=unit),))
            if known is None:  # a logarithm
                text = printed((t._replace(number=unit),), inner)
                text = text if unit > 0 else f"- {printed((t._replace(number=-unit),), inner)}"
            else:
                text = coq_term(known[0].factors[0].args[0], inner)
            parts += [f"({text})"] * abs(t.number.p)
        return " + ".join(parts) or "0"

    def _opposites(self, u: Poly, value: Poly) -> None:
        other = self.known.find("exp", scaled(-1, u))
        if other is not None:
            free = free_in(value)
            inner = self.scope.binding(*free)
            both = f"{printed(value, inner)} * {printed(other, inner)}"
            self._rule(
                free, f"{both} = 1", f"rewrite <- exp_plus, <- exp_0; apply f_equal; {CLOSE}"
            )

    # -- inverses

    def _inverse_of(self, d: Any) -> Poly:
        """Return 1/d for a divisor as it stands somewhere, and make it a rule."""
        p = self.poly(d)
        if isinstance(d, sp.Rational):
            return number(1 / d)
        free, key = ordered_free(d), ("/", shape(d))
        if key not in self._done:
            result = self.inverse(p, d)
            self._done[key] = (tuple(free), result)
            if key_of(result) != key_of(factor(sp.Pow(d, -1))):
                inner = self.scope.binding(*free)
                said = f"/ {coq_term(d, inner, ATOM)} = {printed(result, inner)}"
                self._rule(free, said, f"apply by_inverse; {CLOSE}")
        params, result = self._done[key]
        return moved(result, dict(zip(params, free, strict=True)))

    def inverse(self, p: Poly, d: Any) -> Poly:
        """Return 1/p, where p is what ``d`` is."""
        if not p:
            raise NotCertified("a division by zero")
        monomial, rest = self._split(p)
        result = self._inverse_monomial(monomial)
        if rest == ONE:
            return result
        known = self.known.find("inverse", rest)
        if known is None:
            known = self._new_inverse(monomial, rest, d)
        return times(result, known)

    def _split(self, p: Poly) -> tuple[Term, Poly]:
        """Return a monomial and a polynomial without a common factor, of which p is the product.

        Of exponentials, which have inverses, the second has the least powers that it can have.
        """
        counts = [Counter(self._units(t)) for t in p]
        least = {x: min(c[x] for c in counts) for x in sorted(set().union(*counts), key=_in_order)}
        bare = []
        for t, c in zip(p, counts, strict=True):
            ours = tuple(x for x in t.factors if not _is_unit(x, t))
            powers = tuple(x for x in least for _ in range(c[x] - least[x]))
            bare.append(t._replace(factors=(*ours, *powers)))
        outside = tuple(x for x in least for _ in range(least[x]))
        for x, n in least.items():
            if n < 0:
                (opposite,) = self._exponential(scaled(-1, self.poly(x.args[0])))
                outside += opposite.factors * -n
        shared = common(tuple(bare))
        rest = without(tuple(bare), shared)
        c = min(rest, key=lambda t: repr(key_of((t._replace(number=sp.S.One),)))).number
        return Term(c, (), (*outside, *shared)), plus(scaled(1 / c, rest))

    def _units(self, t: Term) -> dict[Any, int]:
        """Return the exponentials outside of the sum with their powers, exp(-a) as 1 / exp(a)."""
        found: Counter[Any] = Counter()
        for x in t.factors:
            if _is_unit(x, t):
                opposite = self.known.find("exp", scaled(-1, self.poly(x.args[0])))
                y = opposite[0].factors[0] if opposite else x
                is_first = y == x or self._place(x) < self._place(y)
                found[x if is_first else y] += 1 if is_first else -1
        return found

    def _place(self, x: Any) -> int:
        return self.known.place("exp", self.poly(x.args[0]))

    def _new_inverse(self, monomial: Term, rest: Poly, d: Any) -> Poly:
        """Return 1/rest in terms of 1/d, where d = monomial rest, with the equation of 1/d."""
        if isinstance(d, sp.Mul | sp.Pow):  # those are printed in parts
            d, monomial = as_expression(rest), Term(sp.S.One, (), ())
        over = factor(sp.Pow(d, -1))
        value = self.known.add("inverse", rest, times((monomial,), over))
        lead = leading(rest)
        if lead is None:
            return value
        back = scaled(1 / lead.number, self._inverse_monomial(monomial))
        others = tuple(t for t in rest if t is not lead)
        left = times((lead._replace(number=sp.S.One),), over)
        right = plus(back, scaled(-1 / lead.number, times(others, over)))
        free = ordered_free(d)
        inner = self.scope.binding(*free)
        text = coq_term(d, inner, ATOM)
        proof = f"apply (by_multiple _ _ ({printed(back, inner)}) ({text} * / {text})); "
        proof += f"[apply Rinv_r; positive|{CLOSE}]"
        if not lead.bound or (len(right) == 1 and not right[0].bound):
            self._rule(free, f"{printed(left, inner)} = {printed(right, inner)}", proof)
            return value
        name = f"h{len(self.steps)}"  # a sum is a product by a rule, and this what it stands for
        at = " ".join([name, *(inner.indices[k] for k in free)])
        letters = "".join(f" ({inner.indices[k]} : nat)" for k in free)
        said = f"fun{letters} => {printed(right, inner)}" if free else printed(right, inner)
        self.steps.append(f"pose ({name} := {said}).")
        self._rule(free, f"{printed(left, inner)} = {at}", f"unfold {name}; {proof}")
        self._rule(free, f"{at} = {printed(right, inner)}", "reflexivity")
        self.steps.append(f"clearbody {name}.")
        return value

    def _inverse_monomial(self, t: Term) -> Poly:
        result = number(1 / t.number)
        for x in t.factors:
            result = times(result, self._inverse_factor(x))
        return result

    def _inverse_factor(self, x: Any) -> Poly:
        if isinstance(x, sp.exp):
            return self._exponential(scaled(-1, self.poly(x.args[0])))
        if isinstance(x, sp.Pow) and x.exp == -1:
            return self.poly(x.base)
        if isinstance(x, sp.Pow):
            return times(factor(x), self.inverse(self.poly(x.base), x.base))
        if isinstance(x, sp.KroneckerDelta):
            raise NotCertified("a division by a Kronecker delta")
        free, key = ordered_free(x), ("1", shape(x))
        if key not in self._done:
            self._done[key] = ((), ONE)
            text = coq_term(x, self.scope.binding(*free), ATOM)
            self._rule(free, f"{text} * / {text} = 1", "apply Rinv_r; positive")
        return factor(sp.Pow(x, -1))

    # -- roots and logarithms

    def _root(self, u: Poly, e: Any) -> tuple[Poly, str]:
        """Return a root in terms of a known one, and its proof."""
        base = e.args[0]
        if isinstance(base, sp.Pow) and base.exp == -1:
            over = self._inverse_of(base.base)
            proof = f"rewrite root_of_inverse by positive; {CLOSE}"
            return times(self.poly(sp.sqrt(base.base)), over), proof
        same = f"apply f_equal; {CLOSE}"
        known = self.known.find("root", u)
        if known is not None:
            return known, same
        free = ordered_free(e)
        inner = self.scope.binding(*free)
        root, square = coq_term(e, inner, ATOM), coq_term(base, inner, ATOM)
        value = self.known.add("root", u, factor(e))
        self._rule(free, f"{root} * {root} = {square}", "apply root_square; positive")
        self._inverse_of(e)  # the derivative of a root has it
        return value, same

    def _logarithm(self, u: Poly, e: Any) -> tuple[Poly, str]:
        """Return ln u as a sum of logarithms, and its proof."""
        monomial, rest = self._split(u)
        sign = 1 if monomial.number > 0 else -1
        pieces = [*primes(abs(monomial.number)), *monomial.factors]
        parts = [self._logarithm_of(x) for x in pieces]
        if rest != ONE:
            rest = scaled(sign, rest)
            known = self.known.find("log", rest)
            if known is None:
                known = factor(sp.log(as_expression(rest)) if pieces else e)
                self.known.add("log", rest, known)
                if pieces:
                    self._positive(rest, pieces, e)
            parts.append(known)
            pieces.append(known[0].factors[0].args[0])
        inner = self.scope.binding(*ordered_free(e))
        said = " * ".join(coq_term(x, inner, ATOM) for x in pieces) or "1"
        proof = f"transitivity (ln ({said})); [apply f_equal; {CLOSE}|"
        proof += f"eapply eq_trans; [logarithm ltac:(reflexivity)|{CLOSE}]]"
        return plus(*parts), proof

    def _positive(self, rest: Poly, pieces: Iterable[Any], e: Any) -> None:
        """Assert that what is left of the argument of ``e`` without its factors is positive."""
        free = ordered_free(e)
        inner = self.scope.binding(*free)
        others = " * ".join(coq_term(x, inner, ATOM) for x in pieces)
        left, whole = coq_term(as_expression(rest), inner), coq_term(e.args[0], inner)
        proof = f"first [positive | apply (other_positive ({others}) _ ({whole})); "
        proof += f"[positive|{CLOSE}|positive]]"
        self._assert(f"P{len(self.steps)}", free, f"0 < {left}", proof)

    def _logarithm_of(self, x: Any) -> Poly:
        if isinstance(x, sp.exp):
            return self.poly(x.args[0])
        if isinstance(x, sp.Pow) and x.exp == -1:
            return scaled(-1, self.poly(sp.log(x.base)))
        if isinstance(x, sp.Pow):
            return scaled(sp.Rational(1, 2), self.poly(sp.log(x.base)))
        if isinstance(x, sp.Rational) and x.q != 1:
            return scaled(-1, factor(sp.log(x.q)))
        return factor(sp.log(x))

    # -- what is known

    def _rule(self, free: Iterable[Index], said: str, proof: str) -> None:
        """Assert a rule for all values of the free indices."""
        name = f"F{len(self.steps)}"
        self._assert(name, free, said, proof)
        self.rules.append(name)

    def _assert(self, name: str, free: Iterable[Index], said: str, proof: str) -> None:
        ks = list(free)
        proof = proof.replace(CLOSE, f"sumring_go {packed(self.rules)}")
        ranges = self.scope.binding(*ks).ranges(ks)
        self.steps.append(f"assert ({name} : {ranges}{said})\n    by (intros; {proof}).")


def _is_unit(x: Any, t: Term) -> bool:
    return isinstance(x, sp.exp) and not free_indices(x) & set(t.bound)


def _in_order(x: Any) -> str:
    """Return a key of an expression that does not change from run to run."""
    return repr(shape_of(x, {}))
