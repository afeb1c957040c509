"""Derivations on the page: rows, reasons, line breaks, and the text around them."""

import re
from typing import Any

import pytest

from theory.algebra.expressions import Equation, free_indices
from theory.algebra.symbols import Flow, Partial, Step, Tensor, delta, indices, scalar, total
from theory.catalogue import LAWS, law_named
from theory.latex import chain, derivation, display, escaped, notation, prose
from theory.latex.layout import PAGE_WIDTH, Row, aligned, broken, width
from theory.laws import ProofStep
from theory.models import MODELS, model_named

M = model_named("attention-head")
T, d_v = M.size_names["T"], M.size_names["d_v"]
i, j, k = indices("i j k", T)
TENSORS: Any = M.tensors
s, b, alpha, u, v = (TENSORS[x] for x in ("s", "b", "alpha", "u", "v"))
LONG = " + ".join(rf"\frac{{\partial L}}{{\partial x_{n}}} y_{n}" for n in range(1, 10))


def depth_is_balanced(tex):
    depth = 0
    for token in re.findall(r"\\.|[{}]", tex):
        depth += (token == "{") - (token == "}")
        if depth < 0:
            return False
    return depth == 0


@pytest.mark.parametrize("name", MODELS)
def test_every_line_of_every_law_is_balanced_latex_with_all_its_indices(name):
    model = model_named(name)
    laws = [law for law in LAWS if name in law.models]
    equations = {law.statement(model) for law in laws}
    equations |= {step.equation for law in laws for step in law.derivation(model)}
    for eq in equations:
        sides = (eq.left, eq.right)
        for side, tex in zip(sides, chain(sides, model), strict=True):
            assert depth_is_balanced(tex), tex
            assert len(re.findall(r"\\[bB]igg?l", tex)) == len(
                re.findall(r"\\[bB]igg?r(?!\|)", tex)
            )
            for foreign in (
                "Sum",
                "Kronecker",
                "Indexed",
                "Partial",
                "**",
                "sqrt(",
                "~",
                "dL_d",
                "dF_d",
            ):
                assert foreign not in tex, tex
            if not side.has(Step, Flow):
                letters = {k.name for k in free_indices(side) if not k.size.feature}
                assert all(letter in tex for letter in letters), (tex, letters)


def test_a_chain_prints_its_left_side_once():
    steps = law_named("value-gradient").derivation(M)
    start = next(n for n, step in enumerate(steps) if step.left == Partial(M.loss, M.entry(v)))
    text = derivation(steps[start : start + 3], M)
    assert text.splitlines() == [
        r"\begin{align*}",
        r"\frac{\partial L}{\partial v_{ia}} &= \sum_{j,b} \frac{\partial L}{\partial g_{jb}} "
        r"\frac{\partial g_{jb}}{\partial v_{ia}} "
        r"&& \text{\small chain rule through the context} \\",
        r"&= \sum_{j,b} \delta_{ab} \alpha_{ji} u_{jb} "
        r"&& \text{\small insert the local derivatives} \\",
        r"&= \sum_j \alpha_{ji} u_{ja} && \text{\small contract the deltas}",
        r"\end{align*}",
    ]


def test_lines_that_look_the_same_are_printed_once():
    first, second = total(alpha[i, j] * s[i, j], j), total(alpha[i, k] * s[i, k], k)
    steps = [ProofStep(b[i, i], first, "one"), ProofStep(first, second, "the same")]
    assert derivation(steps).count("&=") == 2
    a, b_ = indices("a b", d_v)
    contracted = [
        ProofStep(u[i, a], total(delta(a, b_) * v[i, b_], b_), "one"),
        ProofStep(total(delta(a, b_) * v[i, b_], b_), v[i, a], "the same"),
    ]
    assert derivation(contracted).count("&=") == 1


def test_a_new_left_side_starts_a_new_chain_and_repetitions_are_dropped():
    one = ProofStep(s[i, j], b[i, j], "first")
    two = ProofStep(s[i, k], b[i, k], "second")
    text = derivation([one, two, one], M)
    assert text.count("&=") == 2
    assert r"b_{ij} && \text{\small first} \\[4pt]" in text


def test_reasons_are_escaped_and_their_symbols_set_as_mathematics():
    step = ProofStep(s[i, j], b[i, j], r"50% of alpha_ij \input{x}, with sum_c y_ic = 1")
    text = derivation([step], M)
    assert r"50\% of $\alpha_{ij}$ \textbackslash{}input\{$x$\}" in text
    assert r"with $\textstyle \sum_c y_{ic} = 1$" in text


