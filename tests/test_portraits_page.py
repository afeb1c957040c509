"""docs/portraits.md says what is true: its commands make its figures, its example is readable."""

import re
import shlex
from pathlib import Path

import pytest

from numerics.flows import own_system
from numerics.portraits import SUFFIXES
from proofs_checks.cli.run import run

HOME = Path(__file__).parent.parent
PAGE = (HOME / "docs" / "portraits.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^proofhead (portrait .*)$", PAGE, re.M)
SHOWN = re.findall(r"!\[.*?\]\(figures/(.*?)\)", PAGE)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.split()[-1])
def test_the_commands_make_the_figures(command, tmp_path, monkeypatch, capsys):
    (tmp_path / "examples").symlink_to(HOME / "examples")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)
    assert run(words) == 0
    figure = tmp_path / words[-1]
    assert figure.stat().st_size > 10_000
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        ["examples", figure.name, figure.with_suffix(".nc").name]
    )
    out = capsys.readouterr().out
    assert "proved" in out and "no others in the window" in out


@pytest.mark.parametrize("command", re.findall(r"^proofhead (animate .*)$", PAGE, re.M))
def test_the_commands_make_the_animations(command, tmp_path, monkeypatch, capsys):
    (tmp_path / "examples").symlink_to(HOME / "examples")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)
    assert run(words) == 0
    assert re.fullmatch(r"\d+ frames\n", capsys.readouterr().out)
    assert (tmp_path / words[-1]).read_bytes().startswith(b"GIF89a")
    assert (tmp_path / words[-1]).with_suffix(".nc").stat().st_size > 10_000


def test_the_page_shows_what_its_commands_make_and_the_folder_holds_nothing_else():
    made = {c.split()[-1] for c in COMMANDS}
    kept = {p.name for p in (HOME / "docs" / "figures").iterdir() if p.suffix in SUFFIXES}
    assert set(SHOWN) == kept and kept < made
    assert len(SHOWN) == 6


def test_the_example_is_a_system_and_its_error_is_the_one_shown(tmp_path, monkeypatch):
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    (shown,) = re.findall(r"```\n(own.toml:.*?)\n```", PAGE, re.S)
    monkeypatch.chdir(tmp_path)
    path = Path("own.toml")
    path.write_text(example)
    assert own_system(path).name == "van der Pol"
    path.write_text(example.replace("damping*y - x", "damping*y - nu*x"))
    with pytest.raises(ValueError) as error:
        own_system(path)
    assert str(error.value) == shown


def test_every_option_exists(capsys):
    assert run(["portrait", "--help"]) == 0
    help_text = capsys.readouterr().out
    for option in re.findall(r"^\| `(-[-a-z]+)", PAGE, re.M):
        assert option in help_text
