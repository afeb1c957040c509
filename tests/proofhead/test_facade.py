"""`import proofhead`, `python -m proofhead`, and a working folder with packages of our names."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import proofhead

ROOT = Path(__file__).parents[2]
INSTALLED = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}"}  # the last entry: where one works


def test_every_name_is_there_and_documented():
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    for name in proofhead.PLACES:
        assert getattr(proofhead, name) is not None
        assert f"`{name}`" in page, name
    assert set(proofhead.PLACES) < set(dir(proofhead))
    assert proofhead.__version__


def test_the_code_of_the_page_runs(capsys):
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.S)
    exec(compile(code, "python.md", "exec"), {})
    out = capsys.readouterr().out
    assert "('refuted',)" in out
    assert r"p_i (\delta_{ij} - p_j)" in out


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="`proofhead` has no `chek`. It has .*check"):
        _ = proofhead.chek


def test_importing_it_loads_nothing_heavy():
    heavy = ("sympy", "torch", "numpy")
    code = f"import sys, proofhead; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_documents_are_checked(tmp_path):
    path = tmp_path / "paper.tex"
    path.write_text(r"\[ p_i = \frac{e^{x_i}}{\sum_j e^{x_j}} \] \[ \sum_i p_i = 1 \]")
    (report,) = proofhead.check(path)
    assert [found.status for found in report.claims] == ["definition", "proved"]
    assert report.exit_status == 0
    assert proofhead.check_text(path.read_text()).statuses == ("proved",)
    with pytest.raises(OSError, match="none"):
        proofhead.check(tmp_path / "none.tex")


@pytest.fixture
def crowded(tmp_path):
    """A user's folder with packages of our names."""
    for name in ("theory", "numerics", "tests"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('the wrong package')")
    return tmp_path


@pytest.mark.parametrize(
    "way", [["-m", "proofhead"], ["-c", "from proofs_checks.cli import main; main()"]]
)
def test_packages_of_our_names_in_the_working_folder_do_no_harm(crowded, way):
    (crowded / "paper.tex").write_text(r"\[ \sum_{i=1}^n x_i = \sum_{k=1}^n x_k \]")
    command = [sys.executable, *way]
    for words, status in ((["laws"], 0), (["check", "paper.tex", "--model", "none"], None)):
        done = subprocess.run(
            [*command, *words], cwd=crowded, env=INSTALLED, capture_output=True, text=True
        )
        assert "wrong package" not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        if status is not None:
            assert done.returncode == status
