"""Where equations stand, and what is no equation: comments, code, prose, web pages, macros."""

import pytest

from proofs_checks.claims import Equation, Unreadable, kind_of, outline, read_document
from proofs_checks.claims.tree import Entry, Name, nodes


def _sources(text: str, kind: str) -> list[str]:
    return [item.source for item in read_document(text, kind=kind).equations]


# (kind, document, sources of its equations)
DOCUMENTS = [
    ("tex", "% \\[ a = b \\]\n\\[ c = d % = e\n + f \\]", ["c = d % = e\n + f"]),
    ("tex", "5\\% of \\[ a = b \\]", ["a = b"]),
    ("tex", "\\begin{verbatim}\n\\[ a = b \\]\n\\end{verbatim} $$ c = d $$", ["c = d"]),
    ("tex", "\\begin{lstlisting}\n$$ a = b $$\n\\end{lstlisting}", []),
    ("tex", "\\verb|$$ a = b $$| and \\verb*!\\[! \\[ c = d \\]", ["c = d"]),
    ("tex", "inline $a = b$ and \\(c = d\\) and $e$$f = g$", []),
    ("tex", "a row \\\\[2pt] of \\[ a = b \\\\[3pt] c = d \\]", ["a = b", "c = d"]),
    ("tex", "\\iffalse \\[ a = b \\] \\fi \\[ c = d \\]", ["c = d"]),
    ("tex", "\\[ a = b \\] \\end{document} \\[ c = d \\]", ["a = b"]),
    ("tex", "\\begin{subequations}\\begin{align} a &= b \\end{align} x", ["a &= b"]),
    ("tex", "\\[ a = b \\text{ if $i = j$} \\]", ["a = b"]),
    ("md", "`$$ a = b $$` and ``$$ c ` = d $$`` $$ e = f $$", ["e = f"]),
    ("md", "```python\n$$ a = b $$\n```\n\n~~~\n\\[ c = d \\]\n~~~\n$$\ne = f\n$$", ["e = f"]),
    ("md", "```math\na = b\n```", ["a = b"]),
    ("md", "<!-- $$ a = b $$ --> $$ c = d $$", ["c = d"]),
    ("md", "costs $5 and $10, or $$$ now. Inline $a = b$.", []),
    ("md", "\\\\[ a = b \\\\] and \\\\(c = d\\\\)", ["a = b"]),
    ("md", "> quote\n> $$\n> a = b\n> + c\n> $$", ["a = b\n> + c"]),
    ("md", "\\begin{align}\na &= b\n\\end{align}", ["a &= b"]),
    ("md", "- item $$ a = b $$\n- [x](http://y_1=2) [12] [Smith, 2020]", ["a = b"]),
    ("md", "``quoted'' \\[ a = b \\] and ``again''", ["a = b"]),
    ("md", "escaped \\[1\\] and \\$$ x", []),
    ("md", "\\\\[ a = b \\\\", []),
    ("md", "$$\n\na\n\n= b\n\n$$\n\nprose $$ c = d $$", ["a\n\n= b", "c = d"]),
    ("md", "$$\n\nthese are words and no formula\n\n$$ c = d $$", ["c = d"]),
    ("md", "```{admonition} Proof\n$$ a = b $$\n```\n$$ c = d $$", ["a = b", "c = d"]),
    ("md", "```{code-cell}\n$$ a = b $$\n```\n```{math}\nc = d\n```", ["c = d"]),
    ("txt", "costs $5 or 90 % of $$ a = b $$\nor $7", ["a = b"]),
    ("txt", "the environment \\begin{verbatim} and $$ a = b $$", ["a = b"]),
    ("txt", "90 % of $$ a = b $$ `` $$ c = d $$ ''", ["a = b", "c = d"]),
    ("txt", "看 \\[ a = b \\]，这 $10^{-3}$-$10^{-4}$ 与 $\\textit{c}$", ["a = b"]),
    ("html", "<p>\\[ a &amp;= b \\]</p><p>$$ c &lt; d $$</p>", ["a &amp;= b", "c &lt; d"]),
    ("html", "<script>$$ a = b $$</script><style>$$ a = b $$</style>", []),
    ("html", "<pre>$$ a = b $$</pre><code>\\[ c = d \\]</code><!-- $$ e = f $$ -->", []),
    ("html", "<p>\\[ a = b <br/> + c \\]</p>", ["a = b <br/> + c"]),
    ("html", "<script type='math/tex; mode=display'>a = b</script>", ["a = b"]),
    ("html", "<script type='math/tex'>a = b</script>", []),
    (
        "html",
        "<math display='block'><mi>x</mi><annotation encoding='application/x-tex'>a &lt;= b"
        "</annotation></math>",
        ["a &lt;= b"],
    ),
    (
        "html",
        "<math display='block'><mi>x</mi><annotation encoding='application/x-tex'>a = &alpha;"
        "</annotation></math> <math><annotation encoding='application/x-tex'>c = d</annotation>",
        ["a = &alpha;"],
    ),
    ("html", "if x <y then $$ a = b $$", ["a = b"]),
    ("html", "a <b c=\"never closed $$ a = b $$", ["a = b"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "expected"), DOCUMENTS)
def test_displays(kind, text, expected):
    assert _sources(text, kind) == expected


def test_unclosed_displays_are_unreadable_and_end_at_the_next():
    text = "\\[ a = b\n\n\\begin{align} c &= d \\begin{align} e &= f \\end{align} $$ g = h"
    items = read_document(text, kind="tex").equations
    messages = [i.problems[0].message if isinstance(i, Unreadable) else i.source for i in items]
    assert messages == [
        "`\\[` is never closed",
        "`\\begin{align}` is never closed",
        "e &= f",
        "`$$` is never closed",
    ]


def test_unclosed_dollars_in_prose_are_no_mathematics():
    assert _sources("I have $$ and more\n\nand $$ again", "md") == []
    (item,) = read_document("$$ a_i = b\n\nprose", kind="md").equations
    assert isinstance(item, Unreadable) and "never closed" in item.problems[0].message


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.tex", "", "tex"),
        ("A.MD", "", "md"),
        ("a.html", "", "html"),
        ("a.txt", "<html>", "txt"),
        ("-", "\ufeff <!DOCTYPE html><p>", "html"),
        ("-", "\\documentclass{article}", "tex"),
        ("-", "```\ncode\n```", "md"),
        ("notes", "plain", "txt"),
    ],
)
def test_kind(name, text, kind):
    assert kind_of(name, text) == kind
    assert read_document(text, name).kind == kind


