"""docs/sweeps.md says what is true: its command and its Python run, its kinds are all there are."""

import re
import shlex
from pathlib import Path

import numpy as np

from numerics.sweeps.figures import TONES
from proofs_checks.cli.run import run

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "sweeps.md").read_text("utf-8")


def test_its_python_runs_and_shows_the_pitchfork(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    exec(compile(code, "docs/sweeps.md", "exec"), {})
    out = capsys.readouterr().out
    assert "stable node" in out
    for sigma2, theta in ((0.25, 0.999), (0.5, 0.958), (0.75, 0.776)):
        assert abs(np.tanh(theta / sigma2) - theta) < 1e-3 and f"{theta} {theta} {theta}" in out


def test_its_first_command_runs_coarser(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    words = shlex.split(re.findall(r"```sh\n(proofhead.*?)```", PAGE, re.S)[0])[1:]
    coarse = [re.sub(r":(31|45)$", ":3", word) for word in words]
    assert len(set(coarse) - set(words)) == 2
    assert run([*coarse, "--engine", "scipy", "--jobs", "1", "--until", "60"]) == 0
    assert (tmp_path / "brusselator" / "regimes.png").stat().st_size > 10_000


def test_it_names_every_kind():
    table = PAGE.split("| kind | means |")[1].split("\n\n")[0]
    several = {"saddle", "centre", "unstable node", "unstable focus", "degenerate"}  # "..."
    assert all(kind in table for kind in set(TONES) - several)
