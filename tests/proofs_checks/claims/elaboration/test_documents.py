"""What elaboration infers about a document: whose symbols, ranges, shapes, the loss."""

import time

import pytest
import sympy as sp

from proofs_checks.claims.claim import Claim, Paper
from proofs_checks.claims.reading import read_claims
from proofs_checks.verdict import Status
from tests.proofs_checks.claims.corpus_documents import verdict_of
from theory.algebra.symbols import Index, Step, Tensor
from theory.models import Model


def read(*displays: str, model: str | None = None, directives: str = "") -> Paper:
    text = directives + "\n".join(f"\\[ {d} \\]" for d in displays)
    return read_claims(text, "a.tex", model=model)


def last(paper: Paper) -> tuple[Claim, Status | str]:
    claim = paper.claims[-1]
    return claim, verdict_of(claim)


def model_of(paper: Paper) -> Model:
    model = paper.claims[-1].model
    assert model is not None
    return model


# -- whose symbols ----------------------------------------------------------------------------


def test_a_document_that_agrees_uses_the_vocabulary_and_may_extend_it() -> None:
    paper = read(r"m_i := \sum_k \alpha_{ik} b_{ik}", r"A_{ij} = b_{ij} - m_i")
    assert paper.vocabulary == "attention-head"
    assert [c.kind for c in paper.claims] == ["definition", "claim"]
    assert paper.claims[0].notes == ("defines m",)


def test_a_restatement_is_judged() -> None:
    claim, verdict = last(read(r"\sum_j \alpha_{ij} = 1", r"b_{ij} := u_i^\top v_j"))
    assert claim.kind == "claim"
    assert verdict == "proved"


def test_another_definition_of_a_vocabulary_symbol_makes_it_self_contained() -> None:
    paper = read(r"S = QK^\top", r"P = \mathrm{softmax}(S)", r"P \mathbf{1} = \mathbf{1}")
    assert paper.vocabulary == "own"
    assert "differently from the vocabulary" in paper.why


def test_a_wrong_claim_does_not_make_it_self_contained() -> None:
    paper = read(r"u_i = W_O (p_i - y_i)", r"\sum_j \alpha_{ij} = 1")
    assert paper.vocabulary == "attention-head"


def test_differentiating_by_what_the_vocabulary_lacks_makes_it_self_contained() -> None:
    paper = read(
        r"a_{ij} = \frac{e^{s_{ij}}}{1 + \sum_k e^{s_{ik}}}",
        r"o_i = \sum_j a_{ij} v_j",
        r"\frac{\partial L}{\partial v_j} = \sum_i a_{ij} \frac{\partial L}{\partial o_i}",
    )
    assert paper.vocabulary == "own"
    assert last(paper)[1] == "proved"


def test_the_model_can_be_forced() -> None:
    text = r"\sum_j \alpha_{ij} = 1"
    assert last(read(text)) == (read(text).claims[-1], "proved")
    assert read(text).claims[-1].kind == "claim"
    assert read(text, model="none").claims[-1].kind == "assumption"


# -- ranges and shapes ------------------------------------------------------------------------


def test_ranges_that_meet_become_one() -> None:
    model = model_of(read(r"y_i = \sum_j W_{ij} x_j", r"\sum_i y_i = 0"))
    sizes = {str(x.label): x.axes for x in model.inputs if isinstance(x, Tensor)}
    assert sizes["W"][1] == sizes["x"][0]
    assert sizes["W"][0] != sizes["W"][1]


def test_a_size_never_has_the_name_of_a_symbol() -> None:
    model = model_of(read(r"n_i = \sum_j m_{ij} d_j", r"\sum_i n_i = 0"))
    assert not {"n", "m", "d"} & {size.name for size in model.sizes}


@pytest.mark.parametrize(
    "formula",
    [
        r"f = \sum_j \langle x_j, w \rangle",
        r"f = \sum_j x_j^\top w",
        r"f = \sum_j \|x_j - w\|^2",
        r"o_i = \sum_j a_{ij} x_j, \quad f = \sum_i o_i^\top w",
        r"o_i = \sum_j a_{ij} (w - x_j), \quad f = \sum_i \langle o_i, w \rangle",
    ],
)
def test_products_of_linear_algebra_make_vectors(formula: str) -> None:
    model = model_of(read(formula, r"f = 0", model="none"))
    axes = {str(x.label): len(x.axes) for x in model.inputs if isinstance(x, Tensor)}
    assert (axes["x"], axes["w"]) == (2, 1)


def test_greek_letters_under_a_sum_are_indices() -> None:
    claim, verdict = last(read(r"f = \sum_\mu p_\mu", r"f = \sum_\nu p_\nu", model="none"))
    assert verdict == "proved"
    assert claim.equation is not None
    assert any(isinstance(k, Index) and k.name == "nu" for k in claim.equation.right.atoms(Index))


def test_a_capital_is_the_matrix_of_its_rows() -> None:
    _, verdict = last(read(r"f = \sum_{ij} p_{ij} y_{ij}", r"f = \mathrm{tr}(P^\top Y)"))
    assert verdict == "proved"


def test_a_defined_scalar_is_not_taken_for_positive() -> None:
    _, verdict = last(read(r"\gamma = -\sum_i x_i", r"\sqrt{\gamma^2} = \gamma", model="none"))
    assert verdict == "refuted"


