"""Sentences as HTML: symbols set, LaTeX and code told apart, nothing unescaped."""

import re

import pytest

from proofs_checks.reports.sentences import as_html, hypothesis, mixed, name_as_html


def plain(html):
    """Return the text of what is set, between corner brackets, and everything else as it is."""
    return re.sub(r"<math[^>]*>(.*?)</math>", lambda m: f"⟨{re.sub('<[^>]*>', '', m[1])}⟩", html)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nothing says what pi_theta is", "nothing says what ⟨πθ⟩ is"),
        ("nothing says what p_.|X.mu.Sigma is", "nothing says what ⟨p(·)⟩ is"),
        ("defines a_.lm1", "defines ⟨al-1⟩"),
        ("a value of A, and I", "a value of A, and I"),
        ("it doesn't stand in my_file.tex or a_b.tex", None),
        ("depends on Sigma, X, mu", "depends on ⟨Σ⟩, ⟨X⟩, ⟨μ⟩"),
        (r"`\sigma` is the logistic function", "⟨σ⟩ is the logistic function"),
        (r"`\log \frac{a}{b}` was read", "⟨logab⟩ was read"),
        (r"`\because` joins nothing", r"<code>\because</code> joins nothing"),
        (r"remarks into `\text{...}`", r"remarks into <code>\text{...}</code>"),
        ("`theta` acts on every entry", "⟨θ⟩ acts on every entry"),
        ("a matrix C x d_v meets W", "a matrix ⟨C⟩ \u00d7 ⟨dv⟩ meets ⟨W⟩"),
        ("say `% proofhead: input W`", "say <code>% proofhead: input W</code>"),
        (r"\{1, \dots, n\} or a letter", r"<code>\{1, \dots, n\}</code> or a letter"),
        ("the sign of $b$ is wrong", "the sign of ⟨b⟩ is wrong"),
        ("a ` alone in <b>", "a ` alone in &lt;⟨b⟩&gt;"),
    ],
)
def test_symbols_are_set_and_words_stay(text, shown):
    found = plain(as_html(text)).replace("\u2212", "-")
    assert found == (text.replace("'", "&#x27;") if shown is None else shown)


def test_advice_quotes_what_is_to_be_written():
    assert as_html(r"write `\exp(x)`", to_write=True) == r"write <code>\exp(x)</code>"
    assert "<math" in as_html(r"write `\exp(x)`")


def test_sentences_hold_mathematics_between_dollars():
    text = mixed(r"the sign of $b_{ij}$ is <i>wrong</i>")
    assert text.startswith("the sign of <math")
    assert "</math> is &lt;" in text
    assert mixed("a $ alone") == "a $ alone"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sum_c y_ic = 1", "⟨∑cyic=1⟩"),
        ("sum_j alpha_ij = 1", "⟨∑jαij=1⟩"),
        ("m_it^2 = m_it", "⟨mit2=mit⟩"),
        (r"\sum_k y_k = 1", "⟨∑kyk=1⟩"),
        (r"t > 0", "⟨t⟩ &gt; 0"),
        ("the rows of y are one-hot", "the rows of ⟨y⟩ are one-hot"),
    ],
)
def test_hypotheses_are_equations(text, shown):
    assert plain(hypothesis(text)) == shown


def test_hypotheses_are_inert():
    assert "<script" not in hypothesis("<script> = 1") + hypothesis(r"\foo <script>")


def test_names_are_set():
    assert plain(name_as_html("d_v")) == "⟨dv⟩"
