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
        ([r"g = \half x", r"g = x"], r"`\half` is not known"),
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
