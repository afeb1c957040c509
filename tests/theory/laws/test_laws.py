"""Every law of the catalogue goes through one battery, in every model it is stated for."""

import dataclasses

import pytest

from theory.algebra.expressions import Equation, Inequality, StrictInequality, free_indices
from theory.catalogue import LAWS, law_named
from theory.laws import ProofStep
from theory.models import model_named, theory_of

CASES = [(law, name) for law in LAWS for name in law.models]
IDS = [f"{law.name}-{name}" for law, name in CASES]


@pytest.mark.parametrize(("law", "name"), CASES, ids=IDS)
def test_statement_is_proved_and_well_formed(law, name):
    model = model_named(name)
    statement = law.statement(model)
    assert free_indices(statement.right) <= free_indices(statement.left)
    if isinstance(statement, Inequality):  # the sign may need the derivation, judged below
        return
    assert theory_of(model).prove(statement).proved


@pytest.mark.parametrize(("law", "name"), CASES, ids=IDS)
def test_derivation_is_proved_line_by_line_and_ends_in_the_statement(law, name):
    model = model_named(name)
    theory = theory_of(model)
    statement, steps = law.statement(model), law.derivation(model)
    for number, step in enumerate(steps, start=1):
        assert step.reason
        assert theory.prove(step.equation).proved, f"line {number}: {step.left} = {step.right}"
    first = len(steps) - 1
    while first and steps[first].left == steps[first - 1].right:
        first -= 1
    assert (steps[first].left, steps[-1].right) == statement.args
    relations = {step.relation for step in steps[first:]}
    if isinstance(statement, Inequality):
        assert not isinstance(statement, StrictInequality) or StrictInequality in relations
    else:
        assert relations == {Equation}


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_derivation_does_not_start_from_the_claim(law):
    """No line but the last may be the statement itself: a circular derivation proves nothing."""
    model = model_named(law.models[0])
    statement = law.statement(model)
    assert all(step.equation != statement for step in law.derivation(model)[:-1])


def test_catalogue_holds_the_due_laws_under_unique_names():
    names = [law.name for law in LAWS]
    assert len(names) == len(set(names)) >= 20
    assert {law.citation.key for law in LAWS} >= {
        "agarwal2025gradient",
        "dao2022flash",
        "marcotte2023abide",
    }


def test_unknown_law_suggests_the_nearest():
    with pytest.raises(ValueError, match=r"`advantage-rooting` is no law .*`advantage-routing`"):
        law_named("advantage-rooting")


def test_unknown_model_suggests_the_nearest():
    with pytest.raises(ValueError, match=r"`attention-haed` is no model.*`attention-head`"):
        model_named("attention-haed")


def test_the_logit_gradient_names_its_hypothesis():
    model = model_named("attention-head")
    theory = theory_of(model)
    assert theory.adjoints["z"].hypotheses == ("sum_c y_ic = 1",)
    free = theory_of(dataclasses.replace(model, name="unlabelled", constraints=()))
    assert not free.prove(law_named("logit-gradient").statement(free.model)).proved


def test_a_wrong_line_in_a_derivation_is_not_proved():
    model = model_named("attention-head")
    theory = theory_of(model)
    steps = law_named("advantage-routing").derivation(model)
    unproved = []
    for step in steps[1:]:
        wrong = ProofStep(step.left, 2 * step.right, step.reason)
        unproved.append(not theory.prove(Equation(wrong.left, wrong.right)).proved)
    assert all(unproved)
