r"""What a TeX file says about other files, and what it only seems to say."""

import time

import pytest

from proofs_checks.claims.sources.packages import definitions
from proofs_checks.claims.sources.scanning import scan


def names(text):
    return [(i.kind, i.folder + i.name) for i in scan(text).inclusions]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"\input{a}", [("input", "a")]),
        (r"\input a.tex b", [("input", "a.tex")]),
        (r"\input {a b}", [("input", "a b")]),
        (r'\input{"a b"}', [("input", "a b")]),
        (r"\include{s/a}", [("include", "s/a")]),
        (r"\subfile{s/a}", [("subfile", "s/a")]),
        (r"\import{s/}{a}", [("input", "s/a")]),
        (r"\subimport*{s/}{a}", [("input", "s/a")]),
        (r"\includefrom{s/}{a}", [("include", "s/a")]),
        (r"\usepackage[x=[y],z]{a,%" "\n" r" b}", [("package", "a"), ("package", "b")]),
        (r"\RequirePackage{a}", [("package", "a")]),
        (r"\documentclass[11pt]{a}", [("package", "a")]),
        (r"\InputIfFileExists{a}{}{}", [("input", "a")]),
        (r"\input{\folder/a}", [("made", r"\folder/a")]),
        (r"\ifx\a\b \input{a} \else \input{b} \fi", [("input", "a"), ("input", "b")]),
        (r"\iffalse x \else \input{b} \fi", [("input", "b")]),
        (r"$a \iff b$ \input{b} \endinput", [("input", "b")]),
    ],
)
def test_what_is_included(text, found):
    assert names(text) == found


@pytest.mark.parametrize(
    "text",
    [
        r"% \input{a}",
        r"\begin{verbatim}\input{a}\end{verbatim}",
        r"\begin{lstlisting}[language=TeX] \input{a}",
        r"\begin{comment}" "\n" r"\input{a}" "\n" r"\end{comment}",
        r"\verb|\input{a}|",
        r"\verb*+\input{a}+",
        r"\lstinline[a]{\input{a}}",
        r"\iffalse \ifx a b \fi \input{a} \fi",
        r"\newcommand{\x}[1]{\input{#1}\input{a}}",
        r"\def\x{\input{a}}",
        r"\inputencoding{a} \includegraphics{a} \inputminted{a}{b}",
        r"\input{}",
        r"\lstinputlisting{a}",
    ],
)
def test_what_is_not_carried_out(text):
    assert names(text) == []
    assert (
        names(text + "\n\\input{b}\n")[-1:] == [("input", "b")] or "verb" in text or "lst" in text
    )


def test_an_escaped_percent_sign_begins_no_comment():
    assert names(r"5\% \input{a} \\% \input{b}") == [("input", "a")]


def test_where_a_file_ends():
    text = "a\n\\endinput b\nc"
    assert text[: scan(text).end] == "a\n\\endinput b\n"
    text = "\\ifx\\x\\y\\endinput\\fi\na"
    assert scan(text).end == len(text)
    found = scan("a \\end{document} \\input{b}")
    assert (found.end, found.has_ended, found.inclusions) == (2, True, [])
    assert not scan("\\verb|\\end{document}| a").has_ended


def test_class_body_and_includeonly():
    found = scan("\\documentclass[../main.tex]{subfiles}\\includeonly{a, b}\n\\begin{document}x")
    assert (found.document_class, found.class_options) == ("subfiles", "../main.tex")
    assert found.only == {"a", "b"}
    assert found.body == len("\\documentclass[../main.tex]{subfiles}\\includeonly{a, b}\n") + 16
    assert scan("a").document_class is None
    assert scan("\\documentstyle[12pt]{article}").document_class == "article"


def taken(text):
    return [text[start:end] for start, end in definitions(text, 0, len(text))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"\newcommand{\a}{x} prose \[ y = z \]", [r"\newcommand{\a}{x}"]),
        (r"\DeclareMathOperator{\KL}{KL}", [r"\DeclareMathOperator{\KL}{KL}"]),
        (r"\def\a#1{x}\let\b\a", [r"\def\a#1{x}", r"\let\b\a"]),
        (r"% \newcommand{\a}{x}", []),
        (r"\newenvironment{e}{\begin{equation}\def\a{x}}{\end{equation}}", []),
        (r"\NewDocumentCommand{\f}{m}{\def\a{#1}}", []),
        (r"\newcommand{\my@a}{\def\a{x}}\def\b{y}", [r"\def\b{y}"]),
        (r"\def\my@a#1{\def\a{x}}\def\b{y}", [r"\def\b{y}"]),
        (r"\AtBeginDocument{\def\a{x}}", [r"\def\a{x}"]),
        (r"\ifx\x\y \def\a{x} \else \def\a{y} \fi \def\b{z}", [r"\def\b{z}"]),
        (r"\newif\ifdraft \ifdraft \def\a{x} \fi", [r"\def\a{x}"]),
        (r"\def\a{x} \def\a{y}", [r"\def\a{x}", r"\def\a{y}"]),
        (r"\def\a{x", []),
        ("%% proofhead: model = none\n% prose\n", ["%% proofhead: model = none"]),
        # what copies of amsmath and its like hold
        (r"\def\dots{\relax\ifmmode\mdots\else\textellipsis\fi}", []),
        (r"\newcommand{\binom}[2]{\genfrac()\z@{}{#1}{#2}}", []),
        (r"\let\frac\@@frac", []),
        (r"\def\bmod{\nonscript\mskip-\medmuskip\mkern5mu\mathbin{\operator@font mod}}", []),
        (r"\newcommand{\implies}{\iff}", [r"\newcommand{\implies}{\iff}"]),
    ],
)
def test_definitions_of_a_package(text, found):
    assert taken(text) == found


@pytest.mark.parametrize(
    "unit",
    [
        r"\input{", r"\usepackage[", r"\iffalse ", r"\begin{verbatim} ", r"\verb",
        r"\newcommand{\a}{",
        r"\input" + " " * 50, r"\usepackage[a]" + "\n" * 50, "\\", "{", r"\import{a}{", r"\if ",
    ],
)  # fmt: skip
def test_scanning_takes_linear_time(unit):
    """Twice the text takes less than four times as long, 400 kB in the end."""
    text = unit * (200_000 // len(unit))
    scan(text), definitions(text, 0, len(text))
    start = time.perf_counter()
    scan(text), definitions(text, 0, len(text))
    once = time.perf_counter() - start
    start = time.perf_counter()
    scan(text * 2), definitions(text * 2, 0, 2 * len(text))
    assert time.perf_counter() - start < 4 * once + 0.2
