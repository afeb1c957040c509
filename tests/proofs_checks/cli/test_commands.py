"""The command line: what it prints, where, and with which exit status."""

import json
import shutil
import subprocess
import sys

import pytest

from proofs_checks.cli.run import run


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
    assert routing[1] == "∂L/∂s_ij = α_ij (b_ij - 𝔼_α_i[b])"
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
    assert "= α_ij (b_ij - 𝔼_α_i[b])" in out


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
