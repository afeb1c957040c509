"""Generated torch code against autograd: an attention head's loss and its gradient, in one run.

    python -m benchmarks.attention [--long] [--threads N]     times, one thread and two unless told
    python -m benchmarks.attention --write                   the long table into docs/codegen.md
    python -m benchmarks.attention --memory [T]               memory of one causal gradient

Value and gradient by W_Q, W_K, W_V, W_O at d = 64 and 16 classes.  Peers: autograd over the
formulas as one writes them, and over `scaled_dot_product_attention`.  Ours: all rows at once, in
blocks of rows, and each with the checks of its arguments.  Times are the best of many rounds, in
which all take turns and each is first equally often; ratios are over autograd.  The limit is the
time of the six products of a T x T and a T x d matrix.  ``--long`` adds T = 4096.  What is written
comes with the date, the processor and the version of torch; it takes some minutes on an idle
machine, and says nothing on a busy one.

``--memory`` takes T = 65536 positions in float32, in a process of its own, and prints what the call
adds to the memory of the process at its highest, beside the size of one array of scores.
"""

from __future__ import annotations

import math
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from theory.codegen import value_and_gradient
from theory.models.attention_head import attention_head
from theory.models.model import Model

WIDTH, CLASSES = 64, 16
WEIGHTS = ("W_Q", "W_K", "W_V", "W_O")
SHORT, LONG = (64, 256, 1024), (64, 256, 1024, 4096)
SECONDS = 4.0
"""For each size and type; at least five rounds are made."""

COLUMNS = ("fused", "ours", "checked", "blocks", "blocks+", "limit")
PAGE = Path(__file__).resolve().parents[1] / "docs" / "codegen.md"
BEGIN = "<!-- written by python -m benchmarks.attention --write -->"
END = "<!-- end of what is written -->"

Run = Callable[[], Any]
Row = tuple[str, str, int, int, float, list[float]]
"""Mask, type, threads, T, autograd's time in seconds, and the others over it, as `COLUMNS`."""


def autograd(causal: bool, fused: bool) -> Callable[..., Any]:
    """Return the gradient by autograd, with torch's fused attention or without."""
    import torch
    from torch.nn import functional as F

    def run(X, y, **weights):
        leaves = {n: w.detach().requires_grad_() for n, w in weights.items()}
        q, k, v = (X @ leaves[n] for n in WEIGHTS[:3])
        if fused:
            heads = (t[None, None] for t in (q, k, v))
            g = F.scaled_dot_product_attention(*heads, is_causal=causal)[0, 0]
        else:
            s = q @ k.T / math.sqrt(WIDTH)
            if causal:
                s = s.masked_fill(torch.ones_like(s, dtype=torch.bool).triu(1), -math.inf)
            g = torch.softmax(s, dim=-1) @ v
        loss = -(y * torch.log_softmax(g @ leaves["W_O"].T, dim=-1)).sum()
        return loss.detach(), dict(
            zip(leaves, torch.autograd.grad(loss, [*leaves.values()]), strict=True)
        )

    return run


def tensors(length: int, dtype: Any) -> dict[str, Any]:
    """Return inputs, one-hot labels and weights."""
    import torch

    draw = torch.Generator().manual_seed(0)
    shapes = dict.fromkeys(WEIGHTS[:3], (WIDTH, WIDTH)) | {"W_O": (CLASSES, WIDTH)}
    given = {n: torch.randn(*s, generator=draw, dtype=dtype) / 8 for n, s in shapes.items()}
    labels = torch.randint(CLASSES, (length,), generator=draw)
    given["y"] = torch.nn.functional.one_hot(labels, CLASSES).to(dtype)
    given["X"] = torch.randn(length, WIDTH, generator=draw, dtype=dtype)
    return given


def best_times(runs: dict[str, Run]) -> dict[str, float]:
    """Return the best wall time of each, all of them taking turns in changing order."""
    names = list(runs)
    best = dict.fromkeys(names, math.inf)
    start, rounds = time.perf_counter(), 0
    while rounds < 5 or time.perf_counter() - start < SECONDS:
        shift = rounds % len(names)
        for name in names[shift:] + names[:shift]:
            before = time.perf_counter()
            runs[name]()
            best[name] = min(best[name], time.perf_counter() - before)
        rounds += 1
    return best


def check(ours: Any, theirs: Any, tolerance: float) -> None:
    """Stop if two gradients differ."""
    for name in WEIGHTS:
        off = float((ours[1][name] - theirs[1][name]).abs().max())
        if off > tolerance * (1 + float(theirs[1][name].abs().max())):
            raise SystemExit(f"generated and autograd's d L / d {name} differ by {off:.1e}.")


