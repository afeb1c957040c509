r"""Pages whose displays are MathML: of MathJax, KaTeX, LaTeXML, and hand-written ones."""

import time

import pytest

from proofs_checks.claims.documents import read_document
from proofs_checks.claims.reading import read_claims
from proofs_checks.claims.sources.opening import document_of
from proofs_checks.claims.sources.webpage import page_bundle

X_IS_Y = "<mi>x</mi><mo>=</mo><mi>y</mi>"
TEX = '<annotation encoding="application/x-tex">{}</annotation>'


@pytest.fixture
def read(tmp_path):
    """Return line and source of the equations of a page, read from the disk."""

    def read(html):
        path = tmp_path / "page.html"
        path.write_text(html)
        document = read_document(document_of(path, "page.html"), "page.html")
        return [(e.line, e.source) for e in document.equations]

    return read


@pytest.mark.parametrize(
    "html",
    [
        f'<p>\n<math display="block">{X_IS_Y}</math>',
        f"<p>\n<math mode=display>{X_IS_Y}</math>",
        f"<p>\n<m:math display='block'>{X_IS_Y}</m:math>",
        f'<p>\n<mjx-container display="true"><svg></svg><mjx-assistive-mml display="block">'
        f'<math display="block">{X_IS_Y}</math></mjx-assistive-mml></mjx-container>',
    ],
)
def test_mathml_in_display_style(read, html):
    assert read(html) == [(2, "x=y")]


@pytest.mark.parametrize(
    "html",
    [
        f"<p><math>{X_IS_Y}</math>",
        f'<pre><math display="block">{X_IS_Y}</math></pre>',
        f'<!-- <math display="block">{X_IS_Y}</math> -->',
        f'<script>"<math display=block>{X_IS_Y}</math>"</script>',
        '<math display="block"> </math>',
        f'<math display="block">{X_IS_Y}',
        "<p>no mathematics",
    ],
)
def test_what_is_no_display(html):
    assert page_bundle(html, "page.html") is None


def test_tex_that_the_page_brings_along_is_preferred(read):
    katex = (
        f'<span class="katex-display"><math display="block"><semantics><mrow>{X_IS_Y}</mrow>'
        f"{TEX.format('x = z')}</semantics></math></span>"
    )
    assert read(katex) == [(1, "x = z")]
    mathjax = (
        f'<span class="MJX_Assistive_MathML"><math display="block">{X_IS_Y}</math></span>'
        '<script type="math/tex; mode=display">x = z</script>'
    )
    assert read(mathjax) == [(1, "x = z")]
    assert len(read(f"{katex}<math display='block'>{X_IS_Y}</math>")) == 2


def test_an_equation_of_many_lines_has_the_line_of_its_element(read):
    html = '<p>\n<math display="block">\n<mi>a</mi>\n<mo>&lt;</mo>\n<mi>b</mi>\n</math>'
    assert read(html + f'\n<math display="block">\n{X_IS_Y}\n</math>') == [
        (3, "a&lt;b"),
        (8, "x=y"),
    ]


def test_a_claim_in_mathml_is_read_as_its_tex_would_be(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(
        '<p>text</p>\n<math display="block"><mfrac><mrow><mi>∂</mi><mi>L</mi></mrow>\n'
        "<mrow><mi>∂</mi><msub><mi>z</mi><mi>i</mi></msub></mrow></mfrac><mo>=</mo>\n"
        "<msub><mi>p</mi><mi>i</mi></msub><mo>−</mo><msub><mi>y</mi><mi>i</mi></msub></math>"
    )
    (claim,) = read_claims(document_of(path, "page.html"), "page.html").claims
    (tex,) = read_claims(r"\[ \frac{\partial L}{\partial z_i} = p_i - y_i \]", "a.tex").claims
    assert (claim.kind, claim.line, claim.file) == ("claim", 2, "")
    assert claim.equation == tex.equation


def test_what_has_no_counterpart_is_unreadable(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(f'<math display="block">{X_IS_Y}<maction><mi>z</mi></maction></math>')
    (claim,) = read_claims(document_of(path, "page.html"), "page.html").claims
    assert claim.kind == "unreadable"
    assert claim.problem is not None
    assert r"`\mathmlmaction`" in claim.problem.message


def cell(tex, kind="ltx_align_right"):
    math = f'<math display="inline"><semantics>{X_IS_Y}{TEX.format(tex)}</semantics></math>'
    return f'<td class="ltx_td {kind} ltx_eqn_cell">{math if tex else ""}</td>'


def test_a_table_of_latexml_is_one_display(read):
    pad = '<td class="ltx_eqn_cell ltx_eqn_center_padleft"></td>'
    number = '<td class="ltx_eqn_cell ltx_eqn_eqno"><span>(1)</span></td>'
    html = (
        '<table class="ltx_equationgroup ltx_eqn_align ltx_eqn_table">\n'
        f"<tbody><tr>{pad}{cell('a')}{cell('=b', 'ltx_align_left')}{number}</tr></tbody>\n"
        f"<tbody><tr>{pad}{cell('')}{cell('=c')}{number}</tr></tbody></table>\n"
        f'<table class="ltx_equationgroup ltx_eqn_gather"><tr>{cell("x=y")}</tr></table>'
    )
    first, second = read(html)
    assert first == (2, "a&amp;=b\\\\\n&amp;=c")
    assert second == (4, "x=y")
    plain = '<table class="ltx_equation ltx_eqn_table"><tr><td class="ltx_eqn_cell">'
    math = f'<math display="block">{X_IS_Y}{TEX.format("x = z")}</math></td></tr></table>'
    assert read(plain + math) == [(1, "x = z")]


@pytest.mark.parametrize(
    "unit",
    [
        "<math display=block>", "<math display=block>a</math>", "<!--", "<script>", "<math ",
        '<table class="ltx_eqn_align">', "<", "<math display=block application/x-tex>",
    ],
)  # fmt: skip
def test_pages_take_linear_time(unit):
    text = unit * (100_000 // len(unit))
    start = time.perf_counter()
    page_bundle(text, "page.html")
    once = time.perf_counter() - start
    start = time.perf_counter()
    page_bundle(text * 2, "page.html")
    assert time.perf_counter() - start < 4 * once + 0.2
