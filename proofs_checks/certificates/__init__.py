"""Certificates: statements as Coq theorems that Coq's kernel checks, without trust in our algebra.

    from proofs_checks.certificates import certificate, certify

`certificate` writes a statement of a model as a Coq file, `certify` lets coqc judge it.  What a
certificate rests on, and what it does not say, is in docs/trust.md.
"""

from __future__ import annotations

from proofs_checks.certificates.emission import Certificate, certificate
from proofs_checks.certificates.problem import NotCertified, Problem

__all__ = ["Certificate", "NotCertified", "Problem", "certificate"]
