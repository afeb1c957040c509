"""Several files as one text: every offset has its file, line and column, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofs_checks.claims.documents import read_document
from proofs_checks.claims.limits import Limits
from proofs_checks.claims.places import Source, Span
from proofs_checks.claims.problems import ReadingError
from proofs_checks.claims.sources.bundle import SourceError, Writer


@pytest.fixture
def source():
    writer = Writer("main.tex", 1000)
    writer.file("", "one\ntwo \\input{a} three\nfour")
    writer.file("a.tex", "eins\nzwei")
    writer.add("", 0, 8)
    writer.add("a.tex", 0, 9)
    writer.between("\n")
    writer.add("", 17, 28)
    return writer.bundle("tex").source


def test_the_text_is_spliced(source):
    assert source.text == "one\ntwo eins\nzwei\n three\nfour"


@pytest.mark.parametrize(
    ("word", "file", "place"),
    [
        ("one", "", (1, 1)),
        ("two", "", (2, 1)),
        ("eins", "a.tex", (1, 1)),
        ("zwei", "a.tex", (2, 1)),
        ("three", "", (2, 15)),
        ("four", "", (3, 1)),
    ],
)
def test_every_word_stands_where_it_was_written(source, word, file, place):
    offset = source.text.index(word)
    assert (source.file_of(offset), source.place(offset)) == (file, place)
    assert source.offset_of(file, *place) == offset


def test_what_is_in_no_file_stands_behind_what_is_before_it(source):
    offset = source.text.index("zwei") + 4
    assert source.text[offset] == "\n"
    assert (source.file_of(offset), source.place(offset)) == ("a.tex", (2, 5))


def test_places_in_words(source):
    assert source.where(source.text.index("zwei")) == "line 2, column 1 of a.tex"
    assert source.where(source.text.index("two")) == "line 2, column 1"


def test_the_excerpt_is_a_line_of_the_file(source):
    at = source.text.index("zwei")
    assert source.excerpt(Span(at, at + 4)) == ("zwei", "^^^^")
    # carets end with the file in which they begin
    assert source.excerpt(Span(at + 2, len(source.text))) == ("zwei", "  ^^")
    at = source.text.index("three")
    assert source.excerpt(Span(at, at + 5)) == (r"two \input{a} three", " " * 14 + "^^^^^")


def test_a_place_that_was_not_read(source):
    with pytest.raises(ValueError, match="`main.tex` has no line 1 of `b.tex`: it was not read"):
        source.offset_of("b.tex", 1, 1)
    with pytest.raises(ValueError, match="`main.tex` has no line 2 of ``: it was not read"):
        source.offset_of("", 2, 10)  # inside of \input{a}


def test_a_document_of_one_file_has_no_other():
    source = Source("a.tex", "x\ny")
    assert (source.file_of(2), source.offset_of("", 2, 1)) == ("", 2)
    assert source.where(2) == "line 2, column 1"
    with pytest.raises(ValueError, match="`a.tex` has no file `b.tex`: it is the only one"):
        source.offset_of("b.tex", 1, 1)


def test_the_whole_is_bounded():
    writer = Writer("main.tex", 10)
    writer.file("", "x" * 20)
    writer.add("", 0, 10)
    with pytest.raises(SourceError, match="with everything it includes, more than 10 characters"):
        writer.add("", 10, 11)


def test_a_bundle_is_read_within_the_limits():
    writer = Writer("main.tex", 1000)
    writer.file("", "\\[ é = é \\]" * 10)
    writer.add("", 0, 110)
    bundle = writer.bundle("tex")
    assert bundle.size == 130
    with pytest.raises(ReadingError, match="the document has 130 bytes; at most 120 are read"):
        read_document(bundle, "main.tex", limits=Limits(document_bytes=120))


@given(st.lists(st.tuples(st.booleans(), st.text("ab\n", max_size=6)), max_size=8))
def test_places_and_offsets_are_inverse(parts):
    writer = Writer("main.tex", 1000)
    texts = {name: "".join(t for other, t in parts if other is name) for name in (True, False)}
    names = {True: "", False: "part.tex"}
    for kind, name in names.items():
        writer.file(name, texts[kind])
    taken = {True: 0, False: 0}
    for kind, text in parts:
        writer.add(names[kind], taken[kind], taken[kind] + len(text))
        taken[kind] += len(text)
    source = writer.bundle("tex").source if parts else Source("main.tex", "")
    for offset, character in enumerate(source.text):
        file, place = source.file_of(offset), source.place(offset)
        assert source.offset_of(file, *place) == offset
        kind = file == ""
        assert texts[kind].splitlines(keepends=True)[place[0] - 1][place[1] - 1] == character
