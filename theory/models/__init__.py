"""Models: the systems the theory is about, each written down once."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

from theory.models.attention_head import ATTENTION_HEADS, attention_head
from theory.models.binary_head import binary_head
from theory.models.model import Constraint, Definition, Model
from theory.models.resolution import Proof, Theory, theory_of

__all__ = [
    "MODELS",
    "Constraint",
    "Definition",
    "Model",
    "Proof",
    "Theory",
    "attention_head",
    "binary_head",
    "model_named",
    "theory_of",
]

MODELS: tuple[str, ...] = (*ATTENTION_HEADS, "binary-head")


@cache
def model_named(name: str) -> Model:
    """Return the model called ``name``.

    Raises `ValueError` with the nearest names if there is none.
    """
    if name in ATTENTION_HEADS:
        return attention_head(name, **ATTENTION_HEADS[name])
    if name == "binary-head":
        return binary_head()
    near = get_close_matches(name, MODELS, n=3, cutoff=0.4)
    hint = f" Did you mean {', '.join(f'`{x}`' for x in near)}?" if near else ""
    raise ValueError(f"`{name}` is no model.{hint} Models: {', '.join(MODELS)}.")
