r"""Corrections come as their author would write them, and mean what was proved."""

import time

import pytest

from proofs_checks.audit import judge
from proofs_checks.claims.reading import read_claims
from proofs_checks.corrections import in_own_notation
from proofs_checks.diagnosis import diagnose
from proofs_checks.diagnosis.case import Case
from proofs_checks.verdict import Verdict
from theory.algebra.expressions import Equation
from theory.models import theory_of

HEAD = r"\[ S = \frac{1}{\sqrt{d}} Q K^\top, \quad P = \mathrm{softmax}(S), \quad O = P V \]"


def corrected(*displays: str) -> tuple[str, str]:
    """The correction of the last equation of a document, and that equation's source."""
    text = "\n".join(d if d.startswith(("\\[", "%")) else f"\\[ {d} \\]" for d in displays)
    claim = read_claims(text, "a.tex").claims[-1]
    assert claim.model is not None and claim.equation is not None, claim.problem
    model = claim.model
    deadline = time.monotonic() + 20
    diagnosis, correction, repaired = diagnose(model, claim.equation, deadline=deadline)
    verdict = Verdict(
        "refuted", "exact", diagnosis=diagnosis, correction=correction, repaired=repaired
    )
    case = Case(model, claim.equation, deadline)

    def first_true(equations):
        return next((n for n, e in enumerate(equations) if case.holds(e.left, e.right)), None)

    found = in_own_notation(claim, verdict, first_true)
    if found:
        again = read_claims(text.replace(claim.source, found), "a.tex").claims[-1]
        assert again.equation is not None and again.model is not None
        if isinstance(again.equation, Equation):
            assert theory_of(again.model).prove(again.equation).proved
        assert judge(again.model, again.equation).status == "proved"
    return found, claim.source


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (r"dQ = dS K", r"dQ = \frac{1}{\sqrt{d}} dS K"),
        (r"dQ = \frac{1}{d} dS K", r"dQ = \frac{1}{\sqrt{d}} dS K"),
        (r"dV = P dO", r"dV = P^\top dO"),
        (r"dV = -P^\top dO", r"dV = P^\top dO"),
        (r"dP = V dO^\top", r"dP = (V dO^\top)^\top"),
        (r"dK = \frac{1}{\sqrt{d}} dS Q", r"dK = \frac{1}{\sqrt{d}} dS^\top Q"),
        (r"dK = \frac{1}{\sqrt{d}}\, dS^T K", r"dK = \frac{1}{\sqrt{d}}\, dS^T Q"),
        (r"dS_{ij} = P_{ij} dP_{ij} + P_{ij} \sum_k P_{ik} dP_{ik}",
         r"dS_{ij} = P_{ij} dP_{ij} - P_{ij} \sum_k P_{ik} dP_{ik}"),
        (r"\frac{\partial L}{\partial V} = P \frac{\partial L}{\partial O}",
         r"\frac{\partial L}{\partial V} = P^\top \frac{\partial L}{\partial O}"),
        (r"\nabla_V L = 2 P^\top \nabla_O L", r"\nabla_V L = P^\top \nabla_O L"),
        # nothing that is written comes near: what is derived, with matrices
        (r"dS = P \odot dP", r"dS = P \odot dP - \mathrm{diag}((P \odot dP) \mathbf{1}) P"),
        (r"dQ = 3 dS^\top Q + 7 K", r"dQ = \frac{1}{\sqrt{d}} dS K"),
    ],
)  # fmt: skip
def test_matrices_stay_matrices(wrong: str, right: str) -> None:
    found, _ = corrected(HEAD, wrong)
    assert found == right


@pytest.mark.parametrize(
    ("document", "right"),
    [
        (
            [r"\newcommand{\W}{W_1} f = \W x, \quad L = \frac{1}{2} \|f - t\|^2",
             r"\nabla_{\W} L = (t - f) x^\top"],
            r"\nabla_{\W} L = -(t - f) x^\top",
        ),
        (
            [r"L = \frac{1}{2} \|X w - y\|^2", r"\nabla_w L = X (X w - y)"],
            r"\nabla_w L = X^\top (X w - y)",
        ),
        (
            [r"p_i = \sigma(w^\top x_i), \quad L = -\sum_i y_i \log p_i "
             r"- \sum_i (1 - y_i) \log(1 - p_i)",
             r"\nabla_w^2 L = \sum_i p_i x_i x_i^\top"],
            r"\nabla_w^2 L = \sum_i p_i x_i x_i^\top - \sum_k p_k^2 x_k x_k^\top",
        ),
        ([r"\Delta v_j = \eta \sum_i \alpha_{ij} u_i + O(\eta^2)"],
         r"\Delta v_j = -\eta \sum_i \alpha_{ij} u_i + O(\eta^2)"),
        ([r"p = \mathrm{softmax}(z)",
          r"\frac{\partial \log p_i}{\partial z_j} = \delta_{ij} - p_i"],
         r"\frac{\partial \log p_i}{\partial z_j} = \delta_{ij} - p_j"),
    ],
)  # fmt: skip
def test_the_rest_stays_as_it_was_written(document: list[str], right: str) -> None:
    found, _ = corrected(*document)
    assert found == right


def test_bars_stay_bars() -> None:
    found, _ = corrected(
        r"A = \mathrm{softmax}(S), \quad O = A V",
        r"\bar{A} = \bar{O} V^\top",
        r"\bar{S} = A \odot \bar{A}",
    )
    assert found.startswith(r"\bar{S} = A \odot \bar{A} - ")
    assert "partial" not in found and "_{" not in found
