"""docs/codegen.md says what is true: its Python and its commands run."""

import re
import shlex
from pathlib import Path

import pytest
import torch

from proofs_checks.cli.run import run

PAGE = (Path(__file__).parents[3] / "docs" / "codegen.md").read_text("utf-8")
NOTES = re.search(r"```latex\n(.*?)```", PAGE, re.S)
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)\n```", PAGE, re.S) for line in block.splitlines()
]


@pytest.fixture(autouse=True)
def notes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert NOTES is not None
    (tmp_path / "notes.tex").write_text(NOTES[1])


def test_its_python_runs(capsys):
    torch.manual_seed(0)
    space = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.S):
        exec(compile(code, "docs/codegen.md", "exec"), space)
    assert "for first in range(0, T, block):" in capsys.readouterr().out
    assert space["gradient"]["W_Q"].shape == space["hv"]["W_Q"].shape == (64, 64)
    assert space["g_dot"].shape == (1000, 64)
    assert "for first in range(0, " in space["own"].source


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_run(command, capsys):
    words = shlex.split(command.partition("  #")[0])
    assert run(words[1:]) == 0
    out = capsys.readouterr().out
    is_code = "--format" in words
    kinds = {"torch": "import torch", "latex": r"\begin{align*}"}
    assert (kinds[words[-1]] if is_code else "name for the argument of A") in out
