"""`proofhead portrait --series`: variables against time instead of the plane."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.flows import system_from
from numerics.portraits import Style, time_series, write_series
from proofs_checks.cli.settings import labels_in, numbers, settings_from
from proofs_checks.cli.standard_output import print_json
from proofs_checks.reports.machine import SCHEMA

if TYPE_CHECKING:
    from proofs_checks.cli.portraying import PortraitOptions

__all__ = ["run_series"]


def run_series(options: PortraitOptions, style: Style, as_json: bool) -> int:
    """Integrate, or iterate, draw the chosen variables, write the data; return the status.

    The status is 1 if a trajectory failed.
    """
    of_the_plane = {
        "--slice": options.slice, "--at": options.at, "--em": options.em, "--fast": options.fast,
        "--window": options.window, "--csv": options.table, "--basins": options.basins,
    }  # fmt: skip
    for name, value in of_the_plane.items():
        if value:
            raise ValueError(f"`{name}` belongs to the plane, not to time series; leave it out.")
    system = system_from(options.source, **settings_from(options.settings))
    variables = None if options.series == "all" else labels_in(options.series or "", system)
    chosen: dict[str, Any] = {} if options.until is None else {"until": options.until}
    if options.start:
        own = system.labels if system.forcing is None else system.labels[:-1]  # time begins at 0
        what = f"--start {','.join(own)}"
        given = [numbers(text, len(own), what) for text in options.start]
        chosen["starts"] = np.array(given)
    elif options.starts is not None:
        chosen["starts"] = options.starts
    found = time_series(system, variables, seed=options.seed, command=options.command, **chosen)
    data = write_series(found, options.output, style, command=options.command)
    ends = Counter(map(str, found.data["status"].values))
    if as_json:
        document = {
            "schema": SCHEMA, "system": system.name, "kind": system.kind,
            "figure": str(options.output), "data": str(data), "command": options.command,
            "variables": list(found.variables), "until": float(found.data["time"].values[-1]),
            "trajectories": dict(ends),
        }  # fmt: skip
        print_json(document)
    else:
        print(", ".join(f"{count} {end}" for end, count in ends.items()))
        print(f"wrote {options.output} and {data}", file=sys.stderr)
    return int(set(ends) != {"finished"})
