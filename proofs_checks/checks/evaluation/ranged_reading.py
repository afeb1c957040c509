"""Inverses, determinants, products and maxima of a program, as graph nodes.

The bound indices become the last axes of the body; slots label the axes of the result, so an index
that is bound inside and stands in a slot outside are two labels.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import sympy as sp

from proofs_checks.checks.evaluation.change import Labelled, in_order
from proofs_checks.checks.evaluation.nodes import NotApplicable
from theory.algebra.binders import Binder
from theory.algebra.nodes import Determinant, MatrixInverse, Maximum, ProductOver

if TYPE_CHECKING:
    from proofs_checks.checks.evaluation.program import Program

__all__ = ["binder", "extremum"]


def binder(program: Program, e: Binder) -> Labelled:
    """Return an inverse, a determinant, a product or a maximum over whole ranges."""
    graph, value, bound = program.graph, program.read(e.body), e.bound
    free = tuple(x for x in value.labels if x not in bound)
    body = program.arranged(value, (*free, *bound))
    match e:
        case MatrixInverse():
            labels, units = program.places(e.slots, bound[0].size)
            factors = [(graph.matrix_inverse(body), (*free, *labels)), *units]
            out = in_order((*free, *labels))
            return Labelled(graph.product(Fraction(1), factors, out), out)
        case Determinant():
            return Labelled(graph.determinant(body), free)
        case ProductOver():
            return Labelled(graph.range_product(body), free)
        case Maximum():
            return Labelled(graph.largest(body, len(bound)), free)
    raise NotApplicable(f"`{e}` ({type(e).__name__}) has no value here.")


def extremum(program: Program, e: sp.Expr, sign: Fraction) -> Labelled:
    """Return Max (sign 1), or Min (-1) as -Max(-x, ...)."""
    out, arguments = program.alike(e.args)
    signed = tuple(program.graph.product(sign, [(x, out)], out) for x in arguments)
    greatest = program.graph.greatest(signed)
    return Labelled(program.graph.product(sign, [(greatest, out)], out), out)
