"""The catalogue: every law, explicitly."""

from __future__ import annotations

from difflib import get_close_matches

from theory.laws.coupled import COUPLED
from theory.laws.first_order import FIRST_ORDER
from theory.laws.law import Law
from theory.laws.steps import STEPS

__all__ = ["LAWS", "law_named"]

LAWS: tuple[Law, ...] = (*FIRST_ORDER, *COUPLED, *STEPS)


def law_named(name: str) -> Law:
    """Return the law called ``name``.

    Raises `ValueError` with the nearest names if there is none.
    """
    for law in LAWS:
        if law.name == name:
            return law
    names = [law.name for law in LAWS]
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f" Did you mean {', '.join(f'`{x}`' for x in near)}?" if near else ""
    raise ValueError(f"`{name}` is no law of the catalogue.{hint} `proofhead laws` lists them.")
