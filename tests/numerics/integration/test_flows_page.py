"""docs/flows.md says what is true: its Python runs, its engines and systems are all there are."""

import re
from pathlib import Path

from numerics.flows import SYSTEMS
from numerics.integration import ENGINES, load

PAGE = (Path(__file__).parents[3] / "docs" / "flows.md").read_text("utf-8")


def test_its_python_runs_and_shows_what_it_says(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.S):
        exec(compile(code, "docs/flows.md", "exec"), space)
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "explicit 200" and out[-1] == "200"
    run = space["run"]
    assert float(run.loss[:, 0].mean()) > float(run.loss[:, -1].mean())
    assert not run.violated_sum_of_a_row_of_scores.any()
    assert (run.crossing_section >= 0).any()
    assert load(tmp_path / "many.nc").attrs["engine"] == "explicit"


def test_it_names_every_engine_and_every_system():
    table = PAGE.split("## Engines")[1].split("\n\n`auto`")[0]
    assert set(re.findall(r"`([a-z-]+)`", table)) == set(ENGINES)
    first = PAGE.split("## Integrating")[0]
    assert set(SYSTEMS) <= set(re.findall(r"`([a-z-]+)`", first))
