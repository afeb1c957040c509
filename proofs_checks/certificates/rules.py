"""Rules for the normaliser: x * /x = 1 for what is divided by, rows that sum to one, names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations_with_replacement
from typing import Any

import sympy as sp

from proofs_checks.certificates.premises import conditions
from proofs_checks.certificates.printing import Scope, coq_term
from proofs_checks.certificates.program import Program, ordered_free, shape
from theory.algebra.expressions import entry_tensor, substitute, tensors_in
from theory.algebra.symbols import Index, Size
from theory.models.model import name_of

__all__ = [
    "exponential_rules",
    "first_of",
    "has_fractions",
    "has_powers_of_logarithms",
    "inverse_rules",
    "is_plain",
    "is_quotient",
    "kept_lines",
    "line_of",
    "packed",
    "root_rules",
    "share_rule",
    "split_logarithms",
    "written_out_shares",
]


def packed(rules: Iterable[str]) -> str:
    """Return rules the way [sumring_go] takes them."""
    text = "tt"
    for rule in rules:
        text = f"({text}, {rule})"
    return text


def inverse_rules(program: Program, texts: Iterable[Any], scope: Scope) -> list[tuple[str, Any]]:
    """Return ``forall ..., x * / x = 1`` for entries, scalars and sizes that are divided by."""
    found: dict[Any, tuple[str, Any]] = {}
    for e in texts:
        for value in (c.value for c in conditions(e)):
            is_entry = isinstance(value, sp.Indexed | sp.Symbol) or _is_root(value)
            if is_entry and (key := shape(value)) not in found:
                ks = ordered_free(value)
                inner = scope.binding(*ks)
                text = coq_term(value, inner, 2)
                found[key] = f"{inner.ranges(ks)}{text} * / {text} = 1", value
        if e.has(sp.pi):
            found.setdefault(sp.pi, ("PI * / PI = 1", sp.pi))
    return list(found.values())


def root_rules(
    texts: Iterable[Any], scope: Scope, *, of_sizes: bool = False
) -> list[tuple[str, str]]:
    """Return what roots of entries and sums are, and of sizes, with the lemmas that say so."""
    found: dict[str, str] = {}
    for e in texts:
        for x in e.atoms(sp.Pow):
            if abs(x.exp) != sp.Rational(1, 2):
                continue
            for base in sp.Mul.make_args(x.base):
                base = base.base if isinstance(base, sp.Pow) else base
                if not isinstance(base, sp.Indexed | sp.Add) and not (
                    of_sizes and isinstance(base, Size)
                ):
                    continue
                ks = ordered_free(base)
                inner = scope.binding(*ks)
                text = coq_term(base, inner, 3)
                said = inner.ranges(ks)
                if isinstance(base, sp.Add):
                    inverse = f"/ sqrt {text} * / sqrt {text} = / {text}"
                    found.setdefault(f"{said}{inverse}", "root_inverse")
                    continue
                found.setdefault(f"{said}sqrt {text} * sqrt {text} = {text}", "root_square")
                found.setdefault(f"{said}{text} * / sqrt {text} = sqrt {text}", "root_quotient")
    return list(found.items())


def exponential_rules(
    program: Program, texts: Iterable[Any], values: Mapping[Any, tuple[str, Any]], scope: Scope
) -> list[tuple[str, str]]:
    """Return which exponentials are 1, and which are products of two others.

    ``values`` are the premises that give scalars their numbers.  Each rule has its proof beside it.
    """
    found = []
    arguments = _exponents(program, texts)
    by_value = {sp.expand(u): u for u in arguments}
    for u in arguments:
        if values and u.subs({x: number for x, (_, number) in values.items()}) == 0:
            inner = scope.binding(*ordered_free(u))
            given = ", ".join(f"?{rule}" for rule, _ in values.values())
            rule = f"{inner.ranges(ordered_free(u))}{coq_term(sp.exp(u), inner)} = 1"
            found.append((rule, f"rewrite {given}, <- exp_0; apply f_equal; fields"))
    for v, w in combinations_with_replacement(arguments, 2):
        total = sp.expand(v + w)
        if total != 0 and total not in by_value:
            continue
        inner = scope.binding(*ordered_free(v, w))
        both = " * ".join(coq_term(sp.exp(x), inner) for x in (v, w))
        single = "1" if total == 0 else coq_term(sp.exp(by_value[total]), inner)
        back = "rewrite <- exp_plus, <- exp_0" if total == 0 else "rewrite <- exp_plus"
        rule = f"{inner.ranges(ordered_free(v, w))}{both} = {single}"
        found.append((rule, f"{back}; apply f_equal; fields"))
    return found


def _exponents(program: Program, texts: Iterable[Any]) -> list[Any]:
    """Return the arguments of exponentials; the letters of their indices tell sizes only."""
    found: list[Any] = []
    for e in texts:
        for x in e.atoms(sp.exp):
            u = x.args[0]
            if tensors_in(u) & set(program.lines) or u.has(sp.Sum):
                continue
            ks, count, named = ordered_free(u), Counter(), {}
            for k in ks:
                named[k] = Index(f"{k.size.name}~of{count[k.size]}", k.size)
                count[k.size] += 1
            u = substitute(u, named)
            if u not in found:
                found.append(u)
    return found


def _is_root(e: Any) -> bool:
    return isinstance(e, sp.Pow) and isinstance(e.base, Size)


def kept_lines(program: Program, texts: Iterable[Any], split: Iterable[str] = ()) -> set[str]:
    """Return the lines that keep their names: those divided by, or in a logarithm.

    Logarithms of the lines in ``split`` are written out, so that they need no name for it.
    """
    found = set()
    for e in texts:
        for c in conditions(e):
            if c.kind == "positive" and line_of(program, c.value) in set(split):
                continue
            for x in c.value.atoms(sp.Indexed, sp.Symbol):
                name = name_of(entry_tensor(x))
                if name in program.lines:
                    found.add(name)
    return found


def first_of(*ways: list[str]) -> str:
    """Return the tactics of the first way that ends the proof."""
    if len(ways) == 1:
        return "\n  ".join(ways[0])
    chains = (";\n    ".join(step.removesuffix(".") for step in way) for way in ways)
    return "first\n  [ " + "\n  | ".join(f"solve [{c}]" for c in chains) + " ]."


def is_plain(e: Any) -> bool:
    """Return whether a value is a sum of products of entries."""
    return (
        isinstance(e, sp.Add)
        and not e.has(sp.Sum, sp.Function)
        and all(x.exp.is_Integer and x.exp > 0 for x in e.atoms(sp.Pow))
    )


def has_fractions(texts: Iterable[Any]) -> bool:
    """Return whether a sum without a name is divided by or stands in a logarithm."""
    return any(isinstance(c.value, sp.Sum | sp.Add) for e in texts for c in conditions(e))


def has_powers_of_logarithms(program: Program, texts: Iterable[Any]) -> bool:
    """Return whether a logarithm, or a line that has one, stands in an exponent."""
    lines = [d for n, d in program.lines.items() if n not in program.shares]
    logarithmic: set[str] = set()
    for d in lines:
        if d.value.has(sp.log) or tensors_in(d.value) & logarithmic:
            logarithmic.add(d.name)
    exponents = [x.args[0] for e in (*texts, *(d.value for d in lines)) for x in e.atoms(sp.exp)]
    return any(u.has(sp.log) or tensors_in(u) & logarithmic for u in exponents)


def is_quotient(e: Any) -> bool:
    """Return whether ``e`` is a root, or a product with something divided by."""
    powers = [f for f in sp.Mul.make_args(e) if isinstance(f, sp.Pow)]
    return any(f.exp < 0 or not f.exp.is_Integer for f in powers if f.exp.is_Rational)


def line_of(program: Program, e: Any) -> str:
    """Return the name of the line that ``e`` is an entry of, "" if it is none."""
    if not isinstance(e, sp.Indexed | sp.Symbol) or isinstance(e, Index):
        return ""
    name = name_of(entry_tensor(e))
    return name if name in program.lines else ""


def split_logarithms(program: Program, texts: Iterable[Any]) -> list[str]:
    """Return the lines whose logarithms are sums of other terms.

    Those are products, and shares whose sum below stands in a logarithm itself.
    """
    found = []
    divided = {
        line_of(program, c.value) for e in texts for c in conditions(e) if c.kind == "nonzero"
    }
    for e in texts:
        logarithms = e.atoms(sp.log)
        for x in [f for y in logarithms for f in sp.Mul.make_args(y.args[0])]:
            name = line_of(program, x.base if isinstance(x, sp.Pow) else x)
            if not name or name in found or (name in divided and name not in program.shares):
                continue
            share = program.shares.get(name)
            if share is None and isinstance(program.lines[name].value, sp.Mul | sp.exp):
                found.append(name)
            elif share is not None and name in written_out_shares(program):
                sums = [y.args[0] for e in texts for y in e.atoms(sp.log) if y.has(sp.Sum)]
                if any(tensors_in(x) == tensors_in(share.exponent) for x in sums):
                    found.append(name)
    return found


def written_out_shares(program: Program) -> list[str]:
    """Return the shares whose sum below may stand by itself, where a logarithm holds a sum."""
    others = [d.value for n, d in program.lines.items() if n not in program.shares]
    logarithms = [x for e in (*others, *program.expressions) for x in e.atoms(sp.log)]
    if not any(x.has(sp.Sum) for x in logarithms):
        return []
    return [n for n, share in program.shares.items() if not share.is_weighted]


def share_rule(program: Program, name: str, scope: Scope) -> str:
    """Return that an unnormalised share over the sum of all of them is the share."""
    line, share = program.lines[name], program.shares[name]
    inner = scope.binding(*line.parameters)
    above = coq_term(sp.exp(share.exponent), inner, 2)
    below = coq_term(sp.Sum(share.numerator, (share.own, 1, share.own.size)), inner, 2)
    at = coq_term(line.symbol, inner)
    return f"{inner.ranges(line.parameters)}{above} * / {below} = {at}"
