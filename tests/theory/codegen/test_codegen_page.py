"""docs/codegen.md says what is true: its Python and its commands run."""

import re
import shlex
from datetime import date
from pathlib import Path

import pytest
import torch

from benchmarks import attention
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


def test_its_table_of_times_is_written_by_one_command(monkeypatch, capsys):
    monkeypatch.setattr(attention, "SECONDS", 0.0)
    before = torch.get_num_threads()
    try:
        rows = [next(attention._table(1, (8,)))]
    finally:
        torch.set_num_threads(before)
    assert capsys.readouterr().out.startswith("1 thread; ratios over eager autograd\n")
    page = attention.written_into(PAGE, rows, date(2026, 1, 2), "a processor")
    table = page.partition(attention.BEGIN)[2].partition(attention.END)[0]
    assert table.startswith("\n2026-01-02, a processor, torch 2.")
    line = r"\n\| none \| float32 \| 1 \| 8 \| \d+\.\d{3} (\| \d+\.\d\d ){6}\|\n$"
    assert re.search(line, table), table
    for mark, part in ((attention.BEGIN, 0), (attention.END, 2)):
        assert page.partition(mark)[part] == PAGE.partition(mark)[part] != ""
    with pytest.raises(ValueError, match="codegen.md must have the lines"):
        attention.written_into("no marks", rows, date(2026, 1, 2), "")
    assert attention.processor()
