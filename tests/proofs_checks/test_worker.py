"""The judging process: verdicts come through, nothing it does can stop its parent."""

import os
import signal

import pytest

from proofs_checks.verdict import Diagnosis, Verdict
from proofs_checks.worker import Worker, _Stopped
from theory.algebra.expressions import Equation
from theory.catalogue import law_named
from theory.models import model_named, theory_of

MODEL = model_named("attention-head")
LAW = law_named("advantage-routing").statement(MODEL)
WRONG = Equation(LAW.left, -LAW.right)


@pytest.fixture(scope="module")
def worker():
    with Worker() as process:
        yield process


def test_a_law_is_proved_although_the_model_was_used_before(worker):
    theory_of(MODEL)  # what a model caches belongs to this process and must not travel
    verdict = worker.judge(MODEL, LAW, seed=3, seconds=60)
    assert verdict.status == "proved"
    assert {o.judge for o in verdict.checks if o.agrees} == {
        "normal_form",
        "modular",
        "exact",
        "interval",
        "autograd",
    }
    assert next(o for o in verdict.checks if o.judge == "modular").seed == 3


def test_a_wrong_one_comes_with_diagnosis_and_correction(worker):
    verdict = worker.judge(MODEL, WRONG, seed=0, seconds=60)
    assert verdict.status == "refuted"
    assert verdict.diagnosis == Diagnosis("sign", "the sign of the right side is wrong")
    assert verdict.correction.endswith(
        r"= \alpha_{ij} \bigl(b_{ij} - \mathbb{E}_{\alpha_i}[b]\bigr)"
    )
    assert verdict.counterexample is not None


def test_the_time_limit_ends_it_and_the_next_equation_is_judged_again(worker):
    worker.judge(MODEL, LAW, seed=0, seconds=60)
    verdict = worker.judge(MODEL, LAW, seed=0, seconds=1e-9)
    assert verdict.status == "undecided"
    assert verdict.detail == "stopped after the time limit of 1e-09 s"
    assert worker.judge(MODEL, LAW, seed=0, seconds=60).status == "proved"


def test_a_refutation_outlives_a_diagnosis_that_takes_too_long(worker, monkeypatch):
    answers = iter([Verdict("refuted", "exact", detail="seen"), _Stopped("no time left")])

    def answer(_seconds):
        found = next(answers)
        if isinstance(found, Exception):
            raise found
        return found

    worker.judge(MODEL, LAW, seed=0, seconds=60)
    with monkeypatch.context() as patch:
        patch.setattr(worker, "_answer", answer)
        verdict = worker.judge(MODEL, WRONG, seed=0, seconds=60)
    assert verdict.status == "refuted"
    assert verdict.detail == "seen; no diagnosis: no time left"
    assert verdict.diagnosis is None


def test_a_killed_process_is_reported_and_replaced(worker):
    worker.judge(MODEL, LAW, seed=0, seconds=60)
    os.kill(worker._process.pid, signal.SIGKILL)
    worker._process.wait()
    verdict = worker.judge(MODEL, LAW, seed=0, seconds=60)
    assert verdict.status == "undecided"
    assert (
        "the judging process ended by itself (status -9), perhaps out of memory" in verdict.detail
    )
    assert worker.judge(MODEL, LAW, seed=0, seconds=60).status == "proved"


def test_a_defect_in_a_judge_is_said_to_be_one(worker):
    verdict = worker.judge(MODEL, None, seed=0, seconds=60)
    assert verdict.status == "undecided"
    assert "a judge failed, which is a defect to report" in verdict.detail


def test_a_nesting_too_deep_to_be_sent(worker, monkeypatch):
    def dumps(_message):
        raise RecursionError

    worker.judge(MODEL, LAW, seed=0, seconds=60)
    with monkeypatch.context() as patch:
        patch.setattr("proofs_checks.worker.pickle.dumps", dumps)
        verdict = worker.judge(MODEL, LAW, seed=0, seconds=60)
    assert verdict.detail == "the equation is nested too deeply to be judged"


def test_a_stopped_worker_starts_again_by_itself():
    process = Worker()
    process.stop()
    process.stop()
    assert process.judge(MODEL, LAW, seed=0, seconds=60).status == "proved"
    process.stop()


def test_sending_to_a_process_that_has_been_stopped():
    process = Worker()
    process.stop()
    with pytest.raises(_Stopped, match="the judging process has been stopped"):
        process._send("anything")


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="memory is bounded on Unix only")
def test_the_memory_limit_ends_it():
    with Worker(memory=40) as process:
        verdict = process.judge(MODEL, LAW, seed=0, seconds=60)
    assert verdict.status == "undecided"
    assert "the judging process ended by itself" in verdict.detail