# -- losses -----------------------------------------------------------------------------------


def test_an_undefined_loss_depends_on_the_last_definitions() -> None:
    model = model_of(read("S = QK^\\top", "O = SV", r"dV = S^\top dO"))
    assert model.loss == sp.Symbol("L", real=True)
    assert "dL_dO" in {str(getattr(x, "label", x)) for x in model.inputs}
    assert last(read("S = QK^\\top", "O = SV", r"dV = S^\top dO"))[1] == "proved"


def test_bars_are_adjoints_only_where_one_stands_undefined() -> None:
    paper = read("O = PV", r"\bar{V} = P^\top \bar{O}", model="none")
    assert [c.kind for c in paper.claims] == ["definition", "claim"]
    paper = read(r"\bar{x} = \frac{1}{N} \sum_{i=1}^N x_i", r"\sum_i (x_i - \bar{x}) = 0")
    assert [c.kind for c in paper.claims] == ["definition", "claim"]
    assert last(paper)[1] == "proved"


def test_a_jacobian_by_name_is_no_loss() -> None:
    jacobian = r"\frac{\partial p}{\partial z} = \mathrm{diag}(p) - pp^\top"
    paper = read(r"p = \mathrm{softmax}(z)", jacobian)
    claim, verdict = last(paper)
    assert verdict == "proved"
    assert claim.model is not None and claim.model.loss.name not in ("p", "z")


def test_a_step_moves_by_the_rate_and_terms_of_higher_order_are_dropped() -> None:
    claim, verdict = last(read(r"\Delta v_j = -\eta \sum_i \alpha_{ij} u_i + O(\eta^2)"))
    assert (claim.order, verdict) == (r"O(\eta^2)", "proved")
    assert claim.equation is not None and claim.equation.left.has(Step)


def test_what_would_close_a_circle_is_a_claim() -> None:
    paper = read(
        r"F = \log \sum_j e^{x_j}", r"p_j = e^{x_j - F}", r"x_j = F + \log p_j", model="none"
    )
    assert [c.kind for c in paper.claims] == ["definition", "definition", "claim"]
    assert last(paper)[1] == "proved"


def test_names_of_unreadable_equations_do_not_become_inputs() -> None:
    paper = read(r"a_{ij} = \int s_{ij}", r"\sum_j a_{ij} = 1", model="none")
    assert [c.kind for c in paper.claims] == ["unreadable", "claim"]
    assert paper.claims[-1].hedge == "the definition of a could not be read"


def test_declared_inputs_join_the_vocabulary() -> None:
    directives = "% proofhead: input \\omega_{ij}\n"
    claim, verdict = last(read(r"\sum_j \omega_{ij} \alpha_{ij} = 0", directives=directives))
    assert (claim.kind, claim.hedge, verdict) == ("claim", "", "refuted")


# -- limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("y = 9^{9^{9^{9}}}", "a power this large"),
        ("y = (a + b)^{1000000}", "a power this large"),
        ("y = ((9^{900})^{900})^{900}", "a power this large"),
        ("y = " + "9" * 80, "a number may have 60 digits; got 80"),
    ],
)
def test_what_is_too_large_is_refused_at_once(formula: str, message: str) -> None:
    start = time.perf_counter()
    paper = read(formula, model="none")
    assert time.perf_counter() - start < 10
    assert [message in (c.problem.message if c.problem else "") for c in paper.claims] == [True]


def test_a_deep_formula_is_read_or_refused() -> None:
    paper = read("y = " + "e^{" * 30 + "x" + "}" * 30, "y = 0", model="none")
    assert {c.kind for c in paper.claims} <= {"definition", "claim", "unreadable"}
    assert len(paper.claims) == 2


def test_a_hundred_equations_are_read_in_seconds() -> None:
    start = time.perf_counter()
    paper = read(*[rf"\sum_j \alpha_{{ij}} b_{{ij}} = {n}" for n in range(100)])
    assert len(paper.claims) == 100
    assert time.perf_counter() - start < 20


# -- what is shown ----------------------------------------------------------------------------


def test_each_step_of_a_chain_shows_its_own_source() -> None:
    text = r"""\begin{align}
\sum_j \alpha_{ij} A_{ij}
  &= \sum_j \alpha_{ij} b_{ij} - \sum_j \alpha_{ij} m_i \nonumber \\[2pt] % as said
  &= \bigl( m_i - m_i \bigr) \label{same} \\
  &= 0.
\end{align}
\[ m_i := \sum_k \alpha_{ik} b_{ik} = \mathbb{E}_{\alpha_i}[b] \]"""
    claims = read_claims(text, "a.tex").claims
    assert [(c.kind, c.line, c.source) for c in claims] == [
        (
            "step",
            2,
            "\\sum_j \\alpha_{ij} A_{ij}\n"
            r"  &= \sum_j \alpha_{ij} b_{ij} - \sum_j \alpha_{ij} m_i",
        ),
        ("step", 4, r"= \bigl( m_i - m_i \bigr)"),
        ("step", 5, "= 0"),
        ("definition", 7, r"m_i := \sum_k \alpha_{ik} b_{ik}"),
        ("claim", 7, r"= \mathbb{E}_{\alpha_i}[b]"),
    ]
