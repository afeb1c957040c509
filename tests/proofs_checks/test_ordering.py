"""Inequalities: proved, verified, refuted, and never more than is known."""

import dataclasses
import importlib

import pytest
import sympy as sp

from proofs_checks.audit import audit_law, judge
from proofs_checks.checks.outcome import Outcome
from proofs_checks.verdict import exit_status, worst
from theory.algebra.expressions import Equation, Inequality, StrictInequality
from theory.algebra.symbols import Partial, Step, total
from theory.catalogue import law_named
from theory.laws import ProofStep
from theory.models import model_named

HEAD = model_named("attention-head")
L, s, v, alpha, u, b = (HEAD.tensors[name] for name in ("L", "s", "v", "alpha", "u", "b"))
i, j, k = (HEAD.index(letter, "T") for letter in "ijk")
a = HEAD.index("a", "d_v")
eta = sp.Symbol("eta", positive=True)
ENTROPY = -total(alpha[i, k] * sp.log(alpha[i, k]), k)


@pytest.mark.parametrize(
    "statement",
    [
        Inequality(-eta * alpha[i, j] * total(u[i, a] ** 2, a), 0),
        Inequality(Step(L, eta, v[j, a]), 0),
        Inequality(Step(L, eta, s[i, j]), 0),
        StrictInequality(0, alpha[i, j]),
        Inequality(2 * b[i, j] * b[i, k], b[i, j] ** 2 + 2 * b[i, j] * b[i, k]),
    ],
    ids=str,
)
def test_a_sign_that_can_be_read_off_is_a_proof(statement):
    verdict = judge(HEAD, statement)
    assert (verdict.status, verdict.method) == ("proved", "normal_form")
    answers = {o.judge: o.agrees for o in verdict.checks}
    assert answers == {"normal_form": True, "exact": True, "interval": True, "autograd": True}


@pytest.mark.parametrize(
    "statement", [Inequality(alpha[i, j], 1), Inequality(ENTROPY, sp.log(HEAD.size_names["T"]))]
)
def test_what_only_boxes_show_is_verified_there_and_nothing_more(statement):
    verdict = judge(HEAD, statement)
    assert (verdict.status, verdict.method) == ("verified", "interval")
    assert "8 boxes of half-width" in verdict.detail
    assert "nothing is claimed beyond" in verdict.detail
    assert verdict.sizes["T"] > 3
    assert {o.judge: o.agrees for o in verdict.checks}["normal_form"] is None


@pytest.mark.parametrize(
    ("statement", "sizes"),
    [
        (Inequality(0, Step(L, eta, v[j, a])), {"T": 1}),
        (StrictInequality(Step(L, eta, v[j, a]), 0), {"T": 1}),
        (StrictInequality(alpha[i, j], 1), {"T": 1}),
        (Inequality(alpha[i, j], sp.Rational(1, 2)), {"T": 1}),
        (Inequality(b[i, j], 0), {"T": 1}),
        (Inequality(alpha[i, j], alpha[i, k]), {"T": 2}),
    ],
    ids=str,
)
def test_a_false_inequality_is_refuted_at_a_smallest_point(statement, sizes):
    verdict = judge(HEAD, statement)
    assert (verdict.status, verdict.method) == ("refuted", "exact")
    assert verdict.counterexample.sizes.items() >= sizes.items()


def test_a_violation_beyond_the_exact_sizes_is_refuted_by_a_box():
    """A mean of up to three weights is at least 1/3; of six it need not be."""
    verdict = judge(HEAD, Inequality(sp.Rational(1, 4), 1 / HEAD.size_names["T"]))
    assert (verdict.status, verdict.method) == ("refuted", "interval")
    assert verdict.counterexample.sizes == {"T": 6}


def test_an_undefined_inequality_is_undecided():
    verdict = judge(HEAD, Inequality(sp.log(-sp.exp(b[i, j])), 0))
    assert verdict.status == "undecided"
    assert "neither a proof nor a counterexample" in verdict.detail


@pytest.mark.parametrize("name", ["exact", "interval", "autograd"])
def test_a_judge_against_a_proof_raises_the_alarm(monkeypatch, name):
    module = importlib.import_module(f"proofs_checks.checks.{name}")
    monkeypatch.setattr(module, "check", lambda *_, **__: Outcome(name, False, "planted"))
    verdict = judge(HEAD, Inequality(Step(L, eta, v[j, a]), 0))
    assert verdict.status == "inconsistent"
    assert name in verdict.detail


FEEDBACK = law_named("value-step-feedback")


def test_a_derivation_that_ends_in_a_sign_proves_an_inequality():
    report = audit_law(FEEDBACK, HEAD)
    assert (report.status, report.verdict.method) == ("proved", "normal_form")
    assert "by its derivation" in report.verdict.detail


def with_last(*steps):
    """Return the law with other last lines."""
    return dataclasses.replace(FEEDBACK, derive=lambda m: (*FEEDBACK.derive(m)[:-1], *steps))


def test_a_line_whose_sign_cannot_be_read_off_proves_nothing():
    part = FEEDBACK.derive(HEAD)[-1].left
    wrong = with_last(
        ProofStep(part, -part, "wishful", Inequality), ProofStep(-part, sp.S.Zero, "no", Inequality)
    )
    report = audit_law(wrong, HEAD)
    assert report.status == "refuted"
    assert report.wrong_step.number == report.steps
    assert report.verdict.status == "verified"  # true, but not by this derivation


def test_an_equation_is_not_proved_by_an_inequality_nor_a_strict_one_by_a_weak_one():
    law = law_named("value-step-self-part")
    lines = law.derive(HEAD)
    weak = ProofStep(lines[-1].left, lines[-1].right, "weaker", Inequality)
    report = audit_law(dataclasses.replace(law, derive=lambda _: (*lines[:-1], weak)), HEAD)
    assert report.status == "undecided"
    assert "weaker relation" in report.wrong_step.verdict.detail
    strict = dataclasses.replace(
        FEEDBACK, state=lambda m: StrictInequality(*FEEDBACK.state(m).args)
    )
    report = audit_law(strict, HEAD)
    assert report.verdict.status == "refuted"
    assert "weaker relation" in report.wrong_step.verdict.detail


def test_an_equation_among_the_lines_of_an_inequality_is_judged_as_one():
    gradient = Partial(L, s[i, j])
    step = ProofStep(gradient, 2 * gradient, "wrong")
    law = dataclasses.replace(FEEDBACK, derive=lambda m: (step, *FEEDBACK.derive(m)))
    report = audit_law(law, HEAD)
    assert report.wrong_step.number == 1
    assert step.equation == Equation(gradient, 2 * gradient)


def test_verified_is_between_proved_and_undecided():
    assert worst(["proved", "verified"]) == "verified"
    assert worst(["verified", "undecided"]) == "undecided"
    assert exit_status(["proved", "verified"]) == 0
