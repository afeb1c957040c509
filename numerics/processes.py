"""Processes that are started to compute: no interrupt from the terminal reaches them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker

__all__ = ["deaf"]


@contextmanager
def deaf() -> Iterator[None]:
    """Let processes started inside never hear an interrupt from the terminal."""
    resource_tracker.ensure_running()  # starting it would undo the mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
