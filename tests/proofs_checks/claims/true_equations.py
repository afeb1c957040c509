"""True equations of many notations, each with the definitions that it rests on."""

from __future__ import annotations

__all__ = ["TRUE"]

SOFTMAX = r"p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}"
LOGISTIC = r"h = \frac{1}{1 + e^{-x}}"
SQUARES = r"f = \frac{1}{2} \sum_i (y_i - w x_i)^2"
GATE = r"g_i = \tanh(a_i)"

# (definitions, a true equation about them)
TRUE: list[tuple[tuple[str, ...], str]] = [
    ((SOFTMAX,), r"\sum_i p_i = 1"),
    ((SOFTMAX,), r"\log p_i = z_i - \log \sum_k e^{z_k}"),
    ((SOFTMAX,), r"\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j)"),
    ((SOFTMAX,), r"\frac{\partial \log p_i}{\partial z_j} = \delta_{ij} - p_j"),
    ((SOFTMAX,), r"\sum_i p_i (1 - p_i) = 1 - \sum_i p_i^2"),
    ((SOFTMAX, r"L = -\sum_i y_i \log p_i"),
     r"\frac{\partial L}{\partial z_j} = p_j \sum_i y_i - y_j"),
    ((SOFTMAX, r"m = \sum_i p_i b_i"), r"\frac{\partial m}{\partial z_j} = p_j (b_j - m)"),
    ((SOFTMAX, r"m = \sum_i p_i b_i"), r"\sum_i p_i (b_i - m) = 0"),
    ((LOGISTIC,), r"\frac{\partial h}{\partial x} = h (1 - h)"),
    ((LOGISTIC,), r"\log \frac{h}{1 - h} = x"),
    ((LOGISTIC,), r"1 - h = \frac{1}{1 + e^{x}}"),
    ((SQUARES,), r"\frac{\partial f}{\partial w} = -\sum_i x_i (y_i - w x_i)"),
    ((SQUARES,), r"\frac{\partial^2 f}{\partial w^2} = \sum_i x_i^2"),
    ((SQUARES,), r"\frac{\partial f}{\partial y_j} = y_j - w x_j"),
    ((GATE,), r"\frac{\partial g_i}{\partial a_i} = 1 - g_i^2"),
    ((r"s_i = \sum_j a_{ij} x_j",), r"\frac{\partial s_i}{\partial x_j} = a_{ij}"),
    ((r"s_i = \sum_j a_{ij} x_j",), r"\sum_i s_i = \sum_{ij} a_{ij} x_j"),
    ((r"q = \sum_{ij} x_i a_{ij} x_j",),
     r"\frac{\partial q}{\partial x_k} = \sum_j (a_{kj} + a_{jk}) x_j"),
    ((r"A = B C",), r"A^\top = C^\top B^\top"),
    ((r"A_{ij} = \sum_k B_{ik} C_{kj}",), r"\sum_j A_{ij} = \sum_k B_{ik} \sum_j C_{kj}"),
    ((r"r = \sqrt{\sum_i x_i^2}",), r"\frac{\partial r}{\partial x_i} = \frac{x_i}{r}"),
    ((r"r = \|x\|^2",), r"r = \sum_i x_i^2"),
    ((r"\ell = \log \sum_k e^{x_k}",), r"\frac{\partial \ell}{\partial x_j} = e^{x_j - \ell}"),
    ((r"\mu = \frac{1}{n} \sum_{i=1}^n x_i",), r"\sum_{i=1}^n (x_i - \mu) = 0"),
    ((r"\mu = \frac{1}{n} \sum_{i=1}^n x_i",), r"\frac{\partial \mu}{\partial x_j} = \frac{1}{n}"),
    ((r"c_i = a_i^2 - b_i^2",), r"c_i = (a_i - b_i)(a_i + b_i)"),
    ((r"c = a^3 + b^3",), r"c = (a + b)(a^2 - a b + b^2)"),
    ((r"c = \frac{a}{b} + \frac{b}{a}",), r"c = \frac{a^2 + b^2}{a b}"),
    ((r"t = e^{a} e^{-b}",), r"t = e^{a - b}"),
    ((r"v = x - \eta \, y",), r"v v = x^2 - 2 \eta x y + \eta^2 y^2"),
    ((r"S = Q K^\top",), r"S_{ij} = \sum_k Q_{ik} K_{jk}"),
    ((r"u_i = \hat{x}_i - \bar{x}_i",),
     r"\sum_i u_i \hat{x}_i = \sum_i \hat{x}_i^2 - \sum_i \hat{x}_i \bar{x}_i"),
    ((r"F(a, b) = a^2 b",), r"F(a, b) = a \cdot a b"),
    ((r"w' = w + \lambda g",), r"w' - w = \lambda g"),
    ((r"D = \sum_i \sum_j (x_i - x_j)^2",),
     r"\frac{\partial D}{\partial x_k} = 4 \sum_j (x_k - x_j)"),
    ((r"c_{ij} = \delta_{ij} x_i",), r"\sum_j c_{ij} = x_i"),
    ((r"J = \frac{1}{2} w^\top A w",), r"J = \frac{1}{2} \sum_{ij} w_i A_{ij} w_j"),
    ((r"p = \theta^k (1 - \theta)",), r"\log p = k \log \theta + \log(1 - \theta)"),
    ((r"E = \frac{1}{2} \tilde{x}^2", r"z = 2 E"), r"z = \tilde{x}^2"),
    ((r"T_1 = a + b", r"T_2 = a - b"), r"T_1 T_2 = a^2 - b^2"),
]  # fmt: skip