def test_a_derivation_needs_a_step():
    with pytest.raises(ValueError, match="at least one step; got none"):
        derivation([], M)


def test_a_line_that_fits_is_not_broken():
    assert broken("a + b", 100) == ["a + b"]
    assert width("a + b") < width("a + b + c") < width(r"\frac{a + b + c + d}{e}")


def test_a_long_line_is_broken_before_signs_outside_braces():
    lines = broken(LONG, 150)
    assert len(lines) > 2
    assert " ".join(lines) == LONG
    assert all(line.startswith("+ ") for line in lines[1:])
    assert all(width(line) <= 150 for line in lines)


def test_a_break_keeps_out_of_parentheses_where_it_can():
    text = "(a + b + c + d + e) x + (d + e) y"
    first = "(a + b + c + d + e) x"
    assert broken(text, width(first) + 25) == [first, "+ (d + e) y"]
    inside = r"x \bigl(aaaaaa + bbbbbb + cccccc\bigr)"
    assert broken(inside, width(inside) * 0.8)[1].startswith("+ ")


def test_what_cannot_be_broken_stays_in_one_line():
    text = r"\frac{a + b + c + d}{x}"
    assert broken(text, 10) == [text]


def test_reasons_stand_above_where_there_is_no_room_beside():
    wide = " ".join(["M"] * 34)
    text = aligned([Row("x", wide, "because"), Row("", "0", "so")])
    assert r"\intertext{\small because:}" in text
    assert "&&" not in text


def test_long_reasons_are_set_in_a_column():
    text = aligned([Row("x", LONG[:60], "because " * 30)])
    assert re.search(r"&& \\parbox\[t\]\{\d+pt\}", text)


def test_a_long_left_side_has_a_line_of_its_own():
    left = " ".join(["M"] * 15)
    assert width(left) > PAGE_WIDTH / 4
    assert aligned([Row(left, "0", "why")]).splitlines()[1] == f"& {left} \\\\"


def test_display_numbers_and_breaks():
    eq = Equation(s[i, j], b[i, j])
    assert display(eq, M, label="law:x") == "\n".join(
        (r"\begin{equation}\label{law:x}", "s_{ij} = b_{ij}", r"\end{equation}")
    )
    terms = sum(total(alpha[i, k] * s[k, j] * b[j, k] ** n, k) for n in range(2, 9))
    text = display(Equation(s[i, j], terms), M, r"O(\eta^2)")
    assert r"\begin{split}" in text and r"\qquad {} +" in text
    assert text.splitlines()[-3].endswith(r"+ O(\eta^2)")


def test_notation_lists_every_symbol_with_its_shape():
    table = notation(M)
    assert len(re.findall(r" \\\\$", table, re.M)) == len(M.tensors) + len(M.sizes) + 2  # two heads
    assert r"$W_O$ & input & $C \times d_v$ \\" in table
    assert r"$y_i$ & input; $\sum_c y_{ic} = 1$ & $T \times C$ \\" in table
    assert r"$L$ & cross-entropy, nats, $L = -\sum_{i,c} y_{ic} \log p_{ic}$ & scalar \\" in table
    assert r"$\tau$ & input & scalar \\" in notation(model_named("attention-head-temperature"))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("along -eta times dL/ds_ij", r"along $-\eta$ times $\partial L/\partial s_{ij}$"),
        (
            "a position i, of rate eps_s > 0",
            r"a position $i$, of rate $\epsilon_s$ \ensuremath{>} 0",
        ),
        ("A row of W_O", "A row of $W_O$"),
        ("the E-step, the model's end", "the E-step, the model's end"),
        (
            "Rémi: ∂ and α → 漢",
            r"Rémi: \ensuremath{\partial} and \ensuremath{\alpha} \ensuremath{\to} ?",
        ),
        ("{#&~^|}", r"\{\#\&\textasciitilde{}\textasciicircum{}\ensuremath{|}\}"),
    ],
)
def test_prose(given, expected):
    assert prose(given, frozenset(("s", "W_O"))) == expected


def test_escaped_leaves_names_alone():
    assert escaped("x_1") == r"x\_1"


def test_other_models_print_too():
    n = T
    w, x = Tensor("w", (n,)), Tensor("data", (n, d_v))
    loss = scalar("F")
    left = Partial(loss, x[j, indices("a", d_v)[0]])
    right = w[j] * x[j, indices("a", d_v)[0]]
    assert derivation([ProofStep(left, right, "why")]).splitlines()[1] == (
        r"\frac{\partial F}{\partial \mathrm{data}_j} &= w_j \mathrm{data}_j && \text{\small why}"
    )
