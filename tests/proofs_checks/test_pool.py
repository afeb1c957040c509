"""Judging processes that share one queue: verdicts, limits, interrupts."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError

import pytest

from proofs_checks.claims.reading import read_claims
from proofs_checks.hearing import first_true, heard
from proofs_checks.pool import WORTH_A_PROCESS, Pool
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
def pool():
    with Pool() as processes:
        yield processes


def put(pool, equation=LAW, seconds=60.0, seed=0, model=MODEL):
    return pool.submit(lambda worker: heard(worker, model, equation, seed=seed, seconds=seconds))


def test_all_judges_agree_on_a_law(pool):
    verdict = put(pool, seed=3).result()
    assert verdict.status == "proved"
    agreeing = {o.judge for o in verdict.checks if o.agrees}
    assert agreeing == {"normal_form", "modular", "exact", "interval", "autograd"}
    assert {o.seed for o in verdict.checks if o.judge in ("modular", "autograd")} == {3}
    assert verdict.seconds > 0


def test_a_wrong_one_comes_with_diagnosis_and_correction(pool):
    verdict = put(pool, WRONG).result()
    assert verdict.status == "refuted"
    assert verdict.diagnosis == Diagnosis("sign", "the sign of the right side is wrong")
    assert verdict.correction.endswith(
        r"= \alpha_{ij} \bigl(b_{ij} - \mathbb{E}_{\alpha_i}[b]\bigr)"
    )
    assert verdict.counterexample is not None
    assert {o.judge: o.agrees for o in verdict.checks}["autograd"] is False


def test_symbols_of_a_document_need_no_torch():
    paper = read_claims("$$q = 2 p$$\n\n$$q + p = 3 p$$", "own.md", model="none")
    claim = paper.claims[1]
    with Pool() as own:
        verdict = put(own, claim.equation, model=claim.model).result()
        assert not own.workers[0].torch
    assert verdict.status == "proved"
    assert {o.judge: o for o in verdict.checks}["float64"].agrees is True


def test_jobs_are_begun_in_their_order_and_keep_apart(pool):
    hearings = [put(pool, q) for q in (LAW, WRONG, LAW, WRONG)]
    assert [h.result().status for h in reversed(hearings)] == ["refuted", "proved"] * 2


def test_candidates_are_proved_after_the_verdict(pool):
    def job(worker):
        assert heard(worker, MODEL, WRONG, seed=0, seconds=60).repaired is not None
        return first_true(worker, MODEL, WRONG, seconds=20)([WRONG, LAW])

    assert pool.submit(job).result() == 1


def test_candidates_for_a_process_that_is_ended_are_not_proved(pool):
    def job(worker):
        worker.wait_until_ready()
        worker._process.kill()
        worker._process.wait()
        return first_true(worker, MODEL, WRONG, seconds=20)([LAW])

    assert pool.submit(job).result() is None
    assert put(pool).result().status == "proved"


def test_an_error_in_a_thread_is_not_lost(pool):
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda _worker: 1 / 0).result()
    assert put(pool).result().status == "proved"


def test_processes_are_as_many_as_pay(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    for jobs, statements, most, processes in (
        (1, 1, None, 1),
        (1, 100 * WORTH_A_PROCESS, None, 1),
        (WORTH_A_PROCESS - 1, 1, None, 1),
        (WORTH_A_PROCESS, 1, None, 2),
        (2, WORTH_A_PROCESS, None, 2),
        (9, 100 * WORTH_A_PROCESS, 2, 2),
        (9, 100 * WORTH_A_PROCESS, None, 3),
    ):
        wait = threading.Event()
        with Pool(0, most=most) as pool:
            for _ in range(jobs):
                pool.submit(lambda _worker, wait=wait: wait.wait(60), statements=statements)
            assert len(pool.workers) == processes
            wait.set()


def test_what_has_been_judged_pays_for_no_process():
    with Pool() as pool:
        for number in range(2 * WORTH_A_PROCESS):
            assert pool.submit(lambda _worker, number=number: number).result() == number
        assert len(pool.workers) == 1


def test_jobs_go_to_whichever_process_is_free():
    with Pool(2) as pool:
        both = threading.Barrier(2)
        jobs = [pool.submit(lambda worker: (both.wait(60), worker)[1]) for _ in range(2)]
        assert {job.result() for job in jobs} == set(pool.workers)


IMPORTS = """
import sys
from proofs_checks.cli import auditing, checking
assert not {"sympy", "numpy", "rich"} & sys.modules.keys(), "the processes would start later"
"""


def test_processes_start_before_sympy_is_imported():
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# -- limits ---------------------------------------------------------------------------------


def test_an_equation_over_its_time_is_undecided_and_the_next_is_judged(pool):
    late = put(pool, seconds=1e-9).result()
    assert (late.status, late.detail) == (
        "undecided",
        "stopped after the time limit of 1e-09 s",
    )
    assert put(pool).result().status == "proved"


def test_a_killed_process_is_reported_and_replaced(pool):
    put(pool).result()
    process = pool.workers[0]._process
    process.kill()
    process.wait()
    verdict = put(pool).result()
    assert verdict.status == "undecided"
    assert "the judging process ended by itself (status -9)" in verdict.detail
    assert put(pool).result().status == "proved"


def test_a_refutation_outlives_a_diagnosis_that_takes_too_long(pool, monkeypatch):
    put(pool).result()
    (worker,) = pool.workers
    answer, asked = worker.answer, []

    def late(seconds, **options):
        asked.append((seconds, options))
        if len(asked) == 2:  # the first was the verdict
            worker.stop()
            raise Stopped("no time left")
        return answer(seconds, **options)

    with monkeypatch.context() as patch:
        patch.setattr(worker, "answer", late)
        verdict = put(pool, WRONG, seconds=30.0).result()
    assert verdict.status == "refuted"
    assert verdict.detail == "no diagnosis: no time left"
    assert verdict.diagnosis is None
    left, options = asked[1]  # what the verdict took is gone
    assert 0 < left < 30
    assert options == {"limit": 30.0}


@MEMORY_IS_BOUNDED
def test_the_memory_limit_ends_it():
    with Pool(memory=40) as small:
        verdict = put(small).result()
    assert verdict.status == "undecided"
    assert "the judging process ended by itself" in verdict.detail


# -- interrupts -----------------------------------------------------------------------------


def test_what_is_abandoned_stops_and_the_pool_goes_on(pool):
    put(pool).result()
    os.kill(pool.workers[0]._process.pid, signal.SIGSTOP)  # it will never answer
    jobs = [put(pool) for _ in range(5)]
    while not jobs[0].running():
        time.sleep(0.01)
    start = time.monotonic()
    pool.abandon()
    assert time.monotonic() - start < 10
    for job in jobs:
        with pytest.raises(CancelledError):
            job.result()
    assert put(pool).result().status == "proved"


def test_a_process_that_was_idle_when_others_were_abandoned_judges_again():
    with Pool(2) as pool:
        both = threading.Barrier(2)
        ready = [pool.submit(lambda w: (w.wait_until_ready(), both.wait(60))) for _ in range(2)]
        [job.result() for job in ready]
        held = threading.Event()
        busy = pool.submit(lambda worker: (held.set(), worker.answer(60)))  # there will be none
        held.wait(60)
        pool.abandon()
        assert isinstance(busy.exception(), CancelledError)
        one_each = [
            pool.submit(lambda w: (both.wait(60), heard(w, MODEL, LAW, seed=0, seconds=60))[1])
            for _ in range(2)
        ]
        assert [job.result().status for job in one_each] == ["proved"] * 2


def test_an_abandoned_job_starts_no_other_process(pool):
    """One that asks again and again would, if it took the end of its process for an answer."""
    asked = []

    def job(worker):
        for _ in range(100):
            asked.append(heard(worker, MODEL, LAW, seed=0, seconds=60))

    put(pool).result()
    os.kill(pool.workers[0]._process.pid, signal.SIGSTOP)
    future = pool.submit(job)
    while not future.running():
        time.sleep(0.01)
    pool.abandon()
    assert isinstance(future.exception(), CancelledError)
    assert not asked


def test_closing_leaves_no_process_and_no_thread():
    before = set(threading.enumerate())
    with Pool(2, torch=True) as pool:
        jobs = [put(pool) for _ in range(5)]
        processes = [worker._process for worker in pool.workers]
    assert all(p.poll() is not None for p in processes)
    assert all(job.done() for job in jobs)
    deadline = time.monotonic() + 10
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not set(threading.enumerate()) - before
    pool.close()
