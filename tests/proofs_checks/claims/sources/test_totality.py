"""Whatever the files hold, reading them ends in a document or in its own error."""

from hypothesis import given, settings
from hypothesis import strategies as st

from proofs_checks.claims.documents import read_document
from proofs_checks.claims.problems import ReadingError
from proofs_checks.claims.sources.bundle import Bundle, SourceError
from proofs_checks.claims.sources.files import Members
from proofs_checks.claims.sources.mathml import latex_of
from proofs_checks.claims.sources.notebook import notebook_bundle
from proofs_checks.claims.sources.opening import documents_of_bytes
from proofs_checks.claims.sources.project import tex_bundle
from proofs_checks.claims.sources.webpage import page_bundle

TEX = st.lists(
    st.sampled_from(
        r"""\input{a} \input{b} \include{a} \subfile{b} \usepackage{p} \usepackage{p,q}
        \documentclass{p} \begin{document} \end{document} \endinput \[ \] $$ x=y x_i
        \begin{equation} \end{equation} % \iffalse \fi \else \verb| \newcommand{\m} {\input{a}} \m
        \def\m#1 { } [ ] \begin{verbatim} \end{verbatim} \import{s/}{a} \includeonly{a} \ é
        \begin{align} \end{align} & \\ \input{.. \@x \if""".split()
        + ["\n", "\n\n", " ", "\r\n"]
    ),
    max_size=25,
).map("".join)
HTML = st.lists(
    st.sampled_from(
        """<math <math> <math_display="block"> </math> <mi> </mi> <mo> </mo> <msub> </msub> <mtable>
        <mtr> </mtr> <mtd> </mtable> x = y <!-- --> <script> </script> <pre> <mspace/> <mover> ^
        &lt;
        <table_class="ltx_eqn_align"> </table> <tr> <td_class="ltx_eqn_cell"> <semantics> <mfenced>
        <annotation_encoding="application/x-tex"> </annotation> { } &amp; > "'""".split()
    ),
    max_size=25,
).map(lambda parts: "".join(parts).replace("_", " "))


def check(bundle: Bundle) -> None:
    """Every offset has a place, the places lead back, and the whole can be read."""
    source = bundle.source
    for offset in range(len(source.text)):
        file, (line, column) = source.file_of(offset), source.place(offset)
        assert file in source.files
        assert line >= 1
        assert column >= 1
    document = read_document(bundle)
    for item in document.equations:
        assert source.file_of(item.span.start) in source.files
        source.excerpt(item.span)
        source.offset_of(source.file_of(item.span.start), item.line, item.column)


@settings(max_examples=300, deadline=None)
@given(TEX, TEX, TEX, TEX, TEX)
def test_projects(main, a, b, p, q):
    files = {"main.tex": main, "a.tex": a, "s/a.tex": b, "b.tex": b, "p.sty": p, "q.sty": q}
    files["p.cls"] = q
    members = Members({name: text.encode() for name, text in files.items()}, {})
    check(tex_bundle(members, "main.tex", "main.tex"))


@settings(max_examples=300, deadline=None)
@given(HTML)
def test_pages(html):
    list(latex_of(html, 0, len(html)))
    bundle = page_bundle(html, "page.html")
    if bundle is not None:
        check(bundle)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=600),
        st.binary(max_size=300).map(lambda rest: b"\x1f\x8b\x08\x00" + rest),
        st.binary(max_size=300).map(lambda rest: b"PK\x03\x04" + rest),
        st.binary(max_size=300).map(lambda rest: bytes(257) + b"ustar" + rest),
    )
)
def test_bytes(data):
    try:
        for opened in documents_of_bytes(data, "-"):
            read_document(opened.read(), "-")
    except ReadingError as error:
        assert str(error)


@settings(max_examples=100, deadline=None)
@given(st.recursive(st.one_of(st.none(), st.integers(), st.text(max_size=5), st.just("markdown")),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(
        st.sampled_from(["cells", "worksheets", "source", "cell_type", "outputs", "data",
                         "text/latex", "metadata", "raw_mimetype"]), inner, max_size=4)),
    max_leaves=15))  # fmt: skip
def test_notebooks(content):
    import json

    try:
        check(notebook_bundle(json.dumps(content).encode(), "n.ipynb", "n.ipynb"))
    except SourceError as error:
        assert "is no notebook" in str(error)
