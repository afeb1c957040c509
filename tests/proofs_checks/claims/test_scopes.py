"""Equations that their document does not type as a whole are read with what they rest on."""

import pytest

from proofs_checks.claims.reading import read_claims
from tests.proofs_checks.claims.corpus_documents import verdict_of

RULES = (
    r"\[ A \in \mathbb{R}^{m \times n}, \quad B \in \mathbb{R}^{n \times m} \]"
    r" \[ \mathrm{tr}(A B) = \mathrm{tr}(B A) \]"
)


def _claims(text):
    return read_claims(text, "scopes.tex").claims


def _last(text):
    return verdict_of(_claims(text)[-1])


CHAIN = (
    r"\[ z = W x, \quad r = \log \sum_{j=1}^v e^{z_j}, \quad p = e^{z_k - r} \]"
    r" \[ \lambda_j = \frac{p_j}{2} \]"
)


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"\log p = z_k - r", "proved"),
        (r"\log p = z_k + r", "unreadable"),  # what the document contradicts is not refuted
    ],
)
def test_an_equation_in_its_own_scope(equation, verdict):
    claim = _claims(rf"{CHAIN} \[ {equation} \]")[-1]
    assert verdict_of(claim) == verdict
    assert any("read with what it rests on" in note for note in claim.notes)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"\[ a = \exp(b) \] \[ \log a^2 = 2 \log a, \quad a > 0 \]", "proved"),
        (r"\[ a = \exp(b) \] \[ \log a^2 = 3 \log a, \quad a > 0 \]", "unreadable"),
        (r"\[ m_{ij} = 0 \quad \text{if } |i - j| > 1 \] \[ \sum_{ij} m_{ij} = 0 \]", "unreadable"),
    ],
)
def test_a_condition_that_is_not_used_refutes_nothing(text, verdict):
    assert _last(text) == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"\[ q(y \succ z) = \frac{r(y)}{r(y) + r(z)} \] \[ q(y \succ z) + q(z \succ y) = 1 \]",
         "proved"),
        (r"\[ q(y \succ z) = \frac{r(y)}{r(y) + r(z)} \] \[ q(y \succ z) = q(z \succ y) \]",
         "refuted"),
        (r"\[ f(y) = 2 g(y) \] \[ f(y_1) + f(y_2) = 2 (g(y_1) + g(y_2)) \]", "proved"),
        (r"\[ f(y) = 2 g(y) \] \[ f(y_1) = f(y_2) \]", "unreadable"),
    ],
)  # fmt: skip
def test_functions_of_functions_are_put_in(text, verdict):
    assert _last(text) == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"\[ J(\theta) = \mathbb{E}_\tau[R(\tau)] \]"
         r" \[ J(\theta) = \sum_\tau P_\theta(\tau) R(\tau) \]"
         r" \[ \nabla_\theta J(\theta) = \sum_\tau P_\theta(\tau) \nabla_\theta \log P_\theta(\tau)"
         r" R(\tau) \]", "proved"),
        (r"\[ J(\theta) = \sum_\tau P_\theta(\tau) R(\tau) \]"
         r" \[ \nabla_\theta J(\theta) = \sum_\tau \nabla_\theta \log P_\theta(\tau) R(\tau) \]",
         "unreadable"),
        (r"\[ W = W_0 + \Delta W \] \[ \Delta W = B A \] \[ W x = W_0 x + B A x \]", "proved"),
        (r"\[ W = W_0 + \Delta W \] \[ \Delta W = B A \] \[ W x = W_0 x + A B x \]", "refuted"),
        (r"\[ \Delta w = 0 \]", "unreadable"),
    ],
)  # fmt: skip
def test_policies_and_increments(text, verdict):
    assert _last(text) == verdict


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"\frac{\partial p_i}{\partial s_k} = p_i (\delta_{ik} - p_k)", "proved"),
        (r"\frac{\partial p_i}{\partial s_k} = p_i (\delta_{ik} - 2 p_k)", "refuted"),
        (r"\frac{\partial \ell}{\partial s_k} = p_k", "proved"),
    ],
)
def test_a_maximum_that_cancels_has_no_derivative(equation, verdict):
    stable = (
        r"\[ m = \max_j s_j, \quad p_i = \frac{e^{s_i - m}}{\sum_j e^{s_j - m}} \]"
        r" \[ \ell = m + \log \sum_j e^{s_j - m} \]"
    )
    assert _last(rf"{stable} \[ {equation} \]") == verdict


