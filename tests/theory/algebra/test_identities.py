"""Identities of softmax theory that the normal form must decide, each checked at points as well.

A peer fails at exp(s - lse) = softmax, softmax^2 = exp(2s)/Z^2 and an entropy gradient that is
stated with log-softmax.
"""

import pytest
import sympy as sp

from tests.theory.algebra.vocabulary import (
    C,
    D,
    N,
    S,
    T,
    V,
    X,
    Z,
    a,
    b,
    c,
    d,
    e,
    f,
    g,
    h,
    i,
    j,
    k,
    l,
    lam,
    lse,
    m,
    o,
    p,
    q,
    r,
    s,
    sigma,
    softmax,
    values_agree,
    w,
    x,
    y,
    z,
)
from theory.algebra.expressions import differentiate, substitute
from theory.algebra.normal_form import proved_equal
from theory.algebra.symbols import delta, indices, total

half = sp.Rational(1, 2)


def at(expression, index):
    """The expression at another key."""
    return substitute(expression, {m: index})


log_softmax = s[i, m] - lse
entropy = -total(at(softmax, o) * at(log_softmax, o), o)
sink = sp.exp(s[i, m]) / (1 + Z)
(u, v) = indices("u v", N)
sq = total((X[i, f] - V[m, f]) ** 2, f)
gauss = sp.exp(-sq / (2 * sigma**2))
responsibility = gauss / at(total(gauss, m), m)
weighted = lam + x[i] ** 2

SOFTMAX = {
    "softmax as exp(s - lse)": (sp.exp(s[i, m] - lse), softmax),
    "softmax squared": (softmax**2, sp.exp(2 * s[i, m]) / Z**2),
    "softmax of a temperature": (softmax**half, sp.exp(s[i, m] / 2) / sp.sqrt(Z)),
    "log of a softmax": (sp.log(softmax), log_softmax),
    "rows sum to one": (total(softmax, m), 1),
    "rows sum to one under a weight": (total(x[i] * softmax, m), x[i]),
    "rows of all positions": (total(softmax, i, m), T),
    "shift invariance": (
        sp.exp(s[i, m] + x[i]) / total(sp.exp(s[i, o] + x[i]), o),
        softmax,
    ),
    "ratio of two entries": (softmax / at(softmax, u), sp.exp(s[i, m] - s[i, u])),
    "second moment": (
        total((w[m] - total(at(softmax, o) * w[o], o)) ** 2 * softmax, m),
        total(softmax * w[m] ** 2, m) - total(softmax * w[m], m) ** 2,
    ),
    "covariance as a double sum": (
        total(softmax * at(softmax, u) * (w[m] - w[u]) ** 2, m, u) / 2,
        total(softmax * w[m] ** 2, m) - total(softmax * w[m], m) ** 2,
    ),
    "softmax gradient": (
        differentiate(softmax, s[i, u]),
        softmax * (delta(m, u) - at(softmax, u)),
    ),
    "log-softmax gradient": (differentiate(log_softmax, s[i, u]), delta(m, u) - at(softmax, u)),
    "lse gradient": (differentiate(lse, s[i, m]), softmax),
    "lse gradient at another position": (differentiate(lse, s[j, m]), delta(i, j) * softmax),
    "lse Hessian": (
        differentiate(differentiate(lse, s[i, m]), s[i, u]),
        softmax * delta(m, u) - softmax * at(softmax, u),
    ),
    "entropy with lse": (entropy, lse - total(at(softmax, o) * s[i, o], o)),
    "entropy gradient with log-softmax": (
        differentiate(entropy, s[i, m]),
        -softmax * (log_softmax + entropy),
    ),
    "entropy gradient with scores": (
        differentiate(entropy, s[i, m]),
        -softmax * (s[i, m] - total(at(softmax, o) * s[i, o], o)),
    ),
    "sink: missing mass": (total(sink, m), 1 - 1 / (1 + Z)),
    "sink gradient": (differentiate(sink, s[i, u]), sink * (delta(m, u) - at(sink, u))),
    "sink as an extra key": (sink, sp.exp(s[i, m] - sp.log(1 + Z))),
    "softplus gradient": (
        differentiate(sp.log(1 + sp.exp(x[i])), x[i]),
        1 / (1 + sp.exp(-x[i])),
    ),
}

