"""`proofhead check --symbols`, documents without equations, what is not judged."""

import json

import pytest

from proofs_checks.claims.claim import Claim, Paper, Problem, SymbolEntry
from proofs_checks.claims.problems import ReadingError
from proofs_checks.cli.run import run

pytestmark = pytest.mark.usefixtures("warm_judges")

SYMBOLS = (
    SymbolEntry("S", "matrix, N x N", "defined on line 12", line=12),
    SymbolEntry(r"\beta", "scalar", "input, not defined: any real number", "a choice"),
)
DEFINITION = Claim("definition", "", 12, 1, "S := Q")
OTHER = Claim("not judged", "", 14, 1, r"x \sim p", notes=("a distribution",))
BROKEN = Claim("unreadable", "", 16, 1, "=", problem=Problem(16, 1, "nothing here"))


@pytest.fixture
def read(monkeypatch, tmp_path):
    """Let the reader return a paper with these claims and symbols; give the name of the file."""

    def read(*claims, symbols=SYMBOLS, name="paper.tex"):
        papers[name] = Paper(name, claims, "own", "it defines S", symbols, ("L is a loss",))
        (tmp_path / name).write_text("text")
        return name

    papers = {}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "proofs_checks.claims.reading.read_claims", lambda _data, name, **_: papers[name]
    )
    return read


@pytest.fixture
def unjudged(monkeypatch):
    def refuse(*_arguments, **_options):
        raise NotImplementedError("something is judged")

    monkeypatch.setattr("proofs_checks.cli.checking._check", refuse)


@pytest.mark.usefixtures("unjudged")
def test_only_the_table_is_printed(read, capsys):
    name = read(DEFINITION, OTHER)
    assert run(["check", "--symbols", name, name]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        "# paper.tex: symbols of its own: it defines S",
        "# L is a loss",
        "paper.tex\t12\tS\tmatrix, N x N\tdefined on line 12\t",
        "paper.tex\t\t\\beta\tscalar\tinput, not defined: any real number\ta choice",
    ]


@pytest.mark.usefixtures("unjudged")
def test_the_table_on_a_terminal(read, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "50")
    assert run(["check", "--symbols", read(DEFINITION)]) == 0
    out = capsys.readouterr().out
    assert "matrix, N x N" in out
    assert "L is a loss" in out
    assert "\t" not in out


@pytest.mark.usefixtures("unjudged")
def test_json_of_the_symbols(read, capsys):
    assert run(["check", "--symbols", "--json", read(DEFINITION), "gone.tex"]) == 2
    out, err = capsys.readouterr()
    first, second = json.loads(out)["files"]
    assert first["schema"] == 2
    assert [entry["latex"] for entry in first["symbols"]] == ["S", r"\beta"]
    assert first["notes"] == ["L is a loss"]
    assert "equations" not in first
    assert second["error"].startswith("cannot be read: No such file")
    assert err.startswith("proofhead: gone.tex: cannot be read: No such file")


@pytest.mark.usefixtures("unjudged")
def test_what_the_table_leaves_out_is_said(read, capsys, monkeypatch):
    assert run(["check", "--symbols", read(DEFINITION, BROKEN)]) == 2
    assert "1 of 2 equations cannot be read" in capsys.readouterr().err
    assert run(["check", "--symbols", read(symbols=())]) == 2
    assert "no equations found: only what is displayed counts" in capsys.readouterr().err
    assert run(["check", "--symbols", read(DEFINITION, symbols=())]) == 0
    assert "the table of symbols is empty" in capsys.readouterr().err

    def refuse(*_arguments, **_options):
        raise ReadingError([])

    monkeypatch.setattr("proofs_checks.claims.reading.read_claims", refuse)
    assert run(["check", "--symbols", "paper.tex", "a\x1b[31m.tex"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_there_is_no_report_where_nothing_is_judged(read, capsys):
    assert run(["check", "--symbols", read(DEFINITION), "--html", "x.html"]) == 2
    assert "--symbols judges nothing, so there is no report" in capsys.readouterr().err


def test_what_is_not_judged_is_neither_right_nor_unreadable(read, capsys):
    assert run(["check", read(DEFINITION, OTHER), "--junit", "check.xml"]) == 0
    out = capsys.readouterr().out
    assert "not judged   paper.tex:14:1" in out.splitlines()
    assert "1 definition, 1 not judged (2 equations in 1 file" in out
    assert "nothing was judged" in out


def test_nothing_to_check_is_said_and_is_no_success(read, capsys):
    empty = read(name="empty.tex", symbols=())
    assert run(["check", empty]) == 2
    assert "no equations found: only what is displayed counts" in capsys.readouterr().out
    assert run(["check", empty, "--json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["equations"] == []
    assert err.startswith("proofhead: empty.tex: no equations found")
    assert run(["check", empty, read(DEFINITION)]) == 0  # such as a preamble among the chapters
    assert "no equations found" in capsys.readouterr().out
