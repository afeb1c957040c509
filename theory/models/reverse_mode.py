"""Reverse-mode differentiation of a model, with its steps and reasons.

Going backwards through the definitions, every quantity x gets its adjoint dL/dx from the quantities
t that are computed from it directly:

    dL/dx_b = sum over t that use x,  sum_a  dL/dt_a  dt_a/dx_b .

SymPy differentiates each right side; the normal form contracts the Kronecker deltas.  Adjoints
keep their names (dL/dz, or u where the vocabulary calls dL/dg that), so expressions stay as small
as the ones in papers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import sympy as sp

from theory.algebra.expressions import (
    differentiate,
    entry_tensor,
    fresh,
    refresh,
    slots,
    substitute,
    tensors_in,
)
from theory.algebra.folding import Rule
from theory.algebra.limits import AlgebraError, NoDerivative
from theory.algebra.polynomial import Base, Closed, Entry, Polynomial
from theory.algebra.reading import Reader, Unfolding
from theory.algebra.ring import Ring
from theory.algebra.symbols import Partial, Tensor, indices, total
from theory.models.derivatives import differentiated
from theory.models.model import Definition, Model, name_of
from theory.models.slopes import slope_by_value

__all__ = [
    "Adjoint",
    "adjoints",
    "computed_from",
    "divides",
    "local_derivative",
    "pull_back",
    "reached",
    "silent_on",
]


@dataclass(frozen=True)
class Adjoint:
    """The derivative of the loss by one quantity, and how it came about.

    ``partial`` is dL/dx_b; ``chain`` the chain rule with local derivatives unevaluated;
    ``inserted`` the same with local derivatives; ``value`` the contracted form in terms of the
    adjoints before it; ``symbol`` the name later expressions use; ``inline`` whether later
    expressions use the value instead (it would divide by a probability); ``facts`` the names of
    which a fact was used that follows from their definitions, such as rows that sum to one.
    """

    partial: Partial
    chain: sp.Expr
    inserted: sp.Expr
    value: sp.Expr
    symbol: sp.Expr
    through: tuple[str, ...]
    hypotheses: tuple[str, ...]
    inline: bool
    facts: frozenset[str] = frozenset()

    @property
    def reference(self) -> sp.Expr:
        """What later expressions use for this adjoint."""
        return self.value if self.inline else self.symbol

    def at(self, entry: sp.Basic, field: str = "reference") -> sp.Expr:
        """Return one of the expressions at the indices of ``entry``."""
        here = dict(zip(slots(self.partial.args[1]), slots(entry), strict=True))
        return substitute(getattr(self, field), here)


def adjoints(model: Model) -> dict[str, Adjoint]:
    """Return the adjoint of every definition and input that the loss depends on, loss first.

    What has none, because a maximum stands between it and the loss, is left out.
    """
    one = sp.S.One
    found = {
        model.loss.name: Adjoint(
            Partial(model.loss, model.loss), one, one, one, one, (), (), inline=True
        )
    }
    for tensor, through in _backwards(model):
        if all(line.name in found for line in through):
            with suppress(NoDerivative):
                found[name_of(tensor)] = _adjoint(model, tensor, through, found)
    return found


def reached(model: Model) -> frozenset[str]:
    """Return the names of what the loss depends on, itself included: those with an adjoint."""
    return frozenset((model.loss.name, *(name_of(tensor) for tensor, _ in _backwards(model))))


def _backwards(model: Model) -> Iterator[tuple[sp.Basic, list[Definition]]]:
    """Yield what the loss depends on, last first, with the lines through which it does."""
    found = {model.loss.name}
    users: dict[str, list[Definition]] = {}
    for line in model.definitions:
        for name in tensors_in(line.value):
            users.setdefault(name, []).append(line)
    for tensor in [line.tensor for line in reversed(model.definitions)] + list(model.inputs):
        through = [line for line in users.get(name_of(tensor), ()) if line.name in found]
        if through:
            found.add(name_of(tensor))
            yield tensor, through


def _adjoint(
    model: Model, tensor: sp.Basic, through: list[Definition], found: Mapping[str, Adjoint]
) -> Adjoint:
    try:
        return _adjoint_under(model.rules, model, tensor, through, found)
    except AlgebraError:  # a hypothesis such as p = 0 may make a denominator zero
        facts = [rule for rule in model.rules if not rule.hypothesis]
        return _adjoint_under(facts, model, tensor, through, found)


def _adjoint_under(
    rules: Iterable[Rule],
    model: Model,
    tensor: sp.Basic,
    through: list[Definition],
    found: Mapping[str, Adjoint],
) -> Adjoint:
    entry = model.entry(tensor)
    chain, inserted, polynomials = [], [], []
    ring = Ring(rules)
    reader = Reader(ring)
    taken = {k.name for k in slots(entry)}
    inherited = [found[line.name].hypotheses for line in through if _rests(model, found[line.name])]
    facts = frozenset().union(*(found[line.name].facts for line in through))
    for line in through:
        symbol = _renamed_apart(model, line, taken)
        local, recognised = local_derivative(model, line, symbol, entry)
        facts |= recognised
        upstream = found[line.name].at(symbol)
        shown = found[line.name].at(symbol, "partial") if line.name != model.loss.name else 1
        bound = slots(symbol)
        written = model.writer().write(local, avoid={k.name for k in bound} | taken)
        inserted.append(total(upstream * written, *bound))
        # of a line that depends on x by way of another one too, d line/dx would name the whole
        beside = (other.name for other in through if other is not line)
        is_part = any(line.name in computed_from(name, model.definitions) for name in beside)
        chain.append(inserted[-1] if is_part else total(shown * Partial(symbol, entry), *bound))
        polynomials.append(reader.total(ring.multiply(reader.read(upstream), local), bound))
    polynomial = Polynomial.add(polynomials)
    extra = [entry_tensor(a.symbol) for a in found.values()]
    return Adjoint(
        partial=Partial(model.loss, entry),
        chain=sp.Add(*chain),
        inserted=sp.Add(*inserted),
        value=model.writer(extra).write(polynomial, avoid=taken),
        symbol=_name_in_vocabulary(model, entry, polynomial)
        or _name_of_line(model, entry, polynomial)
        or _own_symbol(model, tensor, entry),
        through=tuple(line.name for line in through),
        hypotheses=tuple(sorted(ring.hypotheses.union(*inherited))),
        inline=divides(polynomial),
        facts=facts | ring.spoken,
    )


def local_derivative(
    model: Model,
    line: Definition,
    symbol: sp.Basic,
    entry: sp.Basic,
    apart: frozenset[str] = frozenset(),
) -> tuple[Polynomial, frozenset[str]]:
    """Return the derivative of a line, at the indices of ``symbol``, and what was recognised in it.

    Quotients are recognised by name: the line itself, and those made of nothing but what the line
    is made of (the gradient of log sum_k exp(s_ik) is the softmax), but none of ``apart``.  Slopes
    of tanh and of the logistic function are written with the line's own name.
    """
    own_letters = dict(zip(line.parameters, slots(symbol), strict=True))
    own_slope = slope_by_value(line.symbol, line.value) if line.name not in apart else None
    if own_slope is not None:
        x, slope = (substitute(refresh(e), own_letters) for e in own_slope)
        return Reader(Ring()).read(slope * differentiate(x, entry)), frozenset({line.name})
    own = tensors_in(line.value)
    names = [
        name
        for name in model.refolding
        if name not in apart
        and (
            name == line.name or (tensors_in(model.by_name[name].value) <= own and name not in own)
        )
    ]
    ring = Ring(model.refolding[x] for x in names)
    return differentiated(ring, line.value, entry, own_letters), frozenset(ring.spoken)


class PulledBack(NamedTuple):
    """A derivative, the hypotheses it rests on, those of its lines, and the facts it used."""

    value: Polynomial
    hypotheses: frozenset[str]
    before: frozenset[str]
    facts: frozenset[str]


def pull_back(
    model: Model,
    lines: Iterable[Definition],
    quantity: sp.Basic,
    entry: sp.Basic,
    later: frozenset[str] = frozenset(),
) -> PulledBack:
    """Return d quantity / d entry through ``lines``, and what it rests on.

    The model is cut at the tensor of ``entry``.  The quantity may be any expression; its free
    indices are parameters.  Used for derivatives of other things than the loss, and for second
    derivatives.  The hypotheses are those used by the result, and those by which the lines that
    were differentiated had been derived.

    No rule is used that speaks of what is differentiated by, now or ``later``: one differentiates
    first, then inserts.

    Raises `AlgebraError` where a line that is differentiated was derived with such a rule.
    """
    target = name_of(entry_tensor(entry))
    apart = later | {target}
    lines = [line for line in lines if line.name != target]
    depends = computed_from(target, lines)
    ring = Ring(silent_on(model, apart))
    reader = Reader(ring)
    facts: set[str] = set()
    done: list[tuple[Definition, sp.Expr, Polynomial]] = []

    def weight(of: sp.Basic) -> Polynomial:
        tensor = name_of(entry_tensor(of))
        parts = []
        if tensor in tensors_in(quantity):
            parts.append(differentiated(ring, quantity, of))
        for line, symbol, upstream in done:
            if tensor in tensors_in(line.value):
                local, recognised = local_derivative(model, line, symbol, of, apart)
                facts.update(recognised)
                product = ring.multiply(upstream, local)
                parts.append(reader.total(product, slots(symbol)))
        return Polynomial.add(parts)

    for line in reversed(lines):
        if line.name in depends:
            renamed = {k: fresh(k) for k in line.parameters}
            symbol = substitute(line.symbol, renamed)
            upstream = weight(symbol)
            if upstream:
                done.append((line, symbol, upstream))
    result = weight(entry)
    for line, *_ in done:
        spoken = sorted(line.facts & apart)
        if spoken:
            raise AlgebraError(
                f"`{line.name}` was derived with a fact about `{spoken[0]}`, by which something is "
                f"differentiated. Differentiate by `{spoken[0]}` first."
            )
    before = frozenset().union(*(line.hypotheses for line, *_ in done))
    facts |= ring.spoken.union(*(line.facts for line, *_ in done))
    return PulledBack(result, ring.hypotheses, before, frozenset(facts))


def silent_on(model: Model, names: frozenset[str]) -> list[Rule]:
    """Return the rules that speak of none of these names."""
    binding = {c.text for c in model.constraints if not names.isdisjoint(tensors_in(c.equation))}
    return [rule for rule in model.rules if rule.hypothesis not in binding and rule.of not in names]


def computed_from(name: str, lines: Iterable[Definition]) -> set[str]:
    """Return the names of the lines that depend on ``name``."""
    depends: set[str] = set()
    for line in lines:
        if tensors_in(line.value) & {name, *depends}:
            depends.add(line.name)
    return depends


def _renamed_apart(model: Model, line: Definition, taken: set[str]) -> sp.Expr:
    """Return the left side of a line with parameters whose letters differ from ``taken``."""
    used, apart = set(taken), {}
    for k in line.parameters:
        letter = model.letter(k.size, used)
        used.add(letter)
        apart[k] = indices(letter, k.size)[0]
    return substitute(line.symbol, apart)


def _rests(model: Model, adjoint: Adjoint) -> bool:
    """Return whether using an adjoint is using its derivation.

    It is if its value is inserted, or if its name is defined otherwise (b_ij = u_i . v_j); the
    name dL/dz by itself says nothing.
    """
    line = model.by_name.get(name_of(entry_tensor(adjoint.symbol)))
    return adjoint.inline or (line is not None and not line.value.has(Partial))


def _name_in_vocabulary(model: Model, entry: sp.Expr, value: Polynomial) -> sp.Expr | None:
    """Return the vocabulary's name for dL/d entry, such as u_ia for dL/dg_ia."""
    if not slots(entry):
        return None
    plain = {
        line.name: Unfolding(line.parameters, line.value)
        for line in model.vocabulary
        if not line.value.has(Partial)
    }
    for line in model.vocabulary:
        if tuple(k.size for k in line.parameters) != tuple(k.size for k in slots(entry)):
            continue
        here = dict(zip(line.parameters, slots(entry), strict=True))
        symbol = substitute(line.symbol, here)
        if substitute(line.value, here) == Partial(model.loss, entry):
            return symbol
        if line.name in plain:
            ring = Ring(model.rules)
            if Reader(ring, plain).read(symbol) == value:
                return symbol
    return None


