r"""Presentation MathML as LaTeX: every element has its counterpart, or a command nobody knows."""

import sys

import latex2mathml.converter
import pytest

from proofs_checks.claims.sources.mathml import latex_of


def latex(mathml):
    return "".join(part.text for part in latex_of(mathml, 0, len(mathml)))


@pytest.mark.parametrize(
    ("mathml", "found"),
    [
        ("<mi>x</mi><mo>&#x2212;</mo><mn>12</mn>", "x-12"),
        ("<mn>1</mn><mn>2</mn>", "1 2"),
        ("<mi>α</mi><mi>b</mi>", r"\alpha b"),
        ("<mi>α</mi><mo>&InvisibleTimes;</mo><mi>f</mi><mo>&#x2061;</mo><mo>(</mo>", r"\alpha f("),
        ("<msub><mi>x</mi><mrow><mi>i</mi><mo>&#x2063;</mo><mi>j</mi></mrow></msub>", "x_{i,j}"),
        ("<msup><mi>x</mi><mn>2</mn></msup>", "x^{2}"),
        ("<msup><mi>x</mi><mo>′</mo></msup>", "x'"),
        ("<msup><mi>x</mi><mo>⊤</mo></msup>", r"x^{\top}"),
        ("<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>", "x_{i}^{2}"),
        ("<msup><msub><mi>x</mi><mi>i</mi></msub><mn>2</mn></msup>", "{x_{i}}^{2}"),
        ("<msub><mi>x</mi><none/></msub>", "x"),
        ("<mmultiscripts><mi>x</mi><mi>i</mi><none/></mmultiscripts>", "x_{i}"),
        ("<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>",
         r"\sum_{i=1}^{n}"),
        ("<munder><mi>max</mi><mi>j</mi></munder>", r"\max_{j}"),
        ("<munder><mrow><mi>arg</mi></mrow><mi>j</mi></munder>", r"\mathrm{arg}_{j}"),
        ("<mover><mi>y</mi><mo>^</mo></mover>", r"\hat{y}"),
        ("<mover accent='true'><mi>y</mi><mo>¯</mo></mover>", r"\bar{y}"),
        ("<mover><mover><mi>y</mi><mo>⏞</mo></mover><mi>n</mi></mover>", r"\overbrace{y}^{n}"),
        ("<mover><mo>=</mo><mi>!</mi></mover>", r"\overset{!}{=}"),
        ("<munder><mi>y</mi><mi>n</mi></munder>", r"\underset{n}{y}"),
        ("<mfrac><mi>a</mi><mrow><mi>b</mi><mi>c</mi></mrow></mfrac>", r"\frac{a}{bc}"),
        ("<msqrt><mi>a</mi><mi>b</mi></msqrt>", r"\sqrt{ab}"),
        ("<mroot><mi>a</mi><mn>3</mn></mroot>", r"\sqrt[3]{a}"),
        ("<mi mathvariant='bold'>W</mi><mi>𝐖</mi>", r"\mathbf{W}\mathbf W"),
        ("<mi mathvariant='double-struck'>E</mi><mi>𝔼</mi>", r"\mathbb{E}\mathbb E"),
        ("<mi mathvariant='normal'>d</mi><mi>x</mi>", r"\mathrm{d}x"),
        ("<mi mathvariant='normal'>∂</mi><mi>L</mi>", r"\partial L"),
        ("<mi>log</mi><mi>p</mi>", r"\log p"),
        ("<mi>softmax</mi><mo>(</mo>", r"\mathrm{softmax}("),
        ("<mtext>for all </mtext><mi>i</mi>", r"\text{ for all }i"),
        ("<mtext>50%</mtext>", r"\text{ 50\% }"),
        ("<mtext>&nbsp;</mtext>", " "),
        ("<mspace width='1em'/><mspace width='0.2em'/><mspace linebreak='newline'/>",
         r"\quad  \\ "),
        ("<mo>{</mo><mi>a</mi><mo>}</mo>", r"\{a\}"),
        ("<mo>&amp;</mo><mo>&lt;</mo>", r"\&<"),
        ("<mo form='prefix'>|</mo><mi>x</mi><mo form='postfix'>|</mo>", r"\lvert x\rvert"),
        ("<mo form='prefix'>‖</mo><mi>x</mi><mo form='postfix'>‖</mo>", r"\lVert x\rVert"),
        ("<mfenced open='[' close=']' separators=';,'><mi>a</mi><mi>b</mi><mi>c</mi></mfenced>",
         r"\left[a;b,c\right]"),
        ("<mfenced open='' close='|'><mi>a</mi></mfenced>", r"\left.a\right|"),
        ("<math><mtable><mtr><mtd><mi>a</mi></mtd><mtd><mo>=</mo></mtd></mtr>"
         "<mlabeledtr><mtd><mtext>(1)</mtext></mtd><mtd><mi>b</mi></mtd></mlabeledtr></mtable></math>",
         r"\begin{aligned}a& =\\ b\end{aligned}"),
        ("<mo>(</mo><mtable><mtr><mtd><mi>a</mi></mtd></mtr></mtable><mo>)</mo>",
         r"(\begin{matrix}a\end{matrix})"),
        ("<mo>{</mo><mtable><mtr><mtd><mi>a</mi></mtd></mtr></mtable><mi>x</mi>",
         r"\begin{cases}a\end{cases}x"),
        ("<mo>{</mo><mtable><mtr><mtd><mi>a</mi></mtd></mtr></mtable><mo>}</mo>",
         r"\{\begin{matrix}a\end{matrix}\}"),
        ("<mphantom><mi>a</mi></mphantom><mi>b</mi>", "b"),
        ("<semantics><mi>a</mi><annotation>no</annotation></semantics>", "a"),
        ("<m:mrow><m:mi>a</m:mi></m:mrow>", "a"),
        ("<!-- <mi>no</mi> --><mi>a</mi>", "a"),
        ("<mrow><mi>a</mi><mi>b</mrow><mi>c</mi></mstyle>", "abc"),
    ],
)  # fmt: skip
def test_an_element(mathml, found):
    assert latex(mathml) == found


