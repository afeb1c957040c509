"""The HTML page: self-contained, complete, and inert whatever the document holds."""

import re
from html.parser import HTMLParser

import pytest

from proofs_checks.checking import ClaimReport, PaperReport
from proofs_checks.claims.claim import Claim, Paper, Problem
from proofs_checks.claims.reading import read_claims
from proofs_checks.reports.page import page
from proofs_checks.verdict import Verdict


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
    assert not {"src", "style"} & names
    places = {value for name, value in parsed.attributes if name == "id"}
    links = {value for name, value in parsed.attributes if name == "href"}
    assert links
    assert links <= {f"#{place}" for place in places}
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
    text = " ".join(" ".join(parsed.text).split())
    for said in (
        "Check of 3 files",
        "proofhead 0.1.0",
        "1 proved",
        "is missing",
        "-0.25 ± 1e-15",
        "all other inputs 0",
        "step 1 of chain 1",
        "Chain 1: step 1 is the first that is not proved",
        "stopped after the time limit of 20 s",
        "igl( is not known",
        "an operator",
        r"\bigl( is",
        "Defines P",
        "No equations found: only what is displayed counts",
        "cannot say",
        "error bound 1e-18",
    ):
        assert said in text, said
    assert "hypotheses used sum_c" not in text  # they are set as equations
    assert parsed.tags.count("math") >= 6


def test_understood_equations_are_shown_as_mathematics(report):
    parts = page([report]).split("<article")
    assert '<div class="mathematics"><math display="block">' in parts[3]


def test_the_symbol_table_is_at_the_head(understood_report):
    text = page([understood_report])
    head, *_ = text.split("<article")
    assert '<table class="symbols">' in head
    assert head.count("<tr>") == 6  # with the heading
    assert '<td><math display="inline">' in head
    assert '<a href="#e1-0">defined on line 12</a>' not in head  # a line of which file?
    assert re.search("did you mean <math.*</math>[?]", head)
    assert r"and <code>\mathcal{L}</code> are one symbol" in head
    assert "<script" not in text
    assert "&lt;script&gt;" in head


def test_a_symbol_links_to_the_equation_that_defines_it(understood_report):
    object.__setattr__(understood_report.claims[1].claim, "file", "")
    text = page([understood_report])
    assert '<a href="#e1-0">defined on line 12</a>' in text
    assert '<article class="definition" id="e1-0">' in text


def test_a_long_table_is_folded(understood_report):
    paper = understood_report.paper
    assert "<details open>" in page([understood_report])
    object.__setattr__(paper, "symbols", paper.symbols * 8)
    assert "<details open>" not in page([understood_report])


def test_what_is_not_judged_says_why(understood_report):
    _, definition, other, proved = page([understood_report]).split("<article")
    assert 'class="not-judged"' in other
    assert "<p>A distribution; no equality</p>" in other
    assert "sections/method.tex:4:3" in other
    assert "<mo>\u223c</mo>" in other
    assert "<p>" not in definition
    assert "hypotheses used" in proved


def test_equations_stand_as_written_and_latex_only_where_it_is_folded(report, understood_report):
    for part in page([understood_report]).split("<article")[1:]:
        shown, folded = part.split("<details>")
        assert "<code>" not in shown
        assert "\\" not in shown
        assert "<pre>" in folded
    definition = page([understood_report]).split("<article")[1]
    assert "<mi>K</mi><mo>\u22a4</mo>" in definition
    assert "understood as" not in definition  # nothing was understood here
    refuted = page([report]).split("<article")[4]
    shown, folded = refuted.split("<details>")
    assert "\\frac" not in shown
    assert r"\frac{\partial L}{\partial s_{ij}} = \alpha_{ij} A_{ij}" in folded


def test_the_understood_equation_stands_beside_another_way_of_writing_it(report):
    claim = report.claims[2].claim
    assert "understood as" not in page([report]).split("<article")[3]
    object.__setattr__(claim, "source", r"p_i - y_i = \partial_{z_i} L")
    assert "<dt>understood as</dt><dd><math" in page([report]).split("<article")[3]
    object.__setattr__(claim, "source", r"\macroOfTheAuthor = 0")
    part = page([report]).split("<article")[3]
    assert "understood as" not in part.split("<details>")[0]  # it is what is shown
    assert '<div class="mathematics"><math' in part


