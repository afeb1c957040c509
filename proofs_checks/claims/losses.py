r"""The loss that a document defines, as a model to be differentiated and generated from.

    model = read_loss(Path("notes.tex").read_bytes(), "notes.tex")
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
from proofs_checks.claims.meaning.assembly import UNDEFINED
from proofs_checks.claims.reading import read_claims
from proofs_checks.claims.sources.bundle import Bundle
from proofs_checks.claims.staged_losses import staged
from theory.algebra.expressions import tensors_in
from theory.models.model import Definition, Model, name_of

__all__ = ["loss_model", "quantity_named", "read_loss"]

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
            f"`{paper.name}` defines no scalar that could be differentiated{_only_families(paper)}."
            rf"{_reasons(paper)} Write one as in `L = \frac{{1}}{{2}} \sum_i \|h_i - t_i\|^2`."
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
    chosen = replace(
        model,
        definitions=tuple(lines),
        vocabulary=_still_defined(model, lines),
        loss=symbol,  # type: ignore[arg-type]
        features={**model.features, "stand_ins": _stand_ins(lines)},
    )
    return staged(chosen)


def read_loss(data: bytes | str | Bundle, name: str, loss: str = "") -> Model:
    """Return the model of the loss that a document defines.

    It is read as `proofhead check` reads it; and, if it has no loss then, with nothing but its own
    symbols, whatever its letters mean to the catalogue.

    Raises what `read_claims` and `loss_model` raise.
    """
    try:
        return loss_model(read_claims(data, name), loss)
    except ValueError as reason:
        try:
            return loss_model(read_claims(data, name, model="none"), loss)
        except ValueError:
            raise reason from None


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


def _still_defined(model: Model, lines: list[Definition]) -> tuple[Definition, ...]:
    """Return the vocabulary that speaks of what is left of a model."""
    known = {name_of(x) for x in model.inputs} | {line.name for line in lines}
    kept = list(model.vocabulary)
    while stray := [x for x in kept if tensors_in(x.value) - known - {v.name for v in kept}]:
        kept = [x for x in kept if x not in stray]
    return tuple(kept)


def _stand_ins(lines: list[Definition]) -> tuple[str, ...]:
    """Return the names of what the document does not define: only its first derivatives exist."""
    return tuple(line.name for line in lines if line.title.endswith(UNDEFINED))


def _only_families(paper: Paper) -> str:
    """Return what a document defines for every value of an index, the last of it."""
    models = [claim.model for claim in paper.claims if claim.model and claim.kind == "definition"]
    lines = models[-1].definitions if models else ()
    for line in reversed([line for line in lines if line.parameters]):
        return f", only `{line.name}` for every {', '.join(map(str, line.parameters))}"
    return ""


def _reasons(paper: Paper) -> str:
    """Return why equations of the document could not be read, the first one only."""
    unread: list[Claim] = [c for c in paper.claims if c.problem is not None]
    if not unread:
        return "" if paper.claims else " It has no displayed equation."
    problem = unread[0].problem
    return f" The equation on line {unread[0].line} cannot be read: {problem and problem.message}"
