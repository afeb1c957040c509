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

import sympy as sp

from proofs_checks.claims.claim import Claim, Paper
from theory.algebra.expressions import tensors_in
from theory.algebra.symbols import Index
from theory.models.model import Definition, Model

__all__ = ["loss_model", "quantity_named"]

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
    return replace(model, definitions=tuple(map(_plain, lines)), loss=symbol)  # type: ignore[arg-type]


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
    """Return a line whose indices have names that do not depend on what was read before."""
    found = [k for k in sp.preorder_traversal(line.value) if isinstance(k, Index)]
    numbered = [k for k in dict.fromkeys((*line.parameters, *found)) if "~" in k.name]
    taken = {k.name for k in (*line.parameters, *found)}
    new = {}
    for k in numbered:
        letters = (x for x in "abcdefghijklmnopqrstuvwxyz" if x not in taken)
        new[k] = Index(next(letters), k.size)
        taken.add(new[k].name)
    return replace(line, symbol=line.symbol.xreplace(new), value=line.value.xreplace(new))


def _reasons(paper: Paper) -> str:
    """Return why equations of the document could not be read, the first one only."""
    unread: list[Claim] = [c for c in paper.claims if c.problem is not None]
    if not unread:
        return "" if paper.claims else " It has no displayed equation."
    problem = unread[0].problem
    return f" The equation on line {unread[0].line} cannot be read: {problem and problem.message}"