PROJECTIONS = r"\[ Q = X W^Q, \quad K = X W^K, \quad V = X W^V \] \[ A = Q K^\top, \quad O = A V \]"


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"\frac{\partial L}{\partial W^Q} = X^\top \frac{\partial L}{\partial Q}", "proved"),
        (r"\frac{\partial L}{\partial W^Q} = 2 X^\top \frac{\partial L}{\partial Q}", "refuted"),
        (
            r"\frac{\partial L}{\partial X} = \frac{\partial L}{\partial Q} (W^Q)^\top"
            r" + \frac{\partial L}{\partial K} (W^K)^\top"
            r" + \frac{\partial L}{\partial V} (W^V)^\top",
            "proved",
        ),
    ],
)
def test_capitals_above_capitals_are_labels(equation, verdict):
    assert _last(rf"{PROJECTIONS} \[ {equation} \]") == verdict


def test_a_loss_of_two_ends_refutes_nothing():
    # does L depend on S only through A, or is S' = Q K^T another way?
    text = (
        r"\[ S = \frac{Q K^\top}{c}, \quad A = \tanh(S), \quad H = A V, \quad S' = Q K^\top \]"
        r" \[ \frac{\partial L}{\partial V} = A^\top \frac{\partial L}{\partial H} \]"
        r" \[ \frac{\partial L}{\partial Q} = \frac{\partial L}{\partial S'} K \]"
    )
    assert _last(text) == "unreadable"


def test_a_capital_beside_entries_need_not_be_the_matrix_of_their_rows():
    text = (
        r"\[ H = A V \] \[ p_j = a_j / \sum_r a_r, \quad \sum_j p_j a_r = a_r \]"
        r" \[ \partial L / \partial V = A^\top \, \partial L / \partial H \]"
    )
    assert _last(text) == "proved"


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"\sum_a \pi(a \mid s) A^\pi(s, a) = 0", "proved"),
        (r"\sum_a \pi(a \mid s) A^\pi(s, a) = V^\pi(s)", "refuted"),
    ],
)
def test_a_policy_is_a_part_of_a_name(equation, verdict):
    text = (
        r"\[ V^\pi(s) = \sum_a \pi(a \mid s) Q^\pi(s, a) \]"
        r" \[ A^\pi(s, a) = Q^\pi(s, a) - V^\pi(s), \quad \sum_a \pi(a \mid s) = 1 \]"
    )
    assert _last(rf"{text} \[ {equation} \]") == verdict


def test_a_symbol_that_a_later_section_defines_anew_is_read_with_its_last_definition():
    first = r"\[ p = \mathrm{softmax}(z) \] \[ \sum_i p_i = 1 \]"
    second = r"\[ p_i = \frac{1}{1 + e^{-u_i}} \] \[ \sum_i p_i = 1 \] \[ p_i (1 - p_i) = "
    derivative = r"\frac{\partial p_i}{\partial u_i} \]"
    verdicts = [verdict_of(c) for c in _claims(first + second + derivative)]
    assert verdicts == ["definition", "proved", "definition", "refuted", "proved"]
    # another form of what is defined, of the same quantities, is a claim about it
    again = r"\[ p_i = e^{z_i} \]"
    assert verdict_of(_claims(first + again)[-1]) == "refuted"


def test_what_rests_on_two_definitions_of_a_symbol_is_refused():
    text = r"\[ a = 2 u \] \[ b = a + 1 \] \[ a = 3 v \] \[ a + b = 2 u + 3 v + 1 \]"
    claim = _claims(text)[-1]
    assert "defined twice" in claim.problem.message


def test_the_value_of_an_index_names_a_case():
    text = r"\[ s = \sum_k x_k + \sum_i x_i \] \[ k = i \] \[ k = 1 \] \[ k = 2 \]"
    assert [verdict_of(c) for c in _claims(text)][1:] == ["not judged"] * 3


def test_projections_with_superscripts_are_those_of_the_vocabulary():
    text = (
        r"\[ q_i = (W^Q)^\top x_i, \quad k_j = (W^K)^\top x_j, \quad v_j = (W^V)^\top x_j \]"
        r" \[ \partial L / \partial s_{ij} = \alpha_{ij} (b_{ij} - \sum_k \alpha_{ik} b_{ik}) \]"
    )
    paper = read_claims(text, "heads.tex")
    assert paper.vocabulary == "attention-head"
    assert [verdict_of(c) for c in paper.claims] == ["proved"] * 4


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"y^{(i)}_j = \sum_k W_{jk} x^{(i)}_k", "proved"),
        (r"y^{(i)}_j = \sum_k W_{kj} x^{(i)}_k", "refuted"),
        (r"\sum_i y^{(i)}_j = \sum_i \sum_k W_{jk} x^{(i)}_k", "proved"),
    ],
)
def test_the_entry_of_a_sample_is_an_entry_of_its_vector(equation, verdict):
    assert _last(rf"\[ y^{{(i)}} = W x^{{(i)}} \] \[ {equation} \]") == verdict
