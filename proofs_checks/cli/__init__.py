"""The `proofhead` command."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its status."""
    from proofs_checks.cli.run import run

    raise SystemExit(run())
