"""The road from an equation or a law to a verdict."""

import dataclasses
import subprocess
import sys
from importlib import import_module

import pytest
import sympy as sp

from proofs_checks import audit
from proofs_checks.checks import autograd
from proofs_checks.checks.outcome import Outcome
from proofs_checks.pool import Pool
from proofs_checks.verdict import exit_status, worst
from theory.algebra.expressions import Equation
from theory.algebra.symbols import Partial, total
from theory.catalogue import law_named
from theory.laws import ProofStep
from theory.models import model_named

HEAD = "attention-head"


def mutated(law, change):
    """Return the law with ``change(left, right)`` applied to its statement."""
    return dataclasses.replace(
        law, state=lambda model: Equation(*change(*law.state(model).args)), derive=law.derive
    )


def test_a_law_is_proved_and_every_judge_agrees():
    report = audit.audit_law(law_named("advantage-routing"), model_named(HEAD))
    assert report.status == "proved"
    assert report.wrong_step is None
    assert {o.judge: o.agrees for o in report.verdict.checks} == {
        "normal_form": True,
        "modular": True,
        "exact": True,
        "interval": True,
        "autograd": True,
    }


def test_the_hypothesis_that_a_proof_uses_is_reported():
    verdict = audit.judge(
        model_named(HEAD), law_named("logit-gradient").statement(model_named(HEAD))
    )
    assert verdict.hypotheses == ("sum_c y_ic = 1",)


def test_a_false_statement_is_refuted_with_a_point_at_which_the_sides_differ():
    model = model_named(HEAD)
    left, right = law_named("advantage-routing").statement(model).args
    verdict = audit.judge(model, Equation(left, -right))
    assert verdict.status == "refuted"
    assert verdict.counterexample is not None
    assert verdict.counterexample.left != verdict.counterexample.right
    assert verdict.counterexample.sizes["T"] == 2  # with one key every advantage is zero
    assert verdict.residual


def test_a_wrong_derivation_line_is_caught_at_that_line():
    law = law_named("advantage-routing")
    model = model_named(HEAD)
    steps = list(law.derivation(model))
    place = next(n for n, s in enumerate(steps) if s.reason.startswith("contract") and n > 4)
    good = steps[place]
    steps[place] = ProofStep(good.left, 2 * good.right, good.reason)
    wrong = dataclasses.replace(law, derive=lambda _: tuple(steps))
    report = audit.audit_law(wrong, model)
    assert report.verdict.status == "proved"
    assert report.wrong_step is not None
    assert report.wrong_step.number == place + 1
    assert report.status == "refuted"


def test_a_derivation_that_ends_elsewhere_is_caught():
    law = law_named("value-gradient")
    other = law_named("advantage-routing")
    report = audit.audit_law(dataclasses.replace(law, derive=other.derive), model_named(HEAD))
    assert report.status == "undecided"
    assert "does not lead from the left to the right" in report.wrong_step.verdict.detail


@pytest.mark.parametrize("judge", ["modular", "exact", "interval", "autograd"])
def test_a_judge_against_the_proof_raises_the_alarm(monkeypatch, judge):
    def disagree(*_, **__):
        return Outcome(judge, False, "planted")

    monkeypatch.setattr(import_module(f"proofs_checks.checks.{judge}"), "check", disagree)
    model = model_named(HEAD)
    verdict = audit.judge(model, law_named("value-gradient").statement(model))
    assert verdict.status == "inconsistent"
    assert judge in verdict.detail


def test_no_difference_seen_beside_a_counterexample_raises_the_alarm(monkeypatch):
    def agree(*_, **__):
        return Outcome("autograd", True, "planted")

    monkeypatch.setattr(autograd, "check", agree)
    model = model_named(HEAD)
    left, right = law_named("value-gradient").statement(model).args
    assert audit.judge(model, Equation(left, 2 * right)).status == "inconsistent"


