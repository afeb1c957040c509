"""Expressions and equations as strings: the laws of the theory, and what printers get wrong."""

from typing import Any

import pytest
import sympy as sp

from theory.algebra.expressions import Equation, refresh
from theory.algebra.symbols import (
    Flow,
    Index,
    Partial,
    Size,
    Step,
    Tensor,
    delta,
    indices,
    scalar,
    total,
)
from theory.latex import chain, equation, expression
from theory.models import model_named

M = model_named("attention-head")
TENSORS: Any = M.tensors
T, d_x, d_k, d_v, C = (M.size_names[x] for x in ("T", "d_x", "d_k", "d_v", "C"))
i, j, k, l, m = indices("i j k l m", T)
a, b_ = indices("a b", d_v)
c, d = indices("c d", C)
r, t = indices("r t", d_k)
(e,) = indices("e", d_x)
X, W_Q, W_K, W_V, W_O, y = (TENSORS[x] for x in ("X", "W_Q", "W_K", "W_V", "W_O", "y"))
q, key, v, s, alpha, g, z, p = (TENSORS[x] for x in ("q", "k", "v", "s", "alpha", "g", "z", "p"))
u, b, A, D = (TENSORS[x] for x in ("u", "b", "A", "D"))
L, eta = M.loss, scalar("eta", positive=True)
eps = {x: scalar(f"eps_{x}", positive=True) for x in ("s", "v", "Q", "K", "V", "O")}
root: Any = sp.sqrt(d_k)
mean_b: Any = total(alpha[i, k] * b[i, k], k)
error = p[i, c] - y[i, c]
entropy: Any = -total(alpha[i, k] * sp.log(alpha[i, k]), k)


def grad(entry):
    return Partial(L, entry)


