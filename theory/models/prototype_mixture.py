"""Data explained by prototypes: the Gaussian mixture whose EM algorithm attention resembles.

    D_ij = |x_i - v_j|^2                                                  squared distances
    d_ij = D_ij / (2 sigma^2) + (d_x/2) log(2 pi sigma^2) - log pi_j      energies, nats
    r_ij = exp(-d_ij) / sum_k exp(-d_ik)                                  responsibilities
    F    = - sum_i log sum_j exp(-d_ij)                  negative log-likelihood, nats

so exp(-d_ij) = pi_j N(x_i; v_j, sigma^2 I).  Shapes: x (N, d_x) data, v (K, d_x) prototypes,
pi (K,) weights, positive with sum one, sigma2 = sigma^2 > 0 the variance that all prototypes share.

Vocabulary: n_j = sum_i r_ij points that prototype j answers for; the M-steps v_star_j =
sum_i r_ij x_i / n_j, pi_star_j = n_j / N, and sigma2_star = sum_ij r_ij D_ij / (N d_x),
the variance at prototypes that stay where they are.  D_star, d_star, r_star and F_star are D, d, r
and F after the prototypes have moved to v_star; d_new, r_new and F_new after the weights have moved
to pi_star and the variance to sigma2_new = sum_ij r_ij D_star_ij / (N d_x) as well.

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

    def distance(centre: Tensor) -> sp.Expr:
        return total((x[i, a] - centre[j, a]) ** 2, a)

    def energy(apart: Tensor, weight: Tensor, variance: sp.Symbol) -> sp.Expr:
        normaliser = d_x / 2 * sp.log(2 * sp.pi * variance)
        return apart[i, j] / (2 * variance) + normaliser - sp.log(weight[j])

    def share(of: Tensor) -> sp.Expr:
        return sp.exp(-of[i, j]) / total(sp.exp(-of[i, k]), k)

    def likelihood(of: Tensor) -> sp.Expr:
        return -total(sp.log(total(sp.exp(-of[i, j]), j)), i)

    parameters = (
        Definition(pi[j], sp.exp(logits[j]) / total(sp.exp(logits[k]), k), "weights"),
        Definition(sigma2, sp.exp(tau), "variance"),
    )
    lines = (
        Definition(D[i, j], distance(v), "squared distances"),
        Definition(d[i, j], energy(D, pi, sigma2), "energies"),
        Definition(r[i, j], share(d), "responsibilities"),
        Definition(F, likelihood(d), "negative log-likelihood, nats"),
    )
    means, weights = Tensor("v_star", (K, d_x)), Tensor("pi_star", (K,), nonnegative=True)
    variance, spread = (scalar(f"sigma2_{name}", positive=True) for name in ("star", "new"))
    apart, near = Tensor("D_star", (N, K), nonnegative=True), Tensor("d_star", (N, K))
    nearest = Tensor("d_new", (N, K))
    moved, all_moved = (Tensor(f"r_{x}", (N, K), nonnegative=True) for x in ("star", "new"))
    vocabulary = (
        Definition(n[j], total(r[i, j], i), "effective number of points"),
        Definition(means[j, a], total(r[i, j] * x[i, a], i) / n[j], "M-step of the prototypes"),
        Definition(weights[j], n[j] / N, "M-step of the weights"),
        Definition(variance, total(r[i, j] * D[i, j], i, j) / (N * d_x), "M-step of the variance"),
        Definition(apart[i, j], distance(means), "squared distances after the M-step"),
        Definition(near[i, j], energy(apart, pi, sigma2), "energies at the new prototypes"),
        Definition(moved[i, j], share(near), "responsibilities at the new prototypes"),
        Definition(scalar("F_star"), likelihood(near), "loss at the new prototypes"),
        Definition(
            spread, total(r[i, j] * apart[i, j], i, j) / (N * d_x), "variance about new prototypes"
        ),
        Definition(nearest[i, j], energy(apart, weights, spread), "energies after the whole step"),
        Definition(all_moved[i, j], share(nearest), "responsibilities after the whole step"),
        Definition(scalar("F_new"), likelihood(nearest), "loss after the whole step"),
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
