"""`proofhead check --watch`: with real edits and a real Ctrl-C."""

import os
import signal
import subprocess
import sys

import pytest

from proofs_checks.cli import watching
from proofs_checks.cli.run import run

OWN = "$$q = 2 p$$\n\n$$q + p = 3 p$$\n"


def test_a_saved_document_is_checked_again_until_ctrl_c(tmp_path):
    paper = tmp_path / "own.md"
    paper.write_text(OWN)
    words = ["check", "--watch", "own.md", "--model", "none"]
    command = [sys.executable, "-c", "from proofs_checks.cli import main; main()", *words]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PROOFHEAD_CACHE": str(tmp_path / "cache")},
    ) as process:
        try:
            assert process.stderr.readline().startswith("proofhead: waiting for a change")
            paper.write_text(OWN + "\n$$q p = 3 p^2$$\n")
            assert process.stderr.readline().startswith("proofhead: waiting for a change")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert err == ""
    assert process.returncode == 1  # that of the last check
    sums = [line for line in out.splitlines() if "in 1 file" in line]
    assert sums[0].startswith("1 proved, 1 definition (2 equations in 1 file, ")
    assert sums[1].startswith(
        "1 proved, 1 refuted, 1 definition (3 equations in 1 file, 1 from the"
    )
    assert len(sums) == 2


@pytest.mark.parametrize("words", [["x.md", "--json"], ["-"]])
def test_what_does_not_go_with_it(words, capsys):
    assert run(["check", "--watch", *words]) == 2
    assert "--watch reports whenever a file is saved" in capsys.readouterr().err


def test_what_is_looked_at(tmp_path):
    for name in ("main.tex", "parts/one.tex", "page.html", "data.csv", ".git/x.tex", "notes.org"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    page = tmp_path / "page.html"
    state = watching._state([str(tmp_path / "notes.org")], [page])
    assert {str(path.relative_to(tmp_path)) for path in state} == {
        "main.tex",
        "notes.org",
        "parts/one.tex",
    }
    assert set(watching._state([str(tmp_path)], [])) == {
        tmp_path / "main.tex",
        tmp_path / "parts/one.tex",
        page,
    }


def test_a_file_that_is_gone_for_a_moment_is_no_change(tmp_path, monkeypatch):
    monkeypatch.setattr(watching.time, "sleep", lambda _: None)
    paper = tmp_path / "own.md"
    paper.write_text("old")
    files = [str(paper)]
    before = watching._state(files, [])
    assert not watching._has_settled(files, [], before)
    paper.unlink()
    assert not watching._has_settled(files, [], before)
    paper.write_text("newer")
    assert watching._has_settled(files, [], before)