LAWS: dict[str, tuple[Any, Any, str]] = {
    "softmax Jacobian": (
        Partial(alpha[i, j], s[i, k]),
        alpha[i, j] * (delta(j, k) - alpha[i, k]),
        r"\frac{\partial \alpha_{ij}}{\partial s_{ik}} = \alpha_{ij} (\delta_{jk} - \alpha_{ik})",
    ),
    "logits": (grad(z[i, c]), error, r"\frac{\partial L}{\partial z_i} = p_i - y_i"),
    "upstream": (u[i, a], total(W_O[c, a] * error, c), r"u_i = W_O^\top (p_i - y_i)"),
    "output weights": (
        grad(W_O[c, a]),
        total(error * g[i, a], i),
        r"\frac{\partial L}{\partial W_O} = \sum_i (p_i - y_i) g_i^\top",
    ),
    "attention weights": (
        grad(alpha[i, j]),
        b[i, j],
        r"\frac{\partial L}{\partial \alpha_{ij}} = b_{ij}",
    ),
    "routing": (
        grad(s[i, j]),
        alpha[i, j] * (b[i, j] - mean_b),
        r"\frac{\partial L}{\partial s_{ij}} = "
        r"\alpha_{ij} \bigl(b_{ij} - \mathbb{E}_{\alpha_i}[b]\bigr)",
    ),
    "values": (
        grad(v[j, a]),
        total(alpha[i, j] * u[i, a], i),
        r"\frac{\partial L}{\partial v_j} = \sum_i \alpha_{ij} u_i",
    ),
    "value update": (
        Step(v[j, a], eta, v[j, a]),
        -eta * total(alpha[i, j] * u[i, a], i),
        r"\Delta v_j = -\eta \sum_i \alpha_{ij} u_i",
    ),
    "baseline": (
        mean_b,
        total(u[i, a] * g[i, a], a),
        r"\mathbb{E}_{\alpha_i}[b] = u_i^\top g_i",
    ),
    "queries": (
        grad(q[i, r]),
        total(alpha[i, j] * A[i, j] * key[j, r], j) / root,
        r"\frac{\partial L}{\partial q_i} = "
        r"\frac{1}{\sqrt{d_k}} \sum_j \alpha_{ij} A_{ij} k_j",
    ),
    "query weights": (
        grad(W_Q[e, r]),
        total(X[i, e] * D[i, j] * key[j, r], i, j) / root,
        r"\frac{\partial L}{\partial W_Q} = "
        r"\frac{1}{\sqrt{d_k}} \sum_{i,j} D_{ij} x_i k_j^\top",
    ),
    "key weights": (
        grad(W_K[e, r]),
        total(X[j, e] * D[i, j] * q[i, r], i, j) / root,
        r"\frac{\partial L}{\partial W_K} = "
        r"\frac{1}{\sqrt{d_k}} \sum_{i,j} D_{ij} x_j q_i^\top",
    ),
    "inputs": (
        grad(X[i, e]),
        total(alpha[j, i] * u[j, a] * W_V[e, a], j, a)
        + total(D[i, j] * W_Q[e, r] * key[j, r], j, r),
        r"\frac{\partial L}{\partial x_i} = "
        r"\sum_j D_{ij} W_Q k_j + \sum_j \alpha_{ji} W_V u_j",
    ),
    "entropy": (
        Partial(entropy, s[i, j]),
        -alpha[i, j] * (sp.log(alpha[i, j]) + entropy),
        r"\frac{\partial H(\alpha_i)}{\partial s_{ij}} = "
        r"-\alpha_{ij} \bigl(\log \alpha_{ij} + H(\alpha_i)\bigr)",
    ),
    "row sum": (
        total(grad(s[i, j]), j),
        sp.S.Zero,
        r"\sum_j \frac{\partial L}{\partial s_{ij}} = 0",
    ),
    "conservation": (
        Flow(total(s[i, j], j), (s[i, j], eps["s"])),
        sp.S.Zero,
        r"\frac{d}{dt} \sum_j s_{ij} = 0",
    ),
    "context step": (
        Step(g[i, a], eta, v[j, a]),
        -eta * total(alpha[i, j] * alpha[m, j] * u[m, a], j, m),
        r"\Delta g_i = -\eta \sum_{j,m} \alpha_{ij} \alpha_{mj} u_m",
    ),
    "feedback": (
        Step(b[i, j], eta, v[j, a]),
        -eta * total(alpha[m, j] * u[i, a] * u[m, a], m, a),
        r"\Delta b_{ij} = -\eta \sum_m \alpha_{mj} u_i^\top u_m",
    ),
    "loss step": (
        Step(L, eta, v[j, a]),
        -eta * total(total(alpha[i, j] * u[i, a], i) ** 2, j, a),
        r"\Delta L = -\eta \sum_j \Bigl\lVert \sum_i \alpha_{ij} u_i \Bigr\rVert^2",
    ),
    "dissipation": (
        Flow(L, (s[i, j], eps["s"]), (v[j, a], eps["v"])),
        -eps["s"] * total(grad(s[i, j]) ** 2, i, j) - eps["v"] * total(grad(v[j, a]) ** 2, j, a),
        r"\frac{dL}{dt} = -\epsilon_s \sum_{i,j} \Bigl(\frac{\partial L}{\partial s_{ij}}\Bigr)^2 "
        r"- \epsilon_v \sum_j \Bigl\lVert \frac{\partial L}{\partial v_j} \Bigr\rVert^2",
    ),
    "weights step": (
        Step(alpha[i, j], eta, s[i, j]),
        alpha[i, j]
        * (
            Step(s[i, j], eta, s[i, j])
            - total(alpha[i, k] * Step(s[i, k], eta, s[i, k]), k)
        ),
        r"\Delta \alpha_{ij} = "
        r"\alpha_{ij} \bigl(\Delta s_{ij} - \mathbb{E}_{\alpha_i}[\Delta s]\bigr)",
    ),
    "balance": (
        Flow(
            total(W_Q[e, r] * W_Q[e, t], e) / eps["Q"] - total(W_K[e, r] * W_K[e, t], e) / eps["K"],
            (W_Q[e, r], eps["Q"]),
            (W_K[e, r], eps["K"]),
        ),
        sp.S.Zero,
        r"\frac{d}{dt} \Bigl(\frac{1}{\epsilon_Q} W_Q^\top W_Q "
        r"- \frac{1}{\epsilon_K} W_K^\top W_K\Bigr) = 0",
    ),
    "value Hessian": (
        Partial(L, v[j, a], v[l, b_]),
        total(
            alpha[i, j] * alpha[i, l] * W_O[c, a] * W_O[d, b_]
            * (delta(c, d) * p[i, c] - p[i, c] * p[i, d]), i, c, d,
        ),
        r"\frac{\partial^2 L}{\partial v_j \partial v_l} = \sum_i \alpha_{ij} \alpha_{il} "
        r"W_O^\top \bigl(\operatorname{diag}(p_i) - p_i p_i^\top\bigr) W_O",
    ),
    "mixed second derivative": (
        Partial(L, s[i, j], v[l, a]),
        alpha[i, j] * (delta(j, l) - alpha[i, l]) * u[i, a],
        r"\frac{\partial^2 L}{\partial s_{ij} \partial v_l} = "
        r"\alpha_{ij} (\delta_{jl} - \alpha_{il}) u_i",
    ),
    "class softmax": (
        p[i, c],
        sp.exp(z[i, c]) / total(sp.exp(z[i, d]), d),
        r"p_{ic} = \frac{e^{z_{ic}}}{\sum_d e^{z_{id}}}",
    ),
    "cross-entropy": (
        L,
        -total(y[i, c] * sp.log(p[i, c]), i, c),
        r"L = -\sum_{i,c} y_{ic} \log p_{ic}",
    ),
    "context Jacobian": (
        Partial(g[i, a], v[j, b_]),
        alpha[i, j] * delta(a, b_),
        r"\frac{\partial g_i}{\partial v_j} = \alpha_{ij} I",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAWS)
def test_law(name):
    left, right, expected = LAWS[name]
    assert equation(Equation(left, right), M) == expected


def test_order_of_dropped_terms_is_printed():
    eq = Equation(Step(L, eta, s[i, j]), -eta * total(D[i, j] ** 2, i, j))
    assert equation(eq, M, r"O(\eta^2)") == r"\Delta L = -\eta \sum_{i,j} D_{ij}^2 + O(\eta^2)"


CASES: list[tuple[Any, str]] = [
    # signs, parentheses, products
    (-2 * (s[i, j] - s[i, k]) ** 2, r"-2 (s_{ij} - s_{ik})^2"),
    (s[i, j] - eta * (s[i, k] + b[i, j]), r"s_{ij} - \eta (b_{ij} + s_{ik})"),
    (
        sp.Mul(-1, s[i, j] - s[i, k], evaluate=False) + b[i, j],
        r"b_{ij} + s_{ik} - s_{ij}",
    ),
    (-s[i, j] - b[i, j], r"-b_{ij} - s_{ij}"),
    (1 - alpha[i, j], r"1 - \alpha_{ij}"),
    (
        mean_b * total(A[i, k], k) * (b[i, j] - mean_b),
        r"\mathbb{E}_{\alpha_i}[b] \bigl(b_{ij} - \mathbb{E}_{\alpha_i}[b]\bigr) \sum_k A_{ik}",
    ),
    (total(A[i, k], k) * total(b[i, k], k), r"\Bigl(\sum_k b_{ik}\Bigr) \sum_k A_{ik}"),
    (total(A[i, k] - b[i, k], k), r"\sum_k (A_{ik} - b_{ik})"),
    (total(A[i, k], k) ** 2, r"\Bigl(\sum_k A_{ik}\Bigr)^2"),
    (grad(s[i, j]) ** 2, r"\Bigl(\frac{\partial L}{\partial s_{ij}}\Bigr)^2"),
    (sp.log(alpha[i, j]) ** 2, r"(\log \alpha_{ij})^2"),
    (sp.log(alpha[i, j]) * total(A[i, k], k), r"(\log \alpha_{ij}) \sum_k A_{ik}"),
    (sp.log(total(sp.exp(s[i, k]), k)), r"\log \sum_k e^{s_{ik}}"),
    (sp.log(alpha[i, j] * eta), r"\log(\eta \alpha_{ij})"),
    # numbers, fractions, roots
    (sp.Rational(-3, 2) * eta * s[i, j] / T, r"-\frac{3 \eta}{2 T} s_{ij}"),
    (sp.Float(0.5) * s[i, j], r"\frac{1}{2} s_{ij}"),
    (y[i, c] / p[i, c], r"\frac{y_{ic}}{p_{ic}}"),
    (1 / alpha[i, j], r"\frac{1}{\alpha_{ij}}"),
    (eta / total(alpha[i, j], i), r"\frac{\eta}{\sum_i \alpha_{ij}}"),
    (
        total(alpha[i, j] * g[i, a], i) / total(alpha[i, j], i),
        r"\frac{\sum_i \alpha_{ij} g_i}{\sum_i \alpha_{ij}}",
    ),
    (d_k ** sp.Rational(3, 2), r"d_k^{3/2}"),
    (sp.pi * sp.sqrt(2) * s[i, j] ** eta, r"\pi \sqrt{2} s_{ij}^{\eta}"),
    # functions
    (sp.exp(-s[i, j]), r"e^{-s_{ij}}"),
    (
        sp.exp(total(q[i, r] * key[j, r], r) / root),
        r"\exp\Bigl(\frac{1}{\sqrt{d_k}} q_i^\top k_j\Bigr)",
    ),
    (sp.tanh(s[i, j]), r"\tanh(s_{ij})"),
    (sp.sech(s[i, j]), r"\operatorname{sech}(s_{ij})"),
    (sp.Function("sigma")(-s[i, j]), r"\sigma(-s_{ij})"),
    (sp.Abs(s[i, j] - b[i, j]), r"\lvert b_{ij} - s_{ij} \rvert"),
    (sp.Max(s[i, j], 0), r"\max(0, s_{ij})"),
    # chains
    (total(u[i, a] ** 2, a), r"\lVert u_i \rVert^2"),
    (total(error**2, c), r"\lVert p_i - y_i \rVert^2"),
    (total(W_O[c, a] ** 2, c, a), r"\lVert W_O \rVert_F^2"),
    (total(W_O[c, a] * v[j, a] * p[i, c], a, c), r"p_i^\top W_O v_j"),
    (total(u[i, a] * total(alpha[i, j] * v[j, a], j), a), r"u_i^\top \sum_j \alpha_{ij} v_j"),
    (total(W_O[c, a] * W_O[d, a] * z[i, c] * p[j, d], a, c, d), r"z_i^\top W_O W_O^\top p_j"),
    (total(error * g[i, a], i), r"\sum_i (p_i - y_i) g_i^\top"),
    (W_O[c, a], "W_O"),
    (delta(a, b_), "I"),
    # no chain: every index is printed, everywhere
    (total(u[i, a], a), r"\sum_a u_{ia}"),
    (total(u[i, a], a) * v[j, b_], r"v_{jb} \sum_a u_{ia}"),
    (sp.exp(z[i, c]), r"e^{z_{ic}}"),
    (u[i, a] * v[j, a], r"\operatorname{diag}(u_i) v_j"),
    (u[i, a] + eta, r"\eta + u_{ia}"),
    (v[j, 1], "v_{j1}"),
    (s[1, 12], "s_{1,12}"),
    # adjoints, derivatives of derivatives, steps of different things
    (Tensor("dL_dz", (T, C))[i, c], r"\frac{\partial L}{\partial z_i}"),
    (scalar("dL_dtau"), r"\frac{\partial L}{\partial \tau}"),
    (Partial(grad(s[i, j]), s[i, k]), r"\frac{\partial^2 L}{\partial s_{ij} \partial s_{ik}}"),
    (grad(s[i, j]).func(L, s[i, j], s[i, j]), r"\frac{\partial^2 L}{\partial s_{ij}^2}"),
    (
        Partial(s[i, j] - b[i, j], s[i, k]),
        r"\frac{\partial}{\partial s_{ik}} (s_{ij} - b_{ij})",
    ),
    (Step(L, eta, s[i, j]) + Step(L, eta, v[j, a]), r"\Delta_s L + \Delta_v L"),
    (Step(s[i, j] ** 2, eta, s[i, j]), r"\Delta(s_{ij}^2)"),
    (Flow(s[i, j], (s[i, j], eps["s"])), r"\frac{ds_{ij}}{dt}"),
    # plain things
    (sp.S.Zero, "0"), (-sp.S.One, "-1"), (T, "T"), (alpha, r"\alpha"),
    (sp.Sum(b[i, j], (j, 1, i)), r"\sum_{j=1}^{i} b_{ij}"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), CASES, ids=[c[1] for c in CASES])
def test_expression(given, expected):
    assert expression(given, M) == expected


def test_without_a_model_weights_are_not_known_to_sum_to_one():
    assert expression(mean_b) == r"\sum_k \alpha_{ik} b_{ik}"
    assert expression(total(W_O[c, a] * error, c)) == r"W_O^\top (p_i - y_i)"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (total(alpha[k, i] * b[k, i], k), r"\sum_k \alpha_{ki} b_{ki}"),
        (total(alpha[i, k] * b[j, k], k), r"\sum_k \alpha_{ik} b_{jk}"),
        (total(alpha[i, k] * b[i, k] * s[i, k], k), r"\sum_k \alpha_{ik} b_{ik} s_{ik}"),
        (total(D[i, k] * b[i, k], k), r"\sum_k b_{ik} D_{ik}"),
        (total(alpha[k, k] * b[k, k], k), r"\sum_k \alpha_{kk} b_{kk}"),
        (total(eta * alpha[i, k] * b[i, k], k), r"\eta \mathbb{E}_{\alpha_i}[b]"),
        (total(alpha[i, k] * sp.log(alpha[i, k]), k), r"-H(\alpha_i)"),
    ],
)
def test_means_need_weights_over_their_last_index(given, expected):
    assert expression(given, M) == expected


