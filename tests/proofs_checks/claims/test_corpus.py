"""Every equation of the corpus gets the verdict that is written beside it."""

from collections import Counter

import pytest

from tests.proofs_checks.claims.corpus_documents import Document, documents, verdict_of

DOCUMENTS = tuple(documents())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: f"{d.topic}: {d.title}")
def test_every_verdict_is_right(document: Document) -> None:
    expected = document.expected
    claims = document.claims()
    for line in sorted({*expected, *claims}):
        found = claims.get(line, [])
        wanted = expected.get(line, [])
        assert [verdict_of(claim) for claim in found] == wanted, (
            f"{document.topic}, line {document.first + line}: "
            f"{[(c.source, c.problem.message if c.problem else c.equation) for c in found]}"
        )


def test_the_corpus_is_large_and_half_of_it_is_wrong() -> None:
    verdicts = Counter(v for d in DOCUMENTS for line in d.expected.values() for v in line)
    assert len({d.topic for d in DOCUMENTS}) >= 8
    assert verdicts["proved"] >= 100
    assert verdicts["refuted"] + verdicts["unreadable"] >= 0.75 * verdicts["proved"]
    assert verdicts["proved"] + verdicts["refuted"] >= 150
