"""Expressions as Coq terms, the way a paper would order them.

Precedences are those of Coq's real scope; an index i over a size T is a natural number i < T.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

from proofs_checks.certificates.problem import NotCertified
from theory.algebra.expressions import entry_tensor, slots
from theory.algebra.symbols import Flow, Index, Partial, Size
from theory.models.model import name_of

__all__ = ["Names", "Scope", "application", "commented", "coq_term", "generic", "inverted"]

SUM, PRODUCT, POWER, ATOM = 0, 1, 2, 3

FUNCTIONS = {
    sp.exp: "exp",
    sp.log: "ln",
    sp.sinh: "sinh",
    sp.cosh: "cosh",
    sp.tanh: "tanh",
    sp.sech: "sech",
}

# Words of Coq's language, and names that the library or the reals use in a statement.
TAKEN = frozenset(
    """R S O I D IZR INR PI exp ln sqrt sum delta upd1 upd2 upd3 descend0 descend1 descend2 descend3
    sinh cosh tanh sech Derive is_derive nat fun forall exists let in match with end if then else
    fix cofix return as at for where Prop Set Type Definition Lemma Theorem t time pt lambda
    """.split()
)


class Names:
    """Coq's names for tensors, sizes and indices, each chosen once."""

    def __init__(self, tensors: list[str], sizes: list[str], letters: set[str]) -> None:
        self._sizes = {s: self._legal(s) for s in sizes}
        taken = set(self._sizes.values()) | letters | TAKEN
        self._tensors: dict[str, str] = {}
        for name in tensors:
            text = self._legal(name)
            while text in taken or f"{text}_of" in taken:
                text += "_"
            self._tensors[name] = text
            taken |= {text, f"{text}_of"}
        self._taken = taken - (letters - set(self._sizes.values()))
        self.time = next(x for x in ("t", "time", "time_") if x not in letters | set(tensors))

    @staticmethod
    def _legal(name: str) -> str:
        text = re.sub(r"[^A-Za-z0-9_]", "_", name.strip("."))
        return text if text[:1].isalpha() else f"x{text}"

    def tensor(self, name: str) -> str:
        """Return the Coq name of a tensor or scalar."""
        return self._tensors[name]

    def is_taken(self, name: str) -> bool:
        """Return whether a quantity or a size is called so."""
        return name in self._taken

    def size(self, size: Any) -> str:
        """Return the Coq name of a size."""
        return self._sizes[size.name]

    def place(self, number: int) -> str:
        """Return the name of a numbered position, which stands for any place."""
        name = f"at_{number}"
        while name in self._taken:
            name += "_"
        return name

    def index(self, k: Index, used: set[str]) -> str:
        """Return a name for an index that differs from ``used`` and from every quantity."""
        base = self._legal(k.name.split("~")[0])
        name, n = base, 0
        while name in used or name in self._taken:
            n += 1
            name = f"{base}{n}"
        return name


@dataclass(frozen=True)
class Scope:
    """What names stand for: indices, tensors (as Coq terms), and how a derivative is written."""

    names: Names
    indices: Mapping[Any, str] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)
    derivative: Callable[[Any, Scope], str] | None = None
    times: int = 0

    def binding(self, *bound: Index) -> Scope:
        """Return the scope below bound indices."""
        inner = dict(self.indices)
        for k in bound:
            inner.pop(k, None)
            inner[k] = self.names.index(k, set(inner.values()))
        return replace(self, indices=inner)

    def index(self, k: Any) -> str:
        """Return the name of an index, or of a numbered position."""
        if isinstance(k, sp.Integer):
            return self.names.place(int(k))
        return self.indices[k]

    def term(self, name: str) -> str:
        """Return what a tensor stands for here."""
        return self.terms.get(name) or self.names.tensor(name)

    def ranges(self, ks: Any) -> str:
        """Return ``forall i, (i < T)%nat -> `` for indices in scope."""
        return "".join(
            f"forall {self.indices[k]}, ({self.indices[k]} < {self.names.size(k.size)})%nat -> "
            for k in ks
        )


def generic(names: Names, moved: Iterable[str]) -> Scope:
    """Return a scope in which what lines depend on has names of its own, apart from its values."""
    return Scope(names, terms={n: f"{names.tensor(n)}'" for n in moved})


def commented(text: str) -> str:
    """Return text that may stand in a Coq comment: it ends none, opens none, and quotes nothing."""
    return " ".join(text.replace("(*", "( *").replace("*)", "* )").replace('"', "'").split())


def application(head: str, *arguments: str) -> str:
    """Return ``head a b``, without parentheses around it."""
    return " ".join([head, *arguments])


def coq_term(e: Any, scope: Scope, level: int = SUM) -> str:
    """Return ``e`` as a Coq term, in parentheses where its precedence is below ``level``."""
    text, own = _term(e, scope)
    return f"({text})" if own < level else text