def test_both_sides_use_one_notation():
    eq = Equation(u[i, a], sp.exp(v[i, a]))
    assert equation(eq, M) == r"u_{ia} = e^{v_{ia}}"
    eq = Equation(Partial(p[i, c], z[i, d]), p[i, c] * (delta(c, d) - p[i, d]))
    expected = r"\frac{\partial p_{ic}}{\partial z_{id}} = p_{ic} (\delta_{cd} - p_{id})"
    assert equation(eq, M) == expected
    assert chain([u[i, a], grad(g[i, a]), eta], M) == [
        "u_{ia}",
        r"\frac{\partial L}{\partial g_{ia}}",
        r"\eta",
    ]


def test_rows_of_a_matrix_are_those_of_the_left_side():
    product = total(error * g[i, a], i)
    transposed = Tensor("N", (d_v, C))
    assert equation(Equation(transposed[a, c], product), M) == r"N = \sum_i g_i (p_i - y_i)^\top"
    assert equation(Equation(transposed[a, c], W_O[c, a]), M) == r"N = W_O^\top"
    assert expression(product) == r"\sum_i (p_i - y_i) g_i^\top"


def test_bound_letters_never_meet_free_ones():
    assert expression(s[i, k] * total(A[i, k], k), M) == r"s_{ik} \sum_l A_{il}"
    nested = total(A[i, k] * total(b[k, j], j), k) * s[i, j]
    assert expression(nested, M) == r"s_{ij} \sum_k A_{ik} \sum_l b_{kl}"
    assert expression(refresh(total(A[i, k], k)), M) == r"\sum_k A_{ik}"
    assert expression(s[i, k] * total(A[i, k], k)) == r"s_{ik} \sum_{k_1} A_{i,k_1}"
    assert expression(total(key[k, r], k), M) == r"\sum_l k_l"


