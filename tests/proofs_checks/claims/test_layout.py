"""From a display to its equations: chains, continued lines, lists, definitions, conditions."""

import pytest

from proofs_checks.claims import Equation, Unreadable, outline, read_document

SIGN = {"equality": "=", "definition": ":=", "le": "<=", "ge": ">=", "lt": "<", "gt": ">"}


def _written(equation: Equation) -> str:
    text = outline(equation.sides[0])
    for relation, side in zip(equation.relations, equation.sides[1:], strict=True):
        sign = "=:" if relation.backward else SIGN[relation.kind]
        text += f" {sign} {outline(side)}"
    if equation.conditions:
        text += " | " + "; ".join(map(outline, equation.conditions))
    return text


def _equations(latex: str) -> list[str]:
    items = read_document(latex, kind="tex").equations
    assert all(isinstance(item, Equation) for item in items), items
    return [_written(item) for item in items if isinstance(item, Equation)]


DISPLAYS = [
    # environments
    (r"\[ a = b \]", ["a = b"]),
    (r"$$ a = b $$", ["a = b"]),
    (r"\begin{equation} a = b. \end{equation}", ["a = b"]),
    (r"\begin{displaymath} a = b \end{displaymath}", ["a = b"]),
    (r"\begin{gather*} a = b \\ c = d \end{gather*}", ["a = b", "c = d"]),
    (r"\begin{multline} a = b \\ + c \\ - d \end{multline}", ["a = (+ b c (- d))"]),
    (r"\begin{eqnarray} a & = & b \\ & = & c \end{eqnarray}", ["a = b = c"]),
    (r"\begin{flalign} && a &= b && \end{flalign}", ["a = b"]),
    (r"\begin{alignat}{2} a &= b & \quad c &= d \end{alignat}", ["a = b", "c = d"]),
    (r"\[ \begin{array}{rcl} a & = & b \\ & = & c \end{array} \]", ["a = b = c"]),
    (r"\[ \begin{aligned}[t] a &= b \\ c &= d. \end{aligned} \]", ["a = b", "c = d"]),
    (r"$$ \begin{align} a &= b \end{align} $$", ["a = b"]),
    (
        r"\[ \begin{aligned} a &= b \\ c &= d \end{aligned} \qquad"
        r"\begin{aligned} e &= f \end{aligned} \]",
        ["a = b", "c = d", "e = f"],
    ),
    (r"\[ \left\{ \begin{aligned} a &= b \\ c &= d \end{aligned} \right. \]", ["a = b", "c = d"]),
    (r"\[ \begin{cases} \dot x = y \\ y = -x \end{cases} \]", ["(rate x) = y", "y = (- x)"]),
    (r"\[ \boxed{ A = B } \]", ["A = B"]),
    (r"\[ \boxed{ \begin{aligned} a &= b \\ c &= d \end{aligned} } \]", ["a = b", "c = d"]),
    (r"\[ {\displaystyle x^2 = y} \]", ["(^ x 2) = y"]),
    # chains and continued lines
    (r"\[ A = B = C \]", ["A = B = C"]),
    (r"\begin{align} A &= B \\ &= C, \\ D &= E \end{align}", ["A = B = C", "D = E"]),
    (r"\begin{align} A \\ &= B \end{align}", ["A = B"]),
    (r"\begin{align} A &= B \\ &\quad - C \\ &\qquad + D \end{align}", ["A = (+ B (- C) D)"]),
    (r"\begin{align} A &= B \\ &\times C \end{align}", ["A = (times B C)"]),
    (r"\begin{align} A &= B + \\ &\quad C \end{align}", ["A = (+ B C)"]),
    (r"\begin{align} A = \\ B \end{align}", ["A = B"]),
    (r"\begin{align} -a &= b \\ -c &= d \end{align}", ["(- a) = b", "(- c) = d"]),
    (r"\begin{split} ignored \end{split} \[ a = b \]", ["a = b"]),
    (r"\begin{align} A &= \left( b \right. \\ &\left. + c \right) \end{align}", ["A = (+ b c)"]),
    (r"\[ A = \begin{aligned}[t] & b \\ & + c \end{aligned} \]", ["A = (+ b c)"]),
    (r"\[ A \stackrel{(a)}{=} B \overset{!}{=} C \]", ["A = B = C"]),
    # definitions
    (r"\[ a := b \]", ["a := b"]),
    (r"\[ a \coloneqq b \equiv c \triangleq d \]", ["a := b := c := d"]),
    (r"\[ a \overset{\mathrm{def}}{=} b \stackrel{\triangle}{=} c \]", ["a := b := c"]),
    (r"\[ a =: b \]", ["a =: b"]),
    (r"\[ a \mathrel{:=} b \vcentcolon= c \]", ["a := b := c"]),
    ("\\[ a ≔ b ≜ c \\]", ["a := b := c"]),
    # several on one line
    (r"\[ a = b, \qquad c := d, \]", ["a = b", "c := d"]),
    (r"\[ a = b; c = d \]", ["a = b", "c = d"]),
    (r"\[ a = b \qquad c = d \]", ["a = b", "c = d"]),
    (r"\[ a = b \quad\text{and}\quad c = d \]", ["a = b", "c = d"]),
    (r"\[ a = b \text{, where } c := d \]", ["a = b", "c := d"]),
    (r"\[ a = b \ \mathrm{and}\ c = d \]", ["a = b", "c = d"]),
    (r"\[ a = b \\ c = d \]", ["a = b", "c = d"]),
    (r"\[ a = \quad b \]", ["a = b"]),
    ("\\[ a = b，其中 c = d \\]", ["a = b", "c = d"]),
    # conditions
    (r"\[ a_{ij} = b, \qquad j \neq k \]", ["a[i,j] = b | j!=k"]),
    (r"\[ a_{ij} = b \quad (i \neq j) \]", ["a[i,j] = b | i!=j"]),
    (r"\[ a_{ij} = b \quad \text{if } j = k \]", ["a[i,j] = b | j=k"]),
    (r"\[ a_{ij} = b \quad\text{if}\quad j = k \]", ["a[i,j] = b | j=k"]),
    (r"\[ a = b \text{ if } i = j \text{ and } j = k \]", ["a = b | i=j; j=k"]),
    (r"\[ \text{If } j = k, \quad a = b \]", ["a = b | j=k"]),
    (r"\[ a_i = b_i \quad \forall i, j \]", ["a[i] = b[i] | all i,j"]),
    (r"\[ \forall i: a_i = b_i \]", ["a[i] = b[i] | all i"]),
    (r"\[ a_i = b_i \text{ for all } i \]", ["a[i] = b[i] | all i"]),
    (r"\[ a_i = b_i, \quad i = 1, \dots, n. \]", ["a[i] = b[i] | i=1..n"]),
    (r"\[ a_{ij} = b, \quad i, j = 1, \ldots, n \]", ["a[i,j] = b | i,j=1..n"]),
    (r"\[ a_i = b_i \text{ for } i = 1, 2, \dots, n \]", ["a[i] = b[i] | i=1..n"]),
    (r"\[ a_i = b_i, \ i \in \{1, \dots, n\} \]", ["a[i] = b[i] | i=1..n"]),
    (r"\[ a = b, \quad \eta > 0 \]", ["a = b | eta>0"]),
    (r"\[ a = b, \quad p, q \ge 0 \]", ["a = b | all p; q>=0"]),
    # remarks
    (r"\[ a = b \quad \text{(softmax rule)} \]", ["a = b"]),
    (r"\[ a = b \quad (\text{by the chain rule}) \]", ["a = b"]),
    (r"\[ a = b \quad (2) \]", ["a = b"]),
    (r"\[ a = b \eqno(2) \]", ["a = b"]),
    (r"\begin{align} a &= b && \text{(by (1))} \\ &= c \end{align}", ["a = b = c"]),
    (r"\begin{align} a &= b \\ \intertext{so that} c &= d \end{align}", ["a = b", "c = d"]),
    (r"\[ a = b \text{ (first)} + c \]", ["a = (+ b c)"]),
    # no equation
    (r"\[ \sum_i x_i \]", []),
    (r"\[ x \le y \]", ["x <= y"]),
    (r"\[ x \propto y \]", []),
    # what is not judged beside what is
    (r"\[ a \approx b = c \]", ["b = c"]),
    (r"\[ a = b \implies c = d \]", ["a = b", "c = d"]),
    (r"\[ X \in \mathbb{R}^{T \times d} \]", []),
    (r"\[ \]", []),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "expected"), DISPLAYS)