def _term(e: Any, scope: Scope) -> tuple[str, int]:
    if isinstance(e, Partial | Flow):
        if scope.derivative is None:
            raise NotCertified("a derivative in an unexpected place")
        return scope.derivative(e, scope), POWER
    if isinstance(e, sp.Rational):
        return _number(e)
    if isinstance(e, Size):
        return f"INR {scope.names.size(e)}", POWER
    if e is sp.pi:
        return "PI", ATOM
    if isinstance(e, sp.Indexed):
        head = scope.term(name_of(entry_tensor(e))).removeprefix("(").removesuffix(")")
        return application(head, *(scope.index(k) for k in slots(e))), POWER
    if isinstance(e, sp.KroneckerDelta):
        return application("delta", *(scope.index(k) for k in e.args)), POWER
    if isinstance(e, Index):
        raise NotCertified(f"the index {e.name} as a number")
    if isinstance(e, sp.Symbol):
        text = scope.term(e.name)
        return (text[1:-1], POWER) if text.startswith("(") else (text, ATOM)
    if isinstance(e, sp.Sum):
        return _sum(e, scope)
    if isinstance(e, sp.Add):
        return _add(e, scope)
    if isinstance(e, sp.Mul):
        return _mul(e, scope)
    if isinstance(e, sp.Pow):
        return _power(e, scope)
    if type(e) in FUNCTIONS:
        return application(FUNCTIONS[type(e)], coq_term(e.args[0], scope, ATOM)), POWER
    raise NotCertified(f"`{type(e).__name__}` has no counterpart in the library")


def _number(e: sp.Rational) -> tuple[str, int]:
    if e < 0:
        return f"- {coq_term(-e, scope=None, level=POWER)}", PRODUCT  # type: ignore[arg-type]
    if e.q == 1:
        return str(e.p), ATOM
    return f"{e.p} / {e.q}", PRODUCT


def _sum(e: sp.Sum, scope: Scope) -> tuple[str, int]:
    limits = list(e.limits)
    for k, low, high in limits:
        if low != 1 or not isinstance(k, Index) or high != k.size:
            raise NotCertified(f"a sum over a part of a range, {k.name} from {low} to {high}")
    if not limits:
        return _term(e.function, scope)
    k: Any = limits[-1][0]
    inner = scope.binding(k)
    body = sp.Sum(e.function, *limits[:-1]) if limits[:-1] else e.function
    name = inner.indices[k]
    return f"sum {scope.names.size(k.size)} (fun {name} => {coq_term(body, inner)})", POWER


def _sign(e: Any) -> bool:
    """Return whether a term is written with a minus sign."""
    number = e if isinstance(e, sp.Rational) else e.as_coeff_Mul()[0]
    return bool(number.is_Rational and number < 0)


def _add(e: sp.Add, scope: Scope) -> tuple[str, int]:
    terms = sorted(e.args, key=_sign)
    text = coq_term(terms[0], scope, SUM)
    for t in terms[1:]:
        if _sign(t):
            text += f" - {coq_term(-t, scope, PRODUCT)}"
        else:
            text += f" + {coq_term(t, scope, PRODUCT)}"
    return text, SUM


def _mul(e: Any, scope: Scope) -> tuple[str, int]:
    number, rest = e.as_coeff_Mul()
    if number < 0:
        return f"- {coq_term(-e, scope, POWER)}", PRODUCT
    above, below = [], []
    for f in sp.Mul.make_args(rest):
        if isinstance(f, sp.Pow) and f.exp.is_Rational and f.exp < 0:
            below += inverted(f)
        else:
            above.append(f)
    above.sort(key=_place)
    parts = [str(number.p)] if number.p != 1 or not above else []
    parts += [coq_term(f, scope, POWER) for f in above]
    text = " * ".join(parts)
    divisors = ([sp.Integer(number.q)] if number.q != 1 else []) + below
    for f in divisors:
        text += f" / {coq_term(f, scope, POWER)}"
    return text, PRODUCT


def _place(f: Any) -> int:
    """Deltas stand first, sums last."""
    if isinstance(f, sp.KroneckerDelta):
        return 0
    return 2 if isinstance(f, sp.Sum) or (isinstance(f, sp.Pow) and f.base.has(sp.Sum)) else 1


def inverted(f: Any) -> list[Any]:
    """Return the divisors that x^-n, x^-(1/2) and (x y)^-1 stand for."""
    base, n = f.base, -f.exp
    if isinstance(base, sp.Mul) and n.is_Integer:
        return [
            d for a in base.args for d in (inverted(sp.Pow(a, -n, evaluate=False)) or [a])
        ]  # fmt: skip
    if n.is_Integer:
        return [base] * int(n)
    if (2 * n).is_Integer:
        whole = (n - sp.Rational(1, 2)) if n > 0 else n
        return [base] * int(whole) + [sp.sqrt(base)]
    raise NotCertified(f"the power {f.exp}")


def _power(e: Any, scope: Scope) -> tuple[str, int]:
    if e.exp.is_Rational and e.exp < 0:
        divisors = inverted(e)
        first, *others = (coq_term(f, scope, POWER) for f in divisors)
        return " / ".join([f"/ {first}", *others]), PRODUCT
    if e.exp.is_Integer:
        return f"{coq_term(e.base, scope, ATOM)} ^ {int(e.exp)}", POWER
    if e.exp == sp.Rational(1, 2):
        return f"sqrt {coq_term(e.base, scope, ATOM)}", POWER
    raise NotCertified(f"the power with exponent `{e.exp}`")
