"""The right equation in the author's own notation."""

from proofs_checks.corrections.choosing import in_own_notation

__all__ = ["in_own_notation"]