def test_unknown_kind():
    with pytest.raises(
        ValueError, match="`kind` must be one of tex, md, txt, html or auto; got 'x'"
    ):
        read_document("", kind="x")


# -- positions ------------------------------------------------------------------------------


def test_positions_are_those_of_the_original_text():
    text = "Ünï\r\n\\[\r\n\t\\alpha_{ij} = x \\]"
    (item,) = read_document(text, kind="tex").equations
    assert isinstance(item, Equation)
    assert (item.line, item.column, item.source) == (3, 2, "\\alpha_{ij} = x")
    left = item.sides[0]
    assert isinstance(left, Entry) and isinstance(left.base, Name)
    assert [text[n.span.start : n.span.end] for n in (left.base, *left.lower)] == [
        "\\alpha",
        "i",
        "j",
    ]


@pytest.mark.parametrize("kind", ["tex", "md", "txt"])
def test_every_name_stands_where_its_span_says(kind):
    text = (
        "αβ \\[ \\frac{\\partial L}{\\partial s_{ij}} = \\alpha_{ij}\\bigl(b_{ij} - c\\bigr)^2 \\]"
    )
    (item,) = read_document(text, kind=kind).equations
    assert isinstance(item, Equation)
    for side in item.sides:
        for node in nodes(side):
            if isinstance(node, Name):
                assert text[node.span.start : node.span.end].lstrip("\\") == node.letter


def test_positions_in_a_web_page_count_tags_and_entities():
    text = "<p>one</p>\n<p>&nbsp;\\[ x &gt; 0, \\quad a &amp;= &alpha; \\alpa \\]</p>"
    _, item = read_document(text, kind="html").equations
    assert isinstance(item, Unreadable)
    (problem,) = item.problems
    assert (problem.line, problem.column) == (2, text.splitlines()[1].index("\\alpa") + 1)


