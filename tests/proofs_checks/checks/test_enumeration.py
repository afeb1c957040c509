"""The judge that counts: every law of a finite space holds in it, and premises are counted too."""

import dataclasses
import math

import numpy as np
import pytest
import sympy as sp

from proofs_checks.audit import audit_law, judge
from proofs_checks.checks import enumeration
from proofs_checks.checks.finite_spaces import SPACES, spaces_of
from proofs_checks.checks.outcome import Outcome
from theory.algebra.expressions import Equation, Inequality
from theory.algebra.symbols import Partial, scalar, total
from theory.catalogue import LAWS, law_named
from theory.laws.entries import Entries
from theory.models import Constraint, model_named

BIJECTION = model_named("bijection")
X = Entries(BIJECTION)
COUNTED = [
    (law, name)
    for law in LAWS
    for name in law.models
    if name in SPACES and not law.statement(model_named(name)).has(Partial)
]


def numbers(array):
    return np.vectorize(float)(array)


def test_there_are_laws_of_every_space():
    assert {name for _, name in COUNTED} == set(SPACES)


@pytest.mark.parametrize(("law", "name"), COUNTED, ids=[f"{w.name}-{n}" for w, n in COUNTED])
def test_every_law_holds_in_every_space_and_with_a_slip_in_none(law, name):
    model = model_named(name)
    left, right = law.statement(model).args
    outcome = enumeration.check(model, law.statement(model))
    assert outcome.agrees is True, outcome.detail
    assert f"in {len(spaces_of(name))} spaces" in outcome.detail  # none is left out
    assert float(outcome.error_bound) < 1e-50
    if isinstance(law.statement(model), Inequality):
        wrong = Inequality(right, left)
    else:
        wrong = Equation(left, right * (1 + sp.Rational(1, 10**20)))
    assert enumeration.check(model, wrong).agrees is False


def test_permutations_are_counted_and_their_entropy_is_that_of_the_paper():
    spaces = spaces_of("bijection")
    assert {(s.sizes["V"], int(s.quantities["m"])) for s in spaces} == {
        (V, m) for V in range(1, 7) for m in range(V)
    }
    for space in spaces:
        V, m = space.sizes["V"], int(space.quantities["m"])
        assert space.outcomes == math.factorial(V - m)
        assert int(space.quantities["n"]) == math.factorial(V - m - 1)
        assert float(space.quantities["H"]) / math.log(2) == pytest.approx(math.log2(V - m))


@pytest.mark.parametrize("space", spaces_of("hidden-markov"), ids=lambda s: s.text)
def test_hidden_paths_give_what_the_forward_recursion_gives(space):
    belief, a, A, E, f = (numbers(space.quantities[x]) for x in ("start", "a", "A", "E", "f"))
    seen = int(space.text.split()[-2])
    for n in range(seen):
        belief = (belief @ A) * E[:, n % E.shape[1]]
        belief /= belief.sum()
    np.testing.assert_allclose(belief, a, rtol=1e-14)
    predicted = belief @ A
    np.testing.assert_allclose((predicted[:, None] * E / (predicted @ E)).T, f, rtol=1e-14)
    assert space.quantities["J"].sum() == 1


def test_a_premise_that_the_space_does_not_have_leaves_nothing_to_judge():
    uneven = dataclasses.replace(
        BIJECTION,
        definitions=(
            dataclasses.replace(BIJECTION.definitions[0], value=X("n") * X("a", X.y) * 2),
            BIJECTION.definitions[1],
        ),
    )
    law = law_named("bijection-count")
    outcome = enumeration.check(uneven, law.statement(uneven))
    assert outcome.agrees is None
    assert outcome.detail == "no space that can be counted meets the lines of the model"


def test_spaces_that_violate_a_hypothesis_are_left_out():
    third = Constraint(Equation(X("m"), 3), "m = 3")
    model = dataclasses.replace(BIJECTION, constraints=(third,))
    outcome = enumeration.check(model, law_named("bijection-posterior").statement(model))
    assert outcome.agrees is True
    assert "in 3 spaces, the largest of 6 permutations of 6 values after 3 pairs" in outcome.detail


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (Equation(Partial(X("L"), X("n")), 0), "counts have no derivatives"),
        (Equation(X("L"), scalar("eta")), "`eta` is no quantity that is counted"),
        (Equation(sp.log(X("m")), 0), "permutations of 1 values after 0 pairs: the argument of a"),
    ],
)
def test_what_was_not_counted_is_not_judged(statement, reason):
    outcome = enumeration.check(BIJECTION, statement)
    assert outcome.agrees is None
    assert reason in outcome.detail


def test_other_models_are_not_asked():
    head = model_named("attention-head")
    assert enumeration.answers(head, law_named("logit-gradient").statement(head)) == ()
    assert enumeration.check(head, Equation(sp.S.One, 1)).agrees is None


def test_a_count_against_the_proof_raises_the_alarm(monkeypatch):
    def against(*_):
        return Outcome("enumeration", False, "planted")

    monkeypatch.setattr(enumeration, "check", against)
    for name in ("bijection-count", "population-floor"):
        law = law_named(name)
        report = audit_law(law, model_named(law.models[0]))
        assert report.status == "inconsistent"
        assert "enumeration" in report.verdict.detail


def test_what_is_true_of_counts_alone_is_refuted_all_the_same():
    """With a_y = 0 or 1 the square changes nothing; for other weights it does."""
    statement = Equation(total(X("a", X.x) ** 2, X.x), total(X("a", X.x), X.x))
    assert enumeration.check(BIJECTION, statement).agrees is True
    verdict = judge(BIJECTION, statement)
    assert verdict.status == "refuted"
