"""From what is named to documents: folders, what stands in them, and other things."""

import os

import pytest

from proofs_checks.claims.problems import ReadingError
from proofs_checks.claims.sources import files as files_module
from proofs_checks.claims.sources import opening
from proofs_checks.claims.sources.bundle import Bundle, SourceError
from proofs_checks.claims.sources.opening import document_of, documents_at, documents_of_bytes


def main(body=""):
    return f"\\documentclass{{article}}\\begin{{document}}{body}\\end{{document}}"


@pytest.fixture
def folder(tmp_path):
    def folder(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return sorted(os.path.relpath(d.name, tmp_path) for d in documents_at(str(tmp_path)))

    return folder


@pytest.mark.parametrize(
    ("files", "documents"),
    [
        ({"main.tex": main("\\input{a}"), "a.tex": "x", "README.md": "x"}, ["main.tex"]),
        ({"a.tex": main(), "b.tex": main()}, ["a.tex", "b.tex"]),
        ({"p/main.tex": main("\\input{s/a}"), "p/s/a.tex": "x"}, ["p/main.tex"]),
        ({"m.tex": main("\\input{a}"), "a.tex": main()}, ["m.tex"]),
        ({"a.tex": main("\\input{b}"), "b.tex": main("\\input{a}")}, ["a.tex", "b.tex"]),
        ({"m.tex": main(), "f.tex": "\\documentclass{standalone}"}, ["m.tex"]),
        ({"m.tex": main(), "s/f.tex": "\\documentclass[../m]{subfiles}"}, ["m.tex"]),
        ({"m.tex": "% \\documentclass{x}", "n.md": "x"}, ["m.tex", "n.md"]),
        ({"a.tex": "\\input{b}", "b.tex": "x", "n.md": "x", "n.ipynb": "{}", "x.py": ""},
         ["a.tex", "n.ipynb", "n.md"]),
        ({"a.tex": "\\input{b}", "b.tex": "\\input{a}"}, ["a.tex", "b.tex"]),
        ({".git/a.md": "x", "node_modules/a.md": "x", ".b.md": "x", "c.md": "x"}, ["c.md"]),
    ],
)  # fmt: skip
def test_the_documents_of_a_folder(folder, files, documents):
    assert folder(files) == documents


def test_a_part_may_stand_above_the_main_file_of_a_folder(tmp_path):
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper" / "main.tex").write_text(main("\\input{../shared}"))
    (tmp_path / "shared.tex").write_text("\\[ x = y \\]")
    (whole,) = documents_at(str(tmp_path))
    bundle = whole.read()
    assert isinstance(bundle, Bundle)
    assert (bundle.files, bundle.refusals) == (("../shared.tex",), ())
    alone = document_of(tmp_path / "paper" / "main.tex", "main.tex")
    assert isinstance(alone, Bundle)
    (refusal,) = alone.refusals
    assert "to have it read, check the folder that holds both" in refusal.message


def test_a_folder_without_documents(folder):
    with pytest.raises(SourceError, match="it holds no document: no TeX, Markdown or notebook"):
        folder({"x.py": "x"})
    assert issubclass(SourceError, ReadingError)


def test_a_folder_with_too_many_files(folder, monkeypatch):
    monkeypatch.setattr(files_module, "MOST_FILES", 3)
    with pytest.raises(SourceError, match="more than 3 files; name the document in it"):
        folder({f"{n}.md": "x" for n in range(4)})


def test_links_out_of_a_folder(folder, tmp_path, tmp_path_factory):
    secret = tmp_path_factory.mktemp("outside") / "secret.md"
    secret.write_text("secret")
    os.symlink(secret, tmp_path / "link.md")
    os.symlink(secret.parent, tmp_path / "folder")
    assert folder({"a.md": "x"}) == ["a.md", "link.md"]
    link = documents_at(str(tmp_path))[1]
    with pytest.raises(SourceError, match="`link.md` is a link that leads outside"):
        link.read()


def test_a_file_that_was_named_may_be_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.tex").write_text("\\[ x = y \\]")
    os.symlink(tmp_path / "real" / "a.tex", tmp_path / "link.tex")
    (found,) = documents_at(str(tmp_path / "link.tex"))
    bundle = found.read()
    assert isinstance(bundle, Bundle)
    assert bundle.source.text == "\\[ x = y \\]"


def test_a_folder_in_a_folder_that_may_not_be_listed(folder, tmp_path, monkeypatch):
    walk = os.walk

    def denied(root, onerror):
        onerror(PermissionError(13, "Permission denied", str(tmp_path / "closed")))
        yield from walk(root)

    monkeypatch.setattr(files_module.os, "walk", denied)
    assert folder({"a.md": "x"}) == ["a.md", "closed"]
    with pytest.raises(PermissionError):
        documents_at(str(tmp_path))[-1].read()
    (tmp_path / "a.md").unlink()
    assert [d.name for d in documents_at(str(tmp_path))] == [f"{tmp_path}/closed"]


def test_what_is_no_file(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError):
        documents_at(str(tmp_path / "gone.tex"))
    os.mkfifo(tmp_path / "pipe.tex")
    with pytest.raises(SourceError, match="it is a pipe or a device; give the document by stand"):
        documents_at(str(tmp_path / "pipe.tex"))
    (tmp_path / "a.md").write_text("x" * 101)
    monkeypatch.setattr(opening, "ARCHIVE_BYTES", 100)
    with pytest.raises(SourceError, match="it has 101 bytes; at most 100 are read"):
        documents_at(str(tmp_path / "a.md"))


def test_an_archive_by_name_only(tmp_path):
    (tmp_path / "a.tar.gz").write_text("x")
    with pytest.raises(SourceError, match="it is no archive, although its name says so"):
        documents_at(str(tmp_path / "a.tar.gz"))


def test_a_binary_that_is_called_text(tmp_path):
    for name in ("a.md", "a.tex", "a", "a.html"):
        (tmp_path / name).write_bytes(b"%PDF-1.5 \0")
        with pytest.raises(SourceError, match=f"`{name}` is a PDF; what is read is the source"):
            documents_at(str(tmp_path / name))[0].read()


def test_standard_input(tmp_path):
    def read(data):
        return documents_of_bytes(data, "-")[0].read()

    assert read(b"$$ x = y $$") == b"$$ x = y $$"
    bundle = read(main("\\input{a}").encode())
    assert isinstance(bundle, Bundle)
    assert "the file `a.tex` or `a` is missing" in bundle.refusals[0].message


def test_tex_without_an_ending_is_told_by_its_text(tmp_path):
    (tmp_path / "paper").write_text(main("\\input{a}"))
    (tmp_path / "a.tex").write_text("x")
    bundle = documents_at(str(tmp_path / "paper"))[0].read()
    assert isinstance(bundle, Bundle)
    assert bundle.files == ("a.tex",)
