"""First-order laws of a softmax attention head (group A).

How the cross-entropy loss changes with every quantity of the head.  The two central ones:

    dL/ds_ij = alpha_ij (b_ij - E_{alpha_i}[b])        advantage-based routing law
    Delta v_j = -eta sum_i alpha_ij u_i                responsibility-weighted update

Sign convention: b_ij = u_i . v_j with u_i = dL/dg_i, so a *negative* advantage means that attending
more to j lowers the loss.  Source: agarwal2025gradient, sections 3 and 4; the baseline identity is
the D_i of dao2022flash.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Partial, Step, delta, total
from theory.laws.from_loss import derivation_from_loss, last_stage
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.laws.notation import HeadNotation
from theory.models.attention_head import ATTENTION_HEADS
from theory.models.model import Model
from theory.models.resolution import theory_of

__all__ = ["FIRST_ORDER"]

EVERY = tuple(ATTENTION_HEADS)
SELF_ATTENTION = tuple(n for n, f in ATTENTION_HEADS.items() if not f.get("cross"))
UNMASKED = tuple(n for n, f in ATTENTION_HEADS.items() if not f.get("mask"))
SOFTMAX = Citation("agarwal2025gradient", "section 3.1")
GRADIENTS = Citation("agarwal2025gradient", "section 3")
UPDATES = Citation("agarwal2025gradient", "section 4")


def _softmax_jacobian(m: Model) -> Equation:
    x = HeadNotation(m)
    alpha_j, alpha_k = x.entry("alpha", x.i, x.j), x.entry("alpha", x.i, x.k)
    return Equation(Partial(alpha_j, x.entry("s", x.i, x.k)), alpha_j * (delta(x.j, x.k) - alpha_k))


def _derive_softmax_jacobian(m: Model) -> tuple[ProofStep, ...]:
    statement = _softmax_jacobian(m)
    line = m.by_name["alpha"]
    x = HeadNotation(m)
    log_alpha = sp.log(x.entry("alpha", x.i, x.j))
    score = x.entry("s", x.i, x.k)
    return (
        ProofStep(line.symbol, line.value, "definition of the attention weights"),
        *chain(
            statement.left,
            (x.entry("alpha", x.i, x.j) * Partial(log_alpha, score), "d alpha = alpha d log alpha"),
            (statement.right, "the log of the normaliser has the derivative alpha"),
        ),
    )


def _log_softmax_jacobian(m: Model) -> Equation:
    x = HeadNotation(m)
    log_alpha = sp.log(x.entry("alpha", x.i, x.j))
    return Equation(
        Partial(log_alpha, x.entry("s", x.i, x.k)), delta(x.j, x.k) - x.entry("alpha", x.i, x.k)
    )


def _derive_log_softmax_jacobian(m: Model) -> tuple[ProofStep, ...]:
    statement = _log_softmax_jacobian(m)
    x = HeadNotation(m)
    normaliser = total(sp.exp(x.entry("s", x.i, x.l)), x.l)
    log_alpha = x.entry("s", x.i, x.j) - sp.log(normaliser)
    score = x.entry("s", x.i, x.k)
    return (
        ProofStep(sp.log(x.entry("alpha", x.i, x.j)), log_alpha, "log of the softmax"),
        *chain(
            statement.left,
            (Partial(log_alpha, score), "differentiate the log-softmax"),
            (delta(x.j, x.k) - sp.exp(score) / normaliser, "derivative of log-sum-exp"),
            (statement.right, "definition of the attention weights"),
        ),
    )


def _logit_gradient(m: Model) -> Equation:
    x = HeadNotation(m)
    error = x.entry("p", x.i, x.c) - x.entry("y", x.i, x.c)
    return Equation(x.grad("z", x.i, x.c), x.weight(x.i) * error)


def _upstream_gradient(m: Model) -> Equation:
    x = HeadNotation(m)
    error = x.entry("p", x.i, x.c) - x.entry("y", x.i, x.c)
    body = x.entry("W_O", x.c, x.a) * error
    return Equation(x.entry("u", x.i, x.a), x.weight(x.i) * total(body, x.c))


def _derive_upstream_gradient(m: Model) -> tuple[ProofStep, ...]:
    statement = _upstream_gradient(m)
    x = HeadNotation(m)
    return (
        *derivation_from_loss(m, "z"),
        *last_stage(m, "g")[:-1],
        *chain(
            statement.left,
            (x.grad("g", x.i, x.a), "definition of the upstream gradient"),
            (statement.right, "insert the logit gradient"),
        ),
    )


def _output_weight_gradient(m: Model) -> Equation:
    x = HeadNotation(m)
    error = x.entry("p", x.i, x.c) - x.entry("y", x.i, x.c)
    right = total(x.weight(x.i) * error * x.entry("g", x.i, x.a), x.i)
    return Equation(x.grad("W_O", x.c, x.a), right)


def _attention_weight_gradient(m: Model) -> Equation:
    x = HeadNotation(m)
    return Equation(x.grad("alpha", x.i, x.j), x.entry("b", x.i, x.j))


def _advantage_routing(m: Model) -> Equation:
    x = HeadNotation(m)
    advantage = x.entry("b", x.i, x.j) - x.baseline
    return Equation(x.grad("s", x.i, x.j), x.entry("alpha", x.i, x.j) * advantage)


def _value_gradient(m: Model) -> Equation:
    x = HeadNotation(m)
    right = total(x.entry("alpha", x.i, x.j) * x.entry("u", x.i, x.a), x.i)
    return Equation(x.grad("v", x.j, x.a), right)


def _responsibility_update(m: Model) -> Equation:
    x = HeadNotation(m)
    value = x.entry("v", x.j, x.a)
    return Equation(Step(value, x.eta, value), -x.eta * _value_gradient(m).right)


def _derive_responsibility_update(m: Model) -> tuple[ProofStep, ...]:
    statement = _responsibility_update(m)
    x = HeadNotation(m)
    return (
        *derivation_from_loss(m, "v"),
        *chain(
            statement.left,
            (-x.eta * x.grad("v", x.j, x.a), "one gradient step of rate eta"),
            (statement.right, "insert the value gradient"),
        ),
    )


def _baseline_identity(m: Model) -> Equation:
    x = HeadNotation(m)
    return Equation(x.baseline, total(x.entry("u", x.i, x.a) * x.entry("g", x.i, x.a), x.a))


def _derive_baseline_identity(m: Model) -> tuple[ProofStep, ...]:
    statement = _baseline_identity(m)
    x = HeadNotation(m)
    u, alpha, v = x.entry("u", x.i, x.a), x.entry("alpha", x.i, x.k), x.entry("v", x.k, x.a)
    return chain(
        statement.left,
        (total(alpha * total(u * v, x.a), x.k), "definition of b"),
        (total(u * total(alpha * v, x.k), x.a), "exchange the sums"),
        (statement.right, "definition of the context"),
    )


def _query_gradient(m: Model) -> Equation:
    x = HeadNotation(m)
    weight = x.entry("alpha", x.i, x.j) * x.entry("A", x.i, x.j)
    return Equation(x.grad("q", x.i, x.r), x.scale * total(weight * x.entry("k", x.j, x.r), x.j))


def _key_gradient(m: Model) -> Equation:
    x = HeadNotation(m)
    weight = x.entry("alpha", x.i, x.j) * x.entry("A", x.i, x.j)
    return Equation(x.grad("k", x.j, x.r), x.scale * total(weight * x.entry("q", x.i, x.r), x.i))


def _query_weight_gradient(m: Model) -> Equation:
    x = HeadNotation(m)
    body = x.entry("X", x.i, x.e) * x.entry("D", x.i, x.j) * x.entry("k", x.j, x.r)
    return Equation(x.grad("W_Q", x.e, x.r), x.scale * total(body, x.i, x.j))


def _key_weight_gradient(m: Model) -> Equation:
    x = HeadNotation(m)
    body = x.entry(x.key_inputs, x.j, x.e) * x.entry("D", x.i, x.j) * x.entry("q", x.i, x.r)
    return Equation(x.grad("W_K", x.e, x.r), x.scale * total(body, x.i, x.j))


def _value_weight_gradient(m: Model) -> Equation:
    x = HeadNotation(m)
    body = x.entry(x.key_inputs, x.j, x.e) * x.entry("alpha", x.i, x.j) * x.entry("u", x.i, x.a)
    return Equation(x.grad("W_V", x.e, x.a), total(body, x.i, x.j))


def _input_gradient(m: Model) -> Equation:
    x = HeadNotation(m)
    values = x.entry("alpha", x.j, x.i) * x.entry("u", x.j, x.a) * x.entry("W_V", x.e, x.a)
    queries = x.entry("D", x.i, x.j) * x.entry("k", x.j, x.r) * x.entry("W_Q", x.e, x.r)
    keys = x.entry("D", x.j, x.i) * x.entry("q", x.j, x.r) * x.entry("W_K", x.e, x.r)
    right = (
        x.over_heads(total(values, x.j, x.a))
        + x.scale * x.over_heads(total(queries, x.j, x.r))
        + x.scale * x.over_heads(total(keys, x.j, x.r))
    )
    return Equation(x.grad("X", x.i, x.e), right)


def _entropy(x: HeadNotation) -> sp.Expr:
    alpha = x.entry("alpha", x.i, x.k)
    return -total(alpha * sp.log(alpha), x.k)


def _entropy_gradient(m: Model) -> Equation:
    x = HeadNotation(m)
    alpha, entropy = x.entry("alpha", x.i, x.j), _entropy(x)
    return Equation(Partial(entropy, x.entry("s", x.i, x.j)), -alpha * (sp.log(alpha) + entropy))


def _derive_entropy_gradient(m: Model) -> tuple[ProofStep, ...]:
    statement = _entropy_gradient(m)
    x = HeadNotation(m)
    alpha_k = x.entry("alpha", x.i, x.k)
    local = alpha_k * (delta(x.k, x.j) - x.entry("alpha", x.i, x.j))
    jacobian = Partial(alpha_k, x.entry("s", x.i, x.j))
    return chain(
        statement.left,
        (
            -total((sp.log(alpha_k) + 1) * jacobian, x.k),
            "product rule: d(a log a) = (log a + 1) da",
        ),
        (-total((sp.log(alpha_k) + 1) * local, x.k), "softmax Jacobian"),
        (statement.right, "contract the delta; the weights sum to one"),
    )


def _from_loss(name: str, state):
    """Return a derivation: back from the loss to ``name``, then to the statement's own form."""

    def derive(m: Model) -> tuple[ProofStep, ...]:
        statement = state(m)
        steps = derivation_from_loss(m, name)
        own = theory_of(m).adjoints[name].at(statement.left.args[1], "value")
        if steps[-1].right != statement.right:
            reason = "insert the definitions of b, A, D and the gradients found above"
            steps += chain(statement.left, (own, "found above"), (statement.right, reason))
        return steps

    return derive


