"""How reports name the entries of tensors."""

from __future__ import annotations

__all__ = ["entry_name"]


def entry_name(name: str, position: tuple[int, ...]) -> str:
    """Return W_{Q,12} for the entry (1, 2) of W_Q."""
    if not position:
        return name
    joint = "" if max(position) < 9 else ","
    numbers = joint.join(str(n + 1) for n in position)
    letter, _, rest = name.partition("_")
    return f"{letter}_{{{rest},{numbers}}}" if rest else f"{letter}_{{{numbers}}}"