def test_two_indices_with_one_letter_are_told_apart():
    n = Size("n")
    cross = Tensor("s", (T, n))
    assert expression(cross[i, Index("i", n)]) in ("s_{i,i_1}", "s_{i_1,i}")


def test_columns_are_lower_case_unless_that_name_is_taken():
    x = Tensor("x", (T,))
    assert expression(total(X[i, e] * X[j, e], e)) == r"x_i^\top x_j"
    assert expression(x[i] * total(X[i, e] * X[j, e], e)) == r"x_i X_i^\top X_j"
    X_K = Tensor("X_K", (T, d_x))
    assert expression(X_K[j, e]) == "x_{K,j}"


def test_heads_are_a_first_subscript():
    multi = model_named("attention-head-multi")
    (h,) = indices("h", multi.size_names["H"])
    own: Any = multi.tensors
    output, context = own["W_O"], own["g"]
    logits = total(output[h, c, a] * context[h, i, a], h, a)
    assert expression(logits, multi) == r"\sum_h W_{O,h} g_{hi}"
    assert expression(output[h, c, a] + z[i, c] * u[i, a], multi).startswith(
        r"W_{O,h} + z_i u_i^\top"
    )
    assert expression(total(own["s"][h, i, j], h), multi) == r"\sum_h s_{hij}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("eps_slow", r"\epsilon_{\mathrm{slow}}"), ("sigma_hat", r"\hat{\sigma}"), ("x1", "x_1"),
        ("v_star", "v^{*}"), ("rate", r"\mathrm{rate}"), ("a_b_c", "a_{b,c}"), ("s'", "s'"),
        ("100%", r"\mathrm{100\%}"), ("lam", r"\lambda"), ("m_.1", "m^{(1)}"), ("x_.star", "x^{*}"),
    ],
)  # fmt: skip
def test_names(name, expected):
    assert expression(scalar(name)) == expected


def test_a_raised_name_gets_parentheses_before_a_power():
    assert expression(Tensor("v_star", (T,))[j] ** 2) == r"(v^{*}_j)^2"
