r"""What is true in another usual meaning is not refuted; what is false in all of them is."""

import re

import pytest

from proofs_checks.checking import check_paper
from proofs_checks.claims.reading import read_claims

NORMALISED = (
    r"$$h_i = \frac{x_i - \mu}{\sqrt{v + \epsilon}}$$ $$v = \frac1m \sum_{i=1}^m (x_i - \mu)^2$$ "
)
SUMS = r"$$A_i = \sum_{j \le i} x_j$$ "
SOFTMAX = r"$$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$ "
APART = "For $i \\ne k$ all is well.\n\n" + SOFTMAX + "\n\nIt follows that\n\n"
MEANS = (
    r"$$\hat\mu = \frac{\sum_i r_i x_i}{\sum_i r_i}$$ "
    r"$$\hat v = \frac{\sum_i r_i (x_i - \mu)^2}{\sum_i r_i}$$ "
)
LOSS = r"$$L = -\sum_k y_k \log p_k$$ $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$$ "


def _report(text):
    return check_paper(read_claims(text, "a.md")).claims[-1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (NORMALISED + r"$$\frac{\partial h_i}{\partial \mu} = -\frac{1}{\sqrt{v + \epsilon}}$$",
         "whether v is held fixed"),
        (LOSS + r"$$\frac{\partial L}{\partial z_k} = p_k - y_k$$",
         "nothing says that y sums to one"),
        (SUMS + r"$$A_k - A_i = \sum_{j=i+1}^k x_j$$", "whether i < k is open"),
        (SOFTMAX + r"$$p_1 = \frac{e^{z_1}}{e^{z_1} + e^{z_2}}$$", "whether n is 2 is open"),
        (SOFTMAX + r"$$p_1 + p_2 = 1$$", "whether n is 2 is open"),
        (APART + r"$$\frac{\partial p_k}{\partial z_i} = -p_k p_i$$", r"whether $i \ne k$ is"),
        (APART + r"$$\frac{\partial p_k}{\partial z_i} = p_k (1 - p_i)$$", "whether $i = k$ is"),
        (MEANS + r"$$\hat v = \frac{\sum_i r_i x_i^2}{\sum_i r_i} - \mu^2$$", "is its estimate"),
    ],
)  # fmt: skip
def test_what_would_make_an_equation_true_is_said(text, said):
    report = _report(text)
    assert report.claim.kind == "unreadable"
    assert said in report.claim.problem.message


@pytest.mark.parametrize(
    "text",
    [
        NORMALISED + r"$$\frac{\partial h_i}{\partial \mu} = \frac{1}{\sqrt{v + \epsilon}}$$",
        LOSS + r"$$\frac{\partial L}{\partial z_k} = p_k + y_k$$",
        LOSS + r"$$L = -\sum_k y_k z_k$$",
        SUMS + r"$$A_k - A_i = \sum_{j=i}^k x_j$$",
        SOFTMAX + r"$$p_1 = \frac{e^{z_1}}{e^{z_1} + 2 e^{z_2}}$$",
        SOFTMAX + r"$$p_1 + p_2 = 2$$",
        APART + r"$$\frac{\partial p_k}{\partial z_i} = p_k p_i$$",
        MEANS + r"$$\hat v = \frac{\sum_i r_i x_i^2}{\sum_i r_i} + \mu^2$$",
    ],
)
def test_what_is_false_in_every_meaning_is_refuted(text):
    report = _report(text)
    assert report.verdict is not None
    assert report.verdict.status == "refuted"


def test_who_follows_the_advice_gets_a_verdict():
    text = LOSS + r"$$\frac{\partial L}{\partial z_k} = p_k - y_k$$"
    advice = _report(text).claim.problem.suggestion
    said = re.search(r"that (\$y\$ is one-hot)", advice)
    assert said is not None
    assert _report(f"where {said[1]}. {text}").verdict.status == "proved"
