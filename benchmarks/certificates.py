"""Every law of the catalogue before Coq's kernel, each in its first model.

python -m benchmarks.certificates                compare with docs/certified_laws.md
python -m benchmarks.certificates --write        write that table anew
python -m benchmarks.certificates LAW ...        only these laws (with --write: only their rows)
python -m benchmarks.certificates --heads        the first-order laws in all their models
python -m benchmarks.certificates --mutants 200  edited statements: none may be certified
"""

import argparse
import hashlib
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from os import cpu_count
from pathlib import Path
from statistics import median

from proofs_checks.certificates import Certificate, NotCertified, Problem, certificate
from proofs_checks.certificates.kernel import Judgement, Kernel, coq_version
from proofs_checks.certificates.problem import law_problem
from proofs_checks.checks import exact, normal_form
from proofs_checks.edits import edits
from theory.algebra.expressions import Equation
from theory.catalogue import LAWS
from theory.laws.first_order import FIRST_ORDER
from theory.models import model_named

TABLE = Path(__file__).parent.parent / "docs" / "certified_laws.md"
HEAD = """\
# Which laws Coq's kernel has checked

Written by `python -m benchmarks.certificates --write`: each law of the catalogue in its first
model. `make certify` checks it again. A law that is not in the table has not been tried. `text` is
a digest of the file that coqc checked: the tests let it check anew what has changed. What a
certificate says and does not say, and why the laws of whole EM steps have none, is in
[trust.md](trust.md).

"""


@cache
def written(problem: Problem) -> Certificate:
    """Return the certificate, which may take longer to write than to check."""
    return certificate(problem)


def judged(
    problems: Iterable[Problem], seconds: float = 900
) -> Iterator[tuple[Problem, Judgement]]:
    """Yield each problem with the kernel's judgement, two coqc at a time, in their order.

    The limit of 900 s a law is there for busy machines.
    """
    with Kernel(seconds=seconds) as kernel, ThreadPoolExecutor(min(2, cpu_count() or 1)) as pool:
        kernel.prepare()

        def ask(problem: Problem) -> tuple[Problem, Judgement]:
            try:
                return problem, kernel.judge(written(problem))
            except NotCertified as reason:
                return problem, Judgement(False, str(reason))

        yield from pool.map(ask, problems)


def rows_of(text: str) -> dict[str, str]:
    """Return what the table says of each law."""
    return {name: cells[0] for name, cells in _cells(text).items()}


def digests_of(text: str) -> dict[str, str]:
    """Return the digest of the file that was checked, for each law that is certified."""
    return {name: c[2] for name, c in _cells(text).items() if c[0] == "certified"}


