r"""What a document does not determine is said, not guessed; what it does determine is judged."""

import pytest

from proofs_checks.claims.reading import read_claims
from tests.proofs_checks.claims.corpus_documents import verdict_of


def _last(*displays, prose=""):
    text = prose + "\n".join(rf"\[ {x} \]" for x in displays)
    return read_claims(text, "a.tex").claims[-1]


def _reason(claim):
    return claim.problem.message if claim.problem else claim.hedge


@pytest.mark.parametrize(
    ("displays", "reason"),
    [
        # of an undefined loss nothing is known but its first derivatives
        ([r"\frac{\partial^2 q(z)}{\partial z^2} = 0"], "the second derivative of"),
        ([r"y_i = h(x_i)", r"\frac{\partial^2 y_i}{\partial x_i^2} = 0"], "second derivative"),
        # the definition O = P V is missing
        (
            [r"\frac{\partial L}{\partial V} = P^\top \frac{\partial L}{\partial O}"],
            "hang together",
        ),
        ([r"c_i = w_k"], "the index k stands on the right side only"),
        ([r"H = - p \log p (1-p)"], "whether this bracket belongs to the argument is open"),
        ([r"f(A) = a^\top A a", r"f(x) = x^\top x", r"f(x) = 2 x^\top x"], "two definitions"),
        ([r"\log 2 = 0.693"], "the decimals may be rounded"),
        ([r"x = E_{\mathrm{lookup}}[I]", r"\sum_i x_i = 1"], "nothing says what E_lookup is"),
        ([r"g = \third x", r"g = x"], r"`\third` is not known"),
    ],
)
def test_what_is_not_said_is_no_error_of_the_author(displays, reason):
    text = "\n".join(rf"\[ {x} \]" for x in displays)
    claims = read_claims(text, "a.tex").claims
    assert any(reason in _reason(c) for c in claims)
    assert all(verdict_of(c) in ("unreadable", "definition") for c in claims)


@pytest.mark.parametrize(
    ("displays", "verdict"),
    [
        # counts beside the size of the same letter
        ([r"N_k = \sum_{n=1}^N r_{nk}", r"\sum_k N_k = \sum_{n=1}^N \sum_k r_{nk}"], "proved"),
        # a covariance is symmetric
        ([r"q = x^\top \Sigma^{-1} x", r"\nabla_x q = 2 \Sigma^{-1} x"], "proved"),
        ([r"q = x^\top \Sigma^{-1} x", r"\nabla_x q = \Sigma^{-1} x"], "refuted"),
        ([r"q = x^\top A^{-1} x", r"\nabla_x q = 2 A^{-1} x"], "refuted"),
        # a display that says S is symmetric is a hypothesis on what follows
        ([r"S_{ij} = S_{ji}", r"\sum_j S_{ij} x_j = \sum_j S_{ji} x_j"], "proved"),
        ([r"\sum_j S_{ij} x_j = \sum_j S_{ji} x_j"], "refuted"),
        # capitals stay matrices beside a vector of their rows
        # derivatives of known functions
        ([r"\tanh'(x) = 1 - \tanh^2(x)"], "proved"),
        ([r"\tanh''(x) = 1 - \tanh^2(x)"], "refuted"),
        ([r"\mathrm{ReLU}'(x) = 1"], "unreadable"),
        ([r"\mathrm{softmax}'(x) = 1"], "unreadable"),
        # a function defined by its entries
        (
            [r"\sigma(\mathbf{z})_i = \frac{e^{z_i}}{\sum_j e^{z_j}}",
             r"\frac{\partial \sigma(\mathbf{z})_i}{\partial z_j} = "
             r"\sigma(\mathbf{z})_i (\delta_{ij} - \sigma(\mathbf{z})_j)"],
            "proved",
        ),
        (
            [r"s(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}", r"\sum_i s(x)_i = 2"],
            "refuted",
        ),
        # letters in one font side by side are a product where nothing defines the word
        ([r"\mathbf{A} x = \mathbf{B} x", r"\mathrm{tr}(\mathbf{AB}) = \mathrm{tr}(\mathbf{BA})"],
         "proved"),
        ([r"\mathbf{A} x = \mathbf{B} x", r"\mathbf{AB}^\top = (\mathbf{BA}^\top)^\top"], "proved"),
        ([r"\mathbf{A} x = \mathbf{B} x", r"\mathbf{AB}^\top = \mathbf{BA}^\top"], "refuted"),
        (
            [r"P = \mathrm{softmax}(S), \quad O = P V, \quad D = \mathrm{rowsum}(dO \odot O)",
             r"dS = P \odot (dP - D)"],
            "proved",
        ),
        # a loss is a number, and so is one minus it
        ([r"L = -y \log p - (1-y) \log (1-p)", r"\frac{\partial L}{\partial p} = "
          r"\frac{p - y}{p (1 - p)}"], "proved"),
        ([r"v = x - y", r"v^2 = x^2 - 2 x y + y^2"], "proved"),
        ([r"v = x - y", r"v^2 = x^2 + y^2"], "refuted"),
        ([r"\log 2 = 0.712"], "refuted"),
        # repeated indices are summed where the document leaves them on one side
        (
            [r"S^{ij} = Q^{ia} K^{ja}", r"A^{ij} = \mathrm{softmax}_j(S^{ij})",
             r"O^{ib} = A^{ij} V^{jb}",
             r"\frac{\partial O^{ib}}{\partial V^{mn}} = A^{im} \delta^b_n"],
            "proved",
        ),
    ],
)  # fmt: skip
def test_what_is_said_is_judged(displays, verdict):
    assert verdict_of(_last(*displays)) == verdict


