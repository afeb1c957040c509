"""Taylor coefficients: what left = right + O(eta^m) says as eta goes to 0.

    f(eta) = g(eta) + O(eta^m)   if   f^(k)(0) = g^(k)(0)   for k = 0, ..., m - 1,

and only then, for functions that have m continuous derivatives at 0.  Where they have not, as
eta^(3/2) or |eta|, nothing is said.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import differentiate, substitute
from theory.algebra.limits import AlgebraError

__all__ = ["taylor_coefficients"]

MOST_ORDER = 12
NOWHERE = (sp.zoo, sp.nan, sp.oo, -sp.oo)
SMOOTH = (
    sp.exp, sp.log, sp.sinh, sp.cosh, sp.tanh, sp.coth, sp.sech, sp.csch, sp.KroneckerDelta,
)  # fmt: skip


def taylor_coefficients(expression: sp.Expr, small: sp.Symbol, order: int) -> tuple[sp.Expr, ...]:
    """Return f^(k)(0) / k! for k = 0, ..., ``order``, f the expression as a function of ``small``.

    Entries of tensors do not depend on ``small``; definitions that do are to be written out.

    Raises `AlgebraError` where f is not seen to be that often differentiable at 0, and for orders
    above 12.
    """
    if order > MOST_ORDER:
        raise AlgebraError(f"a remainder of the order {order}; the limit is {MOST_ORDER}.")
    for part in sp.preorder_traversal(expression):
        if isinstance(part, sp.Function) and part.has(small) and not isinstance(part, SMOOTH):
            raise AlgebraError(f"`{part}` is not seen to be differentiable at {small} = 0.")
    coefficients, derivative = [], expression
    for k in range(order + 1):
        at_zero = substitute(derivative, {small: 0})
        if at_zero.has(*NOWHERE, sp.Derivative, sp.Subs):
            raise AlgebraError(f"the derivative number {k} by {small} does not exist at 0.")
        coefficients.append(at_zero / sp.factorial(k))
        if k < order:
            derivative = differentiate(derivative, small)
    return tuple(coefficients)
