"""docs/em.md says what is true: its Python and its commands run."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from proofs_checks.cli.run import run

PAGE = (Path(__file__).parents[3] / "docs" / "em.md").read_text("utf-8")
SHELL = re.findall(r"```sh\n(.*?)\n```", PAGE, re.S)


def test_its_python_runs_and_shows_what_it_says(capsys):
    space = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.S):
        exec(compile(code, "docs/em.md", "exec"), space)
    out = capsys.readouterr().out
    assert "'fixed point', 'fixed point'" in out and "0.9575" in out
    assert space["run"].converged.all()
    found = space["found"]
    both = [found.by_eigenvalue, found.from_below, found.from_above]
    np.testing.assert_allclose(both, 1, atol=1e-6)
    assert space["step"].gap > 0.1


@pytest.mark.parametrize("command", SHELL)
def test_its_commands_run(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(shlex.split(command)[1:]) == 0
    out = capsys.readouterr().out
    if "--compare em" in command:
        assert "same fixed point" in out and (tmp_path / "comparison.nc").is_file()
    else:
        assert "95 % interval" in out
