"""Numerical side of proofhead: flows of the derived laws, EM, fixed points and portraits.

Imports `theory`; imported by `proofs_checks`.
"""
