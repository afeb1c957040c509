"""docs/fixed_points.md is true: its Python runs, and its command prints what it shows."""

import re
import shlex
from pathlib import Path

import pytest

from proofs_checks.cli.run import run

PAGE = (Path(__file__).parents[2] / "docs" / "fixed_points.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.S)
CONSOLE = [block.split("\n", 1) for block in re.findall(r"```console\n\$ (.*?)```", PAGE, re.S)]


@pytest.mark.parametrize("code", PYTHON)
def test_python_runs(code, capsys):
    exec(compile(code, "fixed_points.md", "exec"), {})
    assert "no fixed point within" in capsys.readouterr().out


@pytest.mark.parametrize(("command", "expected"), CONSOLE)
def test_the_command_prints_what_is_shown(command, expected, capsys):
    assert run(shlex.split(command)[1:]) == 0
    out = [re.sub(r" +", " ", line) for line in capsys.readouterr().out.splitlines()]
    for line in expected.splitlines():
        assert re.sub(r" +", " ", line) in out


def test_the_page_has_both():
    assert len(PYTHON) == 1 and len(CONSOLE) == 1
