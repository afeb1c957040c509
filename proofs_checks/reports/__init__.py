"""Verdicts for people and machines: terminal and JSON."""

from proofs_checks.reports.machine import audit_document, check_entry, verdict_entry
from proofs_checks.reports.terminal import print_audit, print_laws

__all__ = ["audit_document", "check_entry", "print_audit", "print_laws", "verdict_entry"]
