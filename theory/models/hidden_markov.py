"""One step of the forward filter of a hidden Markov model, and three steps of it.

    b_s  = sum_r a_r A_rs                 predicted state
    e_o  = sum_s b_s E_so                 probability of the next symbol
    f_os = b_s E_so / e_o                 filter: the state, given the symbol
    L    = - sum_o e_o log e_o            entropy of the next symbol, nats

a is the belief about the state before, A_rs the probability of going from r to s, E_so that of
seeing o in state s.

Shapes: a (S,), A (S, S), E (S, O), probabilities whose last axes sum to one.
Vocabulary: J_rso = a_r A_rs E_so, the joint distribution of both states and the symbol; h_o, the
entropy of the filter after the symbol o, in nats.

`hidden_markov_path` are three observations, from a prior pi.  Of each only how likely it is in
every state matters: lambda_s, mu_s, nu_s = E_{s o_1}, E_{s o_2}, E_{s o_3}.

    x_s = pi_s lambda_s,    y_s = sum_r x_r A_rs mu_s,    z_s = sum_r y_r B_rs nu_s
    L   = - log sum_s z_s                   negative log-likelihood of the observations, nats

Vocabulary: a_s, b_s, f_s, the filter after one, two and three observations, each computed from the
one before and brought to sum one; w_qrs = pi_q lambda_q A_qr mu_r B_rs nu_s, the weight of the
hidden path q, r, s.  A and B (S, S) are the transitions of the two steps, equal or not.

Source: agarwal2025geometry, section 4; the recursion is that of every hidden Markov model.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Index, Size, Tensor, indices, scalar, total
from theory.models.model import Constraint, Definition, Model

__all__ = ["hidden_markov", "hidden_markov_path"]


def hidden_markov(name: str = "hidden-markov") -> Model:
    """Return one step of the filter."""
    S, O = Size("S"), Size("O")  # noqa: E741  the letters of the field
    (r, s), o = indices("r s", S), Index("o", O)
    a, b = (Tensor(x, (S,), nonnegative=True) for x in "ab")
    A, E = Tensor("A", (S, S), nonnegative=True), Tensor("E", (S, O), nonnegative=True)
    e, h = Tensor("e", (O,), nonnegative=True), Tensor("h", (O,))
    f, J = Tensor("f", (O, S), nonnegative=True), Tensor("J", (S, S, O), nonnegative=True)
    L = scalar("L")
    return Model(
        name=name,
        title="one step of the filter of a hidden Markov model",
        sizes=(S, O),
        inputs=(a, A, E),
        definitions=(
            Definition(b[s], total(a[r] * A[r, s], r), "predicted state"),
            Definition(e[o], total(b[s] * E[s, o], s), "probability of the next symbol"),
            Definition(f[o, s], b[s] * E[s, o] / e[o], "filter"),
            Definition(L, -total(e[o] * sp.log(e[o]), o), "entropy of the next symbol, nats"),
        ),
        loss=L,
        constraints=(
            Constraint(Equation(total(a[s], s), 1), "sum_s a_s = 1"),
            Constraint(Equation(total(A[r, s], s), 1), "sum_s A_rs = 1"),
            Constraint(Equation(total(E[s, o], o), 1), "sum_o E_so = 1"),
        ),
        vocabulary=(
            Definition(J[r, s, o], a[r] * A[r, s] * E[s, o], "joint distribution"),
            Definition(h[o], -total(f[o, s] * sp.log(f[o, s]), s), "entropy of the filter, nats"),
        ),
        letters={"S": ("s", "r", "q"), "O": ("o", "p")},
        features={"markov": "hidden"},
    )


def hidden_markov_path(name: str = "hidden-markov-path") -> Model:
    """Return three observations: forward messages, their likelihood and the filter."""
    S = Size("S")
    q, r, s, t = indices("q r s t", S)
    pi, first, second, third, x, y, z, a, b, f = (
        Tensor(name, (S,), nonnegative=True)
        for name in ("pi", "lambda", "mu", "nu", "x", "y", "z", "a", "b", "f")
    )
    A, B = (Tensor(name, (S, S), nonnegative=True) for name in "AB")
    w, L = Tensor("w", (S, S, S), nonnegative=True), scalar("L")

    def message(before: Tensor, move: Tensor, likelihood: Tensor, here: Index) -> sp.Expr:
        return total(before[r] * move[r, here], r) * likelihood[here]

    def filtered(before: Tensor, move: Tensor, likelihood: Tensor) -> sp.Expr:
        every = total(message(before, move, likelihood, t), t)
        return message(before, move, likelihood, s) / every

    path = pi[q] * first[q] * A[q, r] * second[r] * B[r, s] * third[s]
    one = pi[s] * first[s] / total(pi[t] * first[t], t)
    return Model(
        name=name,
        title="three observations of a hidden Markov model",
        sizes=(S,),
        inputs=(pi, A, B, first, second, third),
        definitions=(
            Definition(x[s], pi[s] * first[s], "forward message of the first observation"),
            Definition(y[s], message(x, A, second, s), "forward message of the second observation"),
            Definition(z[s], message(y, B, third, s), "forward message of the third observation"),
            Definition(L, -sp.log(total(z[s], s)), "negative log-likelihood, nats"),
        ),
        loss=L,
        constraints=(
            Constraint(Equation(total(pi[s], s), 1), "sum_s pi_s = 1"),
            Constraint(Equation(total(A[r, s], s), 1), "sum_s A_rs = 1"),
            Constraint(Equation(total(B[r, s], s), 1), "sum_s B_rs = 1"),
        ),
        vocabulary=(
            Definition(a[s], one, "filter after the first observation"),
            Definition(b[s], filtered(a, A, second), "filter after the second observation"),
            Definition(f[s], filtered(b, B, third), "filter after the third observation"),
            Definition(w[q, r, s], path, "weight of a hidden path"),
        ),
        letters={"S": ("s", "r", "q", "t")},
        features={"markov": "path"},
    )
