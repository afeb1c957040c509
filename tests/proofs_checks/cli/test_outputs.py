"""Where reports may be written, and standard output that is closed early."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from proofs_checks.cli.outputs import PAGE, FolderKind, checked_folder, checked_output
from proofs_checks.cli.run import run
from proofs_checks.reports.page import page

pytestmark = pytest.mark.usefixtures("warm_judges")

WRONG = r"\[ \frac{\partial L}{\partial s_{ij}} = \alpha_{ij} b_{ij} \]"


@pytest.fixture
def paper(tmp_path):
    path = tmp_path / "paper.tex"
    path.write_text(WRONG)
    return path


def test_good_places(paper, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("check.html", "CHECK.HTM", str(tmp_path / "x.html")):
        assert checked_output(Path(name), PAGE, [str(paper), "-"]) == Path(name)
    (tmp_path / "empty.html").touch()
    (tmp_path / "dangling.html").symlink_to(tmp_path / "later.html")
    for name in ("empty.html", "dangling.html"):
        assert checked_output(Path(name), PAGE, ["paper.tex", '{"x": 1}' * 99]) == Path(name)


def test_an_input_is_never_written_over(paper, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    web = tmp_path / "page.html"
    web.write_text(f"$${WRONG}$$")
    link = tmp_path / "link.html"
    link.symlink_to(web)
    hard = tmp_path / "hard.html"
    os.link(web, hard)
    for output in (web, link, hard, Path("page.html")):
        for force in (False, True):
            with pytest.raises(ValueError, match="it is `.*page.html`, which would be lost"):
                checked_output(output, PAGE, [str(paper), str(web)], force=force)
    with pytest.raises(ValueError, match=r"it is `paper.tex`.* ending in `.html` or `.htm`"):
        checked_output(paper, PAGE, ["paper.tex"])
    with pytest.raises(ValueError, match="it is `gone.html`"):
        checked_output(Path("gone.html"), PAGE, ["gone.html"])


def test_only_a_file_of_the_same_kind_is_written_over(tmp_path):
    path = tmp_path / "check.html"
    path.write_text("<p>somebody's page</p>")
    link = tmp_path / "link.html"
    link.symlink_to(path)
    for output in (path, link):
        with pytest.raises(FileExistsError, match="is not a page of `proofhead check`.* --force"):
            checked_output(output, PAGE)
        assert checked_output(output, PAGE, force=True) == output
    path.write_text(page([]))
    assert checked_output(path, PAGE) == path


def test_places_where_no_report_can_be(paper, tmp_path, monkeypatch):
    with pytest.raises(IsADirectoryError, match="it is a folder. Name a file in it"):
        checked_output(tmp_path, PAGE, [str(paper)])
    with pytest.raises(ValueError, match=r"must end in `.html` or `.htm`. Write `.*other.html`"):
        checked_output(tmp_path / "other.tex", PAGE, [str(paper)])
    with pytest.raises(FileNotFoundError, match="the folder `.*none` does not exist. Make it"):
        checked_output(tmp_path / "none" / "check.html", PAGE, [str(paper)])
    pipe = tmp_path / "pipe.html"
    os.mkfifo(pipe)
    with pytest.raises(FileExistsError, match="it is no ordinary file .* Name another one"):
        checked_output(pipe, PAGE, [str(paper)])
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError, match="may not be written to. Choose another folder"):
        checked_output(tmp_path / "check.html", PAGE, [str(paper)])


def test_a_folder_is_new_or_empty_or_of_the_same_kind(tmp_path, monkeypatch):
    kind = FolderKind("certificates", "_CoqProject", b"-R library")
    folder = tmp_path / "a"
    assert checked_folder(folder / "b", kind) == folder / "b"
    folder.mkdir()
    (folder / ".hidden").touch()
    assert checked_folder(folder, kind) == folder
    (folder / "Makefile").write_text("all:")
    with pytest.raises(FileExistsError, match="holds other files than certificates.* --force"):
        checked_folder(folder, kind)
    assert checked_folder(folder, kind, force=True) == folder
    (folder / "_CoqProject").write_text("-R library Proofhead")
    assert checked_folder(folder, kind) == folder
    with pytest.raises(NotADirectoryError, match="it is a file. Name a folder"):
        checked_folder(folder / "Makefile", kind)
    with pytest.raises(PermissionError, match="`.*Makefile` may not be written to"):
        checked_folder(folder / "Makefile" / "c", kind)


SYSTEM = 'variables = ["x", "y"]\n[field]\nx = "y"\ny = "-x"\n'
REFUSED = {
    "flow vdp.toml -o vdp.toml": "it is `vdp.toml`, which would be lost",
    "flow vdp.toml -o run.csv": "the name must end in `.nc`. Write `run.nc`",
    "flow vdp.toml -o table.nc": "is not a run of `proofhead flow`",
    "flow vdp.toml -o portrait.nc": "is not a run of `proofhead flow`",
    "portrait vdp.toml -o run.png": "`run.nc`: what stands there is not the data of a portrait",
    "portrait vdp.toml --slice x,y --at run.nc -o run.svg --force": "`run.nc`: it is `run.nc`",
    "portrait vdp.toml -o photo.png": "`photo.png`: what stands there is not a figure",
    "portrait vdp.toml -o vdp.gif": "must end in `.png` or `.svg` or `.pdf`. Write `vdp.png`",
    "latex -o out.pdf --pdf": "the name must end in `.tex`. Write `out.tex`",
    "latex -o paper.tex": "is not a document of `proofhead latex`",
    "latex -o thesis.tex --pdf": "`thesis.pdf`: what stands there is not a PDF of",
    "certify -o .": "it holds other files than certificates",
    "reproduce bijection -o .": "it holds other files than runs of `proofhead reproduce`",
    "check paper.tex --junit results.xml": "is not a result of `proofhead check`",
}


@pytest.fixture
def desk(tmp_path, paper, monkeypatch):
    """A folder with what a user may have in it."""
    import h5py

    monkeypatch.chdir(tmp_path)
    (tmp_path / "vdp.toml").write_text(SYSTEM)
    for name in ("photo.png", "thesis.pdf", "results.xml", "table.nc"):
        (tmp_path / name).write_text("years of work")
    for name, attribute in (("run.nc", "engine"), ("portrait.nc", "fixed_points")):
        with h5py.File(tmp_path / name, "w") as file:
            file.attrs[attribute] = "something"
    return tmp_path


@pytest.mark.parametrize("command", REFUSED)
def test_what_would_be_lost_is_refused_before_the_work(command, desk, capsys):
    before = {path: path.read_bytes() for path in desk.iterdir()}
    assert run(command.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert REFUSED[command] in err
    assert {path: path.read_bytes() for path in desk.iterdir()} == before


def test_what_a_command_wrote_it_writes_again(desk, capsys):
    commands = [
        "latex softmax-jacobian -o laws.tex",
        *(f"portrait vdp.toml --no-prove --starts 0 -o figure.{x}" for x in ("png", "SVG", "pdf")),
        "flow vdp.toml --starts 1 --until 1 -o run.nc",
        "flow vdp.toml --starts 1 --until 1 -o table.nc --force",
        "certify softmax-jacobian --no-check -o certificates",
    ]
    for command in commands:
        for words in (command, command.removesuffix(" --force")):
            assert run(words.split()) == 0, words
    assert (desk / "figure.SVG").read_bytes().startswith(b"<?xml")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_a_pdf_of_laws_is_known_again(desk):
    for _ in range(2):
        assert run(["latex", "softmax-jacobian", "-o", "laws.tex", "--pdf"]) == 0


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
