"""The documents of examples/claims get the verdicts that the table of their README promises."""

from collections import Counter
from pathlib import Path

import pytest

from proofs_checks.claims.reading import read_claims
from proofs_checks.claims.sources.opening import document_of
from tests.proofs_checks.claims.corpus_documents import verdict_of

FOLDER = Path(__file__).parent.parent / "examples" / "claims"
TABLE = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (FOLDER / "README.md").read_text("utf-8").splitlines()
    if line.startswith("|") and ("." in line)
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_a_document_gets_the_verdicts_of_the_table(row: list[str]) -> None:
    name, symbols, proved, refuted, unreadable, lines = row
    paper = read_claims(document_of(FOLDER / name, name), name)
    verdicts = [(c.line, verdict_of(c)) for c in paper.claims]
    found = Counter(verdict for _, verdict in verdicts)
    assert paper.vocabulary == symbols
    assert (found["proved"], found["refuted"], found["unreadable"]) == (
        int(proved),
        int(refuted),
        int(unreadable),
    )
    assert set(found) - {"not judged"} <= {
        "proved", "refuted", "unreadable", "definition", "assumption"
    }  # fmt: skip
    wrong = [str(line) for line, verdict in verdicts if verdict in ("refuted", "unreadable")]
    assert ", ".join(wrong) == lines


def test_the_table_lists_every_document() -> None:
    documents = {p.name for p in FOLDER.iterdir() if p.is_file() and p.name != "README.md"}
    documents |= {f"{p.parent.name}/{p.name}" for p in FOLDER.glob("*/main.tex")}
    assert {row[0] for row in TABLE} == documents
    assert len(documents) >= 6