@pytest.mark.parametrize("prose", ["Let $a > 0$. Then\n", "% proofhead: assume a > 0\n"])
def test_a_sign_that_the_author_gives_holds(prose):
    assert verdict_of(_last(r"|a| = a", prose=prose)) == "proved"


def test_a_sign_of_another_sentence_does_not_hold():
    assert verdict_of(_last(r"|a| = a", prose="It is large if $a > 0$.\n")) == "refuted"


def test_a_case_of_its_own_begins_where_the_other_cases_did():
    text = (
        r"\[ p_j = \frac{e^{a_j}}{\sum_k e^{a_k}} \]" + "\n"
        r"\[ \frac{\partial p_j}{\partial a_i} = "
        r"\frac{\partial}{\partial a_i} \frac{e^{a_j}}{\sum_k e^{a_k}} \]" + "\n\n"
        r"\(i=j\)" + "\n\n" + r"\[ = p_j (1 - p_j) \]" + "\n\n"
        r"\(i \neq j\)" + "\n\n" + r"\[ = - p_i p_j \]"
    )
    found = [verdict_of(c) for c in read_claims(text, "a.md").claims]
    assert found == ["definition", "proved", "proved", "proved"]


@pytest.mark.parametrize(
    "displays",
    [
        # a script t is an index where the document has a t, and no transpose
        ([r"m_t = 2 g_t", r"u_t = \beta^t m_t", r"\beta^t = \beta"]),
        ([r"x_k = \beta^k y_k", r"x_s = \beta^k y_s"]),
        ([r"x_t = \beta^t y_t", r"x_2 = \beta y_2"]),
        ([r"u = 3 c x^2", r"c^T x = c x + 0 u"]),  # c is a number, and T no size
        # brackets and subscripts that say something
        ([r"x_{(i)} = x_i"]),
        ([r"A_{[i]} = A_i"]),
        ([r"\langle x, y \rangle_A = \langle x, y \rangle"]),
        # a set may be a part of the range
        ([r"1_{\{i \in S\}} x_i = x_i"]),
        ([r"\sum_{i \in S} x_i = \sum_i x_i"]),
    ],
)
def test_what_changes_the_meaning_is_not_passed_over(displays):
    assert verdict_of(_last(*displays)) != "proved"


@pytest.mark.parametrize(
    "displays",
    [
        ([r"x_t = \beta^t y_t", r"x_2 = \beta^2 y_2"]),
        ([r"\hat m_t = \frac{m_t}{1 - \beta^t}", r"\hat m_s (1 - \beta^s) = m_s"]),
        ([r"x_k = \beta^k y_k", r"\beta^k y_k = x_k"]),
        ([r"p_i = e^{z_i} / \sum_{j \in V} e^{z_j}", r"\sum_{i \in V} p_i = 1"]),
    ],
)  # fmt: skip
def test_an_index_in_an_exponent_is_the_number_that_it_counts(displays):
    assert verdict_of(_last(*displays)) == "proved"


def test_a_recursion_is_a_definition_that_is_not_unrolled():
    claims = read_claims(r"\[ m_t = \beta m_{t-1} + (1 - \beta) g_t \]", "a.tex").claims
    assert claims[-1].kind == "definition"
    assert "m is defined by recursion, which is not unrolled" in claims[-1].notes
