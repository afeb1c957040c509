"""What a judging process does: tasks from standard input, answers to standard output.

    judge   model, equation, seed, refute the verdict; where that is a refutation, then the
                                          diagnosis, the correction, and what it was written from
    repair  model, equation, candidates   the place of the first candidate that is proved, None if
                                          none is until a second before the time limit
    audit   law, model (by name), seed    the report on a law of the catalogue
    float64 law, model (by name), seed    what the float64 judge says of its statement
    torch                                 imports torch, which the autograd judge needs

The diagnosis is an answer of its own, so that one which takes too long costs nothing but itself.
Where the requests end the process ends, whatever it is doing: the parent is gone, however it went.
"""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from proofs_checks.worker import MEMORY, TORCH, Failure, opened, read_frames, write_message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from proofs_checks.audit import LawReport
    from proofs_checks.checks.outcome import Outcome
    from theory.algebra.expressions import Equation, Relation
    from theory.models import Model

__all__ = ["serve"]

AUTOGRAD = "proofs_checks.checks.autograd"
DIAGNOSIS_SHARE = 0.4  # of the time limit
SELDOM = 50_000  # new objects between two looks for garbage; expressions are hardly ever that


def serve() -> None:
    """Answer requests from standard input; end the process when they end."""
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests,), daemon=True).start()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not end up between the answers
    memory = int(os.environ.get("PROOFHEAD_MEMORY", MEMORY))
    _limit_memory(memory)
    _import_judges(has_torch=TORCH in sys.argv[1:])
    write_message(answers, "ready")
    while True:
        try:
            task, arguments, seconds = opened(requests.get())
            for answer in TASKS[task](*arguments, seconds):
                write_message(answers, answer)
        except MemoryError:
            write_message(answers, Failure(f"stopped at the memory limit of {memory} MiB"))
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            reason = f"a judge failed, which is a defect to report ({said})"
            write_message(answers, Failure(reason))


def _receive(requests: queue.SimpleQueue[bytes]) -> None:
    for request in read_frames(sys.stdin.buffer):
        requests.put(request)
    os._exit(0)


def _import_judges(*, has_torch: bool) -> None:
    """Import what the tasks need; nothing of it is garbage, so nobody looks for any meanwhile."""
    gc.disable()
    for name in ("proofs_checks.judging", "proofs_checks.diagnosis"):
        import_module(name)
    if has_torch:
        import_module(AUTOGRAD)
    gc.freeze()
    gc.set_threshold(SELDOM)
    gc.enable()


def _import_torch(_seconds: float) -> Iterator[str]:
    _import_judges(has_torch=True)
    yield TORCH


def _judge(
    model: Model, equation: Relation, seed: int, refute: bool, seconds: float
) -> Iterator[Any]:
    from proofs_checks.diagnosis import diagnose
    from proofs_checks.judging import judge
    from theory.algebra.expressions import Equation, OrderEquation

    deadline = time.monotonic() + seconds
    verdict = judge(model, equation, seed=seed, refute=refute)
    yield verdict
    if verdict.status != "refuted":
        return
    if isinstance(equation, OrderEquation) and equation.order <= 2:  # right up to a linear step
        equation = Equation(equation.left, equation.right)
    if isinstance(equation, Equation):
        # a mistake that is not found soon is none of a single edit
        until = min(deadline - 1, time.monotonic() + seconds * DIAGNOSIS_SHARE)
        yield tuple(diagnose(model, equation, deadline=until))
    else:
        yield None, "", None  # no single edit is known that mends an inequality


def _audit(law: str, model: str, seed: int, _seconds: float) -> Iterator[LawReport]:
    from proofs_checks.audit import audit_law
    from theory.catalogue import law_named
    from theory.models import model_named

    report = audit_law(law_named(law), model_named(model), seed=seed)
    yield replace(report, law=None)  # type: ignore[arg-type]  # laws hold functions


def _float64(law: str, model: str, seed: int, _seconds: float) -> Iterator[Outcome]:
    from proofs_checks.checks import float64
    from theory.catalogue import law_named
    from theory.models import model_named

    its = model_named(model)
    yield float64.check(its, law_named(law).statement(its), seed=seed)


_cases: list[Any] = []  # the last refuted equation that was to be repaired


def _repair(
    model: Model, equation: Equation, candidates: Sequence[Equation], seconds: float
) -> Iterator[int | None]:
    from proofs_checks.diagnosis.case import Case, OutOfTime

    deadline = time.monotonic() + seconds - 1
    try:
        if not _cases or (_cases[0].model, _cases[0].equation) != (model, equation):
            _cases[:] = [Case(model, equation, deadline)]
        case = _cases[0]
        case.deadline = deadline
        yield next((n for n, e in enumerate(candidates) if case.holds(e.left, e.right)), None)
    except (OutOfTime, ValueError):
        yield None


TASKS: Mapping[str, Callable[..., Iterator[Any]]] = {
    "judge": _judge,
    "repair": _repair,
    "audit": _audit,
    "float64": _float64,
    TORCH: _import_torch,
}


def _limit_memory(mebibytes: int) -> None:
    """Bound what this process may allocate; where that is impossible nothing is bounded."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with contextlib.suppress(ValueError, OSError):
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = mebibytes * 2**20
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))
