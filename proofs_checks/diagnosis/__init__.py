"""What probably went wrong in a refuted equation, and what is right."""

from proofs_checks.diagnosis.mistakes import diagnose

__all__ = ["diagnose"]
