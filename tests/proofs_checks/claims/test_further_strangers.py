r"""What strangers' documents showed once more: pages, examples, functions, layers."""

import json

import pytest

from proofs_checks.claims.markdown_escapes import without_escapes
from proofs_checks.claims.reading import read_claims
from proofs_checks.claims.sources.opening import document_of
from tests.proofs_checks.claims.corpus_documents import verdict_of


def _verdicts(text, name="notes.md"):
    return [verdict_of(c) for c in read_claims(text, name).claims]


def _last(*equations):
    return _verdicts("\n\n".join(f"$$ {e} $$" for e in equations))[-1]


# -- pages ------------------------------------------------------------------------------------


def test_a_display_without_an_equation_in_a_notebook(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["$$ x^2 $$\n"]},
        {"cell_type": "markdown", "source": ["text\n\n\n\n\n$$ a_i $$\n", "\n$$ b = b $$"]},
    ]
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
    paper = read_claims(document_of(path, "n.ipynb"), "n.ipynb")
    assert [c.kind for c in paper.claims if c.kind == "not judged"] == ["not judged"] * 2
    assert {c.file for c in paper.claims} == {"n.ipynb:cell 1", "n.ipynb:cell 2"}


def test_the_options_of_a_math_directive_are_no_mathematics():
    text = "```{math}\n:label: one\n:nowrap:\n\na = 2 b\n```\n\n```{math}\na = 3 b\n```\n"
    assert _verdicts(text) == ["definition", "refuted"]


ESCAPED = (
    r"$$ \mathbb{E}\_{a \sim \pi}[r(a)] = \sum\_{a} \pi(a) r(a) \\; . $$"
    "\n\n"
    r"$$ \sum\_{a} \pi(a) = \mathbf{x}\_{1} $$"
    "\n\n"
    r"$$ J = \sum\_{a} \pi(a) r(a) \\, , $$"
    "\n\n"
    r"$$ J = 2 \sum\_{a} \pi(a) r(a) $$"
)


def test_backslashes_that_were_written_for_markdown():
    assert _verdicts(ESCAPED)[-2:] == ["definition", "refuted"]
    assert len(without_escapes(ESCAPED)) == len(ESCAPED)  # every place stays where it is
    plain = r"$$ \text{row\_max} = \sum_i x_i \\; \text{col\_max} $$"
    assert without_escapes(plain) == plain


def test_a_bar_is_written_in_many_ways():
    assert _last(r"a = \sum_z p(z \lvert x)", r"a = \sum_z p(z \mid x)") == "proved"
    assert _last(r"a = | b |", r"a = \lvert b \rvert") == "proved"


# -- worked examples --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("equations", "verdict"),
    [
        ((r"f = w x", r"\frac{\partial f}{\partial w} = x \cdot (-0.20)"), "unreadable"),
        ((r"f = w x", r"\frac{\partial f}{\partial w} = x \cdot (-2)"), "refuted"),
        ((r"f = w x", r"\frac{\partial f}{\partial w} = 0.5 x"), "refuted"),
        ((r"z = a h + b k", r"z = -0.622 + 0.1345", r"z = 2 h + \frac12 k"), "unreadable"),
        ((r"z = a h + b k", r"z = 2 h + \frac12 k"), "unreadable"),
        ((r"a = 0.47", r"z = 2 h", r"a = \frac{1}{1 + e^{-z}}", r"a = \frac{e^z}{1 + e^z}"),
         "proved"),
    ],
)  # fmt: skip
def test_values_that_an_example_puts_in(equations, verdict):
    assert _last(*equations) == verdict


# -- functions --------------------------------------------------------------------------------

SIGMOID = r"\sigma(z) = \frac{1}{1 + e^{-z}}"


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"a = \sigma(W x + b)", "proved"),
        (r"\sigma'(z) = \sigma(z) (1 - \sigma(z))", "proved"),
        (r"\sigma'(z) = \sigma(z) (1 + \sigma(z))", "refuted"),
        (r"\frac{\partial a_i}{\partial W_{ij}} = a_i (1 - a_i) x_j", "proved"),
        (r"\frac{\partial a_i}{\partial W_{ij}} = a_i (1 + a_i) x_j", "refuted"),
    ],
)
def test_a_function_of_a_number_is_taken_entry_by_entry(equation, verdict):
    assert _last(SIGMOID, "z = W x + b", r"a = \sigma(z)", equation) == verdict


