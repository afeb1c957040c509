"""Losses as their authors write them: generated gradients and curvature against autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from proofs_checks.claims.losses import quantity_named, read_loss
from theory.algebra.symbols import Index
from theory.codegen import hessian_vector_product, value_and_gradient
from theory.laws.from_loss import derivation_from_loss

LABELS = np.eye(4)[[0, 2, 1, 3, 2]]
MIXTURE = r"""\[ \ell = \sum_{i=1}^n \log \sum_{k=1}^K \pi_k
 \exp\left(-\frac{1}{2\sigma^2}\|x_i-\mu_k\|^2\right) \]"""
LOGISTIC = r"""\begin{align} p_i &= \sigma(w^\top x_i + b) \\
 L &= -\sum_{i=1}^n \left[ y_i \log p_i + (1-y_i)\log(1-p_i) \right] \end{align}"""


def distances(x, mu):
    return ((x[:, None] - mu) ** 2).sum(-1)


def gate(W, U, c, V, x, h, y):
    z = torch.sigmoid(x @ W.T + h @ U.T + c)
    return (((1 - z) * h + z * torch.tanh(x @ V.T) - y) ** 2).sum() / 2


def layer_norm(x, gamma, beta, eps, g):
    return (F.layer_norm(x, x.shape, gamma, beta, float(eps)) * g).sum()


CASES = {
    "logistic regression": (
        LOGISTIC, {"w": 3, "x": (5, 3), "b": (), "y": np.array([0.0, 1, 1, 0, 1])}, ["w", "b"],
        lambda w, x, b, y: F.binary_cross_entropy_with_logits(x @ w + b, y, reduction="sum"),
    ),
    "softmax regression": (
        r"""\[ z_i = W x_i + b, \quad p_i = \mathrm{softmax}(z_i), \quad
        L = -\frac{1}{n}\sum_{i=1}^n \sum_{k=1}^K y_{ik}\log p_{ik} \]""",
        {"W": (4, 3), "x": (5, 3), "b": 4, "y": LABELS}, ["W", "b"],
        lambda W, x, b, y: -(y * torch.log_softmax(x @ W.T + b, -1)).sum() / 5,
    ),
    "mixture log-likelihood": (
        MIXTURE, {"mu": (3, 2), "x": (6, 2), "pi": np.array([0.2, 0.5, 0.3]), "sigma": ()},
        [r"\mu", r"\pi"],
        lambda mu, x, pi, sigma: torch.logsumexp(
            torch.log(pi) - distances(x, mu) / (2 * sigma**2), -1
        ).sum(),
    ),
    "two-layer tanh network": (
        r"""\begin{align} h_i &= \tanh(W_1 x_i + b_1) \\ \hat{y}_i &= W_2 h_i + b_2 \\
        L &= \frac{1}{2}\sum_i \|\hat{y}_i - y_i\|^2 \end{align}""",
        {"W_1": (4, 3), "b_1": 4, "W_2": (2, 4), "b_2": 2, "x": (5, 3), "y": (5, 2)},
        ["W_1", "b_1", "W_2", "b_2"],
        lambda W_1, b_1, W_2, b_2, x, y: (
            (torch.tanh(x @ W_1.T + b_1) @ W_2.T + b_2 - y) ** 2
        ).sum() / 2,
    ),
    "KL between softmaxes": (
        r"""\begin{align} p_i &= \frac{e^{a_i}}{\sum_j e^{a_j}} \\
        q_i &= \frac{e^{b_i}}{\sum_j e^{b_j}} \\ D &= \sum_i p_i \log\frac{p_i}{q_i}\end{align}""",
        {"a": 5, "b": 5}, ["a", "b"],
        lambda a, b: F.kl_div(
            torch.log_softmax(b, -1), torch.log_softmax(a, -1), reduction="sum", log_target=True
        ),
    ),
    "policy gradient": (  # J(\theta) only says what it depends on
        r"""\begin{align} \pi_a &= \frac{\exp(\theta_a)}{\sum_b \exp(\theta_b)} \\
        J(\theta) &= \sum_a \pi_a r_a \end{align}""",
        {"theta": 5, "r": 5}, [r"\theta"], lambda theta, r: torch.softmax(theta, -1) @ r,
    ),
    "policy with entropy": (  # its letters are also those of the catalogue's attention head
        r"""\[ \pi_{sa} = \frac{e^{\theta_{sa}}}{\sum_{b} e^{\theta_{sb}}}, \qquad
        J = \sum_{s} \rho_s \sum_a A_{sa} \log \pi_{sa} + \sum_s \rho_s H_s, \qquad
        H_s = -\sum_a \pi_{sa}\log\pi_{sa} \]""",
        {"theta": (4, 3), "rho": 4, "A": (4, 3)}, [r"\theta"],
        lambda theta, rho, A: (
            rho @ ((A - torch.softmax(theta, -1)) * torch.log_softmax(theta, -1)).sum(1)
        ),
    ),
    "layer norm": (
        r"""\begin{align} \mu &= \frac{1}{d}\sum_{i=1}^d x_i \\
        \sigma^2 &= \frac{1}{d}\sum_{i=1}^d (x_i-\mu)^2 \\
        y_i &= \gamma_i \frac{x_i-\mu}{\sqrt{\sigma^2+\epsilon}} + \beta_i \\
        L &= \sum_i y_i g_i \end{align}""",
        {"x": 5, "gamma": 5, "beta": 5, "eps": np.array(0.1), "g": 5}, ["x", r"\gamma", r"\beta"],
        layer_norm,
    ),
    "pseudo-Huber": (
        r"""\[ L = \sum_{i=1}^n \delta^2 \left( \sqrt{1 +
        \left(\frac{y_i - w^\top x_i}{\delta}\right)^2} - 1 \right) \]""",
        {"w": 3, "x": (5, 3), "y": 5, "delta": np.array(0.7)}, ["w"],
        lambda w, x, y, delta: (delta**2 * (torch.sqrt(1 + ((y - x @ w) / delta) ** 2) - 1)).sum(),
    ),
    "log-cosh": (
        r"\[ L(w) = \sum_i \log\cosh(w^\top x_i - y_i) \]",
        {"w": 3, "x": (5, 3), "y": 5}, ["w"],
        lambda w, x, y: torch.log(torch.cosh(x @ w - y)).sum(),
    ),
    "matrix factorisation": (
        r"\[ L = \frac{1}{2}\|M - U V^\top\|_F^2 + \frac{1}{2}(\|U\|_F^2 + \|V\|_F^2) \]",
        {"M": (5, 4), "U": (5, 2), "V": (4, 2)}, ["U", "V"],
        lambda M, U, V: (((M - U @ V.T) ** 2).sum() + (U**2).sum() + (V**2).sum()) / 2,
    ),
    "soft k-means": (
        r"""\begin{align} d_{ik} &= \|x_i-\mu_k\|^2 \\
        r_{ik} &= \frac{\exp(-\beta d_{ik})}{\sum_{l}\exp(-\beta d_{il})} \\
        F &= \sum_{i,k} r_{ik} d_{ik} \end{align}""",
        {"x": (6, 2), "mu": (3, 2), "beta": np.array(0.7)}, [r"\mu", r"\beta"],
        lambda x, mu, beta: (torch.softmax(-beta * distances(x, mu), -1) * distances(x, mu)).sum(),
    ),
    "contrastive loss": (
        r"""\[ L = -\frac{1}{n}\sum_{i=1}^n \log\frac{\exp(u_i^\top v_i/\tau)}
        {\sum_{j=1}^n \exp(u_i^\top v_j/\tau)} \]""",
        {"u": (5, 3), "v": (5, 3), "tau": np.array(0.5)}, ["u"],
        lambda u, v, tau: F.cross_entropy(u @ v.T / tau, torch.arange(5)),
    ),
    "gate of a recurrent unit": (
        r"""\begin{align} z_t &= \sigma(W x_t + U h_t + c) \\ m_t &= \tanh(V x_t) \\
        o_t &= (1 - z_t)\odot h_t + z_t \odot m_t \\ L &= \frac12\sum_t \|o_t - y_t\|^2
        \end{align}""",
        {"W": (4, 3), "U": (4, 4), "c": 4, "V": (4, 3), "x": (5, 3), "h": (5, 4), "y": (5, 4)},
        ["W", "U", "c", "h"], gate,
    ),
    "energy of a Hopfield net": (
        r"""\[ E(\xi) = -\frac{1}{\beta}\log\sum_{\mu=1}^{N} \exp(\beta \, \xi^\top x_\mu)
        + \frac12 \xi^\top\xi \]""",
        {"xi": 3, "x": (5, 3), "beta": np.array(2.0)}, [r"\xi"],
        lambda xi, x, beta: -torch.logsumexp(beta * x @ xi, 0) / beta + xi @ xi / 2,
    ),
    "free energy of a Boltzmann machine": (
        r"\[ F(v) = -b^\top v - \sum_j \log\left(1 + e^{c_j + W_j^\top v}\right) \]",
        {"v": 3, "W": (4, 3), "b": 3, "c": 4}, ["v", "W"],
        lambda v, W, b, c: -b @ v - F.softplus(c + W @ v).sum(),
    ),
    "preference loss": (
        r"\[ L = -\sum_i \log\sigma\left(\beta (a_i - b_i)\right) \]",
        {"a": 5, "b": 5, "beta": np.array(0.4)}, ["a", r"\beta"],
        lambda a, b, beta: -F.logsigmoid(beta * (a - b)).sum(),
    ),
}  # fmt: skip


def arrays_of(given, scale=1.0):
    draw = np.random.default_rng(4)
    return {
        x: a if isinstance(a, np.ndarray) else scale * draw.normal(size=a) for x, a in given.items()
    }


@pytest.mark.parametrize("case", CASES)
def test_gradient_and_curvature_agree_with_autograd(case):
    text, given, wrt, by_hand = CASES[case]
    model, arrays = read_loss(text, "notes.tex"), arrays_of(given)
    names = [quantity_named(model, x) for x in wrt]
    moved = {f"{x}_dot": np.random.default_rng(5).normal(size=arrays[x].shape) for x in names}
    tensors = {x: torch.as_tensor(a, dtype=torch.float64) for x, a in arrays.items()}

    def loss(*values):
        return by_hand(**{**tensors, **dict(zip(names, values, strict=True))})

    at = tuple(tensors[x].clone().requires_grad_() for x in names)
    value = loss(*at)
    gradients = torch.autograd.grad(value, at)
    along = tuple(torch.as_tensor(a) for a in moved.values())
    _, products = torch.autograd.functional.hvp(loss, at, along)
    got, gradient = value_and_gradient(model, names)(**arrays)
    assert abs(got - float(value.detach())) < 1e-12 * (1 + abs(got))
    f = hessian_vector_product(model, names)
    needed = {x: a for x, a in arrays.items() if x in f.__signature__.parameters}
    _, product = f(**needed, **moved)
    for found, wanted in ((gradient, gradients), (product, products)):
        for x, expected in zip(names, wanted, strict=True):
            np.testing.assert_allclose(found[x], expected, rtol=1e-11, atol=1e-12)


def test_the_derivation_of_logistic_regression_is_that_of_the_books():
    model = read_loss(LOGISTIC, "notes.tex")
    steps = derivation_from_loss(model, "w")
    assert len(steps) == 7
    p, y = (model.tensors[x] for x in "py")
    letters = {k for step in steps for k in step.right.atoms(Index)}
    assert any(step.right == p[k] - y[k] for step in steps for k in letters if k.size == p.axes[0])


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_logistic_regression_stays_finite_where_a_probability_is_one(backend):
    f = value_and_gradient(read_loss(LOGISTIC, "notes.tex"), ["w"], backend)
    arrays = {"w": [1.0], "x": [[900.0], [-900.0], [40.0]], "b": 0.0, "y": [1.0, 0.0, 0.0]}
    given = {x: torch.tensor(a, dtype=torch.float64) for x, a in arrays.items()}
    loss, gradient = f(**(arrays if backend == "numpy" else given))
    assert abs(float(loss) - 40.0) < 1e-12
    np.testing.assert_allclose(np.asarray(gradient["w"]), [40.0], rtol=1e-12)


def test_a_mixture_stays_finite_far_from_its_centres_and_checks_its_weights():
    f = value_and_gradient(read_loss(MIXTURE, "notes.tex"), ["mu", "pi"])
    arrays = {
        "x": np.array([[100.0], [-100.0]]),
        "mu": np.array([[1.0], [-1.0]]),
        "pi": np.array([0.5, 0.5]),
        "sigma": np.array(0.5),
    }
    loss, gradient = f(**arrays)
    assert abs(loss - 2 * (np.log(0.5) - 99.0**2 / 0.5)) < 1e-9
    # exponents of 2e4 are known to 4e-12
    np.testing.assert_allclose(gradient["mu"], [[396.0], [-396.0]], rtol=1e-11)
    with pytest.raises(ValueError, match="`pi` must be nonnegative everywhere; got -0.5"):
        f(**{**arrays, "pi": np.array([-0.5, 1.5])})


def test_a_loss_for_every_index_is_no_scalar():
    text = r"\[ L = -\log\sigma(u_o^\top v) - \sum_{k=1}^K \log\sigma(-u_k^\top v) \]"
    with pytest.raises(ValueError, match="defines no scalar .*, only `L` for every o"):
        read_loss(text, "notes.tex")


def test_a_loss_that_is_not_defined_has_no_curvature():
    text = (
        r"\[ O = X W \] \[ \frac{\partial L}{\partial W} = X^\top \frac{\partial L}{\partial O} \]"
    )
    model = read_loss(text, "notes.tex")
    assert value_and_gradient(model, ["W"]).source
    with pytest.raises(ValueError, match="`L` of model `notes` stands for a quantity that nothing"):
        hessian_vector_product(model, ["W"])
