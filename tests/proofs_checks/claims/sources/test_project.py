r"""A TeX document with what it includes: as LaTeX would, and never outside its folder."""

import os

import pytest

from proofs_checks.claims.documents import read_document
from proofs_checks.claims.reading import read_claims
from proofs_checks.claims.sources import files as files_module
from proofs_checks.claims.sources.bundle import SourceError
from proofs_checks.claims.sources.opening import document_of


@pytest.fixture
def project(tmp_path):
    """Write files and return the bundle of one of them."""
    root = tmp_path / "paper"
    root.mkdir()

    def project(files, main="main.tex"):
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return document_of(root / main, main)

    project.root = root
    return project


def told(bundle):
    """What is wrong with a bundle: file, line, message."""
    source = bundle.source
    return [
        (source.file_of(r.span.start), source.place(r.span.start)[0], r.message)
        for r in bundle.refusals
    ]


def equations(bundle):
    found = read_document(bundle, "main.tex").equations
    return [(bundle.source.file_of(e.span.start), e.line, e.source) for e in found]


def test_files_are_spliced_where_they_are_named(project):
    bundle = project({
        "main.tex": "A \\[ x = a \\]\n\\input{s/one}\n\\[ x = c \\]\n"
        "\\include{s/two}\n\\[ x = e \\]",
        "s/one.tex": "\n\\[ x = b \\]\n",
        "s/two.tex": "\\[ x = d \\]",
    })  # fmt: skip
    assert told(bundle) == []
    assert bundle.files == ("s/one.tex", "s/two.tex")
    assert equations(bundle) == [
        ("", 1, "x = a"),
        ("s/one.tex", 2, "x = b"),
        ("", 3, "x = c"),
        ("s/two.tex", 1, "x = d"),
        ("", 5, "x = e"),
    ]


@pytest.mark.parametrize(
    ("main", "part", "text"),
    [
        ("a\\input{p}\nb", "x", "a x\nb"),
        ("a\\input{p}\nb", "x\n", "a x\nb"),
        ("a\\input{p} b", "x\n", "a x\n b"),
        ("a\\input{p}% y\nb", "x", "a x\n% y\nb"),
        ("a\n\\input{p}\nb", "x\n\n", "a\nx\n\nb"),
        ("a\n\\input{p}\nb", "", "a\nb"),
        ("a\n\\include{p}\nb", "x", "a\n\n\nx\nb"),
        ("\\alpha\\input{p}", "x", "\\alpha x\n"),
        ("a\r\n\\input{p}\r\nb", "x\r\n", "a\r\nx\r\nb"),
    ],
)
def test_the_seams(project, main, part, text):
    assert project({"main.tex": main, "p.tex": part}).source.text == text


def test_a_display_may_consist_of_files(project):
    bundle = project({
        "main.tex": "\\begin{equation}\n\\input{left} = \\input{right}\n\\end{equation}",
        "left.tex": "x",
        "right.tex": "y + z\n",
    })  # fmt: skip
    ((file, line, source),) = equations(bundle)
    assert (file, line, source.split()) == ("left.tex", 1, ["x", "=", "y", "+", "z"])


def test_endinput_and_the_end_of_the_document(project):
    bundle = project({
        "main.tex": "\\input{a}\\input{b}\\[ x = c \\]\\end{document}\\[ x = d \\]\\input{gone}",
        "a.tex": "\\[ x = a \\]\n\\endinput\n\\[ x = no \\]\\input{gone}",
        "b.tex": "\\[ x = b \\]",
    })  # fmt: skip
    assert told(bundle) == []
    assert [e[2] for e in equations(bundle)] == ["x = a", "x = b", "x = c"]


def test_the_end_of_the_document_may_stand_in_a_part(project):
    bundle = project({
        "main.tex": "\\documentclass{article}\\begin{document}\\input{a}\\[ x = no \\]",
        "a.tex": "\\[ x = a \\]\\end{document}",
    })  # fmt: skip
    assert [e[2] for e in equations(bundle)] == ["x = a"]


