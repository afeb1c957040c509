r"""The loss that a document defines, as a model to be differentiated and generated from.

    model = loss_model(read_claims(Path("notes.tex").read_bytes(), "notes.tex"))
    value_and_gradient(model, wrt=[quantity_named(model, r"W_Q")])

The loss is the scalar that the document defines; where it defines several, the one that is called
for, or the only one that no other is defined by.  Definitions that the loss does not need are left
out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import sympy as sp

from proofs_checks.claims.claim import Claim, Paper
from theory.algebra.expressions import Equation, free_indices, substitute, tensors_in
from theory.algebra.symbols import Index, Size, Tensor, total
from theory.codegen.patterns import softmax_in, unused
from theory.models.model import Definition, Model

__all__ = ["loss_model", "quantity_named"]

SCORES = ("S", "Z", "E", "H", *(f"S_{n}" for n in range(1, 100)))
"""Names for the arguments of softmaxes and functions that a document does not name."""

LETTERS = ("i", "j", "k", "l", *"abcdefghmnopqrstuvwxyz", *(f"i_{n}" for n in range(1, 100)))
NOT_DEFINED = "loss."  # the loss of a document that has none
DRESS = re.compile(r"\\(?:mathbf|boldsymbol|bm|mathrm|mathcal|mathit|vec|operatorname)\b|[\\{}\s]")


def loss_model(paper: Paper, loss: str = "") -> Model:
    """Return the model of a document, with the scalar ``loss`` as its loss.

    Raises `ValueError` if the document defines no scalar, several of which none is called for, or
    none of that name.
    """
    models = {
        line.name: claim.model
        for claim in paper.claims
        if claim.model is not None and _speaks_of_loss(paper, claim.model)
        for line in claim.model.definitions
        if isinstance(line.symbol, sp.Symbol) and line.name != NOT_DEFINED
    }
    if not models:
        raise ValueError(
            f"`{paper.name}` defines no scalar that could be differentiated.{_reasons(paper)} "
            r"Write one as in `L = \frac{1}{2} \sum_i \|h_i - t_i\|^2`."
        )
    name = _named(loss, models) if loss else _only(paper, models)
    if name not in models:
        raise ValueError(
            f"`{paper.name}` defines no scalar `{loss}`; it defines {', '.join(models)}."
        )
    model = models[name]
    lines = _needed(model, name)
    symbol = next(line.symbol for line in lines if line.name == name)
    if model.name == "document":
        model = replace(model, name=Path(paper.name).stem or "document")
    staged = _with_scores([_plain(line) for line in lines], set(model.tensors))
    chosen = replace(model, definitions=staged, loss=symbol)  # type: ignore[arg-type]
    return _with_features(chosen)


def _speaks_of_loss(paper: Paper, model: Model) -> bool:
    """Return whether a model is the document's own, or one whose loss the document speaks of."""
    if model.name == "document":
        return True
    equations = (c.equation for c in paper.claims if c.equation is not None)
    return any(e.left.has(model.loss) or e.right.has(model.loss) for e in equations)


def quantity_named(model: Model, name: str) -> str:
    r"""Return the name that a model has for a quantity, written as in LaTeX or plainly.

    ``\lambda`` is lambda, ``\mathbf{w}`` is w, ``W_{Q}`` is W_Q.  What the model does not have is
    returned as it is.
    """
    known = [*model.tensors]
    return name if name in known else _named(name, known)


def _named(name: str, known: Iterable[str]) -> str:
    bare = {DRESS.sub("", x): x for x in known}
    return bare.get(DRESS.sub("", name), name)


def _only(paper: Paper, models: dict[str, Model]) -> str:
    """Return the loss of a document that is not told which."""
    declared = {model.loss.name for model in models.values()} & set(models)
    if len(declared) == 1:
        return declared.pop()
    used = {
        x
        for name, model in models.items()
        for line in model.definitions
        if line.name != name
        for x in tensors_in(line.value)
    }
    last = [name for name in models if name not in used]
    if len(last) == 1:
        return last[0]
    raise ValueError(
        f"`{paper.name}` defines several scalars, {', '.join(models)}; say with `--loss` which one "
        "to differentiate."
    )


def _needed(model: Model, name: str) -> list[Definition]:
    """Return the definitions that a quantity is computed from, itself included."""
    wanted, kept = {name}, []
    for line in reversed(model.definitions):
        if line.name in wanted:
            kept.append(line)
            wanted |= tensors_in(line.value)
    return kept[::-1]


