"""What notebooks show of expressions, laws and models."""

import pytest
import sympy as sp

from theory.algebra.expressions import Inequality
from theory.algebra.symbols import Flow, Index, Partial, Size, Step, Tensor, scalar
from theory.catalogue import LAWS, law_named
from theory.models import MODELS, model_named

T = Size("T")
i, j = Index("i", T), Index("j", T)
alpha, s = Tensor("alpha", (T, T)), Tensor("s", (T, T))
L = scalar("L")


def test_entries_are_printed_by_sympy():
    assert sp.latex(alpha[i, j]) == r"{\alpha}_{i,j}"
    assert alpha[i, j]._repr_latex_() == r"$\displaystyle {\alpha}_{i,j}$"
    assert alpha._repr_latex_() == r"$\displaystyle \alpha$"
    assert sp.pretty(alpha[i, j]) == "alpha[i, j]"
    assert sp.pretty(alpha) == "α"
    assert sp.latex(alpha[i, j] ** 2) == r"{\alpha}_{i,j}^{2}"


def test_nodes_and_statements_are_formulas():
    assert sp.latex(Partial(L, s[i, j])) == r"\frac{\partial L}{\partial {s}_{i,j}}"
    second = Partial(L, s[i, j], s[j, i])
    assert sp.latex(second) == r"\frac{\partial^{2} L}{\partial {s}_{i,j} \partial {s}_{j,i}}"
    assert sp.latex(Step(L + 1, scalar("eta"), s[i, j])) == r"\Delta \left(L + 1\right)"
    assert sp.latex(Flow(L, (s[i, j], scalar("rho")))) == r"\frac{d}{dt} L"
    assert sp.latex(Inequality(L, 1)) == r"L \le 1"


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_every_law_shows_its_statement(law):
    statement = law.statement(model_named(law.models[0]))
    assert statement._repr_latex_().startswith(r"$\displaystyle ")
    assert law._repr_latex_() in law._repr_html_().replace("&amp;", "&").replace("&lt;", "<")
    assert law.citation.key in law._repr_html_()


def test_a_law_and_a_model_in_the_notation_of_papers():
    law = law_named("advantage-routing")
    assert r"\mathbb{E}_{\alpha_i}[b]" in law._repr_latex_()
    shown = model_named("attention-head")._repr_latex_()
    assert r"g_i &= \sum_j \alpha_{ij} v_j" in shown
    assert r"\text{where } \sum_c y_{ic} &= 1" in shown


@pytest.mark.parametrize("name", MODELS)
def test_every_model_shows_its_definitions(name):
    model = model_named(name)
    shown = model._repr_latex_()
    assert shown.count("\\\\\n") + 1 == len(model.definitions) + len(model.constraints)
