"""Flows enclosed in ball arithmetic, and what that proves: limit cycles with their periods."""

from numerics.validated.cycles import CycleProof, prove_cycle

__all__ = ["CycleProof", "prove_cycle"]
