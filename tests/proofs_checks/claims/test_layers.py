r"""Superscripts that count layers: `a^{l-1}` is no power, and `z^{l+1}` is defined as `z^l` is."""

import pytest

from proofs_checks.claims.reading import read_claims
from tests.proofs_checks.claims.corpus_documents import verdict_of

NETWORK = r"""
\[ z^l = W^l a^{l-1} + b^l \]
\[ a^l = \tanh(z^l) \]
\[ \delta^l = \frac{\partial C}{\partial z^l} \]
"""


def _verdicts(text):
    return [verdict_of(c) for c in read_claims(text, "layers.tex").claims]


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"\delta^l = ((W^{l+1})^\top \delta^{l+1}) \odot (1 - a^l \odot a^l)", "proved"),
        (r"\delta^l = (W^{l+1\top} \delta^{l+1}) \odot (1 - a^l \odot a^l)", "proved"),
        (r"\delta^l = ((W^{l+1})^\top \delta^{l+1}) \odot (1 + a^l \odot a^l)", "refuted"),
        (r"\delta^l = (W^{l+1} \delta^{l+1}) \odot (1 - a^l \odot a^l)", "refuted"),
        (r"\frac{\partial C}{\partial W^l} = \delta^l (a^{l-1})^\top", "proved"),
        (r"\frac{\partial C}{\partial b^l} = \delta^l", "proved"),
    ],
)
def test_the_equations_of_backpropagation(equation, verdict):
    assert _verdicts(rf"{NETWORK} \[ {equation} \]")[-1] == verdict
    bracketed = f"{NETWORK} \\[ {equation} \\]"
    for superscript in ("l+1", "l-1", "l"):
        bracketed = bracketed.replace(f"^{{{superscript}}}", f"^{{({superscript})}}")
        bracketed = bracketed.replace(f"^{superscript} ", f"^{{({superscript})}} ")
    assert _verdicts(bracketed)[-1] == verdict


def test_the_last_layer_has_the_definition_of_every_layer():
    slope = r"(1 - a^L \odot a^L)"
    last = rf"\[ \partial C / \partial z^L = \partial C / \partial a^L \odot {slope} \]"
    assert _verdicts(NETWORK + last)[-1] == "proved"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"\[ r^{k+1} = r \cdot r^k \]", "proved"),
        (r"\[ r^{k+1} = 2 r \cdot r^k \]", "refuted"),
        (r"\[ a^l = \tanh(z^l) \]", "unreadable"),  # a power, or a layer?
    ],
)
def test_powers_stay_powers(text, verdict):
    assert _verdicts(text)[-1] == verdict


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"\frac{\partial h_t}{\partial w} = h_{t-1}", "unreadable"),  # earlier steps have w too
        (r"\frac{\partial h_t}{\partial h_{t-1}} = w", "proved"),
        (r"\frac{\partial h_t}{\partial x_t} = 1", "proved"),
        (r"\frac{\partial h_t}{\partial x_s} = \delta_{ts}", "unreadable"),
    ],
)
def test_no_derivative_goes_through_steps_that_are_not_written_out(equation, verdict):
    text = rf"\[ h_t = w h_{{t-1}} + x_t \] \[ {equation} \]"
    assert _verdicts(text)[-1] == verdict


BOLD = r"""
\[ \mathbf{z}^{\ell} = \mathbf{W}^{\ell} \mathbf{a}^{\ell-1} + \mathbf{b}^{\ell}, \qquad
   \mathbf{a}^{\ell} = \tanh(\mathbf{z}^{\ell}) \]
\[ \boldsymbol{\delta}^{\ell} = \frac{\partial \mathcal{L}}{\partial \mathbf{z}^{\ell}} \]
\[ p_i = \frac{e^{z_i}}{\sum_j e^{z_j}} \]
\[ \frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j) \]
\[ \boldsymbol{\delta}^{L-k}
   = \prod_{\ell=L-k+1}^{L} (\mathbf{W}^{\ell})^\top \boldsymbol{\delta}^{L} \]
"""


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"\frac{\partial \mathcal{L}}{\partial \mathbf{W}^{\ell}} = \boldsymbol{\delta}^{\ell} "
         r"(\mathbf{a}^{\ell-1})^\top", "proved"),
        (r"\frac{\partial \mathcal{L}}{\partial \mathbf{b}^{\ell}} = \boldsymbol{\delta}^{\ell}",
         "proved"),
        (r"\frac{\partial \mathcal{L}}{\partial W^{\ell}_{ij}} = \delta^{\ell}_i a^{\ell-1}_j",
         "proved"),
    ],
)  # fmt: skip
def test_layers_beside_the_same_letters_without_them_and_a_product_over_them(equation, verdict):
    verdicts = _verdicts(f"{BOLD}\\[ {equation} \\]")
    assert verdicts[:4] == ["definition"] * 4  # z and \delta^l are other symbols than z_i
    assert verdicts[4] == "proved"
    assert verdicts[5] == "unreadable"  # the product over layers
    assert verdicts[-1] == verdict
