"""`proofhead check`: files, output, exit statuses."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from xml.etree import ElementTree

import pytest

from proofs_checks.claims.problems import ReadingError
from proofs_checks.claims.reading import read_claims
from proofs_checks.cli.run import run
from proofs_checks.worker import Stopped

pytestmark = pytest.mark.usefixtures("warm_judges")

RIGHT = r"\[ \frac{\partial L}{\partial z_i} = p_i - y_i \]"
WRONG = r"\[ \frac{\partial L}{\partial s_{ij}} = \alpha_{ij} b_{ij} \]"
UNREADABLE = r"\[ \frac{a}{b = igl( \]"


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


def test_a_right_document(write, capsys):
    assert run(["check", write("right.tex", RIGHT)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[1].split()[0] == "proved"
    assert lines[1].endswith("right.tex:1:4")
    assert lines[2] == r"  \frac{\partial L}{\partial z_i} = p_i - y_i"
    assert "using sum_c y_ic = 1" in lines[3]
    assert lines[-1].startswith("1 proved (1 equation in 1 file, ")


def test_a_wrong_document(write, capsys):
    assert run(["check", write("wrong.tex", WRONG)]) == 1
    out = capsys.readouterr().out
    assert "    the baseline 𝔼_(α_i)[b] is missing" in out.splitlines()
    assert "correct       ∂L/∂s_ij = α_ij (b_ij - 𝔼_(α_i)[b])" in out


def test_unreadable_and_undecided_documents(write, capsys):
    assert run(["check", write("odd.tex", UNREADABLE)]) == 2
    assert "`igl(` is not known" in capsys.readouterr().out
    assert run(["check", write("right.tex", RIGHT), "--timeout", "0.1"]) in (0, 3)


def test_an_equation_over_its_time_is_undecided(write, capsys, monkeypatch):
    monkeypatch.setattr("proofs_checks.worker.Worker.ask", _no_answer)
    assert run(["check", write("right.tex", RIGHT)]) == 3
    assert "stopped after the time limit" in capsys.readouterr().out


def _no_answer(_worker, *_arguments, seconds):
    raise Stopped(f"stopped after the time limit of {seconds:.3g} s")


def test_several_files_end_in_the_worst_and_a_missing_one_stops_nobody(write, tmp_path, capsys):
    right, wrong = write("right.tex", RIGHT), write("wrong.tex", WRONG)
    gone = str(tmp_path / "gone.tex")
    assert run(["check", right, gone, wrong, right, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert [f["file"] for f in document["files"]] == [right, gone, wrong]
    assert "No such file" in document["files"][1]["error"]
    assert run(["check", right, gone]) == 2
    out = capsys.readouterr().out
    assert "cannot be read: No such file or directory" in out
    assert "1 proved (1 equation in 2 files" in out


def test_json_is_one_document_and_nothing_else(write, capsys):
    assert run(["check", write("wrong.tex", WRONG), "--json", "--seed", "5"]) == 1
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert err == ""
    assert document["schema"] == 2
    assert document["model"] == "attention-head"
    assert document["summary"]["refuted"] == 1
    (equation,) = document["equations"]
    assert equation["verdict"] == "refuted"
    assert equation["diagnosis"]["kind"] == "missing_term"
    modular = next(c for c in equation["checks"] if c["judge"] == "modular")
    assert modular["agrees"] is False


def test_standard_input(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(RIGHT.encode())))
    assert run(["check", "-"]) == 0
    assert "-:1:4" in capsys.readouterr().out


def test_files_are_written_whole_or_not_at_all(write, tmp_path, capsys):
    source = write("wrong.tex", WRONG)
    xml, html = tmp_path / "check.xml", tmp_path / "check.html"
    assert run(["check", source, "--junit", str(xml), "--html", str(html)]) == 1
    assert ElementTree.parse(xml).find("testsuite/testcase/failure") is not None
    assert "<math" in html.read_text("utf-8")
    assert "seed 0, 20 s for each equation" in html.read_text("utf-8")
    capsys.readouterr()
    nowhere = tmp_path / "none" / "check.html"
    assert run(["check", source, "--html", str(nowhere)]) == 2
    out, err = capsys.readouterr()
    assert out == ""  # found before anything was judged
    assert "none` does not exist. Make it first" in err


def test_another_vocabulary_can_be_forced(write, capsys):
    document = write("own.md", r"$$p = \frac{q}{2}$$" + "\n\n" + r"$$2 p = q$$")
    assert run(["check", document, "--model", "none"]) == 0
    assert "symbols of its own" in capsys.readouterr().out
    assert run(["check", document, "--model", "attention-haed"]) == 2
    assert "Did you mean `attention-head`" in capsys.readouterr().err


def test_bad_usage(capsys):
    assert run(["check"]) == 2


@pytest.mark.parametrize("seconds", ["0", "-3", "nan", "inf", "1e300"])
@pytest.mark.parametrize("command", ["check x.tex", "fixed-points binary-head"])
def test_a_time_limit_is_one_that_a_clock_can_count(seconds, command, capsys):
    assert run([*command.split(), "--timeout", seconds]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "a time limit is 0.1 to 86400 seconds (a day); got" in said


def test_an_interrupt_leaves_a_partial_report(write, monkeypatch, capsys):
    right, wrong = write("right.tex", RIGHT), write("wrong.tex", WRONG)

    def interrupted(data, name, **options):
        if name == wrong:
            raise KeyboardInterrupt
        return read_claims(data, name, **options)

    monkeypatch.setattr("proofs_checks.claims.reading.read_claims", interrupted)
    assert run(["check", right, wrong, "--json"]) == 130
    out, err = capsys.readouterr()
    assert json.loads(out)["summary"]["proved"] == 1
    assert "interrupted; the report is partial" in err


def test_an_interrupt_while_judging(write, monkeypatch, capsys):
    def check(paper, **_options):
        from proofs_checks.checking import PaperReport

        return PaperReport(paper, (), interrupted=True)

    monkeypatch.setattr("proofs_checks.checking.check_paper", check)
    assert run(["check", write("right.tex", RIGHT), write("wrong.tex", WRONG), "--json"]) == 130
    document = json.loads(capsys.readouterr().out)
    assert document["interrupted"]


CHILD = """
import pathlib, time
from proofs_checks import serving