def test_caret_of_a_long_line_is_cut_and_stands_under_the_place():
    text = "x" * 500 + " 贝 \\[ a = \\bet \\] " + "y" * 500
    (item,) = read_document(text, kind="txt").equations
    assert isinstance(item, Unreadable)
    (problem,) = item.problems
    assert len(problem.excerpt) < 120
    assert problem.caret.count("^") == 4
    # one wide character stands before the caret: two cells, one character
    at = problem.caret.index("^") - 1
    assert problem.excerpt[at : at + 4] == "\\bet"
    assert str(problem).splitlines()[0] == "-:1:511: `\\bet` is not known"


def test_tab_before_the_caret_stays_a_tab():
    (item,) = read_document("\t\\[ a = \\bet \\]", kind="tex").equations
    assert isinstance(item, Unreadable)
    assert item.problems[0].caret == "\t       ^^^^"


def test_control_characters_are_not_printed():
    (item,) = read_document("\\[ a = \x1b[2J \\bet \\]", kind="tex").equations
    assert isinstance(item, Unreadable)
    assert "\x1b" not in "".join(map(str, item.problems))


def test_bytes_that_are_not_utf8_are_reported_and_the_rest_is_read():
    document = read_document(b"caf\xe9 \\[ a = b \\] \\[ c = \xff \\]", "notes.tex")
    assert [type(item) for item in document.equations] == [Equation, Unreadable]
    assert document.problems[0].message == "these bytes are not UTF-8; they were replaced"
    assert (document.problems[0].line, document.problems[0].column) == (1, 4)


def test_byte_order_marks():
    for data in ("\ufeff\\[ a = b \\]".encode(), "\\[ a = b \\]".encode("utf-16")):
        document = read_document(data, "a.tex")
        assert len(document.equations) == 1 and document.problems == ()


# -- directives -----------------------------------------------------------------------------


def test_directives():
    text = """% proofhead: model = attention-head
%% proofhead: summation = einstein
% proofhead: assume \\sum_c y_{ic} = 1
% proofhead: input M_{ij}, x
% proofhead: label outside
\\begin{align}
  a &= b \\\\ % proofhead: label beside
  % proofhead: label before
  c &= d
\\end{align}"""
    document = read_document(text, "a.tex")
    assert document.problems == ()
    found = [(d.keyword, d.value, d.line, d.column) for d in document.directives]
    assert found[:2] == [("model", "attention-head", 1, 14), ("summation", "einstein", 2, 15)]
    (hypothesis,) = document.directives[2].equations
    assert [outline(side) for side in hypothesis.sides] == ["(sum {c} y[i,c])", "1"]
    assert (hypothesis.line, hypothesis.column) == (3, 21)
    assert [outline(symbol) for symbol in document.directives[3].symbols] == ["M[i,j]", "x"]
    assert [item.labels for item in document.equations] == [("outside", "beside"), ("before",)]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("md", "<!-- proofhead: model = none -->"),
        ("md", "<!--\nremark\nproofhead: model = none\n-->"),
        ("md", "% proofhead: model = none"),
        ("txt", "  % proofhead: model = none"),
        ("html", "<p>x</p><!-- proofhead: model = none -->"),
        ("html", "<p>$$ a = b <!-- proofhead: model = none --> + c $$</p>"),
    ],
)
def test_directives_outside_of_tex(kind, text):
    (directive,) = read_document(text, kind=kind).directives
    assert (directive.keyword, directive.value) == ("model", "none")


@pytest.mark.parametrize(
    ("directive", "message", "suggestion"),
    [
        ("modle = x", "the directive `modle` is not known", "`model`"),
        ("model", "the directive `model` needs a value", ""),
        ("", "a directive without a keyword", ""),
        ("summation = einstien", "the summation `einstien` is not known", "`einstein`"),
        ("assume x + y", "a hypothesis needs an equation, or a sign such as a > 0", ""),
        ("assume x = \\alpa", "`\\alpa` is not known", "`\\alpha`"),
        ("input a + b", "an input is a symbol with its indices", ""),
        ("label nothing", "the label `nothing` has no equation after it", ""),
    ],
)
def test_unreadable_directives(directive, message, suggestion):
    document = read_document(f"% proofhead: {directive}\n", "a.tex")
    assert [p.message for p in document.problems] == [message]
    assert document.problems[0].suggestion == suggestion