def test_includeonly(project):
    bundle = project({
        "main.tex": "\\includeonly{./b,c}\\include{a}\\include{b}\\input{d}",
        "a.tex": "\\[ x = a \\]", "b.tex": "\\[ x = b \\]", "d.tex": "\\[ x = d \\]",
    })  # fmt: skip
    assert [e[2] for e in equations(bundle)] == ["x = b", "x = d"]
    assert bundle.notes == (r"`\includeonly` leaves out `a.tex`",)


def test_only_the_body_of_a_subfile_counts(project):
    part = (
        "\\documentclass[../main]{subfiles}\n\\newcommand{\\x}{no}\n"
        "\\begin{document}\n\\[ x = a \\]\n\\input{more}\n\\end{document}\n\\[ x = no \\]\n"
    )
    main = "\\documentclass{article}\\begin{document}\\subfile{s/part}\\[ x = c \\]\\end{document}"
    bundle = project({"main.tex": main, "s/part.tex": part, "s/more.tex": "\\[ x = b \\]"})
    assert equations(bundle) == [
        ("s/part.tex", 4, "x = a"),
        ("s/more.tex", 1, "x = b"),
        ("", 1, "x = c"),
    ]


def test_a_subfile_checked_alone_says_where_its_preamble_is(project):
    text = "\\documentclass[../main]{subfiles}\\begin{document}\\[ x = y \\]\\end{document}"
    assert "the preamble of this part stands in `../main`" in project({"main.tex": text}).notes[0]


def test_import_looks_in_its_folder_first(project):
    bundle = project({
        "main.tex": "\\import{s/}{a}\\subimport{s/}{a}",
        "s/a.tex": "\\input{b}\n", "s/b.tex": "inner\n", "b.tex": "outer\n",
    })  # fmt: skip
    assert bundle.source.text.split() == ["inner", "inner"]


def test_an_input_is_looked_for_beside_the_main_file_first(project):
    bundle = project({
        "main.tex": "\\input{s/a}\n", "s/a.tex": "\\input{b} \\input{c}\n",
        "s/b.tex": "near", "b.tex": "main", "s/c.tex": "near",
    })  # fmt: skip
    assert bundle.source.text.split() == ["main", "near"]


# -- packages ---------------------------------------------------------------------------------


def test_macros_of_own_packages_and_classes_count(project):
    bundle = project({
        "main.tex": "\\documentclass{mine}\\usepackage{amsmath, notation}\n"
        "\\[ \\pd{L}{z_i} = \\up \\]",
        "mine.cls": "\\LoadClass{article}\\RequirePackage{base}\n\\newcommand{\\up}{\\low}",
        "base.sty": "\\newcommand{\\low}{p_i - y_i}",
        "notation.sty": "\\newcommand\\pd[2]{\\frac{\\partial #1}{\\partial #2}}\n\\[ x = y \\]",
    })  # fmt: skip
    (claim,) = read_claims(bundle, "main.tex").claims
    assert (claim.kind, claim.file, claim.line) == ("claim", "", 2)
    assert set(read_document(bundle).macros) >= {"up", "low", "pd"}
    assert bundle.files == ("base.sty", "mine.cls", "notation.sty")


def test_a_package_is_read_once_and_may_need_itself(project):
    bundle = project({
        "main.tex": "\\usepackage{a}\\usepackage{a,b}",
        "a.sty": "\\RequirePackage{b}\\def\\x{1}", "b.sty": "\\RequirePackage{a}\\def\\y{2}",
    })  # fmt: skip
    assert told(bundle) == []
    assert bundle.source.text.count("\\def\\x{1}") == 1


def test_a_problem_in_a_definition_is_shown_where_it_is_used(project):
    bundle = project({
        "main.tex": "\\usepackage{a}\n\\[ x = \\bad \\]", "a.sty": "\n\n\\def\\bad{\\nonsense y}",
    })  # fmt: skip
    (claim,) = read_claims(bundle, "main.tex").claims
    assert claim.problem is not None
    assert (claim.file, claim.problem.line) == ("", 2)
    assert "nonsense" in claim.problem.message