def _plain(line: Definition) -> Definition:
    """Return a line whose indices have one letter each, whatever was read before."""
    found = [k for k in sp.preorder_traversal(line.value) if isinstance(k, Index)]
    every = list(dict.fromkeys((*line.parameters, *found)))
    taken = {k.name for k in every if len(k.name) == 1}
    new = {}
    for k in every:
        if len(k.name) > 1:
            letter = next(x for x in LETTERS if x not in taken)
            taken.add(letter)
            new[k] = Index(letter, k.size)
    return replace(line, symbol=line.symbol.xreplace(new), value=line.value.xreplace(new))


def _with_scores(lines: list[Definition], taken: set[str]) -> tuple[Definition, ...]:
    """Return the lines with a name for what a softmax or a function of a whole line is taken of.

    So `A = softmax(QK^T)` is differentiated by way of its scores, and A stays A.
    """
    staged: list[Definition] = []
    for line in lines:
        inside = _argument(line)
        if inside is not None and set(line.parameters) == free_indices(inside):
            name = next(x for x in SCORES if x not in taken)
            taken.add(name)
            axes = [k.size for k in line.parameters]
            symbol = Tensor(name, axes)[line.parameters] if axes else sp.Symbol(name, real=True)
            staged.append(Definition(symbol, inside, f"argument of {line.name}"))
            line = replace(line, value=_rewritten(line, inside, symbol))
        staged.append(line)
    return tuple(staged)


def _argument(line: Definition) -> sp.Expr | None:
    """Return what a softmax, or the function that a line is, is taken of; None for a name."""
    found = softmax_in(line.value)
    if found is not None and found[0].is_whole and found[1] == 1 and found[0].weight == 1:
        inside = found[0].exponent
    elif isinstance(line.value, sp.Function) and len(line.value.args) == 1:
        inside = line.value.args[0]
    else:
        return None
    return None if isinstance(inside, sp.Indexed | sp.Symbol) else inside  # type: ignore[return-value]


def _rewritten(line: Definition, inside: sp.Expr, symbol: sp.Expr) -> sp.Expr:
    found = softmax_in(line.value)
    if found is None:
        return line.value.func(symbol)
    along = found[0].along
    other = unused(along, line.parameters)
    row = total(sp.exp(substitute(symbol, {along: other})), other)
    return sp.exp(symbol) / row


def _with_features(model: Model) -> Model:
    """Return the model with every size marked as one of features that no softmax runs over.

    So scores (n x n) are told from queries (n x d); without a softmax nothing is changed.
    """
    softmaxes = [line for line in model.definitions if softmax_in(line.value) is not None]
    positions = {k.size.name for line in softmaxes for k in line.parameters}
    if not positions:
        return model
    marked: dict[Any, Any] = {
        size: Size(size.name, feature=size.name not in positions) for size in model.sizes
    }
    expressions = [line.value for line in model.definitions]
    expressions += [line.symbol for line in model.definitions]
    expressions += [e for c in model.constraints for e in (c.equation.left, c.equation.right)]
    for tensor in {t for e in expressions for t in e.atoms(Tensor)} | set(model.inputs):
        if isinstance(tensor, Tensor):
            axes = [marked.get(size, size) for size in tensor.axes]
            marked[tensor] = Tensor(tensor.label, axes)  # type: ignore[arg-type]
    for k in {k for e in expressions for k in e.atoms(Index)}:
        marked[k] = Index(k.name, marked.get(k.size, k.size))
    return replace(
        model,
        sizes=tuple(marked[size] for size in model.sizes),
        inputs=tuple(marked.get(x, x) for x in model.inputs),
        definitions=tuple(
            replace(line, symbol=line.symbol.xreplace(marked), value=line.value.xreplace(marked))
            for line in model.definitions
        ),
        constraints=tuple(
            replace(
                c,
                equation=Equation(
                    c.equation.left.xreplace(marked), c.equation.right.xreplace(marked)
                ),
            )
            for c in model.constraints
        ),
    )


def _reasons(paper: Paper) -> str:
    """Return why equations of the document could not be read, the first one only."""
    unread: list[Claim] = [c for c in paper.claims if c.problem is not None]
    if not unread:
        return "" if paper.claims else " It has no displayed equation."
    problem = unread[0].problem
    return f" The equation on line {unread[0].line} cannot be read: {problem and problem.message}"
