"""Elaborating a whole document under one reading: a vocabulary, or its own symbols.

Ranges and axes are inferred by elaborating again whenever something was learned; each time at least
two ranges become one or a symbol gains an axis, so it ends.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from proofs_checks.claims import tree
from proofs_checks.claims.elaboration.attempt import Attempt, Reading
from proofs_checks.claims.elaboration.errors import ElaborationError, Restart
from proofs_checks.claims.elaboration.scanning import Learned
from proofs_checks.claims.elaboration.sizes import Ranges
from proofs_checks.claims.elaboration.statements import Statement
from theory.models import Model

__all__ = ["read_as"]

MOST_ROUNDS = 2000
MOST_SECONDS = 15.0


def read_as(
    statements: Sequence[Statement],
    model: Model | None,
    assumptions: Sequence[Statement] = (),
    inputs: Sequence[tree.Node] = (),
    einstein: bool = False,
    broken: Sequence[str] = (),
) -> Reading:
    """Return the document read with the vocabulary of ``model``, or with its own symbols if None.

    ``broken`` are the names whose definitions could not even be parsed.

    Raises `ElaborationError` when inference does not come to an end.
    """
    aliases = {} if model is None or "n" in model.size_names else {"n": "T"}
    ranges = Ranges(dict(model.size_names) if model else {}, aliases)
    learned = Learned()
    settled = False
    deadline = time.monotonic() + MOST_SECONDS
    for _ in range(MOST_ROUNDS):
        if time.monotonic() > deadline:
            break
        try:
            attempt = Attempt(statements, model, ranges, learned, assumptions, inputs, broken)
            attempt.einstein = einstein
            attempt.symbols.deadline = deadline
            attempt.elaborate()
        except Restart:
            continue
        if settled:
            return attempt.reading()
        ranges.fix(attempt.symbols.spelled)
        settled = True
    raise ElaborationError(
        "the shapes and ranges of this document could not be inferred within the limits.",
        statements[0].span, suggestion="split the document, or declare symbols with `input`",
    )  # fmt: skip
