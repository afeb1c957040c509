"""The loss of a document as a model: which scalar, which names, and gradients that are right."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from proofs_checks.claims.losses import loss_model, quantity_named
from proofs_checks.claims.reading import read_claims
from theory.codegen import value_and_gradient

ATTENTION = r"""
\begin{align}
 s_{ij} &= x_i^\top W x_j \\
 a_{ij} &= \frac{e^{s_{ij}}}{\sum_k e^{s_{ik}}} \\
 h_i &= \sum_j a_{ij} x_j \\
 \mathcal{L} &= \frac{1}{2} \sum_i \|h_i - t_i\|^2
\end{align}
"""
LOGISTIC = r"""\[ L(w) = \frac{1}{n} \sum_{i=1}^n \log(1 + e^{-y_i w^\top x_i})
 + \frac{\lambda}{2} \|w\|^2 \]"""
RIDGE = r"\[ f(x) = \frac{1}{2}\|Ax - b\|_2^2 + \frac{\lambda}{2} x^\top x \]"


def model(text, loss=""):
    return loss_model(read_claims(text, "notes.tex"), loss)


def by_autograd(loss, arrays, names):
    given = {x: torch.tensor(a, dtype=torch.float64) for x, a in arrays.items()}
    for x in names:
        given[x].requires_grad_()
    value = loss(**given)
    return float(value.detach()), torch.autograd.grad(value, [given[x] for x in names])


def attention(x, W, t):
    return ((torch.softmax(x @ W @ x.T, dim=1) @ x - t) ** 2).sum() / 2


def logistic(y, w, x, lambda_):
    margins = y * (x @ w)
    return torch.logaddexp(torch.zeros_like(margins), -margins).mean() + lambda_ * w @ w / 2


def ridge(A, x, b, lambda_):
    return ((A @ x - b) ** 2).sum() / 2 + lambda_ * x @ x / 2


DRAW = np.random.default_rng(3)
CASES = {
    "attention": (
        ATTENTION, ["W", "x", "t"], attention,
        {"x": DRAW.normal(size=(5, 3)), "W": DRAW.normal(size=(3, 3)),
         "t": DRAW.normal(size=(5, 3))},
    ),
    "logistic": (
        LOGISTIC, ["w", "x", r"\lambda"], logistic,
        {"y": np.array([1.0, -1, -1, 1]), "w": DRAW.normal(size=2), "x": DRAW.normal(size=(4, 2)),
         "lambda_": np.array(0.3)},
    ),
    "ridge": (
        RIDGE, ["x", "A", "b", r"\lambda"], ridge,
        {"A": DRAW.normal(size=(4, 2)), "x": DRAW.normal(size=2), "b": DRAW.normal(size=4),
         "lambda_": np.array(0.3)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("case", CASES)
def test_gradients_of_documents_agree_with_autograd(case, backend):
    text, wrt, by_hand, arrays = CASES[case]
    m = model(text)
    names = [quantity_named(m, x) for x in wrt]
    f = value_and_gradient(m, names, backend)
    python_names = ["lambda_" if x == "lambda" else x for x in names]
    value, wanted = by_autograd(by_hand, arrays, python_names)
    given = arrays if backend == "numpy" else {x: torch.tensor(a) for x, a in arrays.items()}
    loss, gradient = f(**given)
    assert abs(float(loss) - value) < 1e-12 * (1 + abs(value))
    for name, expected in zip(names, wanted, strict=True):
        np.testing.assert_allclose(np.asarray(gradient[name]), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_logistic_loss_stays_finite_at_any_margin(backend):
    m = model(LOGISTIC)
    f = value_and_gradient(m, ["w"], backend)
    arrays = {
        "y": np.array([1.0, -1.0, 1.0]),
        "w": np.array([1.0]),
        "x": np.array([[2000.0], [800.0], [-900.0]]),
        "lambda_": np.array(0.0),
    }
    value, (wanted,) = by_autograd(logistic, arrays, ["w"])
    given = arrays if backend == "numpy" else {x: torch.tensor(a) for x, a in arrays.items()}
    loss, gradient = f(**given)
    assert abs(float(loss) - value) < 1e-9
    np.testing.assert_allclose(np.asarray(gradient["w"]), wanted, rtol=1e-12)


def test_blocks_of_a_document():
    """x is query, key and value: its gradient has terms that go by rows and others by columns."""
    text, _, by_hand, arrays = CASES["attention"]
    f = value_and_gradient(model(text), ["W", "x"], block=2)
    assert "range(0, n, block)" in f.source
    value, wanted = by_autograd(by_hand, arrays, ["W", "x"])
    loss, gradient = f(**arrays)
    assert abs(loss - value) < 1e-12 * (1 + abs(value))
    for name, expected in zip(("W", "x"), wanted, strict=True):
        np.testing.assert_allclose(gradient[name], expected, rtol=1e-12, atol=1e-13)


def test_what_a_softmax_is_taken_of_gets_a_name():
    text = r"""\begin{align} Q &= X W_Q \\ K &= X W_K \\
 A &= \mathrm{softmax}\left(\frac{Q K^\top}{\sqrt{d}}\right) \\
 L &= \frac{1}{2} \|A X - Y\|_F^2 \end{align}"""
    m = model(text)
    assert [line.name for line in m.definitions] == ["Q", "K", "S", "A", "L"]
    assert m.by_name["S"].title == "argument of A"
    source = value_and_gradient(m, ["W_Q"]).source
    assert "dL_dQ = dL_dS @ K / np.sqrt(d)" in source


def test_a_function_of_a_line_gets_a_stable_derivative():
    text = r"\[ h_i = \tanh(W x_i + b) \] \[ L = \frac{1}{2} \sum_i \|h_i - y_i\|^2 \]"
    f = value_and_gradient(model(text), ["W", "b"])
    arrays = {
        "W": np.array([[3.0], [-900.0]]),
        "x": np.array([[0.2], [500.0], [-1.0]]),
        "b": np.array([0.1, -0.2]),
        "y": np.ones((3, 2)),
    }

    def by_hand(W, x, b, y):
        return ((torch.tanh(x @ W.T + b) - y) ** 2).sum() / 2

    value, wanted = by_autograd(by_hand, arrays, ["W", "b"])
    loss, gradient = f(**arrays)
    assert abs(loss - value) < 1e-12
    for name, expected in zip(("W", "b"), wanted, strict=True):
        np.testing.assert_allclose(gradient[name], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_preferences_stay_finite(backend):
    f = value_and_gradient(
        model(r"\[ L = -\sum_i \log \sigma(\beta (r_i - s_i)) \]"), ["r"], backend
    )
    arrays = {"beta": np.array(1.0), "r": np.array([900.0, -900, 1]), "s": np.array([1.0, 2, 3])}

    def by_hand(beta, r, s):
        return -torch.nn.functional.logsigmoid(beta * (r - s)).sum()

    value, (wanted,) = by_autograd(by_hand, arrays, ["r"])
    given = arrays if backend == "numpy" else {x: torch.tensor(a) for x, a in arrays.items()}
    loss, gradient = f(**given)
    assert abs(float(loss) - value) < 1e-10
    np.testing.assert_allclose(np.asarray(gradient["r"]), wanted, rtol=1e-12)


def test_the_source_does_not_depend_on_what_was_read_before():
    first = value_and_gradient(model(ATTENTION), ["W"]).source
    for _ in range(3):
        read_claims(LOGISTIC, "other.tex")
    assert value_and_gradient(model(ATTENTION), ["W"]).source == first


def test_the_vocabulary_of_a_model_is_used_where_a_document_speaks_it():
    m = model(r"\[ \frac{\partial L}{\partial v_j} = \sum_i \alpha_{ij} u_i \]")
    assert m.name == "attention-head"
    assert m.loss.name == "L"


def test_the_loss_is_chosen():
    text = r"\[ P = \sum_i (x_i - a_i)^2 \] \[ R = \sum_i x_i^2 \]"
    with pytest.raises(ValueError, match="defines several scalars, P, R; say with `--loss`"):
        model(text)
    assert model(text, "R").loss.name == "R"
    assert [line.name for line in model(text, "R").definitions] == ["R"]
    with pytest.raises(ValueError, match="no scalar `Q`; it defines P, R"):
        model(text, "Q")
    both = text + r"\[ G = P + R \]"
    assert model(both).loss.name == "G"


def test_names_are_found_as_latex_writes_them():
    m = model(LOGISTIC)
    for written, name in ((r"\lambda", "lambda"), (r"\mathbf{w}", "w"), ("lambda", "lambda")):
        assert quantity_named(m, written) == name
    assert quantity_named(m, "nothing") == "nothing"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Only words.", "It has no displayed equation"),
        (r"\[ h_i = \sum_j a_{ij} x_j \]", "defines no scalar"),
        (r"\[ L = \frac{1}{2} \sum_i ( \]", "The equation on line 1 cannot be read"),
    ],
)
def test_a_document_without_a_loss_is_refused(text, reason):
    with pytest.raises(ValueError, match=f"`notes.tex` defines no scalar.*{reason}|{reason}"):
        model(text)
