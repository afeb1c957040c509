r"""The corpus: small documents whose equations carry their expected verdict in a comment.

    \[ \sum_j \alpha_{ij} = 1 \] % proved
    $$ b_{ij} = u_{ja} v_{ia} $$ <!-- refuted -->

A file holds several documents, each after a line `%%%% title`.  A comment lists the verdicts of the
equations that begin on its line, or on the lines before it that have no comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from proofs_checks.audit import judge
from proofs_checks.claims.claim import Claim
from proofs_checks.claims.reading import read_claims

CORPUS = Path(__file__).parent / "corpus"
VERDICT = r"(?:proved|refuted|unreadable|definition|not judged)"
COMMENT = re.compile(rf"(?:%|<!--)\s*({VERDICT}(?:\s*,\s*{VERDICT})*)\s*(?:-->)?\s*$")


@dataclass(frozen=True)
class Document:
    topic: str
    title: str
    kind: str
    text: str
    first: int  # the line of the file before its text

    @property
    def expected(self) -> dict[int, list[str]]:
        """The verdicts that stand in comments, by line."""
        lines = enumerate(self.text.split("\n"), start=1)
        found = ((n, COMMENT.search(line)) for n, line in lines)
        return {n: [x.strip() for x in m[1].split(",")] for n, m in found if m}

    def claims(self) -> dict[int, list[Claim]]:
        """The claims by the line on which their verdicts are expected."""
        expected = self.expected
        found: dict[int, list[Claim]] = {}
        for claim in read_claims(self.text, self.title, kind=self.kind).claims:
            if claim.kind == "assumption":
                continue
            line = claim.line
            if line not in expected:
                if claim.kind == "definition":
                    continue
                line = min((n for n in expected if n > line), default=line)
            found.setdefault(line, []).append(claim)
        return found


def verdict_of(claim: Claim) -> str:
    """The kind of a claim that is not judged, else what its report says."""
    if claim.model is None or claim.equation is None or claim.kind == "definition":
        return claim.kind
    status = judge(claim.model, claim.equation).status
    if claim.hedge and status in ("refuted", "undecided"):
        return "not judged" if claim.of_inputs else "unreadable"
    return status


def documents() -> Iterator[Document]:
    for path in sorted(CORPUS.iterdir()):
        title, lines, first = "", [], 0
        for number, line in enumerate([*path.read_text("utf-8").split("\n"), "%%%% "], start=1):
            if not line.startswith("%%%% "):
                lines.append(line)
                continue
            if title:
                yield Document(path.stem, title, path.suffix[1:], "\n".join(lines), first)
            title, lines, first = line[5:], [], number