# -- what cannot be read ----------------------------------------------------------------------


def test_a_missing_file_is_named_and_the_rest_is_read(project):
    bundle = project({"main.tex": "\\[ x = a \\]\n\\input{s/gone}\n\\[ x = b \\]"})
    message = "the file `s/gone.tex` or `s/gone` is missing; the rest is read without it"
    assert told(bundle) == [("", 2, message)]
    claims = read_claims(bundle, "main.tex").claims
    assert [(c.line, c.kind == "unreadable") for c in claims] == [(1, False), (2, True), (3, False)]
    (problem,) = read_document(bundle).problems
    assert str(problem).startswith(f"main.tex:2:1: {message}")


def test_a_missing_file_is_named_in_the_file_that_names_it(project):
    bundle = project({"main.tex": "\\input{a}", "a.tex": "\n\n  \\include{gone}"})
    assert told(bundle) == [
        ("a.tex", 3, "the file `gone.tex` is missing; the rest is read without it")
    ]
    (problem,) = read_document(bundle).problems
    assert (problem.file, problem.line, problem.column) == ("a.tex", 3, 3)
    assert read_claims(bundle).claims[0].file == "a.tex"


def test_files_of_the_distribution_and_made_by_programs_are_not_missed(project):
    text = (
        "\\input{glyphtounicode}\\input epsf \\input{main.bbl}\\input{fig.pdf_tex}\\usepackage{x}"
    )
    assert told(project({"main.tex": text})) == []


def test_a_name_that_a_command_makes(project):
    bundle = project({"main.tex": "\\input{\\folder/a}"})
    assert told(bundle) == [("", 1, r"`\folder/a` is a name that a command makes: not followed")]


def test_cycles_are_named(project):
    bundle = project({
        "main.tex": "\\input{a}\\[ x = y \\]", "a.tex": "\\input{b}", "b.tex": "\\input{a}",
    })  # fmt: skip
    assert told(bundle) == [("b.tex", 1, "`a.tex` includes itself: a.tex -> b.tex -> a.tex")]
    assert len(equations(bundle)) == 1
    assert told(project({"main.tex": "\\input{main}"})) == [
        ("", 1, "`main.tex` includes itself: main.tex -> main.tex")
    ]


def test_depth_is_bounded(project):
    files = {f"{n}.tex": f"\\input{{{n + 1}}}" for n in range(30)}
    bundle = project({"main.tex": "\\input{0}\\[ x = y \\]", **files})
    assert told(bundle) == [("15.tex", 1, "`16.tex` stands more than 16 files deep: not read")]
    assert len(equations(bundle)) == 1


def test_doubling_is_bounded(project):
    files = {f"{n}.tex": f"\\input{{{n + 1}}}\\input{{{n + 1}}}" for n in range(14)}
    bundle = project({"main.tex": "\\input{0}", **files, "14.tex": "x"})
    assert "the document includes more than 2000 files: not read" in told(bundle)[0][2]
    with pytest.raises(SourceError, match="more than 2097152 characters"):
        project({"main.tex": "\\input{0}", **files, "14.tex": "x" * 10_000})


@pytest.mark.parametrize(
    "name", ["../secret", "s/../../secret", "/etc/passwd", "../../../etc/passwd"]
)
@pytest.mark.parametrize(
    "command", ["\\input{%s}", "\\include{%s}", "\\usepackage{%s}", "\\import{%s/}{x}"]
)
def test_nothing_outside_the_folder_is_read(project, tmp_path, name, command):
    for ending in (".tex", ".sty"):
        (tmp_path / f"secret{ending}").write_text("\\def\\secret{x} secret words")
    bundle = project({"main.tex": command % name, "s/x.tex": ""})
    assert "secret words" not in bundle.source.text
    ((_, _, message),) = told(bundle)
    assert "leads outside the folder of the document: not read" in message


