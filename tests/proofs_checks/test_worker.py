"""A judging process: answers come through, nothing it does can stop its parent."""

import os
import select
import signal
import subprocess
import sys

import pytest

from proofs_checks.judging import judge
from proofs_checks.verdict import Diagnosis
from proofs_checks.worker import Stopped, Worker
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


def judged(worker, equation=LAW, seconds=60):
    worker.wait_until_ready(torch=True)
    return worker.ask("judge", MODEL, equation, 0, True, seconds=seconds)


def answers(verdict):
    """Return what the judges said, without how long it took them."""
    told = ((o.judge, o.agrees, o.detail, o.error_bound, o.sizes, o.seed) for o in verdict.checks)
    point = verdict.counterexample
    return (verdict.status, verdict.method, verdict.hypotheses, point, verdict.residual, *told)


@pytest.mark.parametrize("equation", [LAW, WRONG], ids=["right", "wrong"])
def test_a_verdict_is_that_of_the_judges_here(worker, equation):
    theory_of(MODEL)  # what a model caches belongs to this process
    verdict = judged(worker, equation)
    if verdict.status == "refuted":
        worker.answer(60)
    assert answers(verdict) == answers(judge(MODEL, equation))


def test_a_wrong_one_comes_with_diagnosis_and_correction(worker):
    assert judged(worker, WRONG).status == "refuted"
    diagnosis, correction, repaired = worker.answer(60)
    assert diagnosis == Diagnosis("sign", "the sign of the right side is wrong")
    assert correction.endswith(r"= \alpha_{ij} \bigl(b_{ij} - \mathbb{E}_{\alpha_i}[b]\bigr)")
    assert repaired.left == WRONG.left


def test_candidates_are_proved_in_their_order(worker):
    false = Equation(LAW.left, 2 * LAW.right)
    for candidates, place in (([false, LAW, LAW], 1), ([false], None)):
        assert worker.ask("repair", MODEL, WRONG, tuple(candidates), seconds=60) == place
    assert worker.ask("repair", MODEL, WRONG, (LAW,), seconds=0.99) is None  # no time for a proof


def test_the_time_limit_ends_it_and_the_next_equation_is_judged_again(worker):
    judged(worker)
    with pytest.raises(Stopped, match="stopped after the time limit of 1e-09 s"):
        judged(worker, seconds=1e-9)
    assert worker._process is None
    assert judged(worker).status == "proved"


def test_a_killed_process_is_reported_and_replaced(worker):
    judged(worker)
    os.kill(worker._process.pid, signal.SIGKILL)
    worker._process.wait()
    ending = r"the judging process ended by itself \(status -9\), perhaps out of memory"
    with pytest.raises(Stopped, match=ending):
        judged(worker)
    assert judged(worker).status == "proved"


def test_a_defect_in_a_judge_is_said_to_be_one(worker):
    with pytest.raises(Stopped, match="a judge failed, which is a defect to report"):
        judged(worker, None)


def test_a_nesting_too_deep_to_be_sent(worker, monkeypatch):
    def dumps(_message):
        raise RecursionError

    judged(worker)
    with monkeypatch.context() as patch:
        patch.setattr("proofs_checks.worker.pickle.dumps", dumps)
        with pytest.raises(Stopped, match="the equation is nested too deeply to be judged"):
            judged(worker)


def test_a_stopped_worker_starts_again_by_itself():
    process = Worker()
    process.stop()
    assert judged(process).status == "proved"
    process.stop()
    process.stop()
    process.abandon()


def test_sending_to_a_process_that_has_been_stopped():
    with pytest.raises(Stopped, match="the judging process has been stopped"):
        Worker()._send("anything")


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="memory is bounded on Unix only")
def test_the_memory_limit_ends_it():
    with Worker(memory=40) as process, pytest.raises(Stopped, match="ended by itself"):
        judged(process)


SPINNING = """
import proofs_checks.worker as worker
worker._COMMAND = '''
import itertools
from proofs_checks import serving
serving._import_judges = lambda **_: None
serving.TASKS = {"spin": lambda _: (n for n in itertools.count() if n < 0)}
serving.serve()
'''
with worker.Worker() as process:
    process.wait_until_ready()
    process._send(("spin", (), 1000.0))
    print(process._process.pid, flush=True)
    process.answer(1000)
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs the process handles of Linux")
@pytest.mark.parametrize("ending", ["SIGTERM", "SIGKILL"])
def test_a_busy_process_ends_with_its_parent(ending):
    """It need not come to the end of what it does: that never ends."""
    with subprocess.Popen(
        [sys.executable, "-c", SPINNING], stdout=subprocess.PIPE, text=True
    ) as parent:
        number = int(parent.stdout.readline())
        handle = os.pidfd_open(number)
        try:
            parent.send_signal(getattr(signal, ending))
            parent.wait(60)
            ended, _, _ = select.select([handle], [], [], 60)
            assert ended
        finally:
            parent.kill()
            if not select.select([handle], [], [], 0)[0]:
                os.kill(number, signal.SIGKILL)
            os.close(handle)