FIRST_ORDER = (
    Law(
        "softmax-jacobian", "Jacobian of the attention weights", SOFTMAX, EVERY,
        _softmax_jacobian, _derive_softmax_jacobian,
    ),
    Law(
        "log-softmax-jacobian", "Jacobian of the log attention weights", SOFTMAX, UNMASKED,
        _log_softmax_jacobian, _derive_log_softmax_jacobian,
    ),
    Law(
        "logit-gradient", "gradient of cross-entropy by the logits", GRADIENTS, EVERY,
        _logit_gradient, _from_loss("z", _logit_gradient),
    ),
    Law(
        "upstream-gradient", "upstream gradient at position i", GRADIENTS, EVERY,
        _upstream_gradient, _derive_upstream_gradient,
    ),
    Law(
        "output-weight-gradient", "gradient by the output weights", GRADIENTS, EVERY,
        _output_weight_gradient, _from_loss("W_O", _output_weight_gradient),
    ),
    Law(
        "attention-weight-gradient", "gradient by the attention weights", GRADIENTS, EVERY,
        _attention_weight_gradient, _from_loss("alpha", _attention_weight_gradient),
    ),
    Law(
        "advantage-routing", "advantage-based routing law", GRADIENTS, EVERY,
        _advantage_routing, _from_loss("s", _advantage_routing),
    ),
    Law(
        "value-gradient", "gradient by the values", GRADIENTS, EVERY,
        _value_gradient, _from_loss("v", _value_gradient),
    ),
    Law(
        "responsibility-update", "responsibility-weighted value update", UPDATES, EVERY,
        _responsibility_update, _derive_responsibility_update,
    ),
    Law(
        "baseline-identity", "the baseline is the upstream gradient on the context",
        Citation("dao2022flash", "appendix B"), EVERY,
        _baseline_identity, _derive_baseline_identity,
    ),
    Law(
        "query-gradient", "gradient by the queries", UPDATES, EVERY,
        _query_gradient, _from_loss("q", _query_gradient),
    ),
    Law(
        "key-gradient", "gradient by the keys", UPDATES, EVERY,
        _key_gradient, _from_loss("k", _key_gradient),
    ),
    Law(
        "query-weight-gradient", "gradient by the query weights", UPDATES, EVERY,
        _query_weight_gradient, _from_loss("W_Q", _query_weight_gradient),
    ),
    Law(
        "key-weight-gradient", "gradient by the key weights", UPDATES, EVERY,
        _key_weight_gradient, _from_loss("W_K", _key_weight_gradient),
    ),
    Law(
        "value-weight-gradient", "gradient by the value weights", UPDATES, EVERY,
        _value_weight_gradient, _from_loss("W_V", _value_weight_gradient),
    ),
    Law(
        "input-gradient", "gradient by the inputs of self-attention", UPDATES, SELF_ATTENTION,
        _input_gradient, _from_loss("X", _input_gradient),
    ),
    Law(
        "entropy-gradient", "gradient of the attention entropy by the scores", GRADIENTS, UNMASKED,
        _entropy_gradient, _derive_entropy_gradient,
    ),
)  # fmt: skip
"""Laws A1 to A12, in the order in which they build on each other."""