judge = serving.TASKS["judge"]

def slow(model, equation, seed, refute, seconds):
    if equation.right == 0:
        pathlib.Path(MARKER).touch()
        time.sleep(100)
    yield from judge(model, equation, seed, refute, seconds)

serving.TASKS["judge"] = slow
serving.serve()
"""
PARENT = """
import sys
from proofs_checks import worker
from proofs_checks.cli.run import run

worker._COMMAND, document = sys.argv[1:]
sys.exit(run(["check", document, "--json"]))
"""


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_while_an_equation_is_being_judged(write, tmp_path):
    document = write("slow.md", "$$q = 2 p$$\n\n$$q + p = 3 p$$\n\n$$q - 2 p = 0$$\n\n$$q = p$$")
    marker = tmp_path / "the second is being judged"
    child = CHILD.replace("MARKER", repr(str(marker)))
    command = [sys.executable, "-c", PARENT, child, document]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while not marker.exists():
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        out, _ = process.communicate(timeout=60)
    assert time.monotonic() - start < 30
    assert process.returncode == 130
    report = json.loads(out)
    assert report["interrupted"]
    assert [e["kind"] for e in report["equations"]] == ["definition", "claim"]
    assert report["summary"]["proved"] == 1


def test_a_document_that_is_refused_as_a_whole(write, monkeypatch, capsys):
    def refuse(*_arguments, **_options):
        raise ReadingError([])

    monkeypatch.setattr("proofs_checks.claims.reading.read_claims", refuse)
    assert run(["check", write("huge.tex", RIGHT), "--json"]) == 2
    assert "error" in json.loads(capsys.readouterr().out)


def test_a_document_full_of_traps_is_only_text(write, capsys):
    text = r"\[ __import__('os').system('touch harm') = 1 \]" "\n" r"\[ \input{/etc/passwd} = x \]"
    path = write("trap.tex", text)
    assert run(["check", path]) == 2
    assert not os.path.exists("harm")
    assert "root:" not in capsys.readouterr().out


def test_help_answers_at_once_and_names_check():
    command = [
        sys.executable,
        "-X",
        "importtime",
        "-c",
        "from proofs_checks.cli import main; main()",
    ]
    done = subprocess.run([*command, "--help"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "check" in done.stdout
    assert not any(f" {heavy}" in done.stderr for heavy in ("torch\n", "sympy\n", "numpy\n"))
