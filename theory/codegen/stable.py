"""Softmax, log-softmax and log-sum-exp as statements that neither overflow nor take log 0.

NumPy has none of them, so the largest exponent of each row is subtracted first:

    softmax(E)_j     = exp(E_j - max E) / sum_k exp(E_k - max E)
    log softmax(E)_j = E_j - max E - log sum_k exp(E_k - max E)

An entry of weight zero (a masked key) gets the exponent -inf, hence exactly the probability 0.
Every function returns the right sides to assign, in order, to the names it was given.
"""

from __future__ import annotations

from collections.abc import Sequence

from theory.algebra.symbols import Index
from theory.codegen.dialect import Dialect
from theory.codegen.values import ATOM, POWER, PRODUCT, Value, align, ordered

__all__ = ["log_softmax", "log_sum_exp", "softmax", "weighted"]

LONGEST = 54  # characters of an exponent inside a call of softmax
Statements = list[tuple[str, str, str]]  # (name, "=" or "-=" or "/=", code)


def weighted(
    exponent: Value, weight: Value, mask: bool, order: Sequence[Index], dialect: Dialect
) -> Value:
    """Return the exponent E with its weight w absorbed: E + log w, and -inf where w = 0.

    ``mask``: the weight holds only zeros and ones, so there is no logarithm to add.
    """
    axes = ordered((*exponent.axes, *weight.axes), order)
    exponent, weight = (align(v, axes, dialect) for v in (exponent, weight))
    present = f"{weight.at_least(POWER)} != 0"
    kept = exponent.code
    if not mask:
        nonzero = dialect.where(present, weight.code, "1.0")
        kept = f"{exponent.at_least(PRODUCT)} + {dialect.call('log', nonzero)}"
    return Value(dialect.where(present, kept, "-math.inf"), axes, ATOM, exponent.hint)


def softmax(name: str, exponent: Value, axis: int, dialect: Dialect) -> Statements:
    """Return the statements that assign the softmax along ``axis`` to ``name``."""
    over = dialect.over([axis], len(exponent.axes))
    if dialect.name == "torch":
        before, row = [], exponent.code
        if len(row) > LONGEST:
            before, row = [(name, "=", row)], name
        return [*before, (name, "=", dialect.call("softmax", row, over))]
    keep = f"{over}, keepdims=True"
    if exponent.is_name:
        lowered = [(name, "=", f"{exponent.code} - {exponent.code}.max({keep})")]
    else:
        lowered = [(name, "=", exponent.code), (name, "-=", f"{name}.max({keep})")]
    return [
        *lowered,
        (name, "=", f"np.exp({name}, out={name})"),
        (name, "/=", f"{name}.sum({keep})"),
    ]


def log_softmax(log: str, name: str, exponent: Value, axis: int, dialect: Dialect) -> Statements:
    """Return the statements that assign a softmax to ``name`` and its logarithm to ``log``.

    Without a ``name`` the softmax itself is not kept.
    """
    over = dialect.over([axis], len(exponent.axes))
    if dialect.name == "torch":
        statement = (log, "=", dialect.call("log_softmax", exponent.code, over))
        return [statement, (name, "=", dialect.call("exp", log))] if name else [statement]
    keep = f"{over}, keepdims=True"
    if exponent.is_name:
        first = [(log, "=", f"{exponent.code} - {exponent.code}.max({keep})")]
    else:
        first = [(log, "=", exponent.code), (log, "-=", f"{log}.max({keep})")]
    if not name:
        return [*first, (log, "-=", f"np.log(np.exp({log}).sum({keep}))")]
    return [
        *first,
        (name, "=", f"np.exp({log})"),
        (log, "-=", f"np.log({name}.sum({keep}))"),
        (name, "/=", f"{name}.sum({keep})"),
    ]


def log_sum_exp(
    name: str, top: str, exponent: Value, axes: Sequence[int], dialect: Dialect
) -> Statements:
    """Return the statements that assign log sum exp to ``name``; ``top`` is a spare name."""
    over = dialect.over(axes, len(exponent.axes))
    if dialect.name == "torch":
        return [(name, "=", dialect.call("logsumexp", exponent.code, over))]
    before: Statements = []
    row = exponent.code
    if not exponent.is_name:
        before, row = [(name, "=", exponent.code)], name
    return [
        *before,
        (top, "=", f"{row}.max({over}, keepdims=True)"),
        (name, "=", f"{top}.squeeze({over}) + np.log(np.exp({row} - {top}).sum({over}))"),
    ]
