"""Elaboration: from what was written to what it means.

Trees become index expressions over tensors with sizes.  Three things are inferred on the way: which
symbols are whose, how many silent axes a symbol has, and which ranges are the same.  What cannot be
settled is an `ElaborationError` with its place; nothing is guessed silently.
"""

from proofs_checks.claims.elaboration.errors import ElaborationError

__all__ = ["ElaborationError"]
