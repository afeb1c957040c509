"""The float64 judge of documents as an oracle for the catalogue, and its weight in a verdict."""

import random
from dataclasses import replace

import pytest
import sympy as sp

from proofs_checks.checks import float64, float64_document, modular, normal_form
from proofs_checks.checks.outcome import Outcome
from proofs_checks.edits import edits
from proofs_checks.judging import judge
from theory.algebra.expressions import Equation, Inequality
from theory.algebra.symbols import Index, Size, Tensor, scalar, total
from theory.catalogue import LAWS
from theory.models import model_named
from theory.models.model import Definition, Model

n = Size("n")
i, k = Index("i", n), Index("k", n)
x, P, L, t = Tensor("x", (n,)), Tensor("P", (n,)), scalar("L"), scalar("t")
OWN = Model(
    "document", "", (n,), (x, t),
    (
        Definition(P[i], sp.exp(x[i]) / total(sp.exp(x[k]), k), ""),
        Definition(L, total(P[i] ** 2, i), ""),
    ),
    L,
)  # fmt: skip
RIGHT = Equation(total(P[i] * t, i), t)
WRONG = Equation(total(P[i] * t, i), t + L)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_laws_hold_as_they_are_written(law):
    model = model_named(law.models[-1])
    statement = law.statement(model)
    outcome = float64_document.check(model, statement)
    assert outcome.agrees is True, outcome.detail


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_a_law_with_a_slip_of_a_millionth_does_not(law):
    model = model_named(law.models[0])
    statement = law.statement(model)
    left, right = statement.args
    if isinstance(statement, Inequality):
        statement = statement.func(left, left - sp.Rational(1, 10**6))
    elif right == 0:
        statement = Equation(left, sp.Rational(1, 10**6))
    else:
        statement = Equation(left, right * (1 + sp.Rational(1, 10**6)))
    assert float64_document.check(model, statement).agrees is False


def test_mistakes_are_seen_by_the_modular_judge_as_well():
    rng = random.Random(5)
    compared = 0
    for law in rng.sample([law for law in LAWS if law.name], 20):
        model = model_named(rng.choice(law.models))
        statement = law.statement(model)
        if isinstance(statement, Inequality):
            continue
        found = list(edits(statement.args[1], model))
        for edit in rng.sample(found, min(2, len(found))):
            wrong = Equation(statement.args[0], edit.expression)
            by_numbers, over_a_field = (j.check(model, wrong) for j in (float64_document, modular))
            if over_a_field.agrees is not None:
                assert by_numbers.agrees == over_a_field.agrees, (law.name, edit.message)
                compared += 1
    assert compared > 20


def test_a_document_is_judged_in_float64():
    assert float64.name(OWN) == "float64"
    verdict = judge(OWN, RIGHT)
    assert verdict.status == "proved"
    assert {o.judge: o.agrees for o in verdict.checks}["float64"] is True
    verdict = judge(OWN, WRONG)
    assert verdict.status == "refuted"
    assert {o.judge: o.agrees for o in verdict.checks}["float64"] is False


def test_an_inequality_of_a_document_is_judged_in_float64():
    verdict = judge(OWN, Inequality(-total(x[i] ** 2, i), sp.S.Zero))
    assert verdict.status == "proved"
    assert {o.judge: o.agrees for o in verdict.checks}["float64"] is True
    verdict = judge(OWN, Inequality(t, sp.S.Zero))
    assert {o.judge: o.agrees for o in verdict.checks}["float64"] is False


def test_a_false_proof_is_contradicted(monkeypatch):
    real = normal_form.check

    def gullible(model, equation, **options):
        outcome, proof = real(model, equation, **options)
        return Outcome("normal_form", True, "planted"), replace(proof, proved=True)

    monkeypatch.setattr(normal_form, "check", gullible)
    verdict = judge(OWN, WRONG)
    assert verdict.status == "inconsistent"
    assert "float64" in verdict.detail
    assert "saw a difference" in verdict.detail


def test_a_difference_that_nobody_else_sees_is_an_alarm(monkeypatch):
    planted = Outcome("float64", False, "planted")
    monkeypatch.setattr(float64_document, "check", lambda *_, **__: planted)
    verdict = judge(OWN, RIGHT)
    assert verdict.status == "inconsistent"
    assert verdict.detail == "proved by the normal form, but float64 saw a difference"


def test_a_refutation_that_cannot_be_reproduced_is_an_alarm(monkeypatch):
    asked = []

    def blind(model, statement, *, point=None, **_):
        asked.append(point)
        return Outcome("float64", True, "planted")

    monkeypatch.setattr(float64_document, "check", blind)
    verdict = judge(OWN, WRONG)
    assert verdict.status == "inconsistent"
    assert verdict.detail == "refuted by an exact point, but float64 saw no difference"
    assert asked[-1] == verdict.counterexample


def test_a_difference_that_the_draws_miss_is_looked_for_at_the_exact_point(monkeypatch):
    monkeypatch.setattr(float64_document, "DRAWS", ((0, 1.6),))  # nothing negative is drawn
    statement = Equation(sp.sqrt(x[i] ** 2), x[i])
    assert float64_document.check(OWN, statement).agrees is True
    verdict = judge(OWN, statement)
    assert verdict.status == "refuted"
    assert verdict.counterexample.left == "1"
