"""docs/bifurcations.md says what is true: its commands run and print what it shows."""

import re
import shlex
from pathlib import Path

import pytest

from numerics.bifurcations.figure import MARKS
from proofs_checks.cli.run import run

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "bifurcations.md").read_text("utf-8")
COMMANDS = re.findall(r"```sh\n(proofhead.*?)\n```", PAGE, re.S)


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_run(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    assert run(shlex.split(command)[1:]) == 0
    printed = capsys.readouterr().out
    if "em-symmetric" in command:
        shown = re.findall(r"```\n(supercritical.*?)```", PAGE, re.S)[0]
        without = re.compile(r"within \S+ of it")
        assert without.sub("", printed) == without.sub("", shown)
    else:
        assert printed.startswith("supercritical Hopf\tb = 2\tx = 1, y = 2\t")


def test_it_names_every_kind_of_point():
    rows = PAGE.split("| point | where |")[1].split("\n\n")[0]
    named = set(re.findall(r"^\| ([\w -]+) \|", rows, re.M))
    assert named == set(MARKS) - {"branch point", "multiple crossing"}
