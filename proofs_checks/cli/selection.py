"""Which laws a command is about."""

from __future__ import annotations

from collections.abc import Sequence

from theory.catalogue import LAWS, law_named
from theory.laws import Law

__all__ = ["selected_laws"]


def selected_laws(names: Sequence[str], paper: str | None) -> list[Law]:
    """Return the laws called ``names`` (all if empty) that stand in ``paper`` (any if None).

    Raises `ValueError` for an unknown name or a source no law cites.
    """
    laws = [law_named(name) for name in dict.fromkeys(names)] or list(LAWS)
    if paper is None:
        return laws
    keys = sorted({law.citation.key for law in LAWS})
    if paper not in keys:
        raise ValueError(f"no law cites `{paper}`; sources of the catalogue: {', '.join(keys)}.")
    return [law for law in laws if law.citation.key == paper]
