r"""Sentences about mistakes, as a researcher would say them; mathematics stands between $ signs.

"the factor $\frac{1}{\sqrt{d_k}}$ is missing"
"$p_{ic}$ and $y_{ic}$ are exchanged"
"the baseline $\mathbb{E}_{\alpha_i}[b]$ is missing"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy as sp

from proofs_checks.edits import Edit
from theory.algebra.expressions import bound_of, entry_tensor, free_indices, slots
from theory.algebra.symbols import Tensor
from theory.latex import expression as latex_of
from theory.latex.names import index_name, subscripted
from theory.latex.names import name_of as latex_name
from theory.latex.recognition import stochastic_tensors
from theory.models import Model
from theory.models.model import name_of

__all__ = ["baseline", "mathematics", "missing_term", "sentence"]

_SAID = {
    "transposed": "{before} should be {after}: its indices are exchanged",
    "wrong_index": "{before} should be {after}: wrong index",
    "wrong_sum": "the sum should run over {after}, not over {before}",
    "wrong_axis": "the softmax is over the wrong axis: it should be normalised over {after}, "
    "not over {before}",
    "wrong_power": "{before} should be {after}: wrong power",
    "wrong_quantity": "{before} should be {after}",
    "extra_term": "the term {before} is one too many",
    "extra_factor": "the factor {before} is one too many",
    "missing_factor": "the factor {after} is missing",
}


def sentence(edit: Edit, side: str, model: Model) -> str:
    """Return what was wrong, given the edit that repairs it; ``side`` is "left" or "right"."""
    if edit.undoes == "sign":
        return _sign(edit, side, model)
    before, after = (mathematics(x, model) for x in (edit.before, edit.after))
    if isinstance(edit.before, sp.Indexed) and edit.undoes in ("wrong_index", "transposed"):
        return _indices(edit, model)
    if edit.undoes == "factor":
        return _factor(edit, before, after)
    if edit.undoes == "exchanged":
        return f"{before} and {after} are exchanged"
    if edit.undoes == "missing_term":
        return missing_term(edit.after, model)
    if edit.undoes == "transposed":
        return f"the indices {before} and {after} are exchanged"
    return _SAID[edit.undoes].format(before=before, after=after)


def _indices(edit: Edit, model: Model) -> str:
    """Return what is wrong with the indices of an entry, with all of them shown."""
    entry: Any = edit.before
    if not any("~" in str(k) for k in entry.indices):
        before, after = (_with_indices(x, model) for x in (edit.before, edit.after))
        return _SAID[edit.undoes].format(before=before, after=after)
    tensor = subscripted(latex_name(name_of(entry.base)))  # the document writes no indices
    if edit.undoes == "transposed" and len(entry.indices) == 2:
        return f"${tensor}$ should be ${tensor}^\\top$"
    return f"${tensor}$ has a wrong index"


def _sign(edit: Edit, side: str, model: Model) -> str:
    if edit.is_whole:
        return f"the sign of the {side} side is wrong"
    term: Any = edit.before
    unsigned = -term if term.could_extract_minus_sign() else term
    return f"the sign of {mathematics(unsigned, model)} is wrong"


def _factor(edit: Edit, before: str, after: str) -> str:
    if edit.before is None:
        return f"the factor {after} is missing"
    if edit.after is None:
        return f"the factor {before} is one too many"
    return f"the factor {before} should be {after}"


def missing_term(term: Any, model: Model) -> str:
    """Return that ``term`` is missing; minus a mean under weights is called the baseline."""
    mean = baseline(term, model)
    if mean is not None:
        return f"the baseline {mathematics(mean, model)} is missing"
    return f"the term {mathematics(term, model)} is missing"


def baseline(term: Any, model: Model) -> sp.Expr | None:
    """Return the mean in a negative term, None if there is none."""
    if not term.could_extract_minus_sign():
        return None
    means = [mean for node in term.atoms(sp.Sum) for mean in _means(node, model)]
    return min(means, key=sp.count_ops) if means else None


def _means(e: Any, model: Model) -> Iterator[Any]:
    """Yield the means in a sum of products: sum_k w_ik x_k with weights that sum to one over k.

    What else is summed within x, as in x_k = u . v_k, belongs to the mean unless the row of the
    weights depends on it.
    """
    factors: tuple[Any, ...] = sp.Mul.make_args(e.function)
    bound = bound_of(e)
    for weight in factors:
        if not (isinstance(weight, sp.Indexed) and _weighs(weight, model)):
            continue
        k, fixed = weight.indices[-1], set(weight.indices[:-1])
        inside: list[Any] = [f for f in factors if k in free_indices(f)]
        over: set[Any] = {k}
        for f in inside:
            more = {x for x in free_indices(f) if x in bound and x not in fixed | over}
            over |= more
            inside += [g for g in factors if g not in inside and free_indices(g) & more]
        if k in bound and len(inside) > 1:
            limits = ((x, 1, x.size) for x in sorted(over, key=str))
            yield sp.Sum(sp.Mul(*inside), *limits)


def _weighs(weight: Any, model: Model) -> bool:
    """Return whether an entry belongs to rows that sum to one, summed over their last index."""
    is_row = weight.indices.count(weight.indices[-1]) == 1
    return is_row and name_of(weight.base) in stochastic_tensors(model)


def _with_indices(e: Any, model: Model) -> str:
    """Return an entry with all its indices, also those that papers do not write."""
    name = name_of(entry_tensor(e))
    if name not in model.tensors:
        return mathematics(e, model)
    at = [index_name(str(k)) for k in slots(e)]
    return f"${subscripted(latex_name(name), at)}$"


def mathematics(e: Any, model: Model) -> str:
    """Return an expression, a tensor or an index in LaTeX between $ signs; empty for None."""
    if e is None:
        return ""
    if isinstance(e, Tensor):
        return f"${subscripted(latex_name(name_of(e)))}$"
    return f"${latex_of(e, model)}$"
