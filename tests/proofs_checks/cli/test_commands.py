"""The command line: what it prints, where, and with which exit status."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from proofs_checks.cli.run import run

pytestmark = pytest.mark.usefixtures("warm_judges")


def test_audit_prints_one_line_a_law_and_a_summary(capsys):
    assert run(["audit", "value-gradient", "baseline-identity"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].split("\t")[:3] == ["proved", "value-gradient", "8/8"]
    assert lines[0].split("\t")[3] == "normal_form modular exact interval autograd"
    assert lines[-1].startswith("2 proved (16 statements in 8 models")
    assert err == ""


def test_audit_json_is_one_document_with_every_field(capsys):
    assert run(["audit", "logit-gradient", "--json", "--seed", "7"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    assert document["summary"] == {
        "proved": 1,
        "verified": 0,
        "refuted": 0,
        "undecided": 0,
        "inconsistent": 0,
    }
    (law,) = document["laws"]
    assert law["name"] == "logit-gradient"
    assert law["verdict"] == "proved"
    assert law["assumptions"] == ["sum_c y_ic = 1"]
    assert law["counterexample"] is None
    assert {m["name"] for m in law["models"]} >= {"attention-head", "attention-head-multi"}
    modular = next(c for c in law["checks"] if c["judge"] == "modular")
    assert float(modular["error_bound"]) < 1e-15
    assert modular["seed"] == 7


def test_audit_of_a_paper(capsys):
    assert run(["audit", "--paper", "dao2022flash"]) == 0
    assert "baseline-identity" in capsys.readouterr().out


def test_unknown_law_paper_model_and_quantity(capsys):
    assert run(["audit", "advantage-rooting"]) == 2
    assert "Did you mean `advantage-routing`" in capsys.readouterr().err
    assert run(["laws", "--paper", "nobody1999"]) == 2
    assert "no law cites `nobody1999`" in capsys.readouterr().err
    assert run(["derive", "attention-heat", "--wrt", "s"]) == 2
    assert "Did you mean `attention-head`" in capsys.readouterr().err
    assert run(["derive", "attention-head", "--wrt", "banana"]) == 2
    assert "does not depend on `banana`" in capsys.readouterr().err


def test_bad_usage_exits_with_two(capsys):
    assert run(["audit", "--no-such-option"]) == 2
    assert "no-such-option" in capsys.readouterr().err
    assert run(["frobnicate"]) == 2


def test_laws_lists_name_statement_and_source(capsys):
    assert run(["laws"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert len(rows) >= 20
    routing = next(row for row in rows if row[0] == "advantage-routing")
    assert routing[1] == "∂L/∂s_ij = α_ij (b_ij - 𝔼_(α_i)[b])"
    assert routing[2].startswith("agarwal2025gradient")


def test_laws_json_names_assumptions_and_models(capsys):
    assert run(["laws", "--json"]) == 0
    laws = json.loads(capsys.readouterr().out)["laws"]
    logit = next(law for law in laws if law["name"] == "logit-gradient")
    assert "sum_c y_ic = 1" in logit["assumptions"]
    assert "attention-head-causal" in logit["models"]


def test_derive_prints_the_steps_with_reasons(capsys):
    assert run(["derive", "attention-head", "--wrt", "s"]) == 0
    out = capsys.readouterr().out
    assert "chain rule through the attention weights" in out
    assert "= α_ij (b_ij - 𝔼_(α_i)[b])" in out


@pytest.mark.parametrize(
    ("format", "expected"),
    [("latex", r"\begin{align"), ("numpy", "import numpy as np"), ("torch", "import torch")],
)
def test_derive_formats(capsys, format, expected):
    assert run(["derive", "attention-head", "--wrt", "W_Q", "--format", format]) == 0
    assert expected in capsys.readouterr().out


def test_derive_json(capsys):
    assert run(["derive", "attention-head", "--wrt", "v", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["steps"][-1]["equation"].endswith(r"\sum_j \alpha_{ji} u_j")


NOTES = r"""
\begin{align}
 s_{ij} &= x_i^\top W x_j \\
 a_{ij} &= \frac{e^{s_{ij}}}{\sum_k e^{s_{ik}}} \\
 h_i &= \sum_j a_{ij} x_j \\
 L &= \frac{1}{2} \sum_i \|h_i - t_i\|^2
