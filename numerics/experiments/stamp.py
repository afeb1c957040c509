"""Where a number comes from: seed, versions, machine."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

__all__ = ["stamp"]

LIBRARIES = ("numpy", "scipy", "torch", "sympy")


def stamp(seed: int, device: str) -> dict[str, str]:
    """Return the seed, the versions of what computed, the kind of machine and the day."""
    try:
        own = version("proofhead")
    except PackageNotFoundError:
        own = "source"
    return {
        "seed": str(seed),
        "proofhead": own,
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "device": device,
        "day": datetime.now(UTC).date().isoformat(),
    }
