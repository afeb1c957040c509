"""Numerical side of proofhead: flows of the derived laws, their fixed points and portraits.

Imports `theory`; imported by `proofs_checks`. Empty in 0.1.0: the flows come with the next release.
"""
