"""Coq's kernel, where it is installed."""

import pytest

from proofs_checks.certificates.kernel import Kernel


@pytest.fixture(scope="module")
def kernel():
    with Kernel() as found:
        yield found
