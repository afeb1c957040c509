"""Who computes the chunks: this process, others on this machine, or the workers of Dask.

All three call `solved` and pass on its bytes; none of them writes.  A chunk whose worker is killed
is given to another, `TRIES` times.

    here        one after the other
    processes   each has a pipe to this process and ends when that breaks, so none is left behind
                when this process is killed; an interrupt at the terminal reaches this process only
    cluster     a scheduler of `dask.distributed`, which notices lost workers by itself
"""

from __future__ import annotations

import multiprocessing
import traceback
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from multiprocessing import connection
from typing import Any, TypeAlias

from numerics.processes import deaf
from numerics.sweeps.solving import solved

__all__ = ["Results", "cluster", "here", "processes"]

TRIES = 3
"""Workers that may die over a chunk before the sweep stops."""
PATIENCE = 10
"""Seconds to wait for a scheduler to answer."""
AHEAD = 2
"""Chunks in the hands of the cluster, for each of its threads."""
PACKAGES = ("proofhead", "numpy", "scipy", "sympy", "numba", "heyoka")
"""What the bytes depend on."""

Results: TypeAlias = Generator[tuple[int, bytes], None, None]


def here(text: str, chunks: Iterable[int]) -> Results:
    """Yield the number and the bytes of each chunk of the plan in a JSON text."""
    for chunk in chunks:
        yield chunk, solved(text, chunk)


def processes(text: str, chunks: Iterable[int], jobs: int) -> Results:
    """Yield the same as `here`, computed by so many processes, in the order they finish.

    Raises `OSError` if the processes that had a chunk died, again and again.
    """
    waiting, failures = deque(chunks), Counter[int]()
    pool = _Pool(text)
    try:
        while waiting or pool.busy:
            while waiting and len(pool.busy) < jobs:
                pool.give(waiting.popleft())
            for chunk, result in pool.answers():
                if result is None:
                    failures[chunk] += 1
                    if failures[chunk] == TRIES:
                        raise OSError(_died(chunk))
                    waiting.appendleft(chunk)
                elif isinstance(result, str):
                    raise RuntimeError(f"chunk {chunk}: {result}")
                else:
                    yield chunk, result
    finally:
        pool.close()


def _died(chunk: int) -> str:
    return (
        f"{TRIES} workers died over chunk {chunk}, killed or out of memory. Everything finished is "
        "kept; run the same command again, with fewer `--jobs` if memory is short."
    )


class _Pool:
    """Processes that each work on one chunk at a time."""

    def __init__(self, text: str) -> None:
        self.text, self.context = text, multiprocessing.get_context("spawn")
        self.free: list[tuple[Any, Any]] = []
        self.busy: dict[Any, tuple[int, Any]] = {}

    def give(self, chunk: int) -> None:
        """Let a process begin a chunk; start one if none is free."""
        pipe, process = self.free.pop() if self.free else self._started()
        with suppress(OSError):  # it has died since; `answers` will notice
            pipe.send(chunk)
        self.busy[pipe] = chunk, process

    def answers(self) -> Iterator[tuple[int, bytes | str | None]]:
        """Yield what has come: bytes, a traceback, or None for a process that died."""
        ready: Any = connection.wait(list(self.busy))
        for pipe in ready:
            chunk, process = self.busy.pop(pipe)
            try:
                result = pipe.recv()
            except (EOFError, OSError):
                process.join()
                yield chunk, None
                continue
            self.free.append((pipe, process))
            yield chunk, result

    def close(self) -> None:
        """End all processes."""
        for pipe, process in [*self.free, *((pipe, p) for pipe, (_, p) in self.busy.items())]:
            pipe.close()
            process.terminate()
            process.join()

    def _started(self) -> tuple[Any, Any]:
        ours, theirs = self.context.Pipe()
        with deaf():
            process = self.context.Process(target=_work, args=(theirs, self.text), daemon=True)
            process.start()
        theirs.close()
        return ours, process


def _work(pipe: connection.Connection, text: str) -> None:
    """Answer chunk numbers with bytes until the pipe closes."""
    with suppress(EOFError, OSError):
        while True:
            chunk = pipe.recv()
            try:
                answer: bytes | str = solved(text, chunk)
            except Exception:
                answer = traceback.format_exc()
            pipe.send(answer)


def cluster(text: str, chunks: Iterable[int], address: str) -> Results:
    """Yield the same as `here`, computed by the workers of a Dask scheduler.

    Raises `ValueError` if dask.distributed is not installed, no scheduler answers at ``address``,
    or a worker has other versions; `OSError` if the workers that had a chunk died.
    """
    try:
        import distributed
    except ImportError:
        raise ValueError(
            "`--scheduler` needs dask.distributed; run `pip install proofhead[cluster]`."
        ) from None
    try:
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ValueError(
            f"no Dask scheduler answers at `{address}` ({_first_line(error)}); start one with "
            "`dask scheduler`, and its workers with `dask worker`."
        ) from None
    with client:
        yield from _gathered(client, text, chunks)


def _gathered(client: Any, text: str, chunks: Iterable[int]) -> Results:
    import distributed

    waiting, running = deque(chunks), {}
    found = distributed.as_completed(loop=client.loop)
    try:
        while waiting or running:
            room = max(1, AHEAD * sum(client.nthreads().values())) - len(running)
            for _ in range(min(room, len(waiting))):
                chunk = waiting.popleft()
                future = client.submit(
                    _solved_there, text, chunk, _versions(), pure=False, retries=0
                )
                running[future] = chunk
                found.add(future)
            future = next(found)
            yield running.pop(future), _result(future)
    finally:
        client.cancel(list(running))


def _result(future: Any) -> bytes:
    import distributed

    try:
        return future.result()
    except distributed.KilledWorker as error:
        raise OSError(
            f"workers of the cluster died again and again ({_first_line(error)}). Everything "
            "finished is kept; run the same command again."
        ) from None
    except ModuleNotFoundError as error:
        raise ValueError(
            f"a worker of the cluster lacks `{error.name}`; install proofhead there as here."
        ) from None


def _solved_there(text: str, chunk: int, versions: dict[str, str]) -> bytes:
    """Return the bytes of a chunk, on a worker that may be another machine.

    Raises `ValueError` if its versions are not those of the sweep.
    """
    own = _versions()
    for package, version in versions.items():
        if own.get(package) != version:
            raise ValueError(
                f"a worker of the cluster has {package} {own.get(package, 'not at all')}, and the "
                f"sweep is computed with {version}; install the same versions there."
            )
    return solved(text, chunk)


def _versions() -> dict[str, str]:
    from numerics.integration.dataset import versions

    return {x: v for x, v in versions().items() if x in PACKAGES}


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