def test_display(latex, expected):
    assert _equations(latex) == expected


REFUSED = [
    (r"\[ a = b \quad c \]", "neither is an equation nor continues one"),
    (r"\[ a = b \text{ times } c \]", "neither is an equation nor continues one"),
    (r"\[ x, y = 1 \]", "neither is an equation nor continues one"),
    (r"\begin{align} a &= b \\ &\quad c \end{align}", "neither is an equation nor continues one"),
    (r"\[ \text{the loss is } = x \]", "nothing on the left"),
    (r"\[ a = \]", "a side of this relation is empty"),
    (r"\[ a = = b \]", "a side of this relation is empty"),
    (r"\[ a = b \text{ unless } i = j \]", "a condition with `unless` is not read"),
    (r"\[ a = b \quad \forall \]", "nothing stands after this sign"),
    (r"\[ a = b \text{ for small } \eta^2 \]", "this remark beside an equation is not read"),
    (r"\[ a = b, \quad i = 1, \dots \]", "an end of this range is missing"),
    (r"\[ a = b \not\in c \]", "`\\not` is read before `=` only"),
]


@pytest.mark.parametrize(("latex", "message"), REFUSED)
def test_refused(latex, message):
    items = read_document(latex, kind="tex").equations
    problems = [p for item in items if isinstance(item, Unreadable) for p in item.problems]
    assert any(message in problem.message for problem in problems), items


