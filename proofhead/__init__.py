"""Proofhead in one import: what a user of the toolkit needs most, from its three packages.

    import proofhead

    proofhead.check("paper.tex")                      each equation of a document, with its verdict
    proofhead.law_named("advantage-routing")          a law, shown as a formula in notebooks
    proofhead.value_and_gradient(model, wrt=["s"])    generated code
    proofhead.integrate(system, starts, times)        a flow, as a labelled dataset

`theory` derives and proves, `numerics` computes, `proofs_checks` judges; everything here lives in
them, under the name that `PLACES` says, and is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

PLACES = {
    "EXPERIMENTS": ("numerics.experiments", "EXPERIMENTS"),
    "Equation": ("theory.algebra.expressions", "Equation"),
    "Inequality": ("theory.algebra.expressions", "Inequality"),
    "LAWS": ("theory.catalogue", "LAWS"),
    "MODELS": ("theory.models", "MODELS"),
    "Partial": ("theory.algebra.symbols", "Partial"),
    "SYSTEMS": ("numerics.flows", "SYSTEMS"),
    "audit_law": ("proofs_checks.audit", "audit_law"),
    "audit_laws": ("proofs_checks.audit", "audit_laws"),
    "check": ("proofhead.documents", "check"),
    "check_text": ("proofhead.documents", "check_text"),
    "find_all_fixed_points": ("numerics.fixed_points", "find_all"),
    "find_fixed_points": ("numerics.fixed_points", "find"),
    "hessian_vector_product": ("theory.codegen", "hessian_vector_product"),
    "integrate": ("numerics.integration", "integrate"),
    "jacobian_vector_product": ("theory.codegen", "jacobian_vector_product"),
    "judge": ("proofs_checks.judging", "judge"),
    "latex_document": ("theory.latex", "document"),
    "law_named": ("theory.catalogue", "law_named"),
    "load": ("numerics.integration", "load"),
    "model_named": ("theory.models", "model_named"),
    "portrait": ("numerics.portraits", "portrait"),
    "run_experiment": ("numerics.experiments", "run"),
    "save": ("numerics.integration", "save"),
    "system_from": ("numerics.flows", "system_from"),
    "system_named": ("numerics.flows", "system_named"),
    "total": ("theory.algebra.symbols", "total"),
    "value_and_gradient": ("theory.codegen", "value_and_gradient"),
    "write_portrait": ("numerics.portraits", "write_portrait"),
}
"""Where each name lives: its module, and what it is called there."""


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return list(PLACES)
    if name == "__version__":
        from importlib.metadata import version

        return version("proofhead")
    if name not in PLACES:
        raise AttributeError(
            f"`proofhead` has no `{name}`. It has {', '.join(PLACES)}; everything else is in "
            "theory, numerics and proofs_checks."
        )
    module, own_name = PLACES[name]
    return getattr(import_module(module), own_name)


def __dir__() -> list[str]:
    return [*PLACES, "__version__"]
