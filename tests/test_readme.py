"""The README is true: its Python runs, its commands run, and what it shows is what they print."""

import re
import shlex
from pathlib import Path

import pytest

from proofs_checks.cli.run import run

pytestmark = pytest.mark.usefixtures("warm_judges")

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.S)
CONSOLE = [block.split("\n", 1) for block in re.findall(r"```console\n\$ (.*?)```", README, re.S)]
SHELL = re.findall(r"^(proofhead .*?)(?: +#.*)?$", "\n".join(
    re.findall(r"```sh\n(.*?)```", README, re.S)), re.M)  # fmt: skip
PORTRAITS = [x for x in SHELL if x.startswith("proofhead portrait ")]


def without_seconds(text):
    return re.sub(r"\d+\.\d+( s\))?$", "<seconds>", text, flags=re.M)


@pytest.mark.parametrize("code", PYTHON, ids=range(len(PYTHON)))
def test_python_runs(code, capsys):
    exec(compile(code, "README.md", "exec"), {})
    shown = re.findall(r"print\(.*?\) +# (\w+)", code)
    out = capsys.readouterr().out
    for word in shown:
        if word in ("proved", "refuted", "undecided"):
            assert word in out.split()


@pytest.mark.parametrize(("command", "expected"), CONSOLE, ids=[c for c, _ in CONSOLE])
def test_console_shows_what_is_printed(command, expected, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(Path(__file__).parent.parent)
    status = run(shlex.split(command)[1:])
    out = without_seconds(capsys.readouterr().out)
    assert status in (0, 1)
    for line in without_seconds(expected).splitlines():
        if line.strip() != "...":
            assert line.rstrip() in [printed.rstrip() for printed in out.splitlines()]


def test_the_portraits_are_those_whose_page_is_tested():
    page = (Path(__file__).parent.parent / "docs" / "portraits.md").read_text(encoding="utf-8")
    assert len(PORTRAITS) == 6
    for command in PORTRAITS:  # tests/test_portraits_page.py runs the commands of the page
        assert f"\n{command}\n" in page


@pytest.mark.parametrize("command", [x for x in SHELL if x not in PORTRAITS])
def test_shell_commands_run(command, monkeypatch, tmp_path, capsys):
    (tmp_path / "examples").symlink_to(Path(__file__).parent.parent / "examples")
    monkeypatch.chdir(tmp_path)
    words = [w for w in shlex.split(command)[1:] if w != "--pdf"]  # the PDF has a test of its own
    assert run(words) in (0, 1)  # 1: the examples hold wrong equations too
