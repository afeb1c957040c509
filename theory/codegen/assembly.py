"""From lines to a `Program`: which tensors are arguments, then statement by statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import sympy as sp

from theory.algebra.expressions import entry_tensor, free_indices, tensors_in
from theory.algebra.symbols import Index, Size, Tensor
from theory.codegen.block_ranges import Blocked
from theory.codegen.block_roles import NoBlocks
from theory.codegen.blocks import split
from theory.codegen.dialect import Dialect
from theory.codegen.guards import used_plainly, zero_guards
from theory.codegen.layout import Page, page_text
from theory.codegen.loops import Walk, write_walk
from theory.codegen.names import Names
from theory.codegen.patterns import axes_of, occurring, shared_sums, softmax_in
from theory.codegen.program import Argument, Check, Program
from theory.codegen.requirements import argument, least_sizes
from theory.codegen.schedule import spoken
from theory.codegen.writer import Facts, Writer
from theory.models.model import Constraint, Definition, Model, name_of

__all__ = ["MASK", "Request", "assemble", "made_mask"]

MASK = "M"
"""The name of the mask in every model that has one."""


@dataclass(frozen=True)
class Request:
    """What a function is to compute: lines, then loss and gradient, or one expression.

    ``second`` is what the second result is called, a dictionary of the entries of ``gradient``, and
    ``meaning`` what each of them is ("{x}" stands for its key); without it the only entry of
    ``gradient`` is the second result itself.  ``directions`` are arguments even if no line needs
    them.
    """

    name: str
    summary: str
    lines: Sequence[Definition] = ()
    loss: str = ""
    gradient: tuple[tuple[str, sp.Expr], ...] = ()
    second: str = "gradient"
    meaning: str = "d{loss}/d{x}"
    expression: sp.Expr | None = None
    indices: tuple[Index, ...] = ()
    block: int | str | None = None
    constraints: Sequence[Constraint] = ()
    directions: tuple[sp.Basic, ...] = ()

    @property
    def returned(self) -> list[str]:
        """The names of the lines that hold the gradients."""
        return [name_of(entry_tensor(symbol)) for _, symbol in self.gradient]

    @property
    def expressions(self) -> list[sp.Expr]:
        """Every right side, in order."""
        last = [] if self.expression is None else [self.expression]
        return [*(line.value for line in self.lines), *last]


def made_mask(model: Model) -> frozenset[str]:
    """Return the name of the mask if the code makes it: that of a causal model."""
    return frozenset({MASK}) if model.features.get("mask") == "causal" else frozenset()


def assemble(model: Model, request: Request, dialect: Dialect, *, check: bool = True) -> Program:
    """Return the program; its arguments are the tensors that occur and that no line defines."""
    free = _undefined(model, request)
    arrays = [t for t in free if name_of(t) not in made_mask(model)]
    made = [t for t in free if isinstance(t, Tensor) and name_of(t) in made_mask(model)]
    blocked = _blocked(request, model, made)
    names = Names()
    for size in _sizes(model, request, free):
        names.of_size(size)
    arguments = {name_of(t): names.of(name_of(t)) for t in arrays}
    like = next((names.of(name_of(t)) for t in arrays if isinstance(t, Tensor)), None)
    foreign = frozenset({*arguments.values(), *map(names.of, request.returned)})
    facts = _facts(model, request, like)
    w = Writer(
        dialect,
        names,
        facts if blocked is None else _facts_within(facts, model, request, blocked, like),
        foreign,
    )
    walk = None if blocked is None else Walk.named(w)
    if blocked is None or walk is None:
        for mask in made:
            code = dialect.lower_triangle(w.size(mask.axes[0]), like)
            w.assign(names.of(name_of(mask)), code, "causal mask")
        _define(w, request.lines, request)
    else:
        _define(w, blocked.before, request)
        mask = made[0] if made else None
        write_walk(w, blocked, walk, mask, chosen=request.block == "auto")
        _define(w, blocked.after, request)
    result = ""
    if request.expression is not None:
        result = w.result(request.expression, request.indices)
    expected = [argument(t, arguments[name_of(t)], request.expressions, facts) for t in arrays]
    sources = _size_sources(w, expected)
    expected += [
        Argument(names.of_size(s), is_size=True) for s, code in sources.items() if not code
    ]
    if walk is not None and request.block is not None:
        expected.append(walk.argument(request.block))
    checks = _checks(model, request.constraints, arguments, dialect) if check else ()
    page = Page(
        name=request.name,
        summary=request.summary,
        signature=[a.spelled for a in expected],
        arguments=[(a.name, a.shape, _remark(a, checks)) for a in expected],
        sizes={names.of_size(s): code for s, code in sources.items() if code},
        statements=w.statements,
        results=_results(model, request),
        loss=names.of(request.loss) if request.loss else "",
        gradient=[(x, names.of(name_of(entry_tensor(s)))) for x, s in request.gradient],
        returned=result,
        second=request.second,
    )
    source, doc = page_text(page, model, dialect)
    return Program(
        name=request.name,
        backend=dialect.name,
        model=model.name,
        arguments=tuple(expected),
        made=tuple(map(name_of, made)),
        source=source,
        doc=doc,
        checks=checks,
        least=least_sizes(request.expressions),
        results=(request.loss, *(x for x, _ in request.gradient)) if request.loss else ("result",),
    )


def _define(w: Writer, lines: Iterable[Definition], request: Request) -> None:
    for line in lines:
        w.define(line.symbol, line.value, spoken(line), own=line.name in request.returned)


def _blocked(request: Request, model: Model, made: Sequence[Tensor]) -> Blocked | None:
    """Return the lines split for a walk over blocks of rows, if the request asks for one."""
    if request.block is None:
        return None
    mask = made[0] if made else None
    try:
        return split(request.lines, model.inputs, request.loss, request.returned, mask)
    except NoBlocks as reason:
        raise ValueError(
            f"`block` needs lines that one walk over rows can compute; for model `{model.name}` "
            f"this is not so: {reason}. Leave `block` out."
        ) from None


def _facts_within(
    facts: Facts, model: Model, request: Request, blocked: Blocked, like: str | None
) -> Facts:
    """Return the facts about the lines of a walk; parts of a mask are masks."""
    inside = _facts(model, replace(request, lines=blocked.lines), like)
    parts = (name for name, p in blocked.parts.items() if name_of(p.tensor) in facts.masks)
    return replace(inside, masks=facts.masks.union(parts))


def _undefined(model: Model, request: Request) -> list[sp.Basic]:
    """Return the tensors and scalars that no line defines, in the order of the model."""
    used = frozenset().union(*map(tensors_in, request.expressions))
    used -= {line.name for line in request.lines}
    found = {name_of(t): t for t in request.directions}
    for expression in request.expressions:
        for node in expression.atoms(Tensor, sp.Symbol):
            if name_of(node) in used and not isinstance(node, Index | Size):
                found.setdefault(name_of(node), node)
    for expression in request.expressions:
        for node in expression.atoms(Tensor):  # a tensor, not the symbol of the same name in it
            if name_of(node) in used:
                _check_one_shape(found[name_of(node)], node)
                found[name_of(node)] = node
    order = list(model.tensors)
    return sorted(
        found.values(),
        key=lambda t: (order.index(name_of(t)) if name_of(t) in order else len(order), name_of(t)),
    )


def _check_one_shape(one: sp.Basic, other: Tensor) -> None:
    if isinstance(one, Tensor) and one.axes != other.axes:
        raise ValueError(
            f"`{name_of(one)}` must have the same axes everywhere; got {one.axes} and "
            f"{other.axes} in one expression. Rename one of the two tensors."
        )


def _sizes(model: Model, request: Request, free: Iterable[sp.Basic]) -> list[str]:
    found = {size.name for size in model.sizes}
    found |= {size.name for t in free if isinstance(t, Tensor) for size in t.axes}
    found |= {size.name for e in request.expressions for size in e.atoms(Size)}
    found |= {k.size.name for k in request.indices}
    return sorted(found)


def _facts(model: Model, request: Request, like: str | None) -> Facts:
    softmaxes = {}
    for line in (*model.definitions, *request.lines):
        found = softmax_in(line.value)
        if found is None or not found[0].is_whole or found[1] != 1:
            continue
        if free_indices(line.value) == set(line.parameters):
            softmaxes[line.name] = found[0].weight != 1
    logs = zero_guards(request.lines, request.expression, request.returned)
    guards = frozenset(guard for guard in logs.values() if guard is not None)
    return Facts(
        logs=logs,
        used=used_plainly(request.expressions) | guards | {*request.returned},
        softmaxes=softmaxes,
        masks=frozenset({MASK}) if model.features.get("mask") else frozenset(),
        shared=shared_sums(request.expressions),
        like=like,
    )


def _size_sources(w: Writer, arguments: Sequence[Argument]) -> dict[str, str]:
    """Return for each size in use the code that reads it off an argument, "" if none has it."""
    sources = {}
    for size in w.sizes:
        having = (a for a in arguments if size in a.axes)
        sources[size] = next((f"{a.name}.shape[{a.axes.index(size)}]" for a in having), "")
    return sources


def _checks(
    model: Model,
    constraints: Sequence[Constraint],
    arguments: dict[str, str],
    dialect: Dialect,
) -> tuple[Check, ...]:
    """Return the hypotheses of the model that concern only these arguments."""
    checks = []
    for constraint in constraints:
        equation = constraint.equation
        names = tensors_in(equation)
        if not names <= set(arguments):
            continue
        difference = equation.left - equation.right
        axes = tuple(k for k in occurring(difference) if k in free_indices(difference))
        request = Request("deviation", constraint.text, expression=difference, indices=axes)
        program = assemble(model, request, dialect, check=False)
        spelled = tuple(sorted(arguments[x] for x in names))
        checks.append(Check(constraint.text, spelled, program.source, _remedy(constraint)))
    return tuple(checks)


def _remedy(constraint: Constraint) -> str:
    """Return what to do about an array that breaks a hypothesis."""
    left, right = constraint.equation.left, constraint.equation.right
    if isinstance(left, sp.Sum) and isinstance(left.function, sp.Indexed) and right == 1:
        entry = left.function
        axes = [n for n, k in enumerate(entry.indices) if k in left.bound_symbols]
        return f"Divide it by its sum along axis {', '.join(map(str, axes))}."
    return "The formulas hold only under this hypothesis."


def _remark(a: Argument, checks: Sequence[Check]) -> str:
    if a.default:
        return "rows of a block" + (
            ", chosen by the size of the scores" if a.default == "None" else ""
        )
    remarks = [check.text for check in checks if a.name in check.names]
    if a.binary:
        remarks.insert(0, "0 or 1")
    elif a.sign:
        remarks.insert(0, a.sign)
    return ", ".join(remarks)


def _results(model: Model, request: Request) -> list[tuple[str, str, str]]:
    if not request.loss:
        sizes = tuple(k.size.name for k in request.indices)
        return [("result", Argument("", sizes).shape, "")]
    titles = {line.name: spoken(line) or "the loss" for line in request.lines}
    symbol = next(line.symbol for line in request.lines if line.name == request.loss)
    sizes = tuple(k.size.name for k in axes_of(symbol))
    rows = [(request.loss, Argument("", sizes).shape, titles[request.loss])]
    for x, symbol in request.gradient:
        sizes = tuple(k.size.name for k in axes_of(symbol))
        name = f"{request.second}[{x!r}]" if request.second else x
        meaning = request.meaning.format(loss=model.loss, x=x)
        rows.append((name, Argument("", sizes).shape, meaning))
    return rows
