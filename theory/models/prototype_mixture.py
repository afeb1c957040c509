"""Data explained by prototypes: the Gaussian mixture whose EM algorithm attention resembles.

    D_ij = |x_i - v_j|^2                                                  squared distances
    d_ij = D_ij / (2 sigma^2) + (d_x/2) log(2 pi sigma^2) - log pi_j      energies, nats
    r_ij = exp(-d_ij) / sum_k exp(-d_ik)                                  responsibilities
    F    = - sum_i log sum_j exp(-d_ij)                  negative log-likelihood, nats

so exp(-d_ij) = pi_j N(x_i; v_j, sigma^2 I).  Shapes: x (N, d_x) data, v (K, d_x) prototypes,
pi (K,) weights, positive with sum one, sigma2 = sigma^2 > 0 the variance that all prototypes share.

Vocabulary: n_j = sum_i r_ij points that prototype j answers for; the M-step v_star_j =
sum_i r_ij x_i / n_j, pi_star_j = n_j / N, and sigma2_star = sum_ij r_ij D_ij / (N d_x),
the variance at prototypes that stay where they are.

F is a function of every pi_j by itself: derivatives by the weights are those of the formula, off
the simplex too.  The variant ``free`` has inputs without hypotheses, for flows: pi = softmax(a)
and sigma2 = exp(tau).

Source: xu1996convergence, section 2; the reading of d as energies is oursland2025implicit.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Index, Size, Tensor, indices, scalar, total
from theory.models.model import Constraint, Definition, Model

__all__ = ["PROTOTYPE_MIXTURES", "prototype_mixture"]

LETTERS = {"N": ("i", "m"), "K": ("j", "k", "l"), "d_x": ("a", "b")}


def prototype_mixture(name: str = "prototype-mixture", *, free: bool = False) -> Model:
    """Return the mixture; ``free`` makes weights and variance functions of free inputs."""
    N, K, d_x = Size("N"), Size("K"), Size("d_x", feature=True)
    i = Index("i", N)
    j, k = indices("j k", K)
    a = Index("a", d_x)
    x, v = Tensor("x", (N, d_x)), Tensor("v", (K, d_x))
    pi, logits = Tensor("pi", (K,), nonnegative=True), Tensor("a", (K,))
    sigma2, tau = scalar("sigma2", positive=True), scalar("tau")
    D, d = Tensor("D", (N, K), nonnegative=True), Tensor("d", (N, K))
    r = Tensor("r", (N, K), nonnegative=True)
    n, F = Tensor("n", (K,), nonnegative=True), scalar("F")

    normaliser = d_x / 2 * sp.log(2 * sp.pi * sigma2)
    energy = D[i, j] / (2 * sigma2) + normaliser - sp.log(pi[j])

    def share(column: Index) -> sp.Expr:
        return sp.exp(-d[i, column])

    parameters = (
        Definition(pi[j], sp.exp(logits[j]) / total(sp.exp(logits[k]), k), "weights"),
        Definition(sigma2, sp.exp(tau), "variance"),
    )
    lines = (
        Definition(D[i, j], total((x[i, a] - v[j, a]) ** 2, a), "squared distances"),
        Definition(d[i, j], energy, "energies"),
        Definition(r[i, j], share(j) / total(share(k), k), "responsibilities"),
        Definition(F, -total(sp.log(total(share(j), j)), i), "negative log-likelihood, nats"),
    )
    means, weights = Tensor("v_star", (K, d_x)), Tensor("pi_star", (K,), nonnegative=True)
    spread = total(r[i, j] * D[i, j], i, j) / (N * d_x)
    vocabulary = (
        Definition(n[j], total(r[i, j], i), "effective number of points"),
        Definition(means[j, a], total(r[i, j] * x[i, a], i) / n[j], "M-step of the prototypes"),
        Definition(weights[j], n[j] / N, "M-step of the weights"),
        Definition(scalar("sigma2_star", positive=True), spread, "M-step of the variance"),
    )
    simplex = Constraint(Equation(total(pi[j], j), 1), "sum_j pi_j = 1")
    return Model(
        name=name,
        title="Gaussian mixture with one variance",
        sizes=(N, K, d_x),
        inputs=(x, v, logits, tau) if free else (x, v, pi, sigma2),
        definitions=(*parameters, *lines) if free else lines,
        loss=F,
        constraints=() if free else (simplex,),
        vocabulary=vocabulary,
        letters=LETTERS,
        features={"mixture": "free" if free else "simplex"},
    )


PROTOTYPE_MIXTURES = {
    "prototype-mixture": {},
    "prototype-mixture-full": {"free": True},
}
"""The named variants and the features of each."""