def _name_of_line(model: Model, entry: sp.Expr, value: Polynomial) -> sp.Expr | None:
    """Return the entry of a definition that dL/d entry is, such as r_ij for dF/dd_ij."""
    axes = tuple(k.size for k in slots(entry))
    for line in model.definitions if axes else ():
        if tuple(k.size for k in line.parameters) == axes:
            here = dict(zip(line.parameters, slots(entry), strict=True))
            symbol = substitute(line.symbol, here)
            if Reader(Ring()).read(symbol) == value:
                return symbol
    return None


def _own_symbol(model: Model, tensor: sp.Basic, entry: sp.Expr) -> sp.Expr:
    name = f"d{model.loss.name}_d{name_of(tensor)}"
    if isinstance(tensor, Tensor):
        return Tensor(name, tensor.axes)[slots(entry)]
    return sp.Symbol(name, real=True)


def divides(value: Polynomial) -> bool:
    """Return whether the value divides by an entry or a sum (not by a size or a parameter)."""
    return any(
        e < 0 and (isinstance(a, Base | Closed) or (isinstance(a, Entry) and bool(a.indices)))
        for m in value.terms
        for a, e in _factors_inside(m)
    )


def _factors_inside(monomial):
    for atom, exponent in monomial.factors:
        yield atom, exponent
        if isinstance(atom, Closed):
            yield from _factors_inside(atom.body)
