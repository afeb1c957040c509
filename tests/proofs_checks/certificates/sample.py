"""The sample of laws whose certificates are golden files and are checked by coqc in CI."""

from functools import cache
from pathlib import Path

from proofs_checks.certificates import certificate
from proofs_checks.certificates.kernel import HOW_TO_GET_COQ, coq_version
from proofs_checks.certificates.problem import law_problem
from theory.catalogue import law_named
from theory.models import model_named

GOLDEN = Path(__file__).parent / "golden"
NO_COQ = "" if coq_version() else HOW_TO_GET_COQ

SAMPLE = (
    "softmax-jacobian",
    "upstream-gradient",
    "advantage-routing",
    "value-gradient",
    "entropy-gradient",
    "value-step-loss",
    "logit-hessian",
    "flow-jacobian-vv",
    "binary-score-flow",
    "em-fixed-points",
    "one-hot-step",
    "slow-manifold",
)
MASKED = ("softmax-jacobian", "attention-head-causal")


@cache
def certificate_of(name, model=None):
    law = law_named(name)
    return certificate(
        law_problem(law, model_named(model or law.models[0]), is_first=model is None)
    )
