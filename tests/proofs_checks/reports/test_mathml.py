"""MathML: every law converts, nothing else than MathML ever comes out."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofs_checks.reports.mathml import (
    ATTRIBUTES,
    ELEMENTS,
    as_mathml,
    as_written,
    mathml,
)
from theory.catalogue import LAWS
from theory.latex import equation
from theory.models import model_named

CASES = [(law, name) for law in LAWS for name in law.models]
PIECES = st.sampled_from([
    r"\frac", r"\text", "{", "}", "<", ">", "&", "&lt;", "&#60;", "script", "<script>", r"\href",
    r"\style", r"\class", r"\color", "javascript:alert(1)", '"', "'", "onclick=", "^", "_", "x",
    r"\sum", r"\lVert", r"\Bigl", r"\Bigr", "(", ")", r"\mathrm", r"\begin{cases}", r"\end{cases}",
    "\x00", "\ud800", r"\\", "$", " ", r"\left", r"\right", r"\mathbb", r"\unknown", "<img src=x>",
])  # fmt: skip


class Elements(HTMLParser):
    """Collects elements and attributes as a browser would see them."""

    def __init__(self, text):
        super().__init__()
        self.found = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)
        self.found.update(name for name, _ in attrs)


@pytest.mark.parametrize(("law", "name"), CASES, ids=[f"{law.name}-{n}" for law, n in CASES])
def test_every_law_becomes_mathematics(law, name):
    model = model_named(name)
    text = mathml(equation(law.statement(model), model, law.order), block=True)
    assert text.startswith('<math display="block">')
    assert "\\" not in text


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(x)}{x}",
        r"\class{x}{y}",
        r"\unknown{a}",
        r"\frac{",
        "a & b",
        "",
        "x" * 5000,
    ],
)
def test_what_cannot_be_shown_is_escaped_source(latex):
    text = mathml(latex)
    assert text.startswith("<code>")
    assert Elements(text).found == {"code"}


@given(st.lists(PIECES, max_size=12).map("".join))
def test_nothing_but_mathematics_or_code_comes_out(latex):
    allowed = ELEMENTS | ATTRIBUTES | {"code", "width"}
    for text in (mathml(latex), as_mathml(latex), as_written(latex)):
        assert Elements(text).found <= allowed
        assert "\x00" not in text


def test_colours_and_links_are_dropped():
    assert (
        mathml(r"\color{red}x")
        == '<math display="inline"><mrow><mstyle><mi>x</mi></mstyle></mrow></math>'
    )


def test_a_leading_minus_is_a_sign():
    text = mathml(r"a = -b - c")
    assert re.findall(r'<mo( form="prefix")?>\u2212</mo>', text) == [' form="prefix"', ""]


def test_functions_and_bars_are_spaced_as_they_are_in_print():
    text = mathml(r"\beta \log x + \log(x) |y| z")
    apart, bracketed = re.findall(r'<mo lspace="(\S+)" rspace="(\S+)">log</mo>', text)
    assert apart == ("0.1667em", "0.1667em")
    assert bracketed == ("0em", "0em")
    assert text.count('<mo stretchy="false" lspace="0em" rspace="0em">|</mo>') == 2
    assert '<mi mathvariant="normal">\u0393</mi>' in mathml(r"\Gamma")


def test_norms_and_words():
    assert mathml(r"\Bigl\lVert x \Bigr\rVert").count("\u2016") == 2
    assert "<mtext>softmax</mtext>" in mathml(r"\mathrm{softmax}(x)")


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        (r"a &= b \\ ", "a = b"),
        (r"a = b, \label{eq:x} \tag{3} \nonumber % a comment", "a = b"),
        (r"a = b \\[2pt] + c", r"a = b + c"),
        (r"i<j", r"i \lt j"),
        (r"\begin{aligned} a &= b \\ &= c \end{aligned}", None),
        (r"f = \begin{cases} x & i < j \\ 0 & \text{else} \end{cases}.", None),
        (r"\left[ x \right.", r"\left[ x \right."),
        (r"x\,", r"x\,"),
    ],
)
def test_equations_as_their_author_laid_them_out(source, plain):
    written = as_written(source)
    assert written.startswith("<math")
    assert "<mi>&amp;</mi>" not in written
    if plain is not None:
        assert written == as_mathml(plain)


@pytest.mark.parametrize(
    "source", [r"\text{<script>alert(1)</script>}", r"\href{x}{y}", r"\unknown x", "a # & b \\x"]
)
def test_what_cannot_be_shown_as_written_is_left_to_the_caller(source):
    assert as_written(source) == ""


def test_letters_of_other_fonts_are_characters_of_their_own():
    assert "\U0001d499" in mathml(r"\bm{x}")
    assert "\U0001d737" in mathml(r"\boldsymbol{\beta}")
    assert "\U0001d7d9" in mathml(r"\mathbb{1}")
    assert "\u211d" in mathml(r"\mathbb{R}")


def test_spaces_keep_their_width_and_relations_are_no_letters():
    assert '<mspace width="1em" />' in mathml(r"a \quad b")
    assert "width" not in mathml(r"a \hspace{99em} b")
    assert "<mo>\u223c</mo>" in mathml(r"x \sim p")
    assert "<mo>\u2254</mo>" in mathml("x := p")
