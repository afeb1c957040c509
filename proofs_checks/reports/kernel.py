"""What Coq's kernel said, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from proofs_checks.verdict import Verdict

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_kernel"]


def print_kernel(console: Console, verdicts: Sequence[tuple[str, Verdict]]) -> None:
    """Print how many statements are certified, and why the others are not."""
    answers = [(name, o) for name, v in verdicts for o in v.checks if o.judge == "kernel"]
    if not answers:
        return
    certified = [o for _, o in answers if o.agrees]
    said = f"kernel: {len(certified)} of {len(answers)} certified"
    seconds = sum(o.seconds for _, o in answers)
    console.print(f"{said} ({seconds:.1f} s)", highlight=False)
    for detail in dict.fromkeys(o.detail for o in certified):
        console.print(Text(f"    {detail}"))
    for name, outcome in answers:
        if not outcome.agrees:
            console.print(Text(f"    {name}: {outcome.detail}"))
