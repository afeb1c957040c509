"""docs/claims.md says what is true: its examples, its options, its settings."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from proofs_checks.checking import check_paper
from proofs_checks.claims.directives import KEYWORDS
from proofs_checks.claims.reading import read_claims
from proofs_checks.cli.run import run
from proofs_checks.reports.paper import VERDICTS
from tests.proofs_checks.claims.corpus_documents import verdict_of

pytestmark = pytest.mark.usefixtures("warm_judges")

PAGE = (Path(__file__).parents[2] / "docs" / "claims.md").read_text("utf-8")


def _blocks():
    return re.findall(r"```latex\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", _blocks(), ids=range(len(_blocks())))
def test_every_line_of_an_example_gets_the_verdicts_behind_it(block):
    promised = [re.search(r"  % ([a-z, ]+)$", line) for line in block.splitlines()]
    expected = {n: m[1].split(", ") for n, m in enumerate(promised, start=1) if m}
    found = defaultdict(list)
    for claim in read_claims(block, "page.tex").claims:
        if claim.kind != "assumption":
            found[claim.line].append(verdict_of(claim))
    assert found == expected


def test_the_last_example_has_the_diagnosis_that_the_text_claims():
    example = _blocks()[-1]
    *_, last = check_paper(read_claims(example, "example.tex")).claims
    assert "proves three equations, and refutes the last" in PAGE
    assert len(re.findall("% proved", example)) == 3
    assert last.verdict.diagnosis.message == r"the factor $\frac{1}{\sqrt{d}}$ is missing"


def test_the_first_example_is_what_check_prints(tmp_path, monkeypatch, capsys):
    (shown,) = re.findall(r"\$ proofhead check notes.tex\n(.*?)```", PAGE, re.DOTALL)
    equations = re.findall(r"^  (\\frac.*)$", shown, re.MULTILINE)
    labels = re.findall(r"eq:\w+", shown)
    lines = ["Cross-entropy and the scores:"]
    for label, equation in zip(labels, equations, strict=True):
        lines += [r"\begin{equation}", f"  \\label{{{label}}}", f"  {equation}", r"\end{equation}"]
    (tmp_path / "notes.tex").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    assert run(["check", "notes.tex"]) == 1
    assert _steady(capsys.readouterr().out) == _steady(shown)


def _steady(text):
    """The lines without what depends on the machine: seconds, radii of balls."""
    return [re.sub(r"[\d.e+-]+ ± [\d.e+-]+|[\d.]+ s\)", "#", line) for line in text.splitlines()]


def test_every_option_and_setting_exists(capsys):
    assert run(["check", "--help"]) == 0
    help_text = capsys.readouterr().out
    for option in re.findall(r"^\| `(--[a-z]+)", PAGE, re.MULTILINE):
        assert option in help_text
    plugin = (Path(__file__).parents[2] / "proofs_checks" / "pytest_plugin.py").read_text("utf-8")
    for setting in re.findall(r"^(proofhead_\w+) =", PAGE, re.MULTILINE):
        assert f'addini("{setting}"' in plugin


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_is_explained(verdict):
    assert re.search(rf"^\| [a-z, ]*{verdict}", PAGE, re.MULTILINE)


def test_every_directive_is_listed():
    assert set(re.findall(r"`% proofhead: (\w+)", PAGE)) == set(KEYWORDS)
