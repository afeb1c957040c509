r"""Distributions: `p(x)`, `p(x | z)`, moments of random variables, divergences, integrals."""

import pytest

from proofs_checks.claims.reading import read_claims
from tests.proofs_checks.claims.corpus_documents import verdict_of


def _paper(*equations):
    return read_claims("\n\n".join(f"$$ {e} $$" for e in equations), "notes.md")


def _last(*equations):
    return verdict_of(_paper(*equations).claims[-1])


BAYES = (r"p(x) = \sum_z p(x|z) p(z)", r"p(z|x) = \frac{p(x|z) p(z)}{p(x)}")


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"\sum_z p(z|x) = 1", "proved"),
        (r"\sum_z p(x|z) p(z) = p(x)", "proved"),
        (r"p(z|x) p(x) = p(x|z) p(z)", "proved"),
        (r"p(z|x) = p(x|z)", "unreadable"),  # two functions: neither proved nor refuted
        (r"p(z) = p(x)", "unreadable"),
    ],
)
def test_the_letters_say_which_distribution_is_meant(equation, verdict):
    assert _last(*BAYES, equation) == verdict


@pytest.mark.parametrize("law", ["P(O | \\lambda) = \\sum_i \\alpha_i"])
def test_a_definition_for_one_condition_says_nothing_of_another(law):
    # P(O | S) is not P(O | lambda) with S for lambda
    assert _last(law, r"P(O|S) = \sum_i \alpha_i") != "proved"


ELBO = (r"\mathcal{L} = \sum_z q(z|x) \log \frac{p(x,z)}{q(z|x)}", "p(x,z) = p(z|x) p(x)")
GAP = r"\sum_z q(z|x) \log \frac{q(z|x)}{p(z|x)}"


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (rf"\log p(x) = \mathcal{{L}} + {GAP}", "proved"),
        (r"\log p(x) = \mathcal{L} + D_{KL}(q(z|x) \| p(z|x))", "proved"),
        (rf"\log p(x) = \mathcal{{L}} - {GAP}", "unreadable"),
        (rf"\log p(x) = 2 \mathcal{{L}} + {GAP}", "unreadable"),
    ],
)
def test_the_evidence_lower_bound(equation, verdict):
    # an argument over which nothing runs, the x, is one point; conditional weights sum to one
    assert _last(*ELBO, equation) == verdict


def test_a_hypothesis_about_weights_is_named():
    claim = _paper(*ELBO, rf"\log p(x) = \mathcal{{L}} + {GAP}").claims[-1]
    assert any("= 1" in c.text for c in claim.model.constraints)


@pytest.mark.parametrize(
    "equation",
    [
        r"\mathbb{E}_{q(z|x)}[\log p(z)] = \sum_z q(z|x) \log p(z)",
        r"\mathbb{E}_{z \sim q(\cdot|x)}[\log p(z)] = \sum_z q(z|x) \log p(z)",
        r"\mathbb{E}_{q}[\log q(z|x)] = \sum_z q(z|x) \log q(z|x)",
        r"D_{KL}(q(z|x) \| p(z)) = \mathbb{E}_{q(z|x)}[\log q(z|x) - \log p(z)]",
        r"\mathrm{KL}(q(\cdot|x) \| p(\cdot)) = \sum_z q(z|x) \log \frac{q(z|x)}{p(z)}",
    ],
)
def test_the_outcomes_of_an_expectation_are_the_arguments_of_its_law(equation):
    assert _last("a = q(z|x) + p(z)", equation) == "proved"


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"\operatorname{Var}(X) = \mathbb{E}[X^2] - (\mathbb{E}[X])^2", "proved"),
        (r"\mathbb{E}[aX + b] = a\mathbb{E}[X] + b", "proved"),
        (r"\operatorname{Var}(aX + b) = a^2 \operatorname{Var}(X)", "proved"),
        (r"\operatorname{Var}(aX + b) = a \operatorname{Var}(X)", "unreadable"),
        (r"\mathbb{E}[XY] = \mathbb{E}[X]\mathbb{E}[Y]", "unreadable"),  # of independent ones
        (r"\mathbb{E}[X] = X", "unreadable"),
        (r"\operatorname{Cov}(X, Y) = \mathbb{E}[XY] - \mathbb{E}[X]\mathbb{E}[Y]", "proved"),
        (
            r"\operatorname{Var}(X+Y) = \operatorname{Var}(X) + \operatorname{Var}(Y)"
            r" + 2\operatorname{Cov}(X, Y)",
            "proved",
        ),
        (r"\operatorname{Var}(X+Y) = \operatorname{Var}(X) + \operatorname{Var}(Y)", "unreadable"),
    ],
)
def test_moments_without_a_distribution(equation, verdict):
    assert _last(equation) == verdict


def test_an_equation_of_random_variables_holds_for_every_outcome():
    assert _last("Y = a X + b", r"\operatorname{Var}(Y) = a^2 \operatorname{Var}(X)") == "proved"


def test_a_moment_can_have_its_name_on_the_right():
    known = r"\mathbb{E}[X] = \mu"
    assert _last(known, r"\operatorname{Var}(X) = \mathbb{E}[X^2] - \mu^2") == "proved"
    assert _last("A x = b", "A x = b") != "proved"  # a condition on x defines no b


def test_moments_of_vectors():
    said = (
        r"\Sigma = \mathbb{E}[(\mathbf{x} - \boldsymbol\mu)(\mathbf{x} - \boldsymbol\mu)^\top]",
        r"\boldsymbol\mu = \mathbb{E}[\mathbf{x}]",
    )
    square = r"\mathbb{E}[\mathbf{x}^\top A \mathbf{x}] = \operatorname{tr}(A\Sigma)"
    assert _last(*said, rf"{square} + \boldsymbol\mu^\top A \boldsymbol\mu") == "proved"
    assert _last(*said, rf"{square} - \boldsymbol\mu^\top A \boldsymbol\mu") == "unreadable"


def test_what_stands_below_a_moment_as_an_argument_only_is_no_random_variable():
    # of \phi(s, .) the s is no variable, and a sum without bounds does not run over outcomes
    bare = r"\pi(s,a) = \frac{e^{\phi(s,a)}}{\sum e^{\phi(s,a)}}"
    assert _last(r"g(s,a) = \phi(s,a) - \mathbb{E}[\phi(s, \cdot)]", bare) == "unreadable"


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"a = \int q(z) \log p(z) \, \mathrm{d}z", "proved"),
        (r"a = \int_{-\infty}^{\infty} q(z) \log p(z) dz", "proved"),
        (r"a = \int dz\, q(z) \log p(z)", "proved"),
        (r"a = 2 \int q(z) \log p(z) dz", "unreadable"),  # a sum tells nothing wrong of it
        (r"a = \int_0^1 q(z) \log p(z) dz", "unreadable"),
        (r"a = \int q(z) \log p(z)", "unreadable"),
    ],
)
def test_integrals_over_all_values(equation, verdict):
    assert _last(r"a = \int q(z) \log p(z) \, dz", equation) == verdict


def test_a_divergence_of_certain_distributions_is_none_of_others():
    gauss = r"D_{KL}(q \| p) = \frac{1}{2} \sum_j (\mu_j^2 + \sigma_j^2 - 1 - \log \sigma_j^2)"
    assert _last(gauss, r"D_{KL}(f \| g) = \sum_j D_{KL}(f_j \| g_j)") != "refuted"


def test_values_of_one_probability_are_not_taken_for_independent_inputs():
    assert _last(r"P(O) = \sum_S P(O, S)", r"P(O) = \sum_S P(O|S) P(S)") == "unreadable"
