"""The report for a terminal: complete, plain in a pipe, and safe to print."""

import io

import pytest
from rich.console import Console

from proofs_checks.reports.paper_terminal import print_paper, print_refused, print_summary


def printed(function, *arguments, terminal=False, width=100):
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=width, color_system="truecolor")
    function(console, *arguments)
    return file.getvalue()


def test_every_equation_with_its_place_and_verdict(report):
    lines = printed(print_paper, report).splitlines()
    heads = [line for line in lines if ".tex:" in line]
    assert [line.split()[0] for line in heads] == [
        "definition",
        "assumption",
        "proved",
        "refuted",
        "undecided",
        "inconsistent",
        "unreadable",
    ]
    assert heads[2].split()[-1] == "eq:one"
    assert heads[3].endswith("5:3  step 1 of chain 1")
    assert lines[0].startswith("paper <b>.tex  symbols of its own: ")


def test_a_refutation_shows_everything(report):
    text = printed(print_paper, report)
    for line in (
        "    the baseline 𝔼_(α_i)[b] is missing",
        "    correct       ∂L/∂s_ij = α_ij A_ij",
        r"    in LaTeX      \frac{\partial L}{\partial s_{ij}} = \alpha_{ij} A_{ij}",
        "    left          0",
        "    right         -0.25 ± 1e-15",
        "    at sizes      T = 1, C = 2",
        "    at indices    i = 1",
        "    at inputs     W_O,21 = 1/3, η = 2; all other inputs 0",
        "    left - right  -α_ij 𝔼_(α_i)[b]",
        "    refuted by the judge exact; no difference: autograd; a difference: modular",
    ):
        assert line in text.splitlines()


def test_a_proof_names_method_and_hypotheses(report):
    assert (
        "    proved by the normal form, for every size, using sum_c y_ic = 1; "
        "no difference: modular, exact"
    ) in printed(print_paper, report).splitlines()


def test_the_caret_stands_under_its_place(report):
    lines = printed(print_paper, report).splitlines()
    place = lines.index("  \\frac{a}{b = igl(")
    assert lines[place + 1] == "       ^"
    assert "    expected      an operator" in lines
    assert r"    suggestion    `\bigl(` is" in lines


def test_chains_are_summed_up(report):
    text = printed(print_paper, report)
    for sentence in (
        "chain 1: step 1 is the first that is not proved; "
        "the last line agrees with the first nevertheless",
        "chain 2: step 3 is the first that is not proved; "
        "the last line does not agree with the first either",
        "chain 3: step 1 is the first that is not proved; "
        "whether the last line agrees with the first cannot be said",
        "chain 4: step 2 is the first that is not proved; "
        "that the last line agrees with the first is undecided",
    ):
        assert sentence in text.splitlines()


@pytest.mark.parametrize("terminal", [False, True])
def test_nothing_of_a_document_controls_the_terminal(report, terminal):
    text = printed(print_paper, report, terminal=terminal)
    assert "\x1b[31m {{" not in text
    assert "\x00" not in text
    assert "<script>alert(1)</script>" in text  # plain text, no markup


def test_a_pipe_gets_neither_colour_nor_wrapped_lines(report):
    text = printed(print_paper, report, width=40)
    assert "\x1b" not in text
    assert any(len(line) > 80 for line in text.splitlines())


def test_a_terminal_gets_colour_and_wrapped_lines(report):
    text = printed(print_paper, report, terminal=True, width=60)
    assert "\x1b[" in text


def test_long_sources_are_cut(report):
    claim = report.claims[3].claim
    object.__setattr__(claim, "source", "x = " + "y + " * 500)
    lines = printed(print_paper, report).splitlines()
    assert max(len(line) for line in lines) < 400
    assert any(line.endswith(" ...") for line in lines)


def test_the_summary_counts(report, empty):
    assert printed(print_summary, [report], 1, 1.5) == (
        "1 proved, 1 refuted, 1 undecided, 1 unreadable, 1 inconsistent, 1 definition, "
        "1 assumption (7 equations in 1 file, 1.5 s)\n"
    )
    assert (
        printed(print_summary, [empty], 2, 0.0) == "no equations (0 equations in 2 files, 0.0 s)\n"
    )


def test_a_document_of_definitions_says_that_nothing_was_judged(understood_report):
    object.__setattr__(understood_report, "claims", understood_report.claims[:2])
    assert printed(print_summary, [understood_report], 1, 0.0) == (
        "1 definition, 1 not judged (2 equations in 1 file, 0.0 s): nothing was judged\n"
    )


def test_what_is_not_judged_says_why(understood_report):
    lines = printed(print_paper, understood_report).splitlines()
    place = lines.index("not judged   sections/method.tex:4:3")
    assert lines[place + 1 : place + 4] == [r"  x \sim p", "    a distribution", "    no equality"]


def test_an_empty_document_says_what_counts(empty):
    assert "  no equations found: only what is displayed counts" in printed(print_paper, empty)
    object.__setattr__(empty, "interrupted", True)
    assert "no equations found" not in printed(print_paper, empty)


def test_a_terminal_opens_with_the_symbols_and_a_pipe_does_not(understood_report):
    shown = printed(print_paper, understood_report, terminal=True)
    assert shown.index("matrix, N x N") < shown.index("definition")
    piped = printed(print_paper, understood_report)
    assert "matrix, N x N" not in piped
    assert "    L and \\mathcal{L} are one symbol" in piped.splitlines()
    heads = [line for line in piped.splitlines() if not line.startswith(" ")]
    assert len(heads) == 4  # the document and three equations


def test_a_file_that_cannot_be_read():
    assert printed(print_refused, "a\x1b.tex", "no \x00 such file") == "a .tex\n  no   such file\n"
