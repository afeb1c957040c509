"""`proofhead check --symbols`: how documents were understood, without judging anything."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from proofs_checks.cli.standard_output import print_json, standard_output

if TYPE_CHECKING:
    from rich.console import Console

    from proofs_checks.claims.claim import Paper

__all__ = ["run_symbols"]

UNREADABLE = 2


def run_symbols(
    files: Sequence[str], read: Callable[[str], Paper | str], *, as_json: bool = False
) -> int:
    """Print the symbol table of every document; ``read`` returns one, or why there is none.

    Return 2 if a file or an equation cannot be read or there is no equation at all, else 0.
    """
    found = [(name, read(name)) for name in files]
    from proofs_checks.reports.wording import printable

    papers = [paper for _, paper in found if not isinstance(paper, str)]
    with standard_output() as console:
        if as_json:
            print_json(_document(found))
        else:
            _print(console, papers)
    for name, paper in found:
        for sentence in [paper] if isinstance(paper, str) else _left_out(paper):
            print(printable(f"proofhead: {name}: {sentence}"), file=sys.stderr)
    kinds = [claim.kind for paper in papers for claim in paper.claims]
    is_read = len(papers) == len(files) and bool(kinds) and "unreadable" not in kinds
    return 0 if is_read else UNREADABLE


def _document(found: Sequence[tuple[str, Paper | str]]) -> dict[str, Any]:
    from proofs_checks.reports.paper import refused_symbols, several_documents, symbols_document

    return several_documents([
        refused_symbols(name, paper) if isinstance(paper, str) else symbols_document(paper)
        for name, paper in found
    ])  # fmt: skip


def _print(console: Console, papers: Sequence[Paper]) -> None:
    from proofs_checks.reports.paper_terminal import print_heading
    from proofs_checks.reports.symbol_table import print_symbol_rows

    for paper in papers:
        if console.is_terminal:
            print_heading(console, paper)
        else:
            print_symbol_rows(console, paper)


def _left_out(paper: Paper) -> list[str]:
    """Return what the table does not show."""
    from proofs_checks.reports.wording import nothing_found

    unreadable = sum(claim.kind == "unreadable" for claim in paper.claims)
    said = [nothing_found(paper)]
    if unreadable:
        said.append(
            f"{unreadable} of {len(paper.claims)} equations cannot be read; "
            "a check without --symbols says why"
        )
    if paper.claims and not paper.symbols:
        said.append("the table of symbols is empty")
    return [sentence for sentence in said if sentence]
