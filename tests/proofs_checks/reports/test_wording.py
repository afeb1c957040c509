"""Sentences that the reports share."""

import pytest

from proofs_checks.checking import ClaimReport
from proofs_checks.claims.claim import Claim, Paper
from proofs_checks.reports.wording import (
    counted,
    nothing_found,
    one_line,
    place,
    printable,
    read_as,
    shown_value,
    where,
    whose,
)
from proofs_checks.verdict import Counterexample


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1/3", "1/3"),
        ("[0.25 +/- 1e-15]", "0.25 ± 1e-15"),
        ("[+/- 3.3e-59]", "0 ± 3.3e-59"),
        ("-2", "-2"),
    ],
)
def test_values(value, shown):
    assert shown_value(value) == shown


def test_counterexamples_without_inputs_or_with_zeros_only():
    zeros = Counterexample({"n": 1}, {"x_{1}": "0"}, {}, "0", "1")
    assert where(zeros) == [("sizes", "$n$ = 1"), ("inputs", "all inputs 0")]
    greek = Counterexample({"n": 1}, {"alpha_{1}": "2", "tau": "3"}, {"i": 1}, "0", "1")
    assert where(greek)[2] == ("inputs", r"$\alpha_1$ = 2, $\tau$ = 3")
    free = Counterexample({"n": 1}, {"dL_{dO,21}": "1", "dL_dx": "2"}, {}, "0", "1")
    named = r"$\partial L/\partial O_{21}$ = 1, $\partial L/\partial x$ = 2"
    assert where(free)[1] == ("inputs", named)


def test_layers_and_conditions_in_a_counterexample_are_written_as_their_author_does():
    point = {"a_{.lm1,1}": "1", "dC_{dz_.lp1,1}": "2", "p_{y_given_x,2}": "3", "W_{Q,1,12}": "4"}
    named = (
        r"$a^{l-1}_1$ = 1, $\partial C/\partial z^{l+1}_1$ = 2, $p_{y \mid x,2}$ = 3, "
        r"$W_{Q,1,12}$ = 4"
    )
    assert where(Counterexample({}, point, {}, "0", "1")) == [("inputs", named)]


def test_text_without_control_characters():
    assert printable("a\x1b[0m\tb\nc") == "a [0m   b\nc"
    assert one_line("a\n  b\x07 c") == "a b c"
    assert place("f\x00.tex", Claim("claim", "", 3, 7, "")) == "f .tex:3:7"
    assert place("f.tex", Claim("claim", "", 3, 7, "", file="g\x1b.tex")) == "g .tex:3:7"


def test_an_equation_that_was_not_understood_has_no_reading():
    assert read_as(ClaimReport(Claim("claim", "", 1, 1, "a = b"), None)) == ""


def test_plurals():
    report = ClaimReport(Claim("definition", "", 1, 1, "a := b"), None)
    assert counted([report]) == "1 definition"
    assert counted([report, report]) == "2 definitions"
    assert counted([]) == "no equations"
    other = ClaimReport(Claim("not judged", "", 1, 1, "x"), None)
    assert counted([report, other, other]) == "1 definition, 2 not judged"


def test_whose_symbols_and_what_to_do_where_there_is_nothing():
    claim = Claim("definition", "", 1, 1, "a := b")
    assert whose(Paper("a.tex", (), "own", "it says\nso")) == "symbols of its own: it says so"
    assert whose(Paper("a.tex", (), "vocabulary", "so")) == "symbols of vocabulary: so"
    assert "only what is displayed counts" in nothing_found(Paper("a.tex", (), "own", ""))
    assert nothing_found(Paper("a.tex", (claim,), "own", "")) == ""
