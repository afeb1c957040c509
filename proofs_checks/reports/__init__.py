"""Verdicts for people and machines: terminal and JSON.

Reports on documents (`paper`, `paper_terminal`, `junit`, `page`) are imported from their modules:
they need the reader of documents, which audits do without.
"""

from proofs_checks.reports.machine import audit_document, check_entry, verdict_entry
from proofs_checks.reports.terminal import print_audit, print_laws

__all__ = ["audit_document", "check_entry", "print_audit", "print_laws", "verdict_entry"]