\end{align}
"""


@pytest.fixture
def notes(tmp_path):
    path = tmp_path / "notes.tex"
    path.write_text(NOTES)
    return str(path)


def test_derive_takes_the_loss_of_a_document(notes, capsys):
    assert run(["derive", notes, "--wrt", "W"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].split() == "L = (1/2) ∑_i ‖h_i - t_i ‖^2 definition of the loss".split()
    assert any("= a_ij (∂L/∂a_ij - ∑_k a_ik ∂L/∂a_ik)" in row for row in rows)
    assert any("chain rule through the definition of s" in row for row in rows)


def test_derive_writes_code_for_a_document(notes, capsys):
    assert run(["derive", notes, "--wrt", "W", "--wrt", "x", "--format", "numpy"]) == 0
    source = capsys.readouterr().out
    assert source.startswith("# generated by proofhead from model notes")
    assert "def notes_value_and_gradient(*, x, W, t):" in source
    space = {}
    exec(compile(source, "notes.py", "exec"), space)
    x, W, t = np.eye(3, 2), np.array([[0.3, 1.0], [-2.0, 0.5]]), np.ones((3, 2))
    loss, gradient = space["notes_value_and_gradient"](x=x, W=W, t=t)
    moved = W.copy()
    moved[0, 1] += 1e-6
    after, _ = space["notes_value_and_gradient"](x=x, W=moved, t=t)
    assert abs((after - loss) / 1e-6 - gradient["W"][0, 1]) < 1e-5


def test_derive_reads_standard_input_and_prints_latex(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(NOTES.encode())))
    assert run(["derive", "-", "--wrt", "h", "--format", "latex"]) == 0
    out = capsys.readouterr().out
    assert r"\frac{\partial L}{\partial h_i} &= h_i - t_i" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.tex", "--wrt", "W"], "missing.tex"),
        (["NOTES", "--wrt", "Q"], "does not depend on `Q`; it depends on L, h, a, s, x, W, t"),
        (["NOTES", "--wrt", "W", "--loss", "E"], "defines no scalar `E`; it defines L"),
        (
            ["attention-head", "--wrt", "s", "--loss", "L"],
            "`--loss` chooses a scalar of a document",
        ),
    ],
)
def test_derive_says_what_is_wrong_with_a_document(notes, capsys, words, message):
    assert run(["derive", *(notes if w == "NOTES" else w for w in words)]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
@pytest.mark.parametrize("words", [["derive", "--wrt", "x"], ["certify", "-o", "c"]])
def test_what_is_no_document_is_refused_by_name(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("bin.tex").write_bytes(bytes(range(256)))
    os.mkfifo("pipe.tex")
    Path("folder.tex").mkdir()
    command, *options = words
    for name, said in (
        ("bin.tex", "`bin.tex` is no text"),
        ("pipe.tex", "`pipe.tex`: it is a pipe or a device"),
        ("folder.tex", "`folder.tex`: it holds no document"),
    ):
        assert run([command, name, *options]) == 2
        assert capsys.readouterr().err.startswith(f"proofhead: error: {said}")
    assert not Path("c").exists()


def test_derive_needs_one_document(tmp_path, capsys):
    for name in ("one.tex", "two.tex"):
        whole = f"\\documentclass{{article}}\\begin{{document}}{NOTES}\\end{{document}}"
        (tmp_path / name).write_text(whole)
    assert run(["derive", str(tmp_path), "--wrt", "W"]) == 2
    assert "must hold one document; it holds" in capsys.readouterr().err


def test_latex_fragment_has_no_preamble(tmp_path, capsys):
    target = tmp_path / "part.tex"
    assert run(["latex", "advantage-routing", "-o", str(target), "--fragment"]) == 0
    text = target.read_text()
    assert r"\documentclass" not in text and r"\end{document}" not in text
    assert r"\label{law:advantage-routing}" in text
    assert run(["latex", "advantage-routing", "-o", str(target), "--fragment", "--pdf"]) == 2
    assert "a fragment has no preamble" in capsys.readouterr().err


def test_latex_writes_the_document(tmp_path, capsys):
    target = tmp_path / "laws.tex"
    assert run(["latex", "advantage-routing", "-o", str(target)]) == 0
    text = target.read_text()
    assert r"\documentclass" in text
    assert r"\mathbb{E}_{\alpha_i}[b]" in text
    assert capsys.readouterr().err.startswith("wrote ")


def test_latex_into_a_missing_folder_writes_nothing(tmp_path, capsys):
    assert run(["latex", "-o", str(tmp_path / "none" / "laws.tex")]) == 2
    assert "does not exist" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_latex_pdf_compiles(tmp_path):
    target = tmp_path / "laws.tex"
    assert run(["latex", "-o", str(target), "--pdf"]) == 0
    assert target.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".pdf", ".tex"]


def test_pdf_without_pdflatex_says_how_to_get_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(["latex", "value-gradient", "-o", str(tmp_path / "a.tex"), "--pdf"]) == 2
    assert "texlive-latex-base" in capsys.readouterr().err


def test_a_closed_pipe_ends_quietly():
    command = f"{sys.executable} -c 'from proofs_checks.cli import main; main()' laws | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("softmax-jacobian")
    assert done.stderr == ""


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from proofs_checks.cli.run import run; run(['--help']); "
        "print([m for m in ('sympy', 'torch', 'numpy', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "audit" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_version(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("proofhead ")
