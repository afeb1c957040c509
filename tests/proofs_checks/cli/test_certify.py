"""`proofhead certify` and `--certify`: what is written, what is said, with coqc and without."""

import json

import pytest

from proofs_checks.certificates import kernel
from proofs_checks.cli import certifying
from proofs_checks.cli.run import run
from tests.proofs_checks.certificates.sample import NO_COQ

needs_coq = pytest.mark.skipif(bool(NO_COQ), reason=NO_COQ)


@pytest.fixture
def without_coq(monkeypatch):
    for place in (kernel, certifying):
        monkeypatch.setattr(place, "coq_version", lambda: "")


def test_without_coqc_the_files_are_written_and_a_sentence_says_how_to_get_it(
    tmp_path, capsys, without_coq
):
    assert run(["certify", "one-hot-overlap", "-o", str(tmp_path / "out")]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split("\t")[:2] == ["written", "one-hot-overlap"]
    assert "apt-get install --no-install-recommends coq libcoq-coquelicot" in err
    assert (tmp_path / "out" / "one_hot_overlap.v").is_file()
    assert (tmp_path / "out" / "library" / "Definitions.v").is_file()


def test_an_audit_without_coqc_is_an_audit(capsys, without_coq):
    assert run(["audit", "one-hot-overlap", "--certify"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("proved\tone-hot-overlap")
    assert "not certified: coqc is not installed" in err


def test_what_no_certificate_is_written_for_is_reported(tmp_path, capsys):
    document = tmp_path / "determinant.tex"
    document.write_text(r"\[ \frac{\partial}{\partial A} \log\det A = A^{-\top} \]")
    assert run(["certify", str(document), "-o", str(tmp_path / "out"), "--json"]) == 3
    (entry,) = json.loads(capsys.readouterr().out)["statements"]
    assert entry["verdict"] == "not certified"
    assert "Determinant" in entry["reason"]


def test_nothing_to_certify_and_a_place_that_is_a_file(tmp_path, capsys):
    empty = tmp_path / "empty.md"
    empty.write_text("No equation.")
    assert run(["certify", str(empty), "-o", str(tmp_path / "out")]) == 2
    assert "no equation to certify" in capsys.readouterr().err
    assert run(["certify", "one-hot-overlap", "-o", str(empty)]) == 2
    assert "Name a folder" in capsys.readouterr().err


def test_an_unknown_law_is_named(tmp_path, capsys):
    assert run(["certify", "one-hot", "-o", str(tmp_path)]) == 2
    assert "is no law of the catalogue" in capsys.readouterr().err


@needs_coq
def test_an_audit_with_the_kernel_names_version_time_and_assumptions(capsys):
    assert run(["audit", "one-hot-overlap", "--certify", "--json"]) == 0
    (law,) = json.loads(capsys.readouterr().out)["laws"]
    found = next(c for c in law["checks"] if c["judge"] == "kernel")
    assert found["agrees"] is True
    assert "certified by Coq " in found["detail"]
    assert "functional_extensionality_dep" in found["detail"]
    assert found["seconds"] > 0


@needs_coq
def test_a_document_before_the_kernel(tmp_path, capsys):
    paper = tmp_path / "paper.md"
    paper.write_text(
        r"$$p_i = \frac{\exp(z_i)}{\sum_j \exp(z_j)}$$ and $$\sum_i p_i = 1, \quad \sum_i p_i = 2$$"
    )
    assert run(["check", str(paper), "--certify"]) == 1
    out = capsys.readouterr().out
    assert "kernel: 1 of 1 certified" in out
