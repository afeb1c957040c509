"""What elaboration may end in besides a result."""

from __future__ import annotations

from proofs_checks.claims.places import Span

__all__ = ["ElaborationError", "Restart"]


class ElaborationError(ValueError):
    """An equation that cannot be given a meaning; ``span`` is the place.

    ``other`` is the place it clashes with.  ``foreign`` marks what a vocabulary lacks: a symbol, or
    the dependence of its loss on one.
    """

    def __init__(
        self,
        message: str,
        span: Span,
        *,
        expected: str = "",
        suggestion: str = "",
        foreign: bool = False,
        other: Span | None = None,
    ) -> None:
        super().__init__(message)
        self.other = other
        self.span, self.expected, self.suggestion = span, expected, suggestion
        self.foreign = foreign


class Restart(Exception):  # noqa: N818  (not an error: inference learned something)
    """Two ranges turned out to be one, or a symbol to have another axis: elaborate again."""
