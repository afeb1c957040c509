r"""Notation of the field that a document of its own settles: conditions, labels, operators, losses.

The corpus `field.md` holds what is proved and refuted; here stands why something is not.
"""

import pytest

from proofs_checks.claims.reading import read_claims
from tests.proofs_checks.claims.corpus_documents import verdict_of


def _claims(*equations, name="notes.md"):
    return read_claims("\n\n".join(f"$$ {e} $$" for e in equations), name).claims


def _reason(claim):
    return claim.hedge or (claim.problem.message if claim.problem else "")


@pytest.mark.parametrize(
    ("equations", "reason"),
    [
        ([r"\pi_i = \frac{P(q_1 = i, O)}{P(O)}", r"\sum_{i \in S} \pi_i = 1"], "what P is"),
        ([r"S = A^{-1} A", r"\mathrm{tr}(S) = \mathrm{tr}(I)"], "how large an identity"),
        ([r"A = T \Lambda T^{-1}", r"y = \lambda_j x", r"A t^{(i)} = \lambda_i t^{(i)}"],
         "an eigenvector"),
        ([r"h = o \odot c", r"\delta o = \delta h \odot c", r"\delta c = \delta h \odot o"],
         r"\delta may be an operator"),
        ([r"f(x) = x^\top A x", r"f'(x) = (A - A^\top) x"], "the derivative of a function of one"),
        ([r"o_t = \sum_{i=1}^t v_i s_i", r"V_t = [v_1, v_2, \ldots, v_t]"],
         "a list of a part of the entries"),
    ],
)  # fmt: skip
def test_what_a_document_leaves_open_is_not_refuted(equations, reason):
    last = _claims(*equations)[-1]
    assert verdict_of(last) == "unreadable"
    assert reason in _reason(last)


def test_the_condition_of_a_heading_holds_in_its_section():
    text = (
        "$$ p_i = \\frac{e^{x_i}}{\\sum_k e^{x_k}} $$\n\n"
        "### When $j \\neq i$\n\nIt follows that\n\n"
        "$$ \\frac{\\partial p_j}{\\partial x_i} = - p_i p_j $$\n\n"
        "### In general\n\n"
        "$$ \\frac{\\partial p_j}{\\partial x_i} = - p_i p_j $$\n"
    )
    _, apart, always = read_claims(text, "notes.md").claims
    assert verdict_of(apart) == "proved"
    assert r"for `j \neq i` only, as the heading above says" in apart.notes
    assert verdict_of(always) == "refuted"


def test_a_page_of_two_dollars_has_its_prose_between_them():
    prose = "The mean $$\\mu$$ of $$n$$ numbers, where $$R = A x$$ for a matrix $$A$$, is\n\n"
    more = "so that $$r$$ is $$a$$, $$b$$, $$c$$, $$d$$, $$e$$, $$f$$ and $$g$$,"
    shown = "$$ \\mu = \\frac{1}{n} \\sum_i x_i $$\n\n"
    text = f"---\nlayout: post\n---\n{prose}{shown}{more * 3} $$\\text{{$q$}}$$\n"
    (claim,) = read_claims(text, "post.md").claims
    assert claim.kind == "definition"


def test_what_the_text_says_twice_refutes_nothing():
    text = (
        "Write $R = A x$, or choose $R = x - \\mu$.\n\n$$ y = R^\\top R $$\n\n$$ y = x^\\top x $$\n"
    )
    claim = read_claims(text, "notes.md").claims[-1]
    assert "the text says twice what R is" in claim.hedge


def test_a_loss_of_unknown_form_is_any_function_of_its_arguments():
    claims = _claims(
        r"g_i = \sum_j \alpha_{ij} v_j", r"L = \frac1n \sum_i \ell_i(g_i, y_i)",
        r"\frac{\partial L}{\partial v_j} = \sum_i \alpha_{ij} \frac{\partial L}{\partial g_i}",
        r"\frac{\partial L}{\partial v_j} = \sum_i \alpha_{ji} \frac{\partial L}{\partial g_i}",
    )  # fmt: skip
    assert [verdict_of(c) for c in claims] == ["definition", "not judged", "proved", "refuted"]
    assert "any differentiable function" in claims[1].notes[0]


def test_a_flow_has_a_rate_where_the_document_writes_one():
    loss, flow = r"L = \frac12 \sum_j v_j^2", r"\dot v_j = - v_j"
    rated = r"\dot v_j = - \epsilon_v v_j"
    (_, alone), (_, said) = _claims(loss, flow), _claims(loss, rated)
    assert verdict_of(alone) == verdict_of(said) == "proved"
    assert "a gradient flow without a rate has the rate 1" in alone.notes
    assert verdict_of(_claims(loss, r"\dot v_j = v_j")[-1]) == "refuted"


def test_steps_of_a_cell_count_though_their_letter_is_an_index_elsewhere():
    claims = _claims(
        r"f^t = \sigma(W_f x^t + U_f h^{t-1})", r"c^t = f^t \odot c^{t-1}",
        r"h^t = \tanh(c^t)", r"L = \sum_{t=1}^T \ell_t",
        r"\frac{\partial h_i^t}{\partial c_i^t} = 1 - \tanh^2(c_i^t)",
        r"\frac{\partial h_i^t}{\partial c_i^t} = 1 + \tanh^2(c_i^t)",
    )  # fmt: skip
    assert [verdict_of(c) for c in claims[-2:]] == ["proved", "refuted"]


