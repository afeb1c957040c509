"""docs/bifurcations.md says what is true: its commands run and print what it shows."""

import re
import shlex
from pathlib import Path

import pytest

from numerics.bifurcations.figure import MARKS
from numerics.bifurcations.regime_files import POINTS
from proofs_checks.cli.run import run

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "bifurcations.md").read_text("utf-8")
COMMANDS = re.findall(r"```sh\n(proofhead.*?)\n```", PAGE, re.S)


SHOWN = {c.split()[-1]: s for c, s in re.findall(
    r"```sh\n(proofhead.*?)\n```\n\n!\[.*?\n\n```\n(.*?)```", PAGE, re.S)}  # fmt: skip
BEGINS = {
    "brusselator.png": "supercritical Hopf\tb = 2\tx = 1, y = 2\t",
    "henon.png": "1:1 resonance\ta = -1, b = -1\tx = 1, y = -1\n",
    "regimes.png": "generalised Hopf\tI = 0.11891101",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_run(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    assert run(shlex.split(command)[1:]) == 0
    printed, figure = capsys.readouterr().out, command.split()[-1]
    if figure in BEGINS:
        assert printed.startswith(BEGINS[figure])
    else:
        assert short(printed) == short(SHOWN[figure])


def short(text):
    """Return a text without rounding errors: 4 digits of each number, deviations left out.

    At a fold a cycle is known to the root of the error of its parameter, and where canards explode
    to less: 3 digits of the cycle, which processors agree about.
    """
    text = re.sub(r"within \S+ of it", "", text)
    lines = text.splitlines()
    return "\n".join(rounded(x, 3 if x.startswith("fold of cycles") else 4) for x in lines)


def rounded(line, digits):
    return re.sub(r"\d+\.\d+", lambda x: f"{float(x[0]):.{digits}g}", line)


def test_it_names_every_kind_of_point():
    rows = PAGE.split("| point | where | coefficient |")[1].split("\n\n")[0]
    named = set(re.findall(r"^\| ([\w -]+) \|", rows, re.M))
    assert named == set(MARKS) - {"branch point", "multiple crossing"}
    rows = [PAGE.split(f"| {head} | where |\n|---|---|\n")[1].split("\n\n")[0]
            for head in ("point of a flow", "point of a map")]  # fmt: skip
    named = ", ".join(re.findall(r"^\| ([\w:, -]+) \|", "\n".join(rows), re.M))
    assert sorted(named.split(", ")) == sorted(POINTS)