def test_laws_are_shared_out_over_processes_and_none_is_lost():
    laws = [law_named(n) for n in ("logit-gradient", "attention-weight-gradient", "value-gradient")]
    laws += [law_named("advantage-routing"), law_named("upstream-gradient")]
    reports = list(audit.audit_laws(laws, processes=2))
    assert len(reports) == sum(len(law.models) for law in laws) >= audit.WORTH_SHARING
    assert {(r.law.name, r.model) for r in reports} == {(w.name, m) for w in laws for m in w.models}
    assert all(r.status == "proved" for r in reports)


BESIDE = """
import sys
from proofs_checks.audit import audit_laws
from proofs_checks.pool import Pool
from theory.catalogue import law_named
with Pool(torch=True) as pool:
    laws = [law_named("value-gradient"), law_named("population-floor")]
    reports = list(audit_laws(laws, pool=pool))
for report in reports:
    assert report.status == "proved", report
    print({o.judge: o.agrees for o in report.verdict.checks}["autograd"])
assert "torch" not in sys.modules
"""


def test_of_a_few_laws_a_process_with_torch_answers_for_autograd():
    done = subprocess.run([sys.executable, "-c", BESIDE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {"True"}


def test_a_process_that_ends_leaves_the_question_to_autograd_open():
    def end(worker):
        worker.wait_until_ready()
        worker._process.kill()
        worker._process.wait()

    with Pool(torch=True) as pool:
        pool.submit(end).result()
        (report,) = audit.audit_laws([law_named("binary-first-row")], pool=pool)
        (outcome,) = [o for o in report.verdict.checks if o.judge == "autograd"]
    assert outcome.agrees is None
    assert "the judging process ended by itself" in outcome.detail


def test_the_gravest_verdict_decides_the_exit_status():
    assert worst([]) == "proved"
    assert exit_status(["proved", "undecided"]) == 3
    assert exit_status(["undecided", "refuted", "proved"]) == 1
    assert exit_status(["unreadable", "undecided"]) == 2
    assert exit_status(["inconsistent", "proved"]) == 1


def test_a_difference_that_needs_three_positions_and_two_classes_is_found():
    """With two keys D_ij^2 sums to 2 D_ii^2 in each row, and with one class D is zero."""
    model = model_named(HEAD)
    left, _ = law_named("score-step-loss").statement(model).args
    d, (i, j) = model.tensors["D"], (model.index(x, "T") for x in "ij")
    wrong = -left.args[1] * total(d[i, i] ** 2, i, j)
    verdict = audit.judge(model, Equation(left, wrong))
    assert verdict.status == "refuted"
    assert verdict.counterexample.sizes["T"] == 3


def test_a_repeated_index_inside_a_logarithm_is_judged():
    model = model_named("attention-head-multi")
    alpha, s = model.tensors["alpha"], model.tensors["s"]
    h, (i, j, k) = model.index("h", "H"), (model.index(x, "T") for x in "ijk")
    entropy = -total(alpha[h, i, k] * sp.log(alpha[h, i, k]), k)
    right = -alpha[h, i, i] * (sp.log(alpha[h, i, i]) + entropy)
    claim = Equation(Partial(entropy, s[h, i, i]), right)
    assert audit.judge(model, claim).status == "proved"
    claim = Equation(Partial(entropy, s[h, i, j]), right)
    assert audit.judge(model, claim).status == "refuted"


def test_judges_that_looked_at_other_sizes_contradict_no_counterexample(monkeypatch):
    """1/sqrt(d_v) for 1/sqrt(d_k) is no difference where the two sizes are equal."""
    model = model_named(HEAD)
    d_k, d_v = (model.size_names[x] for x in ("d_k", "d_v"))
    left, right = law_named("query-gradient").statement(model).args
    wrong = Equation(left, right * sp.sqrt(d_k) / sp.sqrt(d_v))
    real = autograd.check

    def at_equal_sizes(model, equation, *, seed=0, sizes=None):
        return real(model, equation, seed=seed, sizes=sizes or {"d_k": 2, "d_v": 2})

    assert audit.judge(model, wrong).status == "refuted"
    monkeypatch.setattr(autograd, "check", at_equal_sizes)
    assert audit.judge(model, wrong).status == "refuted"