def digest(text: str) -> str:
    """Return sixteen digits that tell one file from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _cells(text: str) -> dict[str, list[str]]:
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    return {r[0].strip(): [x.strip() for x in r[1:]] for r in rows if r[0].strip() != "law"}


def all_laws(names: Sequence[str] = ()) -> list[tuple[Problem, Judgement]]:
    """Return the judgement of every law, or of those named, and print them as they come."""
    found, laws = [], [x for x in LAWS if x.name in names or not names]
    if unknown := sorted(set(names) - {x.name for x in laws}):
        raise SystemExit(f"`{unknown[0]}` is no law of the catalogue; `proofhead laws` lists them.")
    for problem, judgement in judged(law_problem(x, model_named(x.models[0])) for x in laws):
        found.append((problem, judgement))
        said = judgement.reason or f"{judgement.seconds:.1f}"
        print(judgement.status, problem.name, said, sep="\t", flush=True)
    certified = [j.seconds for _, j in found if j.is_certified]
    middle = f", {median(certified):.1f} s in the median" if certified else ""
    print(f"{len(certified)} of {len(found)} certified{middle}")
    return found


def write(found: list[tuple[Problem, Judgement]]) -> None:
    """Write the table; rows of laws that are not in ``found`` stay as they are."""
    rows = {x.split("|")[1].strip(): x for x in TABLE.read_text().splitlines()
            if x.startswith("| ") and not x.startswith("| law ")}  # fmt: skip
    for problem, j in found:
        why = problem.model.name if j.is_certified else j.reason.replace("|", "/")
        text = digest(written(problem).text) if j.is_certified else ""
        rows[problem.name] = f"| {problem.name} | {j.status} | {why} | {text} |"
    kept = [rows[law.name] for law in LAWS if law.name in rows]
    certified = sum("| certified |" in row for row in kept)
    lines = [f"{certified} of {len(kept)} laws, Coq {coq_version()}.", ""]
    lines += ["| law | verdict | model, or reason | text |", "|---|---|---|---|", *kept]
    TABLE.write_text(HEAD + "\n".join(lines) + "\n")


def compare(found: list[tuple[Problem, Judgement]]) -> int:
    """Return 1 and say so if a law that the table calls certified is not any more."""
    said = rows_of(TABLE.read_text())
    lost = [p.name for p, j in found if said.get(p.name) == "certified" and not j.is_certified]
    new = [p.name for p, j in found if j.is_certified and said.get(p.name) != "certified"]
    if new:
        print(f"certified, and not so in {TABLE.name}: {', '.join(new)}")
    if lost:
        print(f"not certified any more: {', '.join(lost)}", file=sys.stderr)
    return 1 if lost else 0


def heads() -> int:
    """Certify the first-order laws in all their models; return 1 if one is not."""
    problems = [
        law_problem(law, model_named(m), is_first=m == law.models[0])
        for law in FIRST_ORDER
        for m in law.models
    ]
    failed = [(p, j) for p, j in judged(problems) if not j.is_certified]
    for problem, judgement in failed:
        print(judgement.status, problem.name, judgement.reason, sep="\t")
    print(f"{len(problems) - len(failed)} of {len(problems)} certified")
    return 1 if failed else 0


def mutants(count: int, seed: int = 0) -> int:
    """Put edited statements before the kernel; return 1 if a false one is certified.

    A proof that takes more than two minutes is given up: the statement is not certified.
    """
    said = rows_of(TABLE.read_text())
    pool = []
    for law in LAWS:
        model = model_named(law.models[0])
        statement = law.statement(model)
        if said.get(law.name) != "certified" or statement.right == 0:
            continue
        for n, edit in enumerate(edits(statement.right, model)):
            equation = Equation(statement.left, edit.expression)
            name = f"{law.name}-{n}"
            pool.append(Problem(name, edit.message, model, equation))
    chosen = random.Random(seed).sample(pool, min(count, len(pool)))
    counts: Counter[str] = Counter()
    wrong = []
    for problem, judgement in judged(chosen, seconds=120):
        if not judgement.is_certified:
            kind = _kind(judgement.reason)
        elif _is_true(problem):
            kind = "certified: the edit leaves the statement true"
        else:
            kind = "CERTIFIED, THOUGH FALSE"
            wrong.append(problem)
        counts[kind] += 1
        print(problem.name, kind, f"{judgement.seconds:.1f}", sep="\t", flush=True)
    for kind, n in counts.most_common():
        print(n, kind, sep="\t")
    for problem in wrong:
        print(f"certified, though false: {problem.name}: {problem.title}", file=sys.stderr)
    return 1 if wrong else 0


def _kind(reason: str) -> str:
    if reason.startswith("coqc took"):
        return "given up: coqc took more than two minutes"
    if reason.startswith("coqc"):
        return "rejected: coqc"
    if reason.startswith("the theorem"):
        return "rejected: the theorem read back"
    return "rejected: no certificate is written"


def _is_true(problem: Problem) -> bool:
    outcome, _ = normal_form.check(problem.model, problem.statement)
    return bool(outcome.agrees and exact.check(problem.model, problem.statement).agrees)


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="benchmarks.certificates", description=__doc__)
    parser.add_argument("laws", nargs="*", metavar="LAW")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--heads", action="store_true")
    parser.add_argument("--mutants", type=int, default=0)
    given = parser.parse_args(arguments)
    start = time.perf_counter()
    if given.mutants:
        status = mutants(given.mutants)
    elif given.heads:
        status = heads()
    else:
        found = all_laws(given.laws)
        if given.write:
            write(found)
        status = 0 if given.write else compare(found)
    print(f"{time.perf_counter() - start:.0f} s")
    return status


if __name__ == "__main__":
    raise SystemExit(main())
