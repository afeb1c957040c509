r"""A letter that is one quantity alone and a family with an index: x and x^{(i)}, C and C_i."""

import pytest

from proofs_checks.claims.reading import read_claims
from tests.proofs_checks.claims.corpus_documents import verdict_of

LOSSES = [
    r"C_i = (w x_i - y_i)^2",
    r"C = \frac{1}{n} \sum_{i=1}^n C_i",
    r"\frac{\partial C}{\partial w} = \frac{2}{n} \sum_{i=1}^n (w x_i - y_i) x_i",
    r"\frac{\partial C}{\partial w} = \frac{1}{n} \sum_{i=1}^n (w x_i - y_i) x_i",
    r"\frac{\partial C}{\partial C_i} = \frac{1}{n}",
    r"C = C_i",
]
DATA = [
    r"h(x) = \theta^T x",
    r"J = \frac{1}{2} \sum_{i=1}^m (h(x^{(i)}) - y^{(i)})^2",
    r"\nabla_\theta J = \sum_{i=1}^m (h(x^{(i)}) - y^{(i)}) x^{(i)}",
    r"\nabla_\theta h(x) = x",
    r"\nabla_\theta h(x) = 2 x",
]
STACKED = [
    r"\hat{y} = w^T x",
    r"\hat{\mathbf{y}} = \begin{bmatrix} \hat{y}^{(1)} \\ \vdots \\ \hat{y}^{(n)} \end{bmatrix}",
    r"\hat{\mathbf{y}} = X w",
    r"J = \frac{1}{n} \sum_{i=1}^n (\hat{y}^{(i)} - y^{(i)})^2",
    r"\frac{dJ}{dw} = \frac{2}{n} X^T (\hat{\mathbf{y}} - \mathbf{y})",
    r"\frac{dJ}{dw} = \frac{1}{n} X^T (\hat{\mathbf{y}} - \mathbf{y})",
]


def _paper(equations):
    return read_claims("\n\n".join(f"$$ {e} $$" for e in equations), "notes.md")


def _verdicts(equations):
    return [verdict_of(c) for c in _paper(equations).claims]


def test_a_loss_and_the_losses_of_its_examples():
    assert _verdicts(LOSSES) == [
        "definition", "definition", "proved", "refuted", "proved", "refuted",
    ]  # fmt: skip


def test_the_argument_of_a_function_and_its_examples():
    paper = _paper(DATA)
    found = [verdict_of(c) for c in paper.claims]
    assert found == ["definition", "definition", "proved", "proved", "refuted"]
    assert "x with an index is another quantity than x alone" in paper.notes


@pytest.mark.parametrize(
    "claim",
    [
        r"\nabla_\theta J = \sum_{i=1}^m (h(x^{(i)}) - y^{(i)}) x",
        r"\theta^T x = \theta^T x^{(i)}",
        r"\sum_i x^{(i)} = m x",
    ],
)
def test_what_speaks_of_both_is_neither_proved_nor_refuted(claim):
    paper = _paper([*DATA, claim])
    assert verdict_of(paper.claims[-1]) == "unreadable"
    assert "x with an index is taken for another quantity" in paper.claims[-1].hedge


def test_no_derivative_by_one_half_of_what_both_may_be():
    hinted = [r"A \lambda_j = \lambda v", r"v^T v = 1"]
    claim = r"\frac{\partial (\lambda_j \lambda)}{\partial \lambda} = \lambda_j"
    assert _verdicts([*hinted, claim])[-1] != "proved"


def test_usually_an_entry_is_an_entry():
    claims = [r"f = x^T x", r"\frac{\partial f}{\partial x_i} = 2 x_i", r"g_i = f x_i + x"]
    paper = _paper(claims)
    assert [verdict_of(c) for c in paper.claims][:2] == ["definition", "proved"]
    assert not any("another quantity" in note for note in paper.notes)


def test_entries_that_a_bold_letter_stacks_are_its_own():
    assert _verdicts(STACKED) == [
        "definition", "proved", "definition", "definition", "proved", "refuted",
    ]  # fmt: skip


@pytest.mark.parametrize("value", ["0", "x_j"])
def test_no_derivative_by_what_shares_its_inputs(value):
    claim = rf"\frac{{\partial y_j}}{{\partial a}} = {value}"
    assert _verdicts([r"a = \sum_j b_j", r"y_j = b_j x_j", claim])[-1] == "unreadable"


def test_alternatives_are_not_refuted():
    assert _verdicts([r"p = x + y", r"q = p", r"q = p - m", r"r = 2 p", r"r = 3 p"])[2:] == [
        "unreadable", "definition", "refuted",
    ]  # fmt: skip


def test_a_definition_by_an_unknown_function_may_be_another_one():
    claims = [r"p = x + y", r"p = x g(y)", r"\frac{\partial p}{\partial y} = x"]
    assert _verdicts(claims)[-1] == "unreadable"


def test_messages_speak_as_the_author_does():
    claims = [r"L = \sum_i \log p(x_i \mid \mu)", r"\frac{\partial L}{\partial \Sigma} = x_i"]
    problem = _paper(claims).claims[-1].problem
    assert problem is not None
    assert "_.|" not in problem.message + problem.expected + problem.suggestion
    paper = _paper([r"\frac{\partial p(x_i \mid \mu)}{\partial \Sigma} = 0"])
    message = paper.claims[-1].problem.message
    assert message.startswith(r"nothing says how `p(x_i \mid \mu)` depends on")
