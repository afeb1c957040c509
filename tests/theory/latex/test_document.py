"""Documents: complete, deterministic, compiled by pdflatex without a line that sticks out."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from theory.catalogue import LAWS, law_named
from theory.latex import (
    LatexError,
    bibtex,
    compile_pdf,
    document,
    law_section,
    pdf,
    reference,
    thebibliography,
)
from theory.latex.document import PREAMBLE
from theory.latex.layout import Row, aligned
from theory.latex.references import REFERENCES
from theory.laws import Citation
from theory.models import model_named

ROOT = Path(__file__).resolve().parents[3]
needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex not installed")
SMALL = "\\documentclass{article}\\begin{document}x\\end{document}\n"


def packages_of(text):
    return {
        p
        for names in re.findall(r"\\usepackage(?:\[.*?\])?\{(.*?)\}", text)
        for p in names.split(",")
    }


def test_document_has_every_law_and_its_source():
    text = document(LAWS)
    for law in LAWS:
        assert rf"\label{{law:{law.name}}}" in text
        assert rf"\cite[{law.citation.place}]{{{law.citation.key}}}" in text
        assert rf"\bibitem{{{law.citation.key}}}" in text
    assert packages_of(text) == {"geometry", "amsmath", "amssymb", "array", "booktabs", "longtable"}
    assert text.startswith(r"\documentclass") and text.endswith("\\end{document}\n")


def test_section_says_what_moves_and_what_is_assumed():
    model = model_named("attention-head")
    text = law_section(law_named("dissipation"), model)
    assert (
        r"Along the flow $\frac{ds_{ij}}{dt} = -\epsilon_s \frac{\partial L}{\partial s_{ij}}$"
        in text
    )
    assert r"$\frac{dv_j}{dt} = -\epsilon_v \frac{\partial L}{\partial v_j}$." in text
    assert r"\textit{Assumptions.} rates $\epsilon_s$, $\epsilon_v$" in text
    text = law_section(law_named("value-step-loss"), model)
    assert r"One step: $\Delta v_j = -\eta \frac{\partial L}{\partial v_j}$." in text


def test_conventions_are_explained_where_they_are_used():
    assert "entropy in nats" in document([law_named("entropy-gradient")])
    assert "entropy in nats" not in document([law_named("upstream-gradient")])


def test_the_model_can_be_chosen():
    multi = model_named("attention-head-multi")
    text = document([law_named("upstream-gradient")], lambda law: multi)
    assert r"u_{hi} = W_{O,h}^\top (p_i - y_i)" in text
    assert r"\texttt{attention-head-multi}: softmax attention head" in text


def test_a_document_needs_laws():
    with pytest.raises(ValueError, match="at least one law; got none"):
        document([])


def test_unknown_citations_are_named_with_the_nearest():
    import dataclasses

    law = dataclasses.replace(law_named("upstream-gradient"), citation=Citation("dao2022flsh", ""))
    with pytest.raises(ValueError, match=r"`dao2022flsh` is no key.*`dao2022flash`"):
        document([law])
    assert reference("dao2022flash").fields["year"] == "2022"


def test_references_file_is_made_from_the_table():
    assert (ROOT / "references.bib").read_text(encoding="utf-8") == bibtex()


def test_bibliography_is_sorted_and_without_repetitions():
    text = thebibliography(["xu1996convergence", "dao2022flash", "dao2022flash"])
    assert text.count(r"\bibitem") == 2
    assert text.index("dao2022flash") < text.index("xu1996convergence")
    assert r"\emph{Neural Computation} 8(1), 129--151. 1996. doi:10.1162" in text
    assert "Lei Xu and Michael I. Jordan" in text
    assert len({work.key for work in REFERENCES}) == len(REFERENCES)


def test_printing_does_not_depend_on_hashes():
    code = (
        "import hashlib; from theory.catalogue import law_named; from theory.latex import document;"
        "laws = map(law_named, ('advantage-routing', 'input-gradient', 'query-key-balance'));"
        "print(hashlib.sha256(document(laws).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(digests) == 1


@needs_tex
@pytest.mark.parametrize("name", ["attention-head", "attention-head-multi"])
def test_document_compiles_and_no_line_sticks_out(name, tmp_path):
    model = model_named(name)
    text = document([law for law in LAWS if name in law.models], lambda law: model)
    (tmp_path / "laws.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "laws.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    wide = [float(x) for x in re.findall(r"Overfull \\hbox \(([\d.]+)pt", done.stdout)]
    assert max(wide, default=0) < 2


@needs_tex
def test_every_layout_compiles(tmp_path):
    wide = " ".join(["M"] * 30)
    terms = " + ".join(
        rf"\frac{{\partial L}}{{\partial x_{n}}} \Bigl(a + b\Bigr)" for n in range(1, 9)
    )
    parts = [
        aligned([Row("x", wide, "a reason above"), Row("", terms, "another"), Row("y", "0", "")]),
        aligned([Row("x", terms, "a reason beside"), Row("", "0", "a long reason " * 12)]),
        aligned([Row(wide[:40], "0", "a long left side")]),
        aligned([Row("x", terms), Row("", "0")]),
    ]
    body = "\n\n".join(parts)
    compile_pdf(f"{PREAMBLE}\\begin{{document}}\n{body}\n\\end{{document}}\n", tmp_path / "a.pdf")


@needs_tex
def test_pdf_is_written_whole_and_silently(tmp_path, capfd):
    target = tmp_path / "laws.pdf"
    assert compile_pdf(document([law_named("upstream-gradient")]), target) == target
    assert target.read_bytes().startswith(b"%PDF")
    assert list(tmp_path.iterdir()) == [target]
    assert capfd.readouterr() == ("", "")


@needs_tex
def test_the_first_error_of_tex_is_reported_and_the_old_file_kept(tmp_path):
    target = tmp_path / "laws.pdf"
    target.write_bytes(b"old")
    broken = SMALL.replace("x", "\n\\nosuch and more")
    with pytest.raises(LatexError, match=r"line 2: Undefined control sequence, at `\\nosuch`"):
        compile_pdf(broken, target)
    assert target.read_bytes() == b"old"


@needs_tex
def test_tex_runs_no_programs_and_reads_no_files_outside(tmp_path):
    marker = tmp_path / "marker"
    compile_pdf(SMALL.replace("x", rf"x\immediate\write18{{touch {marker}}}"), tmp_path / "a.pdf")
    assert not marker.exists()
    secret = tmp_path / "secret.tex"
    secret.write_text("secret")
    with pytest.raises(LatexError, match="not found|cannot|Cannot"):
        compile_pdf(SMALL.replace("x", rf"\input{{{secret}}}"), tmp_path / "b.pdf")


def test_without_pdflatex_the_error_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LatexError, match="apt-get install texlive-latex-base"):
        compile_pdf(SMALL, tmp_path / "x.pdf")


def fake_pdflatex(monkeypatch, folder, script):
    program = folder / "pdflatex"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_a_pdflatex_that_hangs_is_stopped(monkeypatch, tmp_path):
    fake_pdflatex(monkeypatch, tmp_path, "exec sleep 30")
    monkeypatch.setattr(pdf, "LIMIT", 0.2)
    with pytest.raises(LatexError, match="did not finish within 0.2 s"):
        compile_pdf(SMALL, tmp_path / "x.pdf")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo '! Emergency stop.'; exit 1", "failed: Emergency stop"),
        ("echo 'some last words.'; exit 1", "failed: some last words"),
        ("exit 1", "failed: it said nothing"),
        ("echo fine", "failed: fine"),
    ],
)
def test_other_failures_are_reported(monkeypatch, tmp_path, script, message):
    fake_pdflatex(monkeypatch, tmp_path, script)
    with pytest.raises(LatexError, match=message):
        compile_pdf(SMALL, tmp_path / "x.pdf")


def test_a_missing_folder_is_reported(monkeypatch, tmp_path):
    fake_pdflatex(monkeypatch, tmp_path, "touch document.pdf")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        compile_pdf(SMALL, tmp_path / "nowhere" / "x.pdf")
