"""Two prototypes theta and -theta of equal weight on data in one dimension.

    d_plus_i  = (x_i - theta)^2 / (2 sigma^2) + (1/2) log(2 pi sigma^2) + log 2      energies
    d_minus_i = (x_i + theta)^2 / (2 sigma^2) + (1/2) log(2 pi sigma^2) + log 2
    r_i = exp(-d_plus_i) / (exp(-d_plus_i) + exp(-d_minus_i))     responsibilities of +theta
    F   = - sum_i log(exp(-d_plus_i) + exp(-d_minus_i))           negative log-likelihood, nats

Shapes: x (N,) data, theta the prototype, sigma2 = sigma^2 > 0 their variance, both scalars.
Vocabulary: theta_star = (1/N) sum_i (2 r_i - 1) x_i, the M-step of a pair that stays symmetric.

It is the smallest system in which EM has a pitchfork: theta = 0 is always a fixed point, and loses
its stability to a pair of others at (1/N) sum_i x_i^2 / sigma^2 = 1.  Data +a and -a alone, where
theta_star = a tanh(a theta / sigma^2), are the case x = (a, -a).  The variant ``origin`` adds the
hypothesis theta = 0, for statements about that fixed point.

Source: xu1996convergence, section 2, for two components.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Index, Size, Tensor, scalar, total
from theory.models.model import Constraint, Definition, Model

__all__ = ["SYMMETRIC_PAIRS", "symmetric_pair"]


def symmetric_pair(name: str = "symmetric-pair", *, origin: bool = False) -> Model:
    """Return the symmetric pair; ``origin`` puts the prototypes at zero."""
    N = Size("N")
    i = Index("i", N)
    x, theta, sigma2 = Tensor("x", (N,)), scalar("theta"), scalar("sigma2", positive=True)
    above, below = Tensor("d_plus", (N,)), Tensor("d_minus", (N,))
    r, F = Tensor("r", (N,), nonnegative=True), scalar("F")

    def energy(sign: int) -> sp.Expr:
        constant = sp.log(2 * sp.pi * sigma2) / 2 + sp.log(2)
        return (x[i] - sign * theta) ** 2 / (2 * sigma2) + constant

    both = sp.exp(-above[i]) + sp.exp(-below[i])
    mean = total((2 * r[i] - 1) * x[i], i) / N
    at_zero = Constraint(Equation(theta, 0), "theta = 0")
    return Model(
        name=name,
        title="symmetric pair of prototypes in one dimension",
        sizes=(N,),
        inputs=(x, theta, sigma2),
        definitions=(
            Definition(above[i], energy(1), "energies of the positive prototype"),
            Definition(below[i], energy(-1), "energies of the negative prototype"),
            Definition(
                r[i], sp.exp(-above[i]) / both, "responsibilities of the positive prototype"
            ),
            Definition(F, -total(sp.log(both), i), "negative log-likelihood, nats"),
        ),
        loss=F,
        constraints=(at_zero,) if origin else (),
        vocabulary=(Definition(scalar("theta_star"), mean, "M-step of the pair"),),
        letters={"N": ("i", "m")},
        features={"pair": "origin" if origin else "anywhere"},
    )


SYMMETRIC_PAIRS = {
    "symmetric-pair": {},
    "symmetric-pair-origin": {"origin": True},
}
"""The named variants and the features of each."""