def test_links_out_of_the_folder_are_not_followed(project, tmp_path):
    (tmp_path / "secret.tex").write_text("secret words")
    os.symlink(tmp_path / "secret.tex", project.root / "link.tex")
    os.symlink(tmp_path, project.root / "folder")
    os.symlink("loop.tex", project.root / "loop.tex")
    os.symlink("inside.tex", project.root / "alias.tex")
    bundle = project({
        "main.tex": "\\input{link}\n\\input{folder/secret}\n\\input{alias}\n\\input{loop}",
        "inside.tex": "inner words",
    })  # fmt: skip
    assert "secret words" not in bundle.source.text
    assert "inner words" in bundle.source.text
    outside = "is a link that leads outside the folder of the document: not read"
    messages = told(bundle)
    assert messages[:2] == [
        ("", 1, f"`link.tex` {outside}"),
        ("", 2, f"`folder/secret.tex` {outside}"),
    ]
    assert messages[2][1] == 4
    assert "leads to itself" in messages[2][2] or "symbolic links" in messages[2][2]


def test_pipes_and_devices_and_programs_are_not_read(project):
    os.mkfifo(project.root / "pipe.tex")
    (project.root / "folder").mkdir()
    bundle = project({"main.tex": '\\input{pipe}\n\\input{folder}\n\\input|"touch x"\n'})
    assert [m for *_, m in told(bundle)] == [
        "`pipe.tex` is a pipe or a device: not read",
        "the file `folder.tex` or `folder` is missing; the rest is read without it",
    ]
    (name,) = [m for *_, m in told(project({"main.tex": '\\input{|"touch x"}'}))]
    assert name == "`|touch x` would run a program: never done"


def test_a_file_that_may_not_be_read(project, monkeypatch):
    read = files_module.Path.read_bytes

    def denied(path):
        if path.name == "secret.tex":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(files_module.Path, "read_bytes", denied)
    bundle = project({"main.tex": "\\input{secret}\\[ x = y \\]", "secret.tex": "x"})
    assert told(bundle) == [("", 1, "`secret` cannot be read: Permission denied")]
    assert len(equations(bundle)) == 1


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.5", "a PDF"),
        (b"\x89PNG\r\n", "a picture"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"\\[ x = y \\]\0\0", "no text (it has zero bytes)"),
    ],
)
def test_a_binary_is_no_text(project, data, what):
    bundle = project({"main.tex": "\\input{a}\\[ x = y \\]", "a.tex": data})
    message = f"`a.tex` is {what}; what is read is the source of a document"
    assert told(bundle) == [("", 1, message)]
    with pytest.raises(SourceError) as caught:
        project({}, "a.tex")
    assert str(caught.value) == message


def test_a_large_file_is_not_read(project, monkeypatch):
    monkeypatch.setattr(files_module, "FILE_BYTES", 100)
    bundle = project({"main.tex": "\\input{a}", "a.tex": "x" * 101})
    assert told(bundle) == [("", 1, "`a.tex` has 101 bytes; at most 100 of a file are read")]


def test_bytes_that_are_no_utf8(project):
    bundle = project({"main.tex": "ok\n\\input{a}", "a.tex": b"\n na\xefve \\[ x = y \\]"})
    assert told(bundle) == [("a.tex", 2, "these bytes are not UTF-8; they were replaced")]
    assert len(equations(bundle)) == 1


def test_the_encoding_that_a_document_declares(project):
    bundle = project({
        "main.tex": b"\\usepackage[latin1]{inputenc} na\xefve \\input{a}", "a.tex": b"caf\xe9",
    })  # fmt: skip
    assert told(bundle) == []
    assert "naïve" in bundle.source.text
    assert "café" in bundle.source.text
    assert told(project({"main.tex": "\\usepackage[utf8]{inputenc} é"})) == []


def test_utf16_is_text(project):
    bundle = project({"main.tex": "\\[ x = y \\]".encode("utf-16")})
    assert len(equations(bundle)) == 1


def test_odd_names(project):
    names = ["a" * 300, "a\0b", "é", " "]
    for name in names:
        bundle = project({"main.tex": "%" * 9000 + f"\n\\input{{{name}}}"})
        assert all("is missing" in message for *_, message in told(bundle))