@pytest.mark.parametrize(
    ("mathml", "command"),
    [
        ("<maction><mi>a</mi></maction>", "maction"),
        ("<menclose><mi>a</mi></menclose>", "menclose"),
        ("<merror><mi>a</mi></merror>", "merror"),
        ("<mglyph/>", "mglyph"),
        ("<mi>a<mglyph/></mi>", "mglyph"),
        ("<mfrac linethickness='0'><mi>a</mi><mi>b</mi></mfrac>", "mfrac"),
        ("<mfrac linethickness='0pt'><mi>a</mi><mi>b</mi></mfrac>", "mfrac"),
        ("<mfrac><mi>a</mi></mfrac>", "mfrac"),
        ("<mroot><mi>a</mi></mroot>", "mroot"),
        ("<msub><mi>a</mi></msub>", "msub"),
        ("<munderover><mi>y</mi><mi>a</mi><mi>b</mi></munderover>", "munderover"),
        ("<mmultiscripts><mi>a</mi><mprescripts/><mi>b</mi></mmultiscripts>", "mmultiscripts"),
        ("<mtable><mi>a</mi></mtable>", "mi"),
        ("<mrow>" * 70 + "<mi>a</mi>", "toodeep"),
    ],
)
def test_what_has_no_counterpart_is_no_mathematics(mathml, command):
    assert rf"\mathml{command}" in latex(mathml)


@pytest.mark.parametrize(
    "formula",
    [
        r"\frac{\partial L}{\partial z_{i}}=p_{i}-y_{i}",
        r"\alpha_{ij}(b_{ij}-\sum_{k=1}^{n}\alpha_{ik}b_{ik})",
        r"\hat{p}_{i}\bar{x}^{2}\sqrt[3]{y^{2}}",
        r"\exp(x)e^{-x^{2}}\max_{j}s_{ij}",
        r"\{a,b\}\langle a,b\rangle",
    ],
)
def test_latex_that_another_program_made_mathml_of(formula):
    assert latex(latex2mathml.converter.convert(formula, display="block")) == formula


def test_every_part_has_its_place():
    mathml = "<mfrac>\n<mi>a</mi>\n<mi>b</mi></mfrac>"
    parts = {p.text: mathml[p.start : p.end] for p in latex_of(mathml, 0, len(mathml))}
    assert (parts["a"], parts["b"]) == ("<mi>a</mi>", "<mi>b</mi>")
    assert parts[r"\frac"] == mathml


@pytest.mark.parametrize(
    "unit", ["<mrow>", "<mi>a</mi>", "</mrow>", "<", "<mi ", "<!--", "<mrow></mi>", "<msub>", "&"]
)
def test_conversion_takes_linear_time(unit):
    text = unit * (20_000 // len(unit))
    assert _calls_of(text * 2) < 3 * _calls_of(text) + 1000


def _calls_of(text):
    """Count the function calls of a conversion: what it takes on any machine."""
    count = 0

    def called(_frame, event, _argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        latex(text)
    finally:
        sys.setprofile(None)
    return count
