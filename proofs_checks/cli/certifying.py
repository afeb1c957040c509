"""`proofhead certify`: write statements as Coq theorems, and let coqc check them if it is there."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from proofs_checks.certificates import Certificate, NotCertified, Problem, certificate
from proofs_checks.certificates.kernel import HOW_TO_GET_COQ, Judgement, Kernel, coq_version
from proofs_checks.certificates.problem import claim_problems, law_problem
from proofs_checks.certificates.project import write_project
from proofs_checks.cli.documents import papers_at
from proofs_checks.cli.outputs import CERTIFICATES, checked_folder
from proofs_checks.cli.standard_output import print_json
from theory.models import model_named

__all__ = ["run_certify"]

SUFFIXES = (".tex", ".md", ".ipynb", ".txt", ".html")


def run_certify(
    names: Sequence[str],
    output: Path,
    *,
    paper: str | None = None,
    every_model: bool = False,
    model: str | None = None,
    check: bool = True,
    force: bool = False,
    as_json: bool = False,
) -> int:
    """Write certificates, judge them, report; return 0 if all that were asked for are certified.

    Without coqc the files are written and nothing fails; a sentence says how to get it.
    """
    checked_folder(output, CERTIFICATES, force=force)
    documents = [n for n in names if n.lower().endswith(SUFFIXES)]
    laws = [n for n in names if n not in documents]
    problems = list(_law_problems(laws, paper, every_model)) if laws or not documents else []
    for document in documents:
        problems += _document_problems(document, model)
    if not problems:
        raise ValueError("there is no equation to certify in what was named.")
    written: list[Certificate] = []
    refused: list[tuple[Problem, str]] = []
    for problem in problems:
        try:
            written.append(certificate(problem))
        except NotCertified as reason:
            refused.append((problem, str(reason)))
    if written:
        write_project(output, written)
    judgements = _judged(written) if check and written else {}
    entries = [
        *(_entry(c.problem, c.theorem, judgements.get(c.theorem)) for c in written),
        *(_refused_entry(p, reason) for p, reason in refused),
    ]
    if as_json:
        print_json({"schema": 1, "statements": entries})
    else:
        _print(entries, output, bool(written))
    if check and written and not judgements:
        print(f"proofhead: not checked: {HOW_TO_GET_COQ}", file=sys.stderr)
        return 0
    failed = refused or any(not j.is_certified for j in judgements.values())
    return 3 if failed else 0


def _law_problems(names: Sequence[str], paper: str | None, every_model: bool) -> Iterator[Problem]:
    from proofs_checks.cli.selection import selected_laws

    for law in selected_laws(names, paper):
        for name in law.models if every_model else law.models[:1]:
            yield law_problem(law, model_named(name), is_first=name == law.models[0])


def _document_problems(name: str, model: str | None) -> list[Problem]:
    return [problem for paper in papers_at(name, model) for problem in claim_problems(paper)]


def _judged(certificates: Sequence[Certificate]) -> dict[str, Judgement]:
    if not coq_version():
        return {}
    from proofs_checks.cli.progress import progress_bar

    found = {}
    with Kernel() as kernel, progress_bar() as bar:
        task = bar.add_task("checking with coqc", total=len(certificates))
        for done in certificates:
            found[done.theorem] = kernel.judge(done)
            bar.update(task, advance=1, description=done.theorem)
    return found


def _entry(problem: Problem, theorem: str, judgement: Judgement | None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": problem.name,
        "model": problem.model.name,
        "file": f"{theorem}.v",
        "verdict": judgement.status if judgement else "written",
    }
    if judgement is not None:
        entry |= {
            "reason": judgement.reason,
            "coq": judgement.coq,
            "assumptions": list(judgement.assumptions),
            "seconds": round(judgement.seconds, 2),
        }
    return entry


def _refused_entry(problem: Problem, reason: str) -> dict[str, Any]:
    return {
        "name": problem.name,
        "model": problem.model.name,
        "file": None,
        "verdict": "not certified",
        "reason": reason,
    }


def _print(entries: Sequence[dict[str, Any]], output: Path, is_written: bool) -> None:
    for entry in entries:
        said = entry.get("reason") or f"{entry.get('seconds', '')}"
        print(entry["verdict"], entry["name"], entry["model"], said, sep="\t")
    certified = sum(e["verdict"] == "certified" for e in entries)
    where = f" in {output}; `make` there checks them again" if is_written else ""
    print(f"{certified} of {len(entries)} certified{where}")
