"""The forward filter of a hidden Markov model (law F3).

One step: the filter f_o is Bayes' posterior of the state from the joint distribution, it is right
on average (sum_o e_o f_os = b_s), and what a symbol tells about the state is never negative:

    sum_o e_o h_o = H(b) + sum_s b_s H(E_s) - H(e) <= H(b).

Three steps: the recursion gives what summing over all hidden paths gives, and the derivative of the
likelihood by an earlier observation is the smoothed posterior.

That the recursion is right after any number of observations follows from the single step, whose
belief a may be any distribution.

Source: agarwal2025geometry, section 4.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation, Inequality
from theory.algebra.symbols import total
from theory.laws.entries import Entries
from theory.laws.from_loss import derivation_from_loss
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.models.model import Model

__all__ = ["FILTERING"]

STEP, PATH = ("hidden-markov",), ("hidden-markov-path",)
FILTER = Citation("agarwal2025geometry", "section 4")
TANGENT = "u - 1 - log u is never negative"
POSITIVE = "all probabilities are positive, so that their logarithms exist"


def _posterior(m: Model) -> Equation:
    x = Entries(m)
    joint = total(x("J", x.q, x.s, x.o), x.q)
    return Equation(x("f", x.o, x.s), joint / total(x("J", x.q, x.r, x.o), x.q, x.r))


def _derive_posterior(m: Model) -> tuple[ProofStep, ...]:
    statement = _posterior(m)
    x = Entries(m)
    line = m.by_name["f"]
    both = total(x("a", x.q) * x("A", x.q, x.s) * x("E", x.s, x.o), x.q)
    return chain(
        statement.left,
        (line.value, line.title),
        (both / x("e", x.o), "the predicted state"),
        (statement.right, "the joint distribution, and its sum over both states"),
    )


def _average(m: Model) -> Equation:
    x = Entries(m)
    return Equation(total(x("e", x.o) * x("f", x.o, x.s), x.o), x("b", x.s))


def _derive_average(m: Model) -> tuple[ProofStep, ...]:
    statement = _average(m)
    x = Entries(m)
    return chain(
        statement.left,
        (total(x("b", x.s) * x("E", x.s, x.o), x.o), "definition of the filter"),
        (statement.right, "the symbols of a state sum to one"),
    )


def _uncertainty(x: Entries, name: str, *index) -> sp.Expr:
    """Return -sum x log x over the last index of a distribution."""
    p = x(name, *index)
    return -total(p * sp.log(p), index[-1])


def _entropy(m: Model) -> Equation:
    x = Entries(m)
    noise = total(x("b", x.s) * _uncertainty(x, "E", x.s, x.o), x.s)
    right = _uncertainty(x, "b", x.s) + noise - x("L")
    return Equation(total(x("e", x.o) * x("h", x.o), x.o), right)


def _derive_entropy(m: Model) -> tuple[ProofStep, ...]:
    statement = _entropy(m)
    x = Entries(m)
    b, E, e = x("b", x.s), x("E", x.s, x.o), x("e", x.o)
    logs = sp.log(b) + sp.log(E) - sp.log(e)
    loss = m.by_name["L"]
    return (
        ProofStep(loss.symbol, loss.value, loss.title),
        *chain(
            statement.left,
            (-total(e * x("f", x.o, x.s) * logs, x.o, x.s), "log of the filter"),
            (-total(b * E * logs, x.s, x.o), "definition of the filter"),
            (statement.right, "the symbols of a state sum to one"),
        ),
    )


def _information(m: Model) -> Inequality:
    x = Entries(m)
    left = total(x("e", x.o) * x("h", x.o), x.o)
    return Inequality(left, _uncertainty(x, "b", x.s))


def _derive_information(m: Model) -> tuple[ProofStep, ...]:
    statement = _information(m)
    x = Entries(m)
    f, b, e = x("f", x.o, x.s), x("b", x.s), x("e", x.o)
    told = total(e * f * (sp.log(f) - sp.log(b)), x.o, x.s)
    gaps = total(e * f * (b / f - 1 - sp.log(b / f)), x.o, x.s)
    lower = statement.right - gaps
    return (
        *_derive_average(m),
        *chain(
            statement.left,
            (statement.right - told, "the filter is the prediction on average"),
            (lower, "filter and prediction sum to one"),
        ),
        ProofStep(lower, statement.right, TANGENT, Inequality),
    )


def _paths(m: Model) -> Equation:
    x = Entries(m)
    ending, every = (total(x("w", x.q, x.r, k), x.q, x.r) for k in (x.s, x.t))
    return Equation(x("f", x.s), ending / total(every, x.t))


def _derive_paths(m: Model) -> tuple[ProofStep, ...]:
    statement = _paths(m)
    x = Entries(m)
    messages = [
        ProofStep(
            x(filtered, x.s),
            x(message, x.s) / total(x(message, x.t), x.t),
            f"filter after the {number} observation: the message, brought to sum one",
        )
        for filtered, message, number in (("a", "x", "first"), ("b", "y", "second"))
    ]
    line = m.by_name["f"]
    return (
        *messages,
        *chain(
            statement.left,
            (line.value, line.title),
            (x("z", x.s) / total(x("z", x.t), x.t), "what the messages are divided by cancels"),
            (statement.right, "write the messages out"),
        ),
    )


def _likelihood(m: Model) -> Equation:
    x = Entries(m)
    return Equation(x("L"), -sp.log(total(x("w", x.q, x.r, x.s), x.q, x.r, x.s)))


def _derive_likelihood(m: Model) -> tuple[ProofStep, ...]:
    statement = _likelihood(m)
    loss = m.by_name["L"]
    return chain(
        statement.left,
        (loss.value, loss.title),
        (statement.right, "write the messages out"),
    )


def _smoothing(m: Model) -> Equation:
    x = Entries(m)
    through = total(x("w", x.s, x.q, x.r), x.q, x.r)
    every = total(x("w", x.t, x.q, x.r), x.t, x.q, x.r)
    return Equation(-x("lambda", x.s) * x.gradient("lambda", x.s), through / every)


def _derive_smoothing(m: Model) -> tuple[ProofStep, ...]:
    statement = _smoothing(m)
    x = Entries(m)
    from_loss = derivation_from_loss(m, "lambda")
    return (
        *from_loss,
        *chain(
            statement.left,
            (-x("lambda", x.s) * from_loss[-1].right, "gradient by the likelihood of a state"),
            (statement.right, "every path through the state has its likelihood once"),
        ),
    )


FILTERING = (
    Law(
        "filter-posterior", "a step of the filter is Bayes' rule", FILTER, STEP,
        _posterior, _derive_posterior,
    ),
    Law(
        "filter-average", "the filter is right on average", FILTER, STEP,
        _average, _derive_average,
    ),
    Law(
        "filter-entropy", "expected entropy of the filter", FILTER, STEP,
        _entropy, _derive_entropy, (POSITIVE, "in nats; divided by log 2 they are bits"),
    ),
    Law(
        "filter-information", "a symbol never adds to the expected entropy of the state", FILTER,
        STEP, _information, _derive_information, (POSITIVE,),
    ),
    Law(
        "filter-paths", "the filter sums over all hidden paths", FILTER, PATH, _paths,
        _derive_paths, ("three observations; the single step carries it on to any number",),
    ),
    Law(
        "path-likelihood", "the likelihood sums over all hidden paths", FILTER, PATH,
        _likelihood, _derive_likelihood, ("three observations",),
    ),
    Law(
        "smoothing-gradient", "the smoothed state is a derivative of the likelihood", FILTER,
        PATH, _smoothing, _derive_smoothing, ("three observations; the first state",),
    ),
)  # fmt: skip
"""Law F3."""
