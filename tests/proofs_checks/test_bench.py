"""Two judging processes side by side: verdicts, limits, interrupts."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from proofs_checks.bench import Bench
from proofs_checks.claims.reading import read_claims
from proofs_checks.verdict import Diagnosis
from proofs_checks.worker import Stopped
from theory.algebra.expressions import Equation
from theory.catalogue import law_named
from theory.models import model_named

MODEL = model_named("attention-head")
LAW = law_named("advantage-routing").statement(MODEL)
WRONG = Equation(LAW.left, -LAW.right)
MEMORY_IS_BOUNDED = pytest.mark.skipif(
    not hasattr(signal, "SIGALRM"), reason="memory is bounded on Unix only"
)


@pytest.fixture(scope="module")
def bench():
    with Bench() as processes:
        yield processes


def hear(bench, equation=LAW, seconds=60.0):
    return bench.hear(MODEL, equation, seed=0, seconds=seconds)


def test_all_judges_agree_on_a_law(bench):
    verdict = bench.judge(MODEL, LAW, seed=3, seconds=60)
    assert verdict.status == "proved"
    agreeing = {o.judge for o in verdict.checks if o.agrees}
    assert agreeing == {"normal_form", "modular", "exact", "interval", "autograd"}
    assert {o.seed for o in verdict.checks if o.judge in ("modular", "autograd")} == {3}
    assert verdict.seconds > 0


def test_a_wrong_one_comes_with_diagnosis_and_correction(bench):
    verdict = bench.judge(MODEL, WRONG, seed=0, seconds=60)
    assert verdict.status == "refuted"
    assert verdict.diagnosis == Diagnosis("sign", "the sign of the right side is wrong")
    assert verdict.correction.endswith(
        r"= \alpha_{ij} \bigl(b_{ij} - \mathbb{E}_{\alpha_i}[b]\bigr)"
    )
    assert verdict.counterexample is not None
    assert {o.judge: o.agrees for o in verdict.checks}["autograd"] is False


def test_symbols_of_a_document_need_no_torch():
    paper = read_claims("$$q = 2 p$$\n\n$$q + p = 3 p$$", "own.md", model="none")
    with Bench() as bench:
        claim = paper.claims[1]
        verdict = bench.judge(claim.model, claim.equation, seed=0, seconds=60)
        assert verdict.status == "proved"
        assert not bench._torch.worker.is_running
        assert bench._torch.worker._process is None
    asked = {o.judge: o for o in verdict.checks}
    assert asked["float64"].agrees is True


def test_equations_do_not_wait_for_each_other_and_keep_apart(bench):
    hearings = [hear(bench, q) for q in (LAW, WRONG, LAW, WRONG)]
    assert [h.verdict().status for h in reversed(hearings)] == ["refuted", "proved"] * 2


def test_corrections_are_written_after_the_diagnosis_and_only_for_what_is_refuted(bench):
    def write(verdict, first_true):
        assert verdict.diagnosis.kind == "sign"
        assert verdict.repaired is not None
        return f"candidate {first_true([WRONG, LAW])}"

    for equation, text in ((LAW, ""), (WRONG, "candidate 1")):
        hearing = hear(bench, equation)
        assert bench.correct(hearing, write, seconds=20).result() == text


def test_corrections_of_a_process_that_has_ended(bench):
    hearing = hear(bench, WRONG)
    hearing.verdict()
    worker = bench._judges.worker
    killed = bench.correct(hearing, lambda _, prove: (worker.kill(), prove([LAW]))[1], seconds=20)
    assert killed.result() is None
    stopped = bench.correct(hearing, lambda _, prove: prove([LAW]), seconds=20)
    assert stopped.result() is None


def test_an_error_in_a_thread_is_not_lost(bench, monkeypatch):
    def ask(*_arguments, **_options):
        raise ZeroDivisionError("planted")

    with monkeypatch.context() as patch:
        patch.setattr(bench._judges.worker, "ask", ask)
        with pytest.raises(ZeroDivisionError, match="planted"):
            hear(bench).verdict()


PREPARING = """
import sys
from proofs_checks.cli import checking
assert not {"sympy", "numpy", "rich"} & sys.modules.keys(), "the processes would start later"
from proofs_checks import diagnosis
from proofs_checks.judging import prepare
from theory.catalogue import law_named
from theory.models import model_named
model = model_named("attention-head")
draft = prepare(model, law_named("advantage-routing").statement(model))
assert draft.verdict.status == "proved"
assert "torch" not in sys.modules
"""


def test_processes_start_before_sympy_is_imported_and_drafts_need_no_torch():
    done = subprocess.run([sys.executable, "-c", PREPARING], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# -- limits ---------------------------------------------------------------------------------


def test_an_equation_over_its_time_is_undecided_and_the_next_is_judged(bench):
    late = hear(bench, seconds=1e-9).verdict()
    assert (late.status, late.detail) == (
        "undecided",
        "stopped after the time limit of 1e-09 s",
    )
    assert hear(bench).verdict().status == "proved"


@pytest.mark.parametrize("lane", ["_judges", "_torch"])
def test_a_killed_process_is_reported_and_replaced(bench, lane):
    hear(bench).verdict()
    process = getattr(bench, lane).worker._process
    process.kill()
    process.wait()
    verdict = hear(bench).verdict()
    assert verdict.status == "undecided"
    assert "the judging process ended by itself (status -9)" in verdict.detail
    assert hear(bench).verdict().status == "proved"


def test_time_that_the_first_process_took_is_taken_from_the_second(bench, monkeypatch):
    asked = {}

    def ask(task, *_arguments, seconds, limit):
        asked.update(task=task, seconds=seconds, limit=limit)
        raise Stopped("no time left")

    hear(bench).verdict()
    with monkeypatch.context() as patch:
        patch.setattr(bench._torch.worker, "ask", ask)
        verdict = hear(bench, seconds=30.0).verdict()
    assert (asked["task"], asked["limit"]) == ("conclude", 30.0)
    assert 0 < asked["seconds"] < 30
    assert (verdict.status, verdict.detail) == ("undecided", "no time left")
    assert verdict.seconds > 0


def test_a_refutation_outlives_a_diagnosis_that_takes_too_long(bench, monkeypatch):
    def answer(_seconds, **_options):
        bench._judges.worker.stop()
        raise Stopped("no time left")

    hear(bench).verdict()
    worker = bench._judges.worker
    with monkeypatch.context() as patch:
        ask = worker.ask
        patch.setattr(
            worker,
            "ask",
            lambda *a, **k: (ask(*a, **k), patch.setattr(worker, "answer", answer))[0],
        )
        verdict = hear(bench, WRONG).verdict()
    assert verdict.status == "refuted"
    assert verdict.detail == "no diagnosis: no time left"
    assert verdict.diagnosis is None


@MEMORY_IS_BOUNDED
def test_the_memory_limit_ends_it():
    with Bench(memory=40) as bench:
        verdict = hear(bench).verdict()
    assert verdict.status == "undecided"
    assert "the judging process ended by itself" in verdict.detail


# -- interrupts -----------------------------------------------------------------------------


@pytest.mark.parametrize("lane", ["_judges", "_torch"])
def test_what_is_abandoned_stops_and_the_bench_goes_on(bench, lane):
    hear(bench).verdict()
    waiting = getattr(bench, lane)
    os.kill(waiting.worker._process.pid, signal.SIGSTOP)  # it will never answer
    hearings = [hear(bench) for _ in range(5)]
    while not any(task.running() for task in [*waiting._tasks]):
        time.sleep(0.01)
    start = time.monotonic()
    bench.abandon()
    assert time.monotonic() - start < 10
    assert not waiting._tasks
    assert not hearings[-1].concluded.done()
    assert hear(bench).verdict().status == "proved"


def test_closing_leaves_no_process_and_no_thread():
    before = set(threading.enumerate())
    with Bench(torch=True) as bench:
        hearings = [hear(bench) for _ in range(5)]
        processes = [lane.worker._process for lane in (bench._judges, bench._torch)]
    assert all(p.poll() is not None for p in processes)
    assert not hearings[-1].concluded.done()
    deadline = time.monotonic() + 10
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not set(threading.enumerate()) - before
    bench.close()
