"""The peer tensorgrad: it derives gradients of one softmax attention head and proves the laws.

L = - sum_ic y_ic log softmax(z_i)_c,  z = alpha v W_O^T,  alpha = softmax(s over j),
sum_c y_ic = 1. For each law: seconds to derive (Derivative, simplified), seconds to prove
(full_simplify of derived - claim), and whether the difference became the zero tensor.
"""

import time

import tensorgrad as tg
import tensorgrad.functions as F
from sympy import symbols
from tensorgrad import Ones, Variable, Zero

i, j, d, c = symbols("i j d c")


def is_zero(expr):
    """True when the simplified expression is the zero tensor."""
    return isinstance(expr, Zero) or (isinstance(expr, tg.Sum) and not expr.terms)


def head():
    """The model as tensorgrad expressions: inputs, intermediates, loss."""
    s, v, w = Variable("s", i, j), Variable("v", j, d), Variable("W", c, d)
    y = Variable("y", i, c)
    y = y.with_eq_constraint(F.sum(y, ["c"]), 1)
    alpha = F.softmax(s, dim="j")
    g = alpha @ v
    z = g @ w
    return {"s": s, "v": v, "W": w, "y": y, "alpha": alpha, "g": g, "z": z, "L": head_loss(z, y)}


def head_loss(z, y):
    """Cross-entropy summed over positions and classes."""
    return F.sum(F.cross_entropy(z, y, dim="c"))


def laws(m):
    """Name -> (what to differentiate, with respect to what, the claim)."""
    logits = Variable("z", i, c)
    p = F.softmax(m["z"], dim="c")
    u = (p - m["y"]) @ m["W"]  # (i, d)
    b = u @ m["v"]  # (i, j)
    alpha = m["alpha"]
    baseline = F.sum(alpha * b, ["j"], keepdims=True)
    return {
        "A2 dL/dz": (head_loss(logits, m["y"]), logits, F.softmax(logits, dim="c") - m["y"]),
        "A4 dL/dW_O": (m["L"], m["W"], (p - m["y"]) @ m["g"]),
        "A6 dL/ds": (m["L"], m["s"], alpha * (b - baseline)),
        "wrong: A6, no baseline": (m["L"], m["s"], alpha * b),
        "A7 dL/dv": (m["L"], m["v"], alpha @ u),
    }


def identities():
    """Name -> (left, right), the equalities that proofhead reduces first."""
    x = Variable("x", j)
    e = F.exp(x)
    zed = F.sum(e, ["j"], keepdims=True)
    p = F.softmax(x, dim="j")
    entropy = -F.sum(p * F.log_softmax(x, dim="j"), ["j"])
    return {
        "exp(s - lse) = softmax": (F.exp(x - F.log(zed)), p),
        "softmax^2 = exp(2s)/Z^2": (p * p, F.exp(2 * x) / (zed * zed)),
        "dH/ds, with log-softmax": (
            tg.Derivative(entropy, x, {"j": "j"}),
            -p * (F.log_softmax(x, dim="j") + entropy @ Ones(j=j)),
        ),
        "dH/ds, with log(softmax)": (
            tg.Derivative(-F.sum(p * F.log(p), ["j"]), x, {"j": "j"}),
            -p * (F.log_softmax(x, dim="j") + entropy @ Ones(j=j)),
        ),
    }


def timed(work, *arguments):
    """The result and the seconds."""
    start = time.perf_counter()
    return work(*arguments), time.perf_counter() - start


def derive(value, wrt):
    """The gradient, simplified; its edges keep the names of `wrt`."""
    return tg.Derivative(value, wrt, {edge: edge for edge in wrt.edges}).simplify()


def prove(left, right):
    """Whether tensorgrad reduces the difference to zero. False is "not proved", not "refuted"."""
    return is_zero((left - right).full_simplify())