def test_a_refused_equation_does_not_stop_its_neighbours():
    items = read_document(r"\begin{align} a &= b \\ c &= \alpa \\ d &= e \end{align}").equations
    assert [type(item) for item in items] == [Equation, Unreadable, Equation]


def test_labels_and_tags_go_to_their_rows():
    latex = r"""\begin{align}
      a &= b \label{eq:first} \\
        &= c \label{eq:second} \\
      d &= e \tag{7} \nonumber
    \end{align}"""
    first, second = read_document(latex).equations
    assert isinstance(first, Equation) and isinstance(second, Equation)
    assert (first.labels, first.label, first.tag) == (("eq:first", "eq:second"), "eq:first", "")
    assert (second.labels, second.label, second.tag) == ((), "", "7")


def test_one_display_has_one_number():
    items = read_document(r"\[ a = b \] \[ c = d, \qquad e = f \]").equations
    assert [item.display for item in items] == [0, 1, 1]


def test_reason_beside_an_equation_is_a_remark():
    (item,) = read_document(r"\begin{align} a &= b && \text{since } x \neq y \end{align}").equations
    assert isinstance(item, Equation)
    assert item.conditions == ()
    assert item.notes == (r"`x \neq y` was taken as a remark",)


def test_displays_without_equality_are_passed_over_with_the_reason():
    document = read_document(r"\[ \sum_i x_i \] \[ x \propto y \]", kind="tex")
    assert document.equations == ()
    reasons = [p.reason for p in document.passed]
    assert reasons == ["no relation", *["an expression without a relation"] * 2]


def test_two_signs_are_one_relation_and_a_reason_in_brackets_is_a_remark():
    text = r"\[ a = b => a^2 = b^2 \] \[ u = 1 \quad (\because \ln e = 1) \] \[ a <= b + c \]"
    found = [e for e in read_document(text, "a.tex").equations]
    assert [e.source for e in found] == ["a = b", "a^2 = b^2", "u = 1", "a <= b + c"]
    assert any("was taken as a remark" in note for note in found[2].notes)