def main() -> None:
    """Print the table, or the memory of one gradient."""
    if "--memory" in sys.argv:
        given = sys.argv[sys.argv.index("--memory") + 1 :]
        _print_memory(int(given[0]) if given else 65536)
        return
    given = sys.argv[sys.argv.index("--threads") + 1] if "--threads" in sys.argv else ""
    is_written = "--write" in sys.argv
    lengths = LONG if is_written or "--long" in sys.argv else SHORT
    rows = [row for n in ((int(given),) if given else (1, 2)) for row in _table(n, lengths)]
    if is_written:
        page = PAGE.read_text("utf-8")
        PAGE.write_text(written_into(page, rows, date.today(), processor()), "utf-8")


def written_into(page: str, rows: list[Row], day: date, machine: str) -> str:
    """Return the page with the table between its marks replaced by these rows."""
    import torch

    before, mark, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"{PAGE.name} must have the lines `{BEGIN}` and `{END}`. Put them back.")
    version = torch.__version__.partition("+")[0]
    head = f"{day}, {machine}, torch {version}, d = {WIDTH}; ratios over eager autograd:"
    lines = [
        f"| mask | type | threads | T | autograd, ms | {' | '.join(COLUMNS)} |",
        "|---" * (5 + len(COLUMNS)) + "|",
    ]
    for mask, kind, threads, length, base, ratios in rows:
        told = " | ".join(f"{x:.2f}" for x in ratios)
        lines.append(f"| {mask} | {kind} | {threads} | {length} | {base * 1e3:.3f} | {told} |")
    table = "\n".join(lines)
    return f"{before}{BEGIN}\n{head}\n\n{table}\n{END}{after}"


def processor() -> str:
    """Return what the system calls the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def _causal() -> Model:
    return attention_head("attention-head-causal", mask="causal")


def _print_memory(length: int) -> None:
    import torch

    f = value_and_gradient(_causal(), WEIGHTS, "torch", block="auto")
    f(**tensors(64, torch.float32))  # what is loaded once
    given = tensors(length, torch.float32)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    f(**given)
    seconds = time.perf_counter() - start
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    scores = length**2 * 4
    print(f"causal, float32, T = {length}, d = {WIDTH}, {torch.get_num_threads()} threads")
    print(f"{seconds:.1f} s; the call adds {(highest - before) / 2**10:.0f} MiB, ", end="")
    print(f"the whole process has {highest / 2**10:.0f} MiB (one array of scores: ", end="")
    print(f"{scores / 2**20:.0f} MiB)")


def _table(threads: int, lengths: tuple[int, ...]) -> Iterator[Row]:
    """Measure, print and yield one row after the other."""
    import torch

    torch.set_num_threads(threads)
    print(f"{threads} thread{'s' * (threads > 1)}; ratios over eager autograd")
    print(f"{'mask':<7} {'type':<8} {'T':>5} {'autograd':>11}", *(f"{c:>8}" for c in COLUMNS))
    for causal in (False, True):
        model = _causal() if causal else attention_head()
        whole, walk = (
            value_and_gradient(model, WEIGHTS, "torch", block=block) for block in (None, "auto")
        )
        for dtype, tolerance in ((torch.float32, 2e-5), (torch.float64, 1e-12)):
            for length in lengths:
                given = tensors(length, dtype)
                base, *others = _times(causal, whole, walk, given, tolerance)
                mask, kind = "causal" if causal else "none", str(dtype).removeprefix("torch.")
                row = (mask, kind, threads, length, base, [t / base for t in others])
                ratios = (f"{x:>8.2f}" for x in row[-1])
                print(f"{mask:<7} {kind:<8} {length:>5} {base * 1e3:>8.3f} ms", *ratios, flush=True)
                yield row


def _times(causal: bool, whole: Any, walk: Any, given: dict, tolerance: float) -> Iterator[float]:
    """Yield autograd's time and those of `COLUMNS`, once all gradients are known to agree."""
    import torch

    plain, fused = autograd(causal, False), autograd(causal, True)
    check(whole(**given), plain(**given), tolerance)
    check(walk(**given), plain(**given), tolerance)
    length, dtype = len(given["X"]), given["X"].dtype
    square, thin = torch.rand(length, length, dtype=dtype), given["X"]
    yield from best_times(
        {
            "autograd": lambda: plain(**given),
            "fused": lambda: fused(**given),
            "ours": lambda: whole.raw(**given),
            "checked": lambda: whole(**given),
            "blocks": lambda: walk.raw(**given),
            "blocks+": lambda: walk(**given),
            "limit": lambda: [square @ thin for _ in range(6)],
        }
    ).values()


if __name__ == "__main__":
    main()