def test_another_function_with_a_prime():
    shifted = (r"\vec{H}'(\vec{w}) = \vec{H}(\vec{w}) + \lambda \vec{I}", r"a = \vec{H}'(\vec{w})")
    assert _last(*shifted) in ("definition", "unreadable")  # once a crash


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"r = \frac{1}{RMS(x)}", "proved"),
        (r"r = \frac{2}{RMS(x)}", "refuted"),
        (r"\nabla_x RMS(x) = \frac{x}{N RMS(x)}", "proved"),
        (r"\nabla_x RMS(x) = \frac{x}{RMS(x)}", "refuted"),
    ],
)
def test_capitals_that_only_spell_a_function(equation, verdict):
    norm = r"RMS(x) = \sqrt{\frac{1}{N} \sum_{i=1}^N x_i^2 + \epsilon}"
    assert _last(norm, r"r = \frac{1}{RMS(x)}", equation) == verdict


def test_capitals_that_stand_by_themselves_spell_nothing():
    assert _last("Y = A B (C + D)", "Y = A B C + A B D") == "proved"


def test_entries_of_a_function_in_the_middle_of_a_chain():
    chain = r"y_c = g(z)_c = \frac{e^{z_c}}{\sum_d e^{z_d}}"
    assert _last(chain, r"g(z)_i = \frac{e^{z_i}}{\sum_d e^{z_d}}") == "proved"
    assert _last(chain, r"g(z)_i = \frac{e^{z_i}}{1 + \sum_d e^{z_d}}") == "refuted"


# -- indices and sets -------------------------------------------------------------------------

SOFTMAX = r"p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}"
DIAGONAL = r"\frac{\partial p_i}{\partial z_i} = p_i (1 - p_i)"


def test_where_the_diagonal_has_an_equation_of_its_own_two_indices_differ():
    assert _last(SOFTMAX, DIAGONAL, r"\frac{\partial p_j}{\partial z_i} = -p_i p_j") == "proved"
    assert _last(SOFTMAX, DIAGONAL, r"\frac{\partial p_j}{\partial z_i} = p_i p_j") == "refuted"
    assert _last(SOFTMAX, r"\frac{\partial p_j}{\partial z_i} = -p_i p_j") == "refuted"


@pytest.mark.parametrize("one", [r"1(i == k)", r"1\{i = k\}", r"\mathbb{1}[i = k]"])
def test_indicators(one):
    slope = r"\frac{\partial p_i}{\partial z_k} ="
    assert _last(SOFTMAX, rf"{slope} p_i ({one} - p_k)") == "proved"
    assert _last(SOFTMAX, rf"{slope} p_i ({one} + p_k)") == "refuted"


def test_the_size_of_a_set():
    said = (
        r"p_w = \frac{e^{u_w}}{\sum_{j=1}^{|V|} e^{u_j}}",
        r"a = \frac{1}{|V|} \sum_{w \in V} p_w",
    )
    assert _last(*said, r"a = \frac{1}{|V|}") == "proved"
    assert _last(*said, r"a = \frac{2}{|V|}") == "refuted"


ROWS = (r"S = Q K^\top", r"m = \mathrm{rowmax}(S)", r"t = \mathrm{sum}(x \odot y)")


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"m_i = \max_j S_{ij}", "proved"),
        (r"t = x^\top y", "proved"),
        (r"t = 2 x^\top y", "refuted"),
        (r"\mathrm{sum}(x) = n\, \mathrm{mean}(x), \quad x \in \mathbb{R}^n", "proved"),
        (r"\mathrm{mean}(x) = \frac{1}{2} \mathrm{sum}(x)", "refuted"),
        (r"t = \mathrm{sum}(S)", "unreadable"),  # over what?
    ],
)
def test_sums_and_maxima_in_words(equation, verdict):
    assert _last(*ROWS, equation) == verdict


