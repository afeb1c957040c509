"""Small models of documents with their own symbols, and the verdict of all judges on statements."""

from dataclasses import replace

import sympy as sp

from proofs_checks.judging import judge
from proofs_checks.verdict import Verdict
from theory.algebra.expressions import Equation
from theory.algebra.symbols import Size, Tensor, indices, order_of, scalar, total
from theory.models import Constraint, Definition, Model

n = Size("n")
i, j, k, l = indices("i j k l", n)
w, v, M = Tensor("w", (n,)), Tensor("v", (n,)), Tensor("M", (n, n))
r, x, gamma, L = scalar("r"), scalar("x"), scalar("gamma"), scalar("L")
order = order_of(n)

OWN = Model(
    name="own",
    title="",
    sizes=(n,),
    inputs=(w, v, M, r, x, gamma),
    definitions=(Definition(L, total(w[k], k), ""),),
    loss=L,
)
EMPTY = Model("document", "", (), (), (Definition(L, sp.S.Zero, ""),), L)


def assuming(model: Model, *equations: Equation) -> Model:
    """Return the model with further hypotheses, each with its text."""
    texts = [Constraint(e, f"{e.left} = {e.right}") for e in equations]
    name = " and ".join(c.text for c in texts)
    return replace(model, name=f"{model.name}, {name}", constraints=(*model.constraints, *texts))


def verdict(left, right, *, model: Model = OWN, domain=()) -> Verdict:
    """Return what all judges say together."""
    return judge(model, Equation(left, right, domain))


def disagreeing(found: Verdict) -> list[str]:
    """Return the judges that contradict a proof."""
    return [o.judge for o in found.checks if o.agrees is False]