DIVERGENCES = {
    "KL as cross-entropy minus entropy": (
        total(p[c] * sp.log(p[c] / q[c]), c),
        total(p[c] * sp.log(p[c]), c) - total(p[c] * sp.log(q[c]), c),
    ),
    "KL gradient by the second": (
        differentiate(total(p[c] * sp.log(p[c] / q[c]), c), q[d]),
        -p[d] / q[d],
    ),
    "KL gradient by the first": (
        differentiate(total(p[c] * sp.log(p[c] / q[c]), c), p[d]),
        sp.log(p[d] / q[d]) + 1,
    ),
    "KL of two softmaxes": (
        total(softmax * (log_softmax - w[m] + sp.log(total(sp.exp(w[o]), o))), m),
        total(softmax * (s[i, m] - w[m]), m) - lse + sp.log(total(sp.exp(w[o]), o)),
    ),
    "cross-entropy gradient by logits": (
        differentiate(-total(p[c] * (S[i, i] * 0 + sp.log(q[c] / total(q[e], e))), c), q[d]),
        -p[d] / q[d] + total(p[c], c) / total(q[e], e),
    ),
}

FUNCTIONS = {
    "sigmoid and its mirror": (1 / (1 + sp.exp(-a)) + 1 / (1 + sp.exp(a)), 1),
    "sigmoid derivative": (
        differentiate(1 / (1 + sp.exp(-a)), a),
        1 / (1 + sp.exp(-a)) * 1 / (1 + sp.exp(a)),
    ),
    "tanh by sigmoid": (sp.tanh(a), 2 / (1 + sp.exp(-2 * a)) - 1),
    "tanh derivative": (differentiate(sp.tanh(a), a), 1 - sp.tanh(a) ** 2),
    "sech squared": (sp.sech(a) ** 2, 1 - sp.tanh(a) ** 2),
    "hyperbolic Pythagoras": (sp.cosh(a) ** 2 - sp.sinh(a) ** 2, 1),
    "coth and csch": (sp.coth(a) ** 2 - sp.csch(a) ** 2, 1),
    "tanh of a sum": (
        sp.tanh(a + b),
        (sp.tanh(a) + sp.tanh(b)) / (1 + sp.tanh(a) * sp.tanh(b)),
    ),
    "two-key softmax is a sigmoid": (sp.exp(a) / (sp.exp(a) + sp.exp(b)), 1 / (1 + sp.exp(b - a))),
    "difference of sigmoids": (
        1 / (1 + sp.exp(-a)) - 1 / (1 + sp.exp(-b)),
        (sp.exp(a) - sp.exp(b)) / ((1 + sp.exp(a)) * (1 + sp.exp(b))),
    ),
    "exp of log odds": (sp.exp(sp.log(x[i] / (1 - x[i]))), x[i] / (1 - x[i])),
    "logistic function of log odds": (1 / (1 + sp.exp(-sp.log(x[i] / (1 - x[i])))), x[i]),
    "exp of twice a log, and more": (
        sp.exp(2 * sp.log(x[i] * lam) + r[k]),
        (x[i] * lam) ** 2 * sp.exp(r[k]),
    ),
    "a Bernoulli likelihood as an exponential": (
        x[i] ** lam * (1 - x[i]) ** (1 - lam),
        sp.exp(lam * sp.log(x[i]) + (1 - lam) * sp.log(1 - x[i])),
    ),
    "exp of a sum of logs": (sp.exp(total(sp.log(r[k]), k)), sp.exp(total(sp.log(r[j]), j))),
    "symbolic power of a positive": (h ** (T + 1), h * h**T),
    "symbolic power of any sign": (a ** (2 * T) * a, a ** (2 * T + 1)),
    "constants": (sp.E ** (a + 1), sp.E * sp.exp(a)),
}