def test_percent_in_the_prose_of_a_page_is_no_comment():
    document = read_document("90 % proofhead: model = x and \\[ a = b \\]", kind="txt")
    assert document.directives == () and len(document.equations) == 1


# -- macros ---------------------------------------------------------------------------------

MACROS = [
    (
        r"\newcommand{\E}[2]{\mathbb{E}_{#1}\left[#2\right]} \[ x = \E{\alpha_i}{b} \]",
        "(expectation[alpha[i]] b)",
    ),
    (r"\newcommand\pd[2]{\frac{\partial #1}{\partial #2}} \[ x = \pd L v \]", "(d L / v)"),
    (r"\newcommand{\p}[2][i]{s_{#1 #2}} \[ x = \p{j} + \p[k]{l} \]", "(+ s[i,j] s[k,l])"),
    (r"\def\al{\alpha} \def\se#1{\al_{#1}} \[ x = \se{ij} \]", "alpha[i,j]"),
    (r"\DeclareMathOperator{\sm}{softmax} \[ x = \sm(s_i)_j \]", "(softmax s[i])[j]"),
    (r"\DeclareMathOperator*{\lse}{log\,sum\,exp} \[ x = \lse(s) \]", "(lse s)"),
    (r"\DeclarePairedDelimiter\nrm{\lVert}{\rVert} \[ x = \nrm*{y}^2 \]", "(^ (norm y) 2)"),
    (r"\let\a\alpha \[ x = \a \]", "alpha"),
    (r"\newcommand{\be}{\begin{equation}}\newcommand{\ee}{\end{equation}} \be x = y \ee", "y"),
    (r"\[ \newcommand{\v}{\mathbf{v}} x = \v_j \]", "bf:v[j]"),
    (r"\renewcommand{\vec}[1]{\mathbf{#1}} \[ x = \vec{y} \]", "bf:y"),
    (r"\providecommand{\norm}[1]{#1} \[ x = \norm{y} + \pdv{L}{v} \]", "(+ (norm y) (d L / v))"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MACROS)
def test_macros(text, expected):
    (item,) = read_document(text, kind="tex").equations
    assert isinstance(item, Equation), item.problems
    assert outline(item.sides[1]) == expected


def test_macro_is_placed_at_its_call():
    text = r"\newcommand{\bad}{x \alpa} \[ a = \bad \]"
    (item,) = read_document(text, kind="tex").equations
    assert isinstance(item, Unreadable)
    assert [(p.message, p.column) for p in item.problems] == [("`\\alpa` is not known", 35)]


def test_macro_bodies_hold_no_displays():
    assert _sources(r"\newcommand{\x}{\[ a = b \]} \def\y#1.{$$ c = d $$}", "tex") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (r"\def\a{\a} \[ x = \a \]", "expanding the macro `\\a` passes the limit"),
        (r"\def\a{\b\b}\def\b{\a\a} \[ x = \a \]", "passes the limit"),
        (r"\newcommand{\p}[2]{#1} \[ x = \p{1} \]", "`\\p` needs 2 arguments"),
        (r"\newcommand{\p}[1]{#1} \[ x = \p[ \]", "this bracket is never closed"),
        (r"\def\q#1.{#1} \[ x = \q 1. \]", "`\\q` is not known"),
    ],
)
def test_macros_that_cannot_be_expanded(text, message):
    (item,) = read_document(text, kind="tex").equations
    assert isinstance(item, Unreadable)
    assert any(message in problem.message for problem in item.problems), item.problems


def test_a_page_of_kramdown_has_displays_in_scripts_and_formulae_between_words():
    text = (
        "The softmax $$s_i$$ of $$x$$ sums to one, $$\\sum_i s_i = 1$$.\n\n"
        '<script type="math/tex; mode=display">\ns_i = e^{x_i} / \\sum_j e^{x_j}\n</script>\n\n'
        '<script type="math/tex">q = 1</script> and\n\n$$\n\\sum_i s_i = 1\n$$\n'
    )
    document = read_document(text, "post.md")
    assert [e.source for e in document.equations] == [
        r"s_i = e^{x_i} / \sum_j e^{x_j}", r"\sum_i s_i = 1",
    ]  # fmt: skip
    assert len(document.inline) == 2
    single = read_document("With $q$ we have $$a = b$$ here.", "post.md")
    assert [e.source for e in single.equations] == ["a = b"]  # no kramdown: a display
