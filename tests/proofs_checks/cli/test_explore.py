"""`proofhead explore`: what it prints, and each way to misuse it; the page has tests of its own."""

import importlib.util
import json
import re
import shlex
import socket
import webbrowser
from pathlib import Path

import pytest

from proofs_checks.cli.run import run
from proofs_checks.explorer.server import ExplorerServer
from tests.proofs_checks.explorer.serving import OWN

HOME = Path(__file__).parent.parent.parent.parent
PAGE = (HOME / "docs" / "explorer.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^proofhead (explore .*)$", PAGE, re.M)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder with a system, in which servers end as soon as they run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").write_text(OWN)
    (tmp_path / "examples").symlink_to(HOME / "examples")
    monkeypatch.setattr(ExplorerServer, "run", lambda self: self.close() or 0)
    monkeypatch.setattr(webbrowser, "open", opened.append)
    opened.clear()
    return tmp_path


opened = []


def test_it_prints_its_address(folder, capsys):
    assert run(["explore", "own.toml", "--no-browser"]) == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(r"exploring own at http://127\.0\.0\.1:\d+/[-\w]{32}/\n", out)
    assert err == "only who has this address can see it; end it with Ctrl-C\n"
    assert opened == []


def test_json_is_one_document_and_the_browser_gets_the_address(folder, capsys):
    assert run(["explore", "own.toml", "--json"]) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document["system"] == "own" and err == ""
    assert opened == [document["url"]]


def test_addresses_differ_from_one_run_to_the_next(folder, capsys):
    for _ in range(2):
        assert run(["explore", "own.toml", "--json", "--no-browser"]) == 0
    urls = re.findall(r"/([-\w]{32})/", capsys.readouterr().out)
    assert len(set(urls)) == 2


def test_a_port_of_ones_own(folder, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["explore", "own.toml", "--no-browser", "--port", str(port)]) == 2
    assert f"cannot listen on port {port} of 127.0.0.1: " in capsys.readouterr().err
    assert run(["explore", "own.toml", "--no-browser", "--port", str(port)]) == 0
    assert f":{port}/" in capsys.readouterr().out


def test_bokeh_is_missing(folder, capsys, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: name != "bokeh" and found(name, *a) or None
    )
    assert run(["explore", "own.toml"]) == 2
    assert "Install it with `pip install 'proofhead[explore]'`." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["own.toml", "--port", "70000"], "`--port` must be from 0 (a free one) to 65535"),
        (["own.toml", "--range", "k=5:6"], "must hold the present value 1"),
        *(
            (["own.toml", "--range", x], f"such as k=0:2; got `{x}`.")
            for x in ("k", "k=", "k=0:2:5", "k=1,2", "k=a:b", "k=0:inf", "k=0:nan", "k=0.1:2:log")
        ),
        *((["own.toml", "--range", x], f"such as mu=0:2; got `{x}`.") for x in ("", "=0:2")),
        (["own.toml", "--range", "k=2:0"], "the lower end must come first; got 2 and 0."),
        (["own.toml", "--set", "k=x"], "parameter `k` must be a number"),
        (["own.tom"], "`own.tom` is no system"),
        (["none.toml"], "there is no file `none.toml`"),
        (["head-flow"], "needs two variables, `head-flow` has 16; take a slice"),
        (["own.toml", "--em"], "EM"),
        (["own.toml", "--fast", "q"], "`own` has no variable `q`"),
        (["own.toml", "--at", "start"], "name its variables with `--slice`"),
    ],
)
def test_misuse(folder, capsys, words, sentence):
    assert run(["explore", *words, "--no-browser"]) == 2
    said = capsys.readouterr().err
    assert sentence in said and "--over" not in said


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_its_page_run(folder, capsys, command):
    assert run([*shlex.split(command), "--no-browser"]) == 0
    assert "http://127.0.0.1:" in capsys.readouterr().out


def test_its_page_names_options_that_exist_and_shows_a_figure(capsys):
    assert run(["explore", "--help"]) == 0
    help_text = capsys.readouterr().out
    options = re.findall(r"^\| `(--[-a-z]+)", PAGE, re.M)
    assert len(options) > 5 and all(option in help_text for option in options)
    (shown,) = re.findall(r"!\[.*?\]\((.*?)\)", PAGE)
    assert (HOME / "docs" / shown).stat().st_size < 200_000
