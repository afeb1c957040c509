"""The HTML page: self-contained, complete, and inert whatever the document holds."""

from html.parser import HTMLParser

import pytest

from proofs_checks.reports.page import page


class Page(HTMLParser):
    """Elements, attributes and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture
def parsed(report, empty):
    return Page(
        page([report, empty], [("gone.tex", "cannot <be> read")], made_by="proofhead 0.1.0")
    )


def test_the_page_is_well_formed(parsed):
    assert parsed.open == []
    assert parsed.tags.count("article") == 8  # seven equations and a file that was not read


def test_nothing_is_loaded_or_run(parsed):
    assert not {"script", "link", "img", "iframe", "object", "b"} & set(parsed.tags)
    names = {name for name, _ in parsed.attributes}
    assert not any(name.startswith("on") for name in names)
    assert not {"src", "href", "style"} & names
    policy = next(
        value for name, value in parsed.attributes if name == "content" and "src" in value
    )
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_user_text_is_shown_as_text(parsed):
    text = "".join(parsed.text)
    assert "<script>alert(1)</script>" in text
    assert "{{ 7 * 7 }}" in text
    assert "49" not in text
    assert "\x00" not in text
    assert "\x1b" not in text
    assert "paper <b>.tex" in text
    assert "cannot <be> read" in text


def test_everything_known_is_on_the_page(parsed):
    text = " ".join("".join(parsed.text).split())
    for said in (
        "Check of 3 files",
        "proofhead 0.1.0",
        "1 proved",
        "using sum_c y_ic = 1",
        "is missing",
        "-0.25 ± 1e-15",
        "all other inputs 0",
        "step 1 of chain 1",
        "Chain 1: step 1 is the first that is not proved",
        "stopped after the time limit of 20 s",
        "`igl(` is not known",
        "an operator",
        r"`\bigl(` is",
        "defines P",
        "No equations.",
        "cannot say",
        "error bound 1e-18",
    ):
        assert said in text, said
    assert parsed.tags.count("math") >= 5


def test_understood_equations_are_shown_as_mathematics(report):
    parts = page([report]).split("<article")
    assert '<div class="mathematics"><math display="block">' in parts[3]


def test_light_and_dark(report):
    assert "prefers-color-scheme: dark" in page([report])


def test_an_interrupted_check_says_so(report):
    object.__setattr__(report, "interrupted", True)
    assert "The check was interrupted" in page([report])


def test_one_file_is_in_the_title(empty):
    assert "<title>Check of empty.tex</title>" in page([empty])
