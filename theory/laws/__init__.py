"""The laws of the theory: statement, assumptions, derivation and source, one family a file."""

from theory.laws.law import Citation, Law, ProofStep

__all__ = ["Citation", "Law", "ProofStep"]
