r"""What the prose says of cases, points and all values, and what an equation says of inputs."""

import pickle

import pytest

from proofs_checks.advice import advice
from proofs_checks.claims.reading import read_claims
from proofs_checks.judging import judge
from tests.proofs_checks.claims.corpus_documents import verdict_of

SOFTMAX = "$$ p_i = \\frac{e^{z_i}}{\\sum_j e^{z_j}} $$\n\n"
APART = "$$ \\frac{\\partial p_k}{\\partial z_i} = - p_k p_i $$\n"
EQUAL = "$$ \\frac{\\partial p_k}{\\partial z_i} = p_k (1 - p_i) $$\n"


@pytest.mark.parametrize(
    ("sentence", "shown", "verdict"),
    [
        ("Pour $k \\ne i$ on a\n", APART, "proved"),
        (
            "**\u5f53** $k \\neq i$ **\u65f6**, \u6c42\u5bfc\u8fc7\u7a0b\u5982\u4e0b\n",
            APART,
            "proved",
        ),
        ("Soit maintenant $k = i$\n", EQUAL, "proved"),
        ("Ja. Nun sei $k \\ne i$:\n\n", APART, "proved"),
        ("Pour $k \\ne i$ on a\n", EQUAL, "refuted"),
        ("Pour $k = i$ on a\n", APART, "refuted"),
        ("So war es. ", APART, "refuted"),
        ("So war es mit $k \\ne i$.\n\n# Und jetzt\n\n", APART, "refuted"),
        ("So war es mit $k \\ne j$. Nun folgt\n\n", APART, "refuted"),
    ],
)
def test_a_sentence_of_any_language_says_which_case_is_meant(sentence, shown, verdict):
    claim = read_claims(SOFTMAX + sentence + shown, "notes.md").claims[-1]
    assert verdict_of(claim) == verdict
    if verdict == "proved":
        assert any("as the sentence before says" in note for note in claim.notes)


@pytest.mark.parametrize(
    ("beside", "verdict"),
    [
        (r"", "proved"),
        (r"\quad \text{for all } x \in \mathbb{R}^n", "proved"),
        (r"\quad \forall y \in \mathbb{R}^n", "unreadable"),
        (r"\quad \text{for all } x, y \in \mathbb{R}^n", "unreadable"),
        (r"\quad \text{for every } y", "unreadable"),
    ],
)
def test_an_equation_for_all_values_is_not_about_the_defined_one(beside, verdict):
    shown = rf"$$ (x - y)^\top (x - y) = \|x\|^2 {beside} $$"
    text = "Let $y = 2 x$ where $x \\in \\mathbb{R}^n$.\n\n" + shown
    claim = read_claims(text, "notes.md").claims[-1]
    assert verdict_of(claim) == verdict
    if verdict == "unreadable":
        assert "this speaks of every y" in claim.problem.message


@pytest.mark.parametrize("words", ["along", "at", "near"])
def test_a_point_at_which_something_is_looked_at_defines_nothing(words):
    text = f"We approach {words} $y=x$ and see nothing.\n\n$$ \\|x - y\\| = 0 $$"
    assert verdict_of(read_claims(text, "notes.md").claims[-1]) == "unreadable"
    text = "We write $y=x$ and see nothing.\n\n$$ \\|x - y\\| = 0 $$"
    assert verdict_of(read_claims(text, "notes.md").claims[-1]) == "proved"


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        (r"\Sigma_1^{-1} = \Sigma^{-1} + \Sigma_0^{-1}", "not judged"),
        (r"\log a = b + c", "definition"),
        (r"\log_2 r = \log r", "refuted"),
        (r"|b| = b", "refuted"),
        (r"\log(a b) = \log(a) \log(b)", "refuted"),
    ],
)
def test_a_function_of_one_input_on_one_side_says_what_it_is(shown, verdict):
    assert verdict_of(read_claims(f"$$ {shown} $$", "notes.md").claims[-1]) == verdict


def test_a_feature_is_an_entry_of_the_vector_of_features():
    lines = (
        "$K_{ij} = \\phi(x^{(i)})^T\\phi(x^{(j)})$\n\n"
        "$$ \\sum_i \\sum_j z_i K_{ij} z_j = \\sum_k (\\sum_i z_i \\phi_k(x^{(i)}))^2 $$\n"
    )
    assert verdict_of(read_claims(lines, "notes.md").claims[-1]) == "proved"


def test_one_of_some_indices_may_be_another_index():
    text = (
        "$$J(v, o, U) = - \\log (\\sigma(u_o^\\top v)) "
        "- \\sum_{s=1}^{K} \\log (\\sigma(-u_{w_s}^\\top v))$$\n\n"
        "where $\\sigma(x) = 1/(1+e^{-x})$.\n\n"
        "$$ \\frac{\\partial J(v, o, U)}{\\partial u_o} = (\\sigma(u_o^\\top v) - 1) v $$"
    )
    claim = read_claims(text, "notes.md").claims[-1]
    assert "nothing says whether w_s can be equal to o" in claim.hedge
    assert advice(claim) == r"state `o \ne w_s` beside it"


def test_a_definition_sign_is_never_refuted():
    text = "$$ h = W x $$ $$ g = W^\\top h := x $$"
    claims = read_claims(text, "notes.md").claims
    assert all(verdict_of(c) != "refuted" for c in claims)


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        (r"\exp(\log r) = |r|", "proved"),
        (r"\exp(\log r_i) = |r_i|", "proved"),
        (r"\sum_i \exp(\log r_i) = \sum_i |r_i|", "proved"),
        (r"\exp(\log r) + s = |r| + s, \quad s > 0", "proved"),
        (r"\exp(\log r) + \eta = |r| + \eta + O(\eta^2)", "proved"),
        (r"\exp(\log r) = 2 |r|", "refuted"),
        (r"r = |r|", "refuted"),
    ],
)
def test_the_logarithm_that_an_exponential_undoes_is_defined(shown, verdict):
    claim = read_claims(f"$$ {shown} $$", "notes.md").claims[-1]
    sent = pickle.loads(pickle.dumps(claim.equation))  # judges work in other processes
    assert judge(claim.model, sent).status == verdict
