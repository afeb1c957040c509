"""Where reports may be written, and standard output that is closed early."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from proofs_checks.cli.outputs import checked_output
from proofs_checks.cli.run import run

WRONG = r"\[ \frac{\partial L}{\partial s_{ij}} = \alpha_{ij} b_{ij} \]"
ENDINGS = (".html", ".htm")


@pytest.fixture
def paper(tmp_path):
    path = tmp_path / "paper.tex"
    path.write_text(WRONG)
    return path


def test_good_places(paper, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("check.html", "CHECK.HTM", str(tmp_path / "x.html")):
        assert checked_output(Path(name), [str(paper), "-"], ENDINGS) == Path(name)
    (tmp_path / "check.html").write_text("an older report")
    assert checked_output(Path("check.html"), ["paper.tex"], ENDINGS) == Path("check.html")


def test_an_input_is_never_written_over(paper, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    web = tmp_path / "page.html"
    web.write_text(f"$${WRONG}$$")
    link = tmp_path / "link.html"
    link.symlink_to(web)
    hard = tmp_path / "hard.html"
    os.link(web, hard)
    for output in (web, link, hard, Path("page.html")):
        with pytest.raises(ValueError, match="it is the document `.*page.html`, which would be"):
            checked_output(output, [str(paper), str(web)], ENDINGS)
    with pytest.raises(ValueError, match=r"it is the document `paper.tex`.* ending in `.html` or"):
        checked_output(paper, ["paper.tex"], ENDINGS)
    with pytest.raises(ValueError, match="it is the document `gone.html`"):
        checked_output(Path("gone.html"), ["gone.html"], ENDINGS)


def test_places_where_no_report_can_be(paper, tmp_path, monkeypatch):
    with pytest.raises(IsADirectoryError, match="it is a folder. Name a file in it"):
        checked_output(tmp_path, [str(paper)], ENDINGS)
    with pytest.raises(ValueError, match=r"must end in `.html` or `.htm`. Write `.*other.html`"):
        checked_output(tmp_path / "other.tex", [str(paper)], ENDINGS)
    with pytest.raises(FileNotFoundError, match="its folder does not exist. Make `.*none` first"):
        checked_output(tmp_path / "none" / "check.html", [str(paper)], ENDINGS)
    pipe = tmp_path / "pipe.html"
    os.mkfifo(pipe)
    with pytest.raises(FileExistsError, match="it is no ordinary file. Name another one"):
        checked_output(pipe, [str(paper)], ENDINGS)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError, match="may not be written to. Choose another folder"):
        checked_output(tmp_path / "check.html", [str(paper)], ENDINGS)


@pytest.mark.parametrize("option", ["--html", "--junit"])
def test_check_refuses_before_it_reads_anything(paper, option, capsys, monkeypatch):
    monkeypatch.setattr("proofs_checks.cli.checking._check", _not_called)
    assert run(["check", str(paper), option, str(paper)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "which would be lost" in err
    assert paper.read_text() == WRONG


def _not_called(*_):
    raise NotImplementedError("the check has begun")


CLOSED = """
import sys
from proofs_checks.cli.run import run
sys.stdin.readline()  # by now nobody reads our output
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
@pytest.mark.parametrize("form", [[], ["--json"], ["--symbols"]])
def test_a_closed_pipe_changes_neither_the_status_nor_the_files(paper, tmp_path, form):
    html = tmp_path / "check.html"
    files = [] if "--symbols" in form else ["--html", str(html)]
    command = [sys.executable, "-c", CLOSED, "check", str(paper), *form, *files]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        process.stdout.close()
        process.stdin.write("\n")
        process.stdin.close()
        err = process.stderr.read()
    assert "Traceback" not in err
    assert "Broken" not in err
    assert process.returncode == (0 if "--symbols" in form else 1)
    assert html.exists() == bool(files)


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_an_output_without_unicode_gets_everything(paper, form):
    command = [sys.executable, "-c", "from proofs_checks.cli import main; main()"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*command, "check", str(paper), *form], capture_output=True, env=environment, timeout=100
    )
    assert done.returncode == 1
    assert b"\\u03b1" in done.stdout or b"alpha" in done.stdout
    if form:
        import json

        assert json.loads(done.stdout)["summary"]["refuted"] == 1
    else:
        assert b"1 refuted" in done.stdout
