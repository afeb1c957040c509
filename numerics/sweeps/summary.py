"""A finished sweep in files that others read: a table, a dataset, figures, checksums of all."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.integration import save
from numerics.integration.dataset import versions
from numerics.sweeps.figures import ends_figure, regime_figure, rendered
from numerics.sweeps.folder import MANIFEST, chunk_path, stored
from numerics.sweeps.plan import Plan
from theory.files import replacement, write_atomically

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["ends_dataset", "summarised"]

CHECKSUMS = "checksums.sha256"
STATES = ("start", "end", "low", "high")


def summarised(folder: Path, plan: Plan) -> tuple[dict[str, int], tuple[Path, ...]]:
    """Write the summary of a finished sweep; return how many runs ended in what, and the files.

    Raises `OSError` for a full disk, `numerics.archives.Damaged` for a chunk that is damaged.
    """
    found = ends_dataset(folder, plan)
    files = [folder / "ends.csv", folder / "ends.nc"]
    _write_table(found, files[0])
    save(found, files[1])
    about = str(found.attrs["title"]), str(found.attrs["command"])
    for name, figure in (("regimes", regime_figure(found)), ("ends", ends_figure(found))):
        for ending in (".pdf", ".png"):
            files.append(folder / f"{name}{ending}")
            write_atomically(files[-1], rendered(figure, ending, *about))
    chunks = [chunk_path(folder, n) for n in range(plan.chunks)]
    files.append(folder / CHECKSUMS)
    write_atomically(files[-1], _checksums([folder / MANIFEST, *chunks, *files[:-1]]))
    return dict(Counter(found["kind"].values.tolist()).most_common()), tuple(files)


def ends_dataset(folder: Path, plan: Plan) -> xr.Dataset:
    """Return what every run of a finished sweep started from and ended in.

    Each axis is a variable along ``run``, with ``start``, ``end``, ``low`` and ``high`` (run,
    component), ``kind``, ``time``, ``rate``, ``period`` and ``message``: see
    `numerics.sweeps.endings.Ending`.
    """
    import xarray as xr

    parts = list(stored(folder, plan))

    def column(name: str) -> np.ndarray:
        return np.concatenate([part[name] for part in parts])

    values = column("values")
    data: dict[str, Any] = {name: (("run", "component"), column(name)) for name in STATES} | {
        name: ("run", column(name)) for name in ("kind", "time", "rate", "period", "message")
    }
    axes = {
        f"over_{a.name}": ("run", values[:, n], {"long_name": a.name})
        for n, a in enumerate(plan.axes)
    }
    coordinates = {"run": column("run"), "component": list(plan.labels)}
    attributes = {
        "title": f"sweep of {plan.source}",
        "system": plan.source,
        "kind_of_system": plan.kind,
        "axes": json.dumps([a.document() for a in plan.axes]),
        "samples": plan.samples,
        "settings": json.dumps(dict(plan.settings)),
        "engine": plan.engine,
        "rtol": plan.rtol,
        "until": plan.until,
        "plan": plan.digest,
        "versions": json.dumps(versions()),
        "command": plan.command(_asked(folder)),
    }
    return xr.Dataset({**axes, **data}, coordinates, attributes)


def _asked(folder: Path) -> str:
    return str(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["asked_engine"])


def _write_table(found: xr.Dataset, path: Path) -> None:
    """Write a row for every run; what is not a number is empty."""
    axes = [str(x) for x in found.data_vars if str(x).startswith("over_")]
    labels = [str(x) for x in found["component"].values]
    names = ["run", *(x.removeprefix("over_") for x in axes)]
    names += [f"{part}_{x}" for part in STATES for x in labels]
    names += ["kind", "time", "rate", "period", "message"]
    columns = [found["run"].values, *(found[x].values for x in axes)]
    columns += [column for part in STATES for column in found[part].values.T]
    columns += [found[x].values for x in ("kind", "time", "rate", "period", "message")]
    with replacement(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(zip(*(_cells(x) for x in columns), strict=True))


def _cells(column: np.ndarray) -> list[str]:
    if column.dtype.kind != "f":
        return [str(x) for x in column.tolist()]
    return ["" if x != x else repr(x) for x in column.tolist()]


def _checksums(files: Sequence[Path]) -> str:
    """Return what `sha256sum -c` reads."""
    lines = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    return "".join(lines)
