"""Pages whose mathematics a site has damaged: every place is named, nothing is guessed."""

import pytest

from proofs_checks.claims import Equation, Unreadable, outline, read_document

# The equations of arXiv 2512.22473 as a web page shows them: backslashes lost, \b and \t read
# as escapes.  The prose around them is ours.
ROUTING = (
    "Scores move by an emph{advantage}: [ frac{partial L}{partial s_{ij}} = "
    "α_{ij}igl(b_{ij}-mathbb{E}_{α_i}[b]igr), qquad b_{ij} := u_i^ op v_j, ] and values "
    "(see [3] or [the appendix](https://x.org/a_b=c)) by [ Δv_j = -ηsum_i α_{ij} u_i, ] where "
    "$u_i$ is the gradient above, `s[i]` a score and [i] an index."
)
INTACT = (
    "Scores move by \\[ \\frac{\\partial L}{\\partial s_{ij}} = α_{ij}\\bigl(b_{ij}-"
    "\\mathbb{E}_{α_i}[b]\\bigr), \\qquad b_{ij} := u_i^\\top v_j, \\] and values by "
    "\\[ Δv_j = -η\\sum_i α_{ij} u_i, \\]"
)


def _damaged(text: str, kind: str = "txt") -> list[Unreadable]:
    items = read_document(text, kind=kind).equations
    assert all(isinstance(item, Unreadable) for item in items), items
    return [item for item in items if isinstance(item, Unreadable)]


@pytest.mark.parametrize("kind", ["txt", "md", "html"])
def test_every_damaged_place_gets_its_message(kind):
    routing, update = _damaged(ROUTING, kind)
    assert [(p.message, p.suggestion) for p in routing.problems] == [
        (r"`[` does not delimit an equation; `\[` does", r"`\[`"),
        (r"`frac` is not known; `\frac` is", r"`\frac`"),
        (r"`partial` is not known; `\partial` is", r"`\partial`"),
        (r"`partial` is not known; `\partial` is", r"`\partial`"),
        (r"`igl(` is not known; `\bigl(` is", r"`\bigl(`"),
        (r"`mathbb` is not known; `\mathbb` is", r"`\mathbb`"),
        (r"`igr)` is not known; `\bigr)` is", r"`\bigr)`"),
        (r"`qquad` is not known; `\qquad` is", r"`\qquad`"),
        (r"`op` is not known; `\top` is", r"`\top`"),
        (r"`]` does not delimit an equation; `\]` does", r"`\]`"),
    ]
    assert [p.message for p in update.problems] == [
        r"`[` does not delimit an equation; `\[` does",
        r"`ηsum` is not known; `\eta\sum` is",
        r"`]` does not delimit an equation; `\]` does",
    ]


def test_places_are_exact():
    for item in _damaged(ROUTING):
        for problem in item.problems:
            lost = problem.message.split("`")[1]
            assert ROUTING[problem.span.start : problem.span.end] == lost
            assert problem.column == problem.span.start + 1


def test_the_repair_is_what_the_intact_page_says():
    repairs = [item.repair for item in _damaged(ROUTING)]
    assert repairs == [
        r"\[ \frac{\partial L}{\partial s_{ij}} = α_{ij}\bigl(b_{ij}-\mathbb{E}_{α_i}[b]\bigr), "
        r"\qquad b_{ij} := u_i^\top v_j, \]",
        r"\[ Δv_j = -\eta\sum_i α_{ij} u_i, \]",
    ]

    def trees(text: str) -> list[list[str]]:
        items = read_document(text, kind="txt").equations
        return [[outline(s) for s in item.sides] for item in items if isinstance(item, Equation)]

    assert trees(" ".join(repairs)) == trees(INTACT)
    assert trees(INTACT) == [
        ["(d L / s[i,j])", "alpha[i,j]((+ b[i,j] (- (expectation[alpha[i]] b))))"],
        ["b[i,j]", "(* (top u[i]) v[j])"],
        ["(step v[j])", "(- (* eta (sum {i} (* alpha[i,j] u[i]))))"],
    ]


# (text, first damaged words, repair)
LOST = [
    ("$$ frac{a}{b} = c $$", ["frac"], r"$$ \frac{a}{b} = c $$"),
    ("$$ y = softmax x $$", ["softmax"], r"$$ y = \mathrm{softmax} x $$"),
    ("$$ y = frac{exp(x)}{2} $$", ["frac", "exp"], r"$$ y = \frac{\exp(x)}{2} $$"),
    (r"\[ x = etasum_i a_i \]", ["etasum"], r"\[ x = \eta\sum_i a_i \]"),
    (r"\[ x = partialL \cdot y \]", ["partialL"], r"\[ x = \partial L \cdot y \]"),
    (r"\[ x = a heta \]", ["heta"], r"\[ x = a \theta \]"),
    ("\\[ x = \x0crac{a}{b} \\]", ["\N{REPLACEMENT CHARACTER}rac"], r"\[ x = \frac{a}{b} \]"),
    ("\\[ x = u^\top v \\]", ["op"], r"\[ x = u^\top v \]"),
    ("[ x_i = y_i ]", ["["], r"\[ x_i = y_i \]"),
    ("egin{align} a_i &= rac{1}{2} end{align}", ["egin", "rac", "end"],
     r"\begin{align} a_i &= \frac{1}{2} \end{align}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words", "repair"), LOST)
def test_lost_backslashes(text, words, repair):
    (item,) = _damaged(text)
    named = [problem.message.split("`")[1] for problem in item.problems]
    assert named[: len(words)] == words
    assert item.repair == repair


def test_two_likely_commands_are_both_named():
    (item,) = _damaged("$$ a = frac{eta}{b} $$")
    assert item.problems[1].suggestion == r"`\eta` or `\beta`"


WHOLE = [
    r"\[ x_{max} = y_{\text{sum}} + z_{\mathrm{log}} \]",  # words that are names
    r"\[ x = \mathrm{softmax}(s) + \operatorname{frac} \]",
    r"\[ x = a b c d \, \label{eq:sum} \tag{sum} \]",
]


@pytest.mark.parametrize("text", WHOLE)
def test_words_that_are_meant_are_no_damage(text):
    (item,) = read_document(text, kind="md").equations
    assert isinstance(item, Equation), item.problems


NO_EQUATION = [
    "Within $10^{-3}$-$10^{-4}$ bits, $\\textit{one}$ $\\textit{two}$ \\emph{three} [1] four?",
    "精度为$10^{-3}$-$10^{-4}$。【甲】乙丙 0\n下载\n25+阅读 · 2021年12月23日",
    "- Earth > Land > Town (0.04)\n- (16 more...)\n- Earth > Sea (1.00)",
    "It follows [Nobody et al. 2020] that x_1 = 2 [see a_i and b_i] holds; array[i_1] = array[j].",
    'if [ "$a_b" = "c" ]; then x=[k_1 for k_1 in range(3)]',
    "[link](https://example.org/?a_b=c) and [ref]: https://example.org/a_b=c",
    "[the_first_name = other_name ] [ file_name = other_file ]",
    "",
    "\x00\ud800 \\",
]


@pytest.mark.parametrize("kind", ["txt", "md", "html"])
@pytest.mark.parametrize("text", NO_EQUATION)
def test_pages_without_equations(text, kind):
    assert read_document(text, kind=kind).equations == ()


def test_underscores_that_a_page_made_emphasis():
    (item,) = _damaged("<p>\\[ s<em>{ij} = v</em>j \\]</p>", "html")
    assert {p.message for p in item.problems} == {"a tag of the page stands in the formula"}