SIZES_AND_ROOTS = {
    "root of a size squared": (sp.sqrt(D) ** 2, D),
    "quotient of roots": (D / sp.sqrt(D), sp.sqrt(D)),
    "root of a product of sizes": (sp.sqrt(D * T), sp.sqrt(D) * sp.sqrt(T)),
    "rational roots": (sp.sqrt(8) / 2, sp.sqrt(2)),
    "roots that meet": (sp.sqrt(6) * sp.sqrt(10), 2 * sp.sqrt(15)),
    "root of a sum that is a number": (sp.sqrt(total(sp.Integer(4), k)), 2 * sp.sqrt(T)),
    "root of a fraction": (sp.sqrt(T / D), sp.sqrt(T) / sp.sqrt(D)),
    "scaled scores": (
        total(X[i, f] * V[m, f], f) / sp.sqrt(D) * sp.sqrt(D) ** 3,
        D * total(X[i, f] * V[m, f], f),
    ),
    "mean over positions": (total(x[k] / T, k) * T, total(x[l], l)),
    "root of a positive square": (sp.sqrt(h**2 * sigma), h * sp.sqrt(sigma)),
}

FRACTIONS = {
    "partial fractions": (1 / ((1 + a) * (2 + a)), 1 / (1 + a) - 1 / (2 + a)),
    "partial fractions inside a sum": (
        total(1 / ((1 + x[k] ** 2) * (2 + x[k] ** 2)), k),
        total(1 / (1 + x[k] ** 2) - 1 / (2 + x[k] ** 2), k),
    ),
    "part of a denominator": (x[i] ** 2 / weighted, 1 - lam / weighted),
    "sum over a shared denominator": (
        total(x[k] ** 2 / total(lam + x[l] ** 2, l), k),
        1 - T * lam / total(lam + x[l] ** 2, l),
    ),
    "three denominators": (
        1 / (a + h) + 1 / (b + h) - 1 / (a + b),
        ((a + b + 2 * h) * (a + b) - (a + h) * (b + h)) / ((a + h) * (b + h) * (a + b)),
    ),
    "a denominator that factors": ((a**2 - b**2) / (a - b), a + b),
    "denominator in a denominator": (1 / (1 + 1 / (1 + h)), (1 + h) / (2 + h)),
    "nested denominators with a bound outer index": (
        total(x[i] * sp.exp(s[i, m]) / Z, i, m),
        total(x[k], k),
    ),
    "weights over nested denominators": (
        total(w[m] * sp.exp(s[i, m]) / total(sp.exp(s[i, o]) * (1 + w[o]), o), m),
        1 - Z / total(sp.exp(s[i, o]) * (1 + w[o]), o),
    ),
    "responsibilities sum to one": (total(responsibility, m), 1),
    "responsibilities without the common square": (
        responsibility,
        sp.exp(total(X[i, f] * V[m, f] - V[m, f] ** 2 / 2, f) / sigma**2)
        / total(sp.exp(total(X[i, f] * V[o, f] - V[o, f] ** 2 / 2, f) / sigma**2), o),
    ),
    "gradient of the mixture's free energy": (
        differentiate(-total(sp.log(total(gauss, m)), i), V[u, g]),
        total(at(responsibility, u) * (V[u, g] - X[i, g]), i) / sigma**2,
    ),
    "two sums in one denominator": (
        (total(x[k] ** 2, k) + total(r[k], k)) / (total(r[k], k) + total(x[l] ** 2, l)),
        1,
    ),
}

ALL = {**SOFTMAX, **DIVERGENCES, **FUNCTIONS, **SIZES_AND_ROOTS, **FRACTIONS}


@pytest.mark.parametrize("name", ALL)
def test_identity(name):
    left, right = (sp.sympify(side) for side in ALL[name])
    assert True in values_agree(left, right) and False not in values_agree(left, right)
    assert proved_equal(left, right)


@pytest.mark.parametrize("name", ALL)
def test_an_identity_with_one_sign_changed_is_not_proved(name):
    left, right = (sp.sympify(side) for side in ALL[name])
    assert False in values_agree(left, -right)
    assert not proved_equal(left, -right)


@pytest.mark.parametrize("name", ALL)
def test_an_identity_with_a_term_too_many_is_not_proved(name):
    left, right = (sp.sympify(side) for side in ALL[name])
    extra = right + y[j] * z[j] / 7
    assert False in values_agree(left, extra)
    assert not proved_equal(left, extra)


def test_sizes_named_alike_are_one_size():
    assert proved_equal(total(sp.Integer(1), c), C)
    assert proved_equal(total(sp.Integer(1), m), N)
