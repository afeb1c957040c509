r"""What an author can do about an equation that the document does not settle: only what helps.

nothing says what W is, an input      declare it: `proofhead: input W` in a comment
nothing says what f is, a function    define it
the definition of P could not ...     mend that definition
nothing says that y sums to one       say that it is one-hot, or a distribution
may be an equation to be solved       nothing: it is no claim
"""

from __future__ import annotations

import re

from proofs_checks.claims.claim import Claim
from theory.latex.names import name_of as latex_name
from theory.latex.names import subscripted
from theory.models.model import name_of

__all__ = ["advice"]

UNSAID = re.compile(r"nothing says what (?P<name>\S+) is$")
UNREAD = re.compile(r"the definition of \S+ could not be read$")
RELATION = re.compile(r"nothing says (?:how|whether) ")
SUM = re.compile(r"nothing says that (?P<name>\S+) sums to one ")
EQUAL = re.compile(r"nothing says whether (?P<first>\S+) can be equal to (?P<second>\S+)$")
DISTRIBUTION = re.compile(r"nothing says what the distribution (?P<name>\S+) is$")


def advice(claim: Claim) -> str:
    """Return what to write so that a claim which its document leaves open is judged, or nothing."""
    if UNREAD.search(claim.hedge):
        return "mend that definition; its own report says what is wrong with it"
    equal = EQUAL.search(claim.hedge)
    if equal is not None:
        return rf"state `{equal['second']} \ne {equal['first']}` beside it"
    if RELATION.search(claim.hedge):
        return "define in a display how the one is computed from the other"
    if DISTRIBUTION.search(claim.hedge):
        return "define its probabilities in a display"
    summed = SUM.search(claim.hedge)
    if summed is not None:
        name = subscripted(latex_name(summed["name"]))
        return f"say in the prose that ${name}$ is one-hot, or a probability vector"
    unsaid = UNSAID.search(claim.hedge)
    if unsaid is None:
        return ""
    declared = _declared(claim) if unsaid["name"] in claim.undeclared else ()
    if not declared:
        return "define it in a display"
    these = ("them", "they are") if len(declared) > 1 else ("it", "it is")
    listed = ", ".join(declared)
    return (
        f"define {these[0]} in a display, or say `proofhead: input {listed}` in a comment if "
        f"{these[1]} arbitrary"
    )


def _declared(claim: Claim) -> list[str]:
    """Return inputs as a directive declares them (their axes are found); none if one is no input.

    What is read in its section alone is not declared for the whole document.
    """
    inputs = {name_of(x) for x in claim.model.inputs} if claim.model is not None else set[str]()
    if not inputs.issuperset(claim.undeclared) or claim.written is None:
        return []
    if any("." in name for name in claim.undeclared):
        return []
    return [subscripted(latex_name(name)) for name in claim.undeclared]