def test_powers_of_letters_that_are_indices_too_stay_powers():
    claims = _claims(
        r"m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t", r"\hat m_t = \frac{m_t}{1 - \beta_1^t}",
        r"\beta_1^t = \beta_1 \beta_1^{t-1}",
    )  # fmt: skip
    assert verdict_of(claims[-1]) == "proved"


def test_the_norm_of_a_difference_of_roots_is_read_at_once():
    noise = r"\| \epsilon - g(\sqrt{a_t} x + \sqrt{1 - a_t} \epsilon, t) \|^2"
    terms = [rf"L_t = \frac{{b_t^2}}{{2 a_t (1 - c_t)}} {noise}", r"L_t \ge 0"]
    assert _claims(*terms)[0].kind == "definition"


def test_a_word_before_an_equality_is_a_name_unless_its_letters_are_used():
    (loss, right) = _claims(
        r"Loss = \frac12 (y - a)^2", r"\frac{\partial Loss}{\partial a} = a - y"
    )
    assert [loss.kind, verdict_of(right)] == ["definition", "proved"]
    assert verdict_of(_claims(r"a = x", r"b = y", r"ab = y x")[-1]) == "proved"


def test_the_case_that_the_prose_speaks_of_defines_nothing():
    text = (
        "If $w_0 = 0$ this is ridge regression, with $\\Lambda = I$.\n\n"
        "$$ f = (w - w_0)^2 $$\n\n$$ f = w^2 + w_0^2 $$\n\n$$ f = w^2 - 2 w w_0 + w_0^2 $$\n"
    )
    _, wrong, right = read_claims(text, "notes.md").claims
    assert verdict_of(wrong) == "unreadable"
    assert verdict_of(right) == "proved"


def test_what_the_prose_defines_by_a_function_is_a_definition():
    text = (
        "When $p = \\mathrm{softmax}(z)$, the gradient is\n\n"
        "$$ \\frac{\\partial p_i}{\\partial z_j} = p_i (\\delta_{ij} - p_j) $$\n"
    )
    assert verdict_of(read_claims(text, "notes.md").claims[-1]) == "proved"


def test_the_rows_of_a_capital_that_has_entries_too_refute_nothing():
    claims = _claims(
        r"y = (W x) \odot \sigma(V x), \qquad \sigma(t) = \frac{1}{1 + e^{-t}}",
        r"\frac{\partial y_i}{\partial W_{ij}} = \sigma\Big(\sum_k V_{ik} x_k\Big) x_j",
        r"\frac{\partial y_i}{\partial x_j} = W_{ij} \sigma(v_i), \qquad v_i = \sum_k V_{ik} x_k",
    )
    assert "refuted" not in map(verdict_of, claims[:3])


def test_symmetry_of_a_defined_matrix_is_a_claim():
    defined = r"C = \sum_j a_j v_j v_j^\top"
    assert verdict_of(_claims(defined, r"C = C^\top")[-1]) == "proved"
    assert verdict_of(_claims(r"D = A B", r"D = D^\top")[-1]) == "refuted"


def test_a_recursion_of_what_is_defined_otherwise_is_no_definition():
    claims = _claims(r"c_{it} = \sum_{s \le t} x_{is}", r"c_{it} = c_{i,t-1} + x_{i,t-1}")
    assert verdict_of(claims[-1]) == "unreadable"


@pytest.mark.parametrize(
    ("equation", "note"),
    [
        (r"\log(\gamma^2) = 2 \log \gamma", r"made for `\gamma` > 0"),
        (r"\log(a b) = \log a + \log b", "made for `a` > 0, `b` > 0"),
        (r"\sqrt{x y} = \sqrt{x} \sqrt{y}", "made for `x` >= 0, `y` >= 0"),
        (r"p_i \log p_i + \log p_i = (1 + p_i) \log p_i", ""),
        (r"\log (\sum_i e^{z_i}) - z_j = \log (\sum_i e^{z_i - z_j})", ""),
    ],
)
def test_the_values_for_which_an_equation_is_made_are_said(equation, note):
    (claim,) = _claims(equation)
    assert verdict_of(claim) == "proved"
    assert ", ".join(claim.notes) == note


def test_a_condition_in_brackets_is_one_of_the_definition():
    claims = _claims(r"a_{ij} = x_i x_j \quad (\text{if } i \neq j)", r"a_{ij} = x_i x_j")
    assert verdict_of(claims[1]) == "unreadable"  # of i = j nothing is said


@pytest.mark.parametrize(
    ("equations", "reason"),
    [
        ([r"a = \prod_i x_i", r"\mathbf d \log a = 2 \, \mathbf d \log x_1"], "may be an operator"),
        ([r"A = u v^\top", r"\sum_j A_{ij} + b = c", r"A / u + v / A = A + u"], ""),
    ],
)
def test_what_an_operator_or_an_axis_may_be_is_not_refuted(equations, reason):
    last = _claims(*equations)[-1]
    assert verdict_of(last) == "unreadable"
    assert reason in _reason(last)


def test_what_an_implication_ends_in_is_the_value_at_one_point():
    claims = _claims(
        r"y = x^2", r"y = 0", r"\frac{\partial y}{\partial x} = 0 \Rightarrow x = 0", r"y = 1"
    )
    assert [verdict_of(c) for c in claims if c.source in ("y = 0", "y = 1")].count("proved") == 0
    assert claims[3].source == "x = 0" and claims[3].kind != "definition"
    told = _claims(r"y = x^2", r"x = 0 \Rightarrow y = 0", r"y = 0", r"y = x^2 + 1")
    assert [verdict_of(c) for c in told[-2:]] == ["unreadable", "refuted"]
