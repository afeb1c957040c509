"""The audit can fail: edited statements are never proved unless they are true after all."""

import random
from itertools import islice

import pytest
import sympy as sp

from proofs_checks.audit import judge
from proofs_checks.checks import exact, normal_form
from proofs_checks.edits import edits
from theory.algebra.expressions import Inequality
from theory.algebra.symbols import Flow, Partial
from theory.catalogue import LAWS
from theory.models import model_named

SAMPLE = 4  # of each law's mutants go through all judges here; `make bench` judges all
LOOKED_AT = 80  # of them by normal forms only


def judged(law):
    """Return how many mutants go through all judges: one where each takes seconds."""
    statement = law.statement(model_named(law.models[0]))
    orders = (len(p.args) - 1 for p in statement.atoms(Partial))
    is_second_order = any(p.args[0].has(Partial, Flow) for p in statement.atoms(Partial))
    return 1 if is_second_order or max(orders, default=0) > 1 else SAMPLE


def mutants(law):
    """Return every single edit of the law's right side, and of its left side where that is 0."""
    model = model_named(law.models[0])
    statement = law.statement(model)
    left, right, relation = *statement.args, type(statement)
    if right == 0:  # most edits keep a zero; the first ones of each kind will do
        return [(e.message, relation(e.expression, right)) for e in islice(edits(left, model), 40)]
    return [(e.message, relation(left, e.expression)) for e in edits(right, model)]


def test_there_are_enough_mutants():
    assert sum(len(mutants(law)) for law in LAWS) >= 500


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_no_false_mutant_has_equal_normal_forms(law):
    model = model_named(law.models[0])
    found = mutants(law)
    for message, equation in random.Random(law.name).sample(found, min(LOOKED_AT, len(found))):
        outcome, _ = normal_form.check(model, equation, shallow=True)
        if outcome.agrees:
            assert exact.check(model, equation).agrees, f"proved, though false: {message}"


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_sampled_mutants_are_refuted_at_a_point_or_true(law):
    model = model_named(law.models[0])
    found = mutants(law)
    for message, equation in random.Random(law.name).sample(found, min(judged(law), len(found))):
        verdict = judge(model, equation)
        if verdict.status == "refuted":
            assert verdict.counterexample.left != verdict.counterexample.right, message
        elif verdict.status == "undecided":  # what has no value anywhere: log(-1), 1/0
            has_no_value = "identically zero" in verdict.detail
            assert has_no_value or equation.right.has(sp.log), message
        elif verdict.status == "verified":  # true on boxes, as an inequality may stay when edited
            assert isinstance(equation, Inequality), message
        else:
            assert verdict.status == "proved", f"{message}: {verdict.status}, {verdict.detail}"
            assert all(o.agrees is not False for o in verdict.checks)
