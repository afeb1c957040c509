"""The kernel judge beside the others: certificates for what they have proved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from proofs_checks.certificates.emission import certificate
from proofs_checks.certificates.kernel import Kernel
from proofs_checks.certificates.problem import NotCertified, Problem
from proofs_checks.checks.outcome import Outcome
from proofs_checks.verdict import Verdict

__all__ = ["kernel_outcomes", "with_outcome"]


def kernel_outcomes(problems: Iterable[Problem]) -> Iterator[Outcome]:
    """Yield the kernel's answer to each problem, in their order.

    Raises `FileNotFoundError` with the way to get coqc if there is none.
    """
    with Kernel() as kernel:
        for problem in problems:
            try:
                yield kernel.judge(certificate(problem)).outcome
            except NotCertified as reason:
                yield Outcome("kernel", None, f"not certified: {reason}")


def with_outcome(verdict: Verdict, outcome: Outcome) -> Verdict:
    """Return the verdict with one more judge's answer."""
    return replace(verdict, checks=(*verdict.checks, outcome))
