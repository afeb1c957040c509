"""`proofhead fixed-points`: find them, prove them, and prove that a window holds no others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from numerics.fixed_points import CompleteList, FixedPoint, FixedPoints, find, find_all
from numerics.flows import System
from numerics.flows.checks import autonomous
from proofs_checks.cli.flowing import system_from
from proofs_checks.cli.progress import progress_bar
from proofs_checks.cli.settings import numbers
from proofs_checks.cli.standard_output import print_json

__all__ = ["run_fixed_points"]

UNDECIDED = 3
SHOWN = 4  # entries of a state, before the rest is left to --json
DUST = 1e-14


def run_fixed_points(
    name: str,
    settings: Sequence[str],
    *,
    window: str | None,
    starts: int,
    seed: int,
    seconds: float,
    as_json: bool,
) -> int:
    """List the fixed points of a system and return the exit status.

    In a window (the one given, or a system's own) the list is proved complete; the status is 3 if
    regions stay undecided.  Without one, points are looked for from starts and proved one by one.
    """
    system = autonomous(system_from(name, settings), "fixed points")
    if starts < 1:
        raise ValueError(f"`--starts` must be at least 1; got {starts}.")
    limits = system.window
    if window is not None:
        limits = numbers(window, 2 * system.dimension, "`--window` takes low,high of each variable")
    small = system.dimension <= 2 and not system.shifts.size
    if limits is not None and (window is not None or small):
        found = _complete(system, limits, seconds)
        points, status = [*found.points, *found.doubtful], 0 if found.complete else UNDECIDED
    else:
        found = find(system, number=starts, seed=seed, proofs=True)
        points, status = list(found), 0
    if as_json:
        print_json(_document(system, found, points))
    else:
        _print(system, found, points)
    return status


def _complete(system: System, window: Sequence[float], seconds: float) -> CompleteList:
    with progress_bar() as bar:
        task = bar.add_task(f"covering the window of {system.name}", total=100)

        def show(part: float, boxes: int) -> None:
            bar.update(task, completed=100 * part, description=f"{boxes} boxes")

        return find_all(system, window, seconds=seconds, progress=show)


def _print(system: System, found: CompleteList | FixedPoints, points: Sequence[FixedPoint]) -> None:
    window = ""
    if isinstance(found, CompleteList):
        limits = np.reshape(found.window, (-1, 2))
        window = f"[{' x '.join(f'{a:g}..{b:g}' for a, b in limits)}]"
    print(f"{system.name} {window}".strip() + f": {found.summary}")
    rows = [
        (_kind(x), _state(system, x), _eigenvalues(x.eigenvalues), _certainty(x)) for x in points
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        print("  " + "   ".join(cells).rstrip())
    for reason in dict.fromkeys(x.proof.reason for x in points if x.proof and x.proof.reason):
        print(f"  not proved: {reason}")
    if isinstance(found, CompleteList):
        for region in found.undecided[:SHOWN]:
            sides = zip(system.labels, region.low, region.high, strict=True)
            where = ", ".join(f"{a:.6g} <= {label} <= {b:.6g}" for label, a, b in sides)
            print(f"  undecided: {where}")
        if len(found.undecided) > SHOWN:
            print(f"  undecided: {len(found.undecided) - SHOWN} more regions")


def _kind(x: FixedPoint) -> str:
    several = f" ({x.copies} by relabelling)" if x.copies > 1 else ""
    family = f" ({x.family}-dimensional family)" if x.family else ""
    return f"{x.kind}{several}{family}"


def _state(system: System, x: FixedPoint) -> str:
    """Return the state, as far as it was determined."""
    tidy = _tidy_state(system, x)
    shown = (f"{a} = {b:.6g}" for a, b in zip(system.labels[:SHOWN], tidy, strict=False))
    return ", ".join(shown) + (", ..." if len(x.y) > SHOWN else "")


def _tidy_state(system: System, x: FixedPoint) -> np.ndarray:
    """Return the state with 0 where it is known to be 0 as far as anything is known.

    That is where the proved enclosure has 0 in it; without a proof, below rounding of the largest
    entry or, where all entries are small, of the system's window (of 1 if it has none).
    """
    if x.proof is not None and x.proof.holds:
        return np.where([bool(ball.contains(0)) for ball in x.proof.enclosure], 0.0, x.y)
    return _without_dust(x.y, float(np.abs(system.window).max()) if system.window else 1.0)


def _eigenvalues(values: np.ndarray) -> str:
    tidy = _without_dust(np.real(values)) + 1j * _without_dust(np.imag(values))
    texts = [f"{z.real:.4g}" + (f"{z.imag:+.4g}i" if z.imag else "") for z in tidy[:SHOWN]]
    return f"eigenvalues {', '.join(texts)}" + (", ..." if len(tidy) > SHOWN else "")


def _without_dust(values: np.ndarray, scale: float = 1e-300) -> np.ndarray:
    """Return numbers with 0 for those at rounding level of the largest, or of ``scale``."""
    largest = max(scale, float(np.abs(values).max(initial=0.0)))
    return np.where(np.abs(values) < DUST * largest, 0.0, values)


def _certainty(x: FixedPoint) -> str:
    if x.proof is None or not x.proof.holds:
        return x.label
    known = "stability not proved" if x.proof.stability == "not proved" else x.proof.stability
    return f"proved, {known}"


def _document(
    system: System, found: CompleteList | FixedPoints, points: Sequence[FixedPoint]
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "schema": 1,
        "system": system.name,
        "settings": dict(system.settings),
        "labels": list(system.labels),
        "summary": found.summary,
        "points": [_point(x) for x in points],
    }
    if isinstance(found, CompleteList):
        edge = [n for n, x in enumerate(points) if any(x is y for y in found.on_edge)]
        return document | {
            "window": list(found.window),
            "complete": found.complete,
            "on_edge": edge,
            "undecided": [
                {"low": r.low.tolist(), "high": r.high.tolist()} for r in found.undecided
            ],
            "boxes": found.boxes,
            "seconds": round(found.seconds, 3),
        }
    return document | {"lost": [{"start": x.start, "reason": x.reason} for x in found.lost]}


def _point(x: FixedPoint) -> dict[str, Any]:
    proof = x.proof and {
        "verdict": x.proof.verdict,
        "reason": x.proof.reason,
        "stability": x.proof.stability,
        "index": x.proof.index,
        "box": x.proof.box.tolist(),
        "unique_box": x.proof.unique_box.tolist(),
        "assumptions": list(x.proof.assumptions),
    }
    return {
        "y": x.y.tolist(),
        "label": x.label,
        "kind": x.kind,
        "stable": x.stable,
        "index": x.index,
        "eigenvalues": [[z.real, z.imag] for z in x.eigenvalues.tolist()],
        "residual": x.residual,
        "copies": x.copies,
        "family": x.family,
        "proof": proof,
    }
