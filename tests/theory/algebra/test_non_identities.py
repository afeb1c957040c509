"""Near misses: what people write by mistake.  Each differs at a point, and none may be proved."""

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
    f,
    g,
    h,
    i,
    j,
    k,
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
)
from theory.algebra.expressions import differentiate, substitute
from theory.algebra.normal_form import normal_form, proved_equal
from theory.algebra.symbols import delta, indices, total

(u,) = indices("u", N)


def at(index):
    return substitute(softmax, {m: index})


mean = total(at(o) * w[o], o)
entropy = -total(at(o) * sp.log(at(o)), o)
sq = total((X[i, f] - V[m, f]) ** 2, f)
gauss = sp.exp(-sq / (2 * sigma**2))
evidence = total(gauss, m)

NEAR_MISSES = {
    "softmax over the wrong axis": (softmax, sp.exp(s[i, m]) / total(sp.exp(s[k, m]), k)),
    "softmax without its normaliser": (softmax, sp.exp(s[i, m])),
    "softmax squared over Z": (softmax**2, sp.exp(2 * s[i, m]) / Z),
    "softmax squared as softmax of 2s": (
        softmax**2,
        sp.exp(2 * s[i, m]) / total(sp.exp(2 * s[i, o]), o),
    ),
    "columns do not sum to one": (total(softmax, i), sp.Integer(1)),
    "all rows count": (total(softmax, i, m), N),
    "gradient without delta": (differentiate(softmax, s[i, u]), softmax * (1 - at(u))),
    "gradient with the delta of another index": (
        differentiate(softmax, s[i, u]),
        softmax * (delta(m, u) - softmax),
    ),
    "gradient at another position": (
        differentiate(softmax, s[j, u]),
        softmax * (delta(m, u) - at(u)),
    ),
    "gradient of the log is not that of softmax": (
        differentiate(s[i, m] - lse, s[i, u]),
        softmax * (delta(m, u) - at(u)),
    ),
    "lse is not the greatest": (lse, total(s[i, o], o)),
    "lse of a shift": (sp.log(total(sp.exp(s[i, o] + x[i]), o)), lse + N * x[i]),
    "entropy with the wrong sign": (entropy, total(at(o) * s[i, o], o) - lse),
    "entropy gradient without baseline": (
        differentiate(entropy, s[i, m]),
        -softmax * sp.log(softmax),
    ),
    "entropy gradient with the wrong sign": (
        differentiate(entropy, s[i, m]),
        softmax * (sp.log(softmax) + entropy),
    ),
    "variance without the square of the mean": (
        total(softmax * (w[m] - mean) ** 2, m),
        total(softmax * w[m] ** 2, m) - mean,
    ),
    "mean of squares is no square of the mean": (total(softmax * w[m] ** 2, m), mean**2),
    "mean of exp is no exp of the mean": (total(softmax * sp.exp(w[m]), m), sp.exp(mean)),
    "double sum without one half": (
        total(softmax * at(u) * (w[m] - w[u]) ** 2, m, u),
        total(softmax * w[m] ** 2, m) - mean**2,
    ),
    "a sink is not a softmax": (sp.exp(s[i, m]) / (1 + Z), softmax),
    "a sink's rows": (total(sp.exp(s[i, m]), m) / (1 + Z), 1 - 1 / Z),
    "KL is not symmetric": (
        total(p[c] * sp.log(p[c] / q[c]), c),
        total(q[c] * sp.log(q[c] / p[c]), c),
    ),
    "KL is not cross-entropy": (
        total(p[c] * sp.log(p[c] / q[c]), c),
        -total(p[c] * sp.log(q[c]), c),
    ),
    "KL gradient without its one": (
        differentiate(total(p[c] * sp.log(p[c] / q[c]), c), p[d]),
        sp.log(p[d] / q[d]),
    ),
    "tanh is no sigmoid": (sp.tanh(a), 1 / (1 + sp.exp(-2 * a)) - 1),
    "tanh derivative": (differentiate(sp.tanh(a), a), 1 - sp.tanh(a)),
    "sigmoid derivative": (differentiate(1 / (1 + sp.exp(-a)), a), 1 / (1 + sp.exp(-a)) ** 2),
    "sinh and cosh": (sp.cosh(a) ** 2 + sp.sinh(a) ** 2, sp.Integer(1)),
    "exp of a sum": (sp.exp(a + b), sp.exp(a) + sp.exp(b)),
    "exp of a product": (sp.exp(a * b), sp.exp(a) * sp.exp(b)),
    "root of a size": (sp.sqrt(D), D),
    "another size under the root": (sp.sqrt(D) ** 2, T),
    "scale twice": (
        total(X[i, f] * V[m, f], f) / sp.sqrt(D),
        total(X[i, f] * V[m, f] / sp.sqrt(D) / sp.sqrt(D), f),
    ),
    "mean for sum": (total(x[k], k) / T, total(x[k], k)),
    "classes for positions": (total(1, c), T),
    "fraction of sums": (total(x[k], k) / total(r[k], k), total(x[k] / r[k], k)),
    "sum of fractions": (1 / (r[i] + h), 1 / r[i] + 1 / h),
    "part of a denominator": (r[i] / (lam + r[i]), 1 - 1 / (lam + r[i])),
    "partial fractions": (1 / ((1 + h) * (2 + h)), 1 / (1 + h) + 1 / (2 + h)),
    "a denominator of another position": (x[i] / (1 + r[i]), x[i] / (1 + r[j])),
    "a sum in a denominator": (1 / total(r[k], k), total(1 / r[k], k)),
    "responsibility without one half": (
        gauss / evidence,
        sp.exp(-sq / sigma**2) / total(substitute(sp.exp(-sq / sigma**2), {m: o}), o),
    ),
    "responsibility with sigma unsquared": (
        gauss,
        sp.exp(-sq / (2 * sigma)),
    ),
    "mixture gradient with the other sign": (
        differentiate(-total(sp.log(total(gauss, m)), i), V[u, g]),
        total(
            substitute(gauss / evidence, {m: u}) * (X[i, g] - V[u, g]),
            i,
        )
        / sigma**2,
    ),
    "a transposed bilinear form": (
        total(x[i] * S[i, j] * y[j], i, j),
        total(x[i] * S[j, i] * y[j], i, j),
    ),
    "a diagonal": (total(S[i, j] * x[j], j), S[i, i] * x[i]),
    "a trace for a sum": (total(S[i, j], i, j), total(S[i, i], i)),
    "norm without square": (total(x[k] ** 2, k), total(x[k], k) ** 2),
    "Cauchy-Schwarz is no equality": (
        total(x[k] * y[k], k) ** 2,
        total(x[k] ** 2, k) * total(y[k] ** 2, k),
    ),
    "n for T": (T * total(x[k], k), N * total(x[k], k)),
    "a class for a feature": (C * h, D * h),
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_a_near_miss_is_not_proved(name):
    left, right = NEAR_MISSES[name]
    assert False in values_agree(left, right, seeds=4)
    assert not proved_equal(left, right)
    assert normal_form(left) != normal_form(right)
