"""Single edits of the corpus: no false equation is proved, no true one refuted.

Every edit of the right side of a true claim is another equation.  One that is proved must hold at
exact points; one that is refuted has a point at which the sides differ.
"""

from __future__ import annotations

from random import Random

import pytest

from proofs_checks.audit import judge
from proofs_checks.checks import exact
from proofs_checks.claims.claim import Claim
from proofs_checks.edits import edits
from tests.proofs_checks.claims.corpus_documents import documents
from theory.algebra.expressions import Equation, free_indices

SAMPLED = 1  # edits of each claim; a run by hand takes all of them


def true_claims(topic: str) -> list[Claim]:
    found = []
    for document in documents():
        if document.topic != topic:
            continue
        expected = document.expected
        for line, claims in document.claims().items():
            pairs = zip(claims, expected.get(line, []), strict=True)
            found += [claim for claim, verdict in pairs if verdict == "proved"]
    return found


@pytest.mark.parametrize(
    "topic", ["attention", "entropy", "flash", "hessian", "kernels", "notation"]
)
def test_edits_of_true_claims_are_never_misjudged(topic: str) -> None:
    random = Random(topic)
    verdicts = []
    for claim in true_claims(topic):
        assert claim.model is not None and claim.equation is not None
        if not isinstance(claim.equation, Equation):
            continue
        left, right = claim.equation.args
        free = frozenset(free_indices(left) | free_indices(right))
        mutants = list(edits(right, claim.model, None, free))
        for edit in random.sample(mutants, min(SAMPLED, len(mutants))):
            verdict = judge(claim.model, Equation(left, edit.expression))
            verdicts.append(verdict.status)
            said = f"{claim.source}: {edit.message}: {verdict.status} {verdict.detail}"
            if verdict.status == "proved":
                outcome = exact.check(claim.model, Equation(left, edit.expression))
                assert outcome.agrees is not False, said
            elif verdict.status == "refuted":
                assert verdict.counterexample is not None, said
                assert verdict.counterexample.left != verdict.counterexample.right, said
    assert verdicts.count("refuted") > 0.8 * len(verdicts)
