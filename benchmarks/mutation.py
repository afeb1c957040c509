"""Can the audit fail?  Every single edit of every law, judged: no false statement may be proved.

An edit that happens to be true is shown to be so: the normal form proves it and the exact judge
finds both sides equal at every point it tries.  The test suite judges a sample.
"""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from os import cpu_count

from proofs_checks.audit import judge
from proofs_checks.edits import edits
from theory.catalogue import LAWS, law_named
from theory.models import model_named


def judged(law_name: str) -> list[tuple[str, str, str, str]]:
    """Return (kind of edit, what it did, verdict, detail) for every edit of one law."""
    law = law_named(law_name)
    model = model_named(law.models[0])
    statement = law.statement(model)
    left, right, relation = *statement.args, type(statement)
    rows = []
    for edit in edits(right, model):
        verdict = judge(model, relation(left, edit.expression))
        agreeing = [o.judge for o in verdict.checks if o.agrees]
        detail = " ".join(agreeing) if verdict.status == "proved" else verdict.detail
        rows.append((edit.kind, edit.message, verdict.status, detail))
    return rows


def main() -> None:
    """Judge all mutants in as many processes as there are processors; print what is not refuted."""
    counts: Counter[str] = Counter()
    with ProcessPoolExecutor(cpu_count(), mp_context=get_context("spawn")) as pool:
        names = [law.name for law in LAWS]
        for name, rows in zip(names, pool.map(judged, names), strict=True):
            own = Counter(status for _, _, status, _ in rows)
            counts += own
            print(f"{name:28s} {len(rows):5d} mutants: {dict(own)}")
            for kind, message, status, detail in rows:
                if status != "refuted":
                    print(f"    {status}: {kind}, {message} ({detail})")
    print(f"{sum(counts.values())} mutants: {dict(counts)}")


if __name__ == "__main__":
    main()