def test_verdicts_link_to_their_equations(report, empty):
    text = page([empty, report])
    assert '<li class="refuted"><a href="#e4-1">1 refuted</a></li>' in text
    assert 'refuted: <a href="#e4-1">line 5</a>' in text
    assert 'inconsistent: <a href="#e6-1">eq:odd</a>' in text
    assert '<a class="place" href="#e4-1">' in text


WRONG = r"""
\[ S = Q K^\top \]
\[ P = S S \]
\[ \frac{\partial P_{11}}{\partial x} = \foo S \]
\[ \mathrm{tr}(P) = 2 \mathrm{tr}(S S) \]
\[ R = \bar{\foo} \]
\[ \mathrm{tr}(R) = 2 \]
"""


def checked(text, name="paper.tex"):
    paper = read_claims(text, name)
    reports = [
        ClaimReport(c, Verdict("refuted", "exact") if c.kind in ("claim", "step") else None)
        for c in paper.claims
    ]
    return page([PaperReport(paper, tuple(reports))])


def test_an_equation_that_fails_links_to_the_definitions_that_it_rests_on():
    parts = checked(WRONG).split("<article")
    assert "<dt>rests on</dt>" not in parts[1]
    shown = parts[4].split("<dt>rests on</dt>")[1]
    assert re.findall(r'<a href="#(\w+-0)">.*?(\(line \d\))</a>', shown) == [
        ("e2-0", "(line 3)"), ("e1-0", "(line 2)"),
    ]  # fmt: skip


def test_what_a_document_does_not_settle_is_shown_as_written():
    problem = Problem(2, 1, "nothing says what P_theta is, so ...")
    one = Claim("unreadable", "", 2, 1, r"$$ P_\theta = 1 $$", problem=problem)
    part = page([PaperReport(Paper("a.md", (one,), "own", ""), (ClaimReport(one, None),))])
    part = part.split("<article")[1].split("<details>")[0]
    assert '<div class="mathematics"><math' in part
    assert "$" not in part
    assert "<pre" not in part
    assert "P_theta" not in part


def test_the_place_that_was_not_read_is_marked(report):
    part = page([report]).split("<article")[7]
    assert r'<pre class="source">\frac<mark>{</mark>a}{b = igl(' in part


def test_what_was_said_is_not_said_again_and_an_indent_is_none_of_the_source():
    problem = Problem(2, 9, "a script needs a base", caret="        _{0} x\n        ^")
    one = Claim("unreadable", "", 2, 9, "_{0}", problem=problem, notes=("a script needs a base",))
    text = page([PaperReport(Paper("a.md", (one,), "own", ""), (ClaimReport(one, None),))])
    assert text.count("cript needs a base") == 1
    assert '<pre class="source"><mark>_</mark>{0} x</pre>' in text


def test_equations_on_one_line_have_names_of_their_own(report):
    for at in (3, 5):
        object.__setattr__(report.claims[at].claim, "line", 5)
        object.__setattr__(report.claims[at].claim, "label", "")
        object.__setattr__(report.claims[at].claim, "column", at)
        object.__setattr__(report.claims[at], "verdict", report.claims[3].verdict)
    text = page([report])
    assert '<a href="#e4-0">line 5:3</a>, <a href="#e6-0">line 5:5</a>' in text


def test_a_kind_has_its_sizes_as_mathematics(understood_report):
    head = page([understood_report]).split("<article")[0]
    assert "matrix, <math" in head
    assert "d_k" not in head


def test_headings_and_tables_are_named_for_those_who_do_not_see_them(parsed):
    assert ("lang", "en") in parsed.attributes
    assert parsed.tags.count("h1") == 1
    assert parsed.tags.count("h2") == 3
    assert parsed.tags.count("h3") == parsed.tags.count("article")
    assert parsed.tags.count("th") == sum(key == "scope" for key, _ in parsed.attributes)


def luminance(colour):
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", [0, 1])
def test_text_stands_out_from_its_ground(empty, scheme):
    colours = dict(re.findall(r"--(\w+): (#\w{6});", page([empty]).split(":root {")[scheme + 1]))
    for ink in ("ink", "faint", "good", "bad", "open", "odd", "plain"):
        for ground in ("ground", "sheet", "code"):
            low, high = sorted(luminance(colours[x]) for x in (ink, ground))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, ground)  # WCAG, level AA


def test_light_and_dark(report):
    assert "prefers-color-scheme: dark" in page([report])


def test_an_interrupted_check_says_so(report):
    object.__setattr__(report, "interrupted", True)
    assert "The check was interrupted" in page([report])


def test_one_file_is_in_the_title(empty):
    assert "<title>Check of empty.tex</title>" in page([empty])
