"""The sticky Markov chain: stationary distribution, spectrum, entropy rate, filter (group E).

On a circle of N symbols

    sum_a (1/N) P_ab = 1/N                                    the uniform distribution is stationary
    sum_b P_ab x_b = ((1 - rho) m + rho) x_a                  waves are eigenvectors
    L = - sum_d p_d log p_d <= log N                          entropy rate

with m = sum_d w_d x_d the Fourier transform of the weights.  A state that is seen in Gaussian noise
is filtered by a softmax of scores that are linear in the observation.

Source: agarwal2025gradient, the sticky Markov chain of its experiments.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation, Inequality
from theory.algebra.symbols import total
from theory.laws.entries import Entries
from theory.laws.from_loss import derivation_from_loss
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.models.model import Model

__all__ = ["MARKOV_CHAIN"]

CIRCULANT, STICKY, NOISY = ("circulant-chain",), ("sticky-chain",), ("noisy-filter",)
CHAIN = Citation("agarwal2025gradient", "experiments, sticky Markov chain")
WAVE = "x is a cosine of any frequency round the circle, for which the addition theorem holds"
POSITIVE = "all probabilities are positive, so that their logarithms exist"


def _uniform(m: Model) -> Equation:
    x = Entries(m)
    return Equation(total(x("P", x.a, x.b) / x.N, x.a), 1 / x.N)


def _derive_uniform(m: Model) -> tuple[ProofStep, ...]:
    statement = _uniform(m)
    line = m.by_name["P"]
    x = Entries(m)
    if "W" in m.by_name:
        sums = ((1 - x("rho")) * total(x("W", x.a, x.b), x.a) + x("rho")) / x.N
        reason = "staying keeps a distribution"
    else:
        sums = total(x("p", x.d) * total(x("R", x.d, x.a, x.b), x.a), x.d) / x.N
        reason = "exchange the sums"
    return (
        ProofStep(line.symbol, line.value, line.title),
        *chain(
            statement.left,
            (sums, reason),
            (statement.right, "each step comes from one symbol, and steps sum to one"),
        ),
    )


def _entropy(m: Model) -> Equation:
    x = Entries(m)
    return Equation(x("L"), -total(x("p", x.d) * sp.log(x("p", x.d)), x.d))


def _derive_entropy(m: Model) -> tuple[ProofStep, ...]:
    statement = _entropy(m)
    x = Entries(m)
    loss = m.by_name["L"]
    both = x("R", x.d, x.a, x.b) * x("R", x.e, x.a, x.b)
    pairs = total(x("p", x.d) * sp.log(x("p", x.e)) * both, x.a, x.b, x.d, x.e)
    once = x("p", x.d) * sp.log(x("p", x.d)) * total(x("R", x.d, x.a, x.b), x.b)
    return chain(
        statement.left,
        (loss.value, loss.title),
        (-pairs / x.N, "transition probabilities and their logarithms"),
        (-total(once, x.a, x.d) / x.N, "from a to b leads one step only"),
        (statement.right, "each step leads to one symbol"),
    )


def _bound(m: Model) -> Inequality:
    x = Entries(m)
    return Inequality(x("L"), sp.log(x.N))


def _derive_bound(m: Model) -> tuple[ProofStep, ...]:
    statement = _bound(m)
    x = Entries(m)
    p = x("p", x.d)
    ratio = 1 / (x.N * p)
    gaps = total(p * (ratio - 1 - sp.log(ratio)), x.d)
    return (
        *_derive_entropy(m),
        *chain(
            statement.left,
            (-total(p * sp.log(p), x.d), "entropy rate found above"),
            (sp.log(x.N) - gaps, "steps sum to one"),
        ),
        ProofStep(
            sp.log(x.N) - gaps, statement.right, "u - 1 - log u is never negative", Inequality
        ),
    )


def _eigenvalue(x: Entries):
    return (1 - x("rho")) * x("m") + x("rho")


def _spectrum(m: Model) -> Equation:
    x = Entries(m)
    left = total(x("P", x.a, x.b) * x("x", x.b), x.b)
    return Equation(left, _eigenvalue(x) * x("x", x.a))


def _derive_spectrum(m: Model) -> tuple[ProofStep, ...]:
    statement = _spectrum(m)
    x = Entries(m)
    moved = total(x("W", x.a, x.b) * x("x", x.b), x.b)
    steps = total(x("w", x.d) * x("x", x.d), x.d) * x("x", x.a)
    return (
        ProofStep(moved, steps, "addition theorem for every step"),
        *chain(
            statement.left,
            ((1 - x("rho")) * moved + x("rho") * x("x", x.a), "transition probabilities"),
            (statement.right, "Fourier transform of the weights"),
        ),
    )


def _correlation(m: Model) -> Equation:
    x = Entries(m)
    return Equation(x("L"), _eigenvalue(x) * total(x("x", x.a) ** 2, x.a) / x.N)


def _derive_correlation(m: Model) -> tuple[ProofStep, ...]:
    statement = _correlation(m)
    x = Entries(m)
    loss = m.by_name["L"]
    inner = total(x("P", x.a, x.b) * x("x", x.b), x.b)
    return (
        *_derive_spectrum(m),
        *chain(
            statement.left,
            (loss.value, loss.title),
            (total(x("x", x.a) * inner, x.a) / x.N, "sum over the next symbol first"),
            (statement.right, "waves are eigenvectors"),
        ),
    )


def _softmax(m: Model) -> Equation:
    x = Entries(m)

    def weight(s):
        linear = total(x("mu", s, x.a) * x("x", x.a) - x("mu", s, x.a) ** 2 / 2, x.a)
        return x("b", s) * sp.exp(linear / x("sigma2"))

    return Equation(x("f", x.s), weight(x.s) / total(weight(x.r), x.r))


def _derive_softmax(m: Model) -> tuple[ProofStep, ...]:
    statement = _softmax(m)
    x = Entries(m)
    line = m.by_name["f"]

    def likely(s):
        apart = total((x("x", x.a) - x("mu", s, x.a)) ** 2, x.a)
        return x("b", s) * sp.exp(-apart / (2 * x("sigma2")))

    return chain(
        statement.left,
        (line.value, "Bayes' rule"),
        (likely(x.s) / total(likely(x.r), x.r), "scores"),
        (statement.right, "the square of the observation is common to all states"),
    )


def _mean_gradient(m: Model) -> Equation:
    x = Entries(m)
    pull = x("mu", x.s, x.a) - x("x", x.a)
    return Equation(x.gradient("mu", x.s, x.a), x("f", x.s) * pull / x("sigma2"))


def _observation_gradient(m: Model) -> Equation:
    x = Entries(m)
    mean = total(x("f", x.s) * x("mu", x.s, x.a), x.s)
    return Equation(x.gradient("x", x.a), (x("x", x.a) - mean) / x("sigma2"))


def _from_loss(name: str, state, reason: str):
    def derive(m: Model) -> tuple[ProofStep, ...]:
        statement = state(m)
        steps = derivation_from_loss(m, name)
        found = (steps[-1].right, "found above")
        return (*steps, *chain(statement.left, found, (statement.right, reason)))

    return derive


MARKOV_CHAIN = (
    Law(
        "chain-uniform", "the uniform distribution is stationary", CHAIN, CIRCULANT + STICKY,
        _uniform, _derive_uniform,
    ),
    Law(
        "chain-entropy-rate", "entropy rate of a chain on a circle", CHAIN, CIRCULANT,
        _entropy, _derive_entropy, (POSITIVE, "in nats, from the stationary distribution"),
    ),
    Law(
        "chain-entropy-bound", "the entropy rate is at most log N", CHAIN, CIRCULANT,
        _bound, _derive_bound, (POSITIVE,),
    ),
    Law(
        "chain-spectrum", "waves on the circle are eigenvectors", CHAIN, STICKY,
        _spectrum, _derive_spectrum, (WAVE,),
    ),
    Law(
        "chain-correlation", "correlation of successive values of a wave", CHAIN, STICKY,
        _correlation, _derive_correlation, (WAVE,),
    ),
    Law(
        "noisy-filter-softmax", "the filter is a softmax, linear in the observation", CHAIN, NOISY,
        _softmax, _derive_softmax,
    ),
    Law(
        "noisy-filter-means", "gradient of the surprise by the means", CHAIN, NOISY,
        _mean_gradient, _from_loss("mu", _mean_gradient, "definition of the filter"),
    ),
    Law(
        "noisy-filter-observation", "gradient of the surprise by the observation", CHAIN, NOISY,
        _observation_gradient,
        _from_loss("x", _observation_gradient, "the filter sums to one"),
    ),
)  # fmt: skip
"""Group E."""