def test_sums_of_a_few_terms():
    said = (r"s = \sum_{k=1}^3 x_k^2",)
    assert _last(*said, "s = x_1^2 + x_2^2 + x_3^2") == "proved"
    assert _last(*said, r"\frac{\partial s}{\partial x_2} = 2 x_2") == "proved"
    assert _last(*said, r"\frac{\partial s}{\partial x_2} = 2 x_1") == "refuted"
    assert _last(r"\sum_{k=1}^4 k = 11") == "refuted"


def test_a_brace_around_lines_is_a_system():
    lines = r"\begin{aligned} &a = 2 b \\ &c = a + 1 \\ &c = 3 b \end{aligned}"
    text = rf"$$ \begin{{cases}} {lines} \end{{cases}} $$"
    assert _verdicts(text) == ["definition", "definition", "refuted"]


# -- differentials and layers -----------------------------------------------------------------

PRODUCT = (r"r = \frac{1}{1 + x^\top x}", "u = r x")


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"du = r\, dx + x\, dr", "proved"),
        (r"du = r\, dx - x\, dr", "refuted"),
        (r"du = x\, dr", "refuted"),  # x moves where r does
        (r"dr = - 2 r^2 x^\top dx", "proved"),
    ],
)
def test_what_is_computed_moves_with_what_it_is_computed_from(equation, verdict):
    assert _last(*PRODUCT, equation) == verdict


LAYERS = (
    r"z^l = W^l a^{l-1} + b^l",
    r"a^l = \tanh(z^l)",
    r"C = \frac12 \sum_i (y_i - a^L_i)^2",
    r"\delta^l_i = \frac{\partial C}{\partial z^l_i}",
)
SLOPE = r"(1 - a^l \odot a^l)"


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (rf"\delta^l = ((W^{{l+1}})^\top \delta^{{l+1}}) \odot {SLOPE}", "proved"),
        (rf"\delta^l = (W^{{l+1}} \delta^{{l+1}}) \odot {SLOPE}", "refuted"),
        (r"\frac{\partial C}{\partial b^l_i} = \delta^l_i", "proved"),
        (r"\frac{\partial C}{\partial W^l_{ij}} = \delta^l_i a^{l-1}_j", "proved"),
        (r"\delta^l = 0", "unreadable"),
    ],
)
def test_a_loss_of_the_last_layer_and_layers_before_it(equation, verdict):
    assert _last(*LAYERS, equation) == verdict


def test_a_derivative_that_is_not_determined_is_not_zero():
    # C depends on no u that anybody named: what rests on g was proved, of zeros
    undetermined = (r"C = \sum_i y_i^2", r"g = \frac{\partial C}{\partial u}")
    assert _last(*undetermined, "2 g = g") != "proved"
    assert _last(*undetermined, "h = g + 1", "h = 1") != "proved"


@pytest.mark.parametrize(
    "equation",
    [
        r"\nabla_w \log p(x) = 2 \nabla_w \log p(x)",
        r"\frac{\partial}{\partial w} \log p_i = 2 \frac{\partial}{\partial w} \log p_i",
        r"\nabla_\theta \sum_a \pi(a|s) r(s,a) = 3 \sum_a r(s,a) \nabla_\theta \pi(a|s)",
    ],
)
def test_what_nothing_links_to_a_variable_has_no_derivative_by_it(equation):
    assert _last(equation) == "unreadable"  # not 0 = 0


def test_a_sum_over_layers_is_not_one_layer_many_times():
    said = (*LAYERS[:2], r"r = \sum_{l=1}^L z^l")
    assert _last(*said, "r = L z^l") != "proved"


def test_a_letter_of_the_prose_that_belongs_to_the_next_symbol():
    text = r"For $\mathbf{x} \in \mathbb{R}^N$, the normalized output $\mathbf{y}$ is"
    said = f"{text}\n\n$$ y = 2 x $$\n\n$$ u = 3 x $$\n\n$$ u = 4 x $$"
    assert _verdicts(said)[-1] == "refuted"
