"""The symbol table: aligned and cut on a terminal, fields and tabs in a pipe."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from proofs_checks.claims.claim import Paper, SymbolEntry
from proofs_checks.reports.symbol_table import print_symbol_rows, print_symbols, symbol_rows
from proofs_checks.reports.text import as_text, symbol_as_text


def printed(paper, width=100, encoding="utf-8"):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, errors="strict")
    print_symbols(Console(file=file, force_terminal=True, width=width, color_system=None), paper)
    file.flush()
    return raw.getvalue().decode(encoding).splitlines()


def test_columns_are_aligned(understood_report):
    lines = printed(understood_report.paper, 120)
    assert len(lines) == 5
    assert lines[0].split() == ["S", "matrix,", "N", "x", "N", "defined", "on", "line", "12"]
    assert lines[0].index("matrix") == lines[1].index("matrix") == lines[2].index("scalar")
    assert lines[0].index("defined") == lines[1].index("input")
    assert lines[1].endswith("input (a name: q is no index); did you mean W_p?")
    assert lines[2].startswith("  β ")
    assert lines[3].startswith(r"  \widehat{y} ")


@pytest.mark.parametrize("width", [20, 40, 60, 100])
def test_lines_are_cut_to_the_width(understood_report, width):
    lines = printed(understood_report.paper, width)
    assert len(lines) == 5
    assert all(cell_len(line) <= width for line in lines)
    assert any("…" in line for line in lines)


def test_an_encoding_without_greek_gets_latex(understood_report):
    lines = printed(Paper("a", (), "own", "", understood_report.paper.symbols[:4]), 100, "ascii")
    assert lines[2].startswith(r"  \beta ")


def test_symbols_that_would_look_the_same_are_shown_in_latex():
    entries = [SymbolEntry(x, "scalar", "input") for x in ("x", r"\text{x}", r"\eta", "{y}")]
    rows = symbol_rows(Paper("a", (), "own", "", tuple(entries)))
    assert [row[0] for row in rows] == ["x", r"\text{x}", "η", "y"]


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"\beta", "β"),
        (r"\mathrm{softmax}_\tau", "softmax_τ"),
        (r"\frac{\partial L}{\partial w}", "∂L/∂w"),
        (r"\widehat{y}", r"\widehat{y}"),
        (r"\unknown{y}", r"\unknown{y}"),
        (r"\bm{x}", r"\bm{x}"),
        (r"\input{/etc/hostname}", r"\input{/etc/hostname}"),
        ("{}", "{}"),
        ("a & b", "a & b"),
        ("x" * 300, "x" * 300),
    ],
)
def test_unicode_only_where_nothing_is_lost(latex, shown):
    assert symbol_as_text(latex) == shown


def test_a_pipe_gets_fields_and_tabs(understood_report):
    file = io.StringIO()
    print_symbol_rows(Console(file=file, width=20), understood_report.paper)
    lines = file.getvalue().splitlines()
    assert lines[:2] == [
        "# paper.tex: symbols of its own: it defines S",
        r"# L and \mathcal{L} are one symbol",
    ]
    assert len(lines) == 7
    assert lines[2].split("\t") == [
        "paper.tex", "12", "S", "matrix, N x N", "defined on line 12", "",
    ]  # fmt: skip
    assert lines[4].split("\t")[1:3] == ["", r"\beta"]
    assert all(line.count("\t") == 5 for line in lines[2:])
    assert "\x1b" not in file.getvalue()
    assert "\x00" not in file.getvalue()


def test_nothing_of_a_symbol_controls_the_terminal(understood_report):
    text = "\n".join(printed(understood_report.paper, 400))
    assert "\x1b" not in text
    assert "\x00" not in text
    assert "<script>alert(1)</script>" in text


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        ("S_{t-1} k_t", "S_(t-1) k_t"),
        ("e^{a b} c", "e^(a b) c"),
        ("e^{s_{ij}} v_{ij}", "e^(s_ij) v_ij"),
        (r"h^{(l-1)} \Sigma_{k}^{-1} a_{i,j}", "h^(l-1) Σ_k^-1 a_i,j"),
        ("x_{", "x_"),
    ],
)
def test_scripts_do_not_run_into_what_follows(latex, shown):
    assert as_text(latex) == shown
