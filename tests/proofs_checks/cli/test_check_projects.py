"""`proofhead check` of papers in several files, folders, archives, notebooks and web pages."""

import io
import json
import os
import shutil
import tarfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from proofs_checks.cli.run import run

pytestmark = pytest.mark.usefixtures("warm_judges")

PROJECT = Path(__file__).parents[3] / "examples" / "claims" / "project"
PLACES = [
    "sections/setting.tex:3:3",
    "sections/setting.tex:7:3",
    "sections/method.tex:3:3",
    "sections/method.tex:8:3",
    "sections/value_gradient.tex:1:1",
]
WRONG = r"\[ \frac{\partial L}{\partial z_i} = p_i + y_i \]"


@pytest.fixture
def project(tmp_path):
    shutil.copytree(PROJECT, tmp_path / "paper")
    return tmp_path / "paper"


def packed(folder, mode):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode=mode) as archive:
        archive.add(folder, arcname=".")
    return held.getvalue()


def places(out):
    """The places of the equations, which stand in lines that are not indented."""
    lines = [line.split() for line in out.splitlines()[1:-1] if line[0] != " "]
    assert all(words[0] == "proved" for words in lines)
    return [words[1] for words in lines]


def test_a_project_by_its_main_file(capsys):
    assert run(["check", str(PROJECT / "main.tex")]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert places(out) == PLACES
    assert r"`\includeonly` leaves out `sections/draft.tex`" in out
    assert "5 proved (5 equations in 1 file, " in out


def test_a_project_by_its_folder(capsys):
    assert run(["check", str(PROJECT)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{PROJECT}/main.tex  symbols of attention-head")
    assert places(out) == PLACES


@pytest.mark.parametrize("name", ["paper.tar.gz", "paper.tar", "2501.01234", "paper.zip"])
def test_a_project_in_an_archive(tmp_path, capsys, name):
    path = tmp_path / name
    if name.endswith("zip"):
        shutil.make_archive(str(path.with_suffix("")), "zip", PROJECT)
    else:
        path.write_bytes(packed(PROJECT, "w" if name.endswith("tar") else "w:gz"))
    assert run(["check", str(path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{path}/main.tex  symbols of attention-head")
    assert places(out) == PLACES
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]


def test_an_archive_by_standard_input(capsys, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(packed(PROJECT, "w:gz")))
    monkeypatch.setattr("sys.stdin", stream)
    assert run(["check", "-"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("-/main.tex  symbols")
    assert places(out) == PLACES


def test_reports_name_the_file(project, tmp_path, capsys):
    (project / "sections" / "method.tex").write_text("\n" + WRONG)
    text = (project / "main.tex").read_text().replace(r"\end{document}", WRONG + r"\end{document}")
    (project / "main.tex").write_text(text)
    junit, html = tmp_path / "r.xml", tmp_path / "r.html"
    main = str(project / "main.tex")
    assert run(["check", main, "--json", "--junit", str(junit), "--html", str(html)]) == 1
    document = json.loads(capsys.readouterr().out)
    refuted = [e for e in document["equations"] if e["verdict"] == "refuted"]
    assert document["file"] == main
    assert [(e.get("file"), e["line"]) for e in refuted] == [
        ("sections/method.tex", 2),
        (None, 16),
    ]
    cases = [c for c in ElementTree.parse(junit).iter("testcase") if c.find("failure") is not None]
    assert [(c.get("file"), c.get("line")) for c in cases] == [
        ("sections/method.tex", "2"),
        (main, "16"),
    ]
    failure = cases[0].find("failure")
    assert failure is not None
    assert (failure.text or "").startswith("sections/method.tex:2:4: refuted")
    assert "sections/method.tex:2:4" in html.read_text()
    assert f"{main}:16:4" in html.read_text()


def test_what_is_missing_is_named_and_the_rest_is_judged(project, capsys):
    (project / "sections" / "method.tex").unlink()
    assert run(["check", str(project / "main.tex")]) == 2
    out = capsys.readouterr().out
    assert f"unreadable   {project}/main.tex:8:1" in out
    assert "the file `sections/method.tex` is missing; the rest is read without it" in out
    assert "3 proved, 1 unreadable (4 equations in 1 file, " in out


def test_a_cycle_is_named(project, capsys):
    (project / "sections" / "method.tex").write_text("\\input{main}")
    assert run(["check", str(project)]) == 2
    out = capsys.readouterr().out
    assert "unreadable   sections/method.tex:1:1" in out
    assert "`main.tex` includes itself: main.tex -> sections/method.tex -> main.tex" in out


def test_symbols_of_a_project(capsys):
    assert run(["check", str(PROJECT), "--symbols", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["file"] == f"{PROJECT}/main.tex"


def test_a_notebook(tmp_path, capsys):
    cells = [
        {"cell_type": "code", "source": "1"},
        {"cell_type": "markdown", "source": ["Text\n", "\n", f"$${WRONG[2:-2]}$$"]},
    ]
    path = tmp_path / "notes.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}))
    assert run(["check", str(path)]) == 1
    assert "refuted      notes.ipynb:cell 2:3:4" in capsys.readouterr().out
    assert run(["check", str(path), "--json"]) == 1
    (equation,) = json.loads(capsys.readouterr().out)["equations"]
    assert (equation["file"], equation["line"]) == ("notes.ipynb:cell 2", 3)


def test_a_folder_of_notes(tmp_path, capsys):
    (tmp_path / "a.md").write_text(f"$${WRONG[2:-2]}$$")
    (tmp_path / "b.tex").write_text(WRONG)
    (tmp_path / "c.ipynb").write_text("no notebook")
    assert run(["check", str(tmp_path), "--json"]) == 1
    documents = json.loads(capsys.readouterr().out)["files"]
    assert [d["file"] for d in documents] == [
        f"{tmp_path}/{n}" for n in ("a.md", "b.tex", "c.ipynb")
    ]
    assert [d["summary"]["refuted"] for d in documents] == [1, 1, 0]
    assert documents[2]["error"].startswith("`c.ipynb` is no notebook: line 1")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.mkdir(), "it holds no document: no TeX, Markdown or notebook file"),
        (lambda path: path.write_bytes(b"%PDF-1.5"), "is a PDF; what is read is the source"),
        (
            lambda path: path.write_bytes(packed_names("../x.tex")),
            "which leads out of it: not read",
        ),
        (lambda path: path.write_bytes(packed_names()), "the archive holds nothing"),
        (os.mkfifo, "it is a pipe or a device"),
    ],
)
def test_what_is_no_document(tmp_path, capsys, make, why):
    make(tmp_path / "x")
    assert run(["check", str(tmp_path / "x")]) == 2
    out, err = capsys.readouterr()
    assert why in out
    assert err == ""


def packed_names(*names):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO(b""))
    return held.getvalue()


def test_mathml(tmp_path, capsys):
    path = tmp_path / "page.html"
    path.write_text(
        '<p>\n<math display="block"><mfrac><mrow><mi>∂</mi><mi>L</mi></mrow>'
        "<mrow><mi>∂</mi><msub><mi>z</mi><mi>i</mi></msub></mrow></mfrac><mo>=</mo>"
        "<msub><mi>p</mi><mi>i</mi></msub><mo>+</mo><msub><mi>y</mi><mi>i</mi></msub></math>"
    )
    assert run(["check", str(path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("refuted") and lines[1].endswith("page.html:2:23")
    assert lines[2] == r"  \frac{\partial L}{\partial z_{i}}=p_{i}+y_{i}"
