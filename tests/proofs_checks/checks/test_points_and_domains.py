"""Points outside a domain, powers by positions, and what evaluation refuses, with the message."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
import torch
from flint import fmpq

from proofs_checks.checks.evaluation.field_run import FieldRun
from proofs_checks.checks.evaluation.graph import Graph
from proofs_checks.checks.evaluation.nodes import NotApplicable, SingularPoint
from proofs_checks.checks.evaluation.program import Program
from proofs_checks.checks.evaluation.rational_points import Point, RealStatement
from proofs_checks.checks.evaluation.real_numbers import UNDEFINED, require_defined
from proofs_checks.checks.evaluation.real_run import whole_numbers
from proofs_checks.checks.evaluation.structure import Structure
from proofs_checks.checks.torch_terms import Term, Unjudgeable, constant, whole_power
from tests.proofs_checks.checks.own_models import OWN, k, n, r, w
from theory.algebra.expressions import Equation, StrictInequality
from theory.models import Definition, Model


def test_exponents_are_integers_made_of_positions():
    graph = Graph()
    position = graph.position(n)
    assert whole_numbers(position, {"n": 3}).tolist() == [1, 2, 3]
    with pytest.raises(NotApplicable, match="`r` stands in an exponent"):
        whole_numbers(graph.leaf("r", ()), {"n": 3})
    halves = graph.inverse(position)
    with pytest.raises(NotApplicable, match="the exponent 1/2 is no integer up to 1000"):
        whole_numbers(halves, {"n": 2})


def test_float64_powers_need_whole_exponents():
    two = constant(2.0)
    half = Term((), torch.tensor(0.5, dtype=torch.float64), torch.tensor(0.5, dtype=torch.float64))
    with pytest.raises(Unjudgeable, match="an exponent made of indices is no integer"):
        whole_power(two, half)


@pytest.mark.parametrize("condition", [StrictInequality(0, r), Equation(r, 100)])
def test_points_outside_the_domain_have_no_value(condition):
    statement = RealStatement(Program(OWN), Equation(r, r, (condition,)))
    point = Point(statement.hypotheses, {}, 0)
    with pytest.raises(SingularPoint, match="a condition on the inputs does not hold"):
        statement.compare(point)


def test_what_is_undefined_makes_no_value():
    with pytest.raises(SingularPoint, match="a part of a side has no value"):
        require_defined(np.array([fmpq(1), UNDEFINED], dtype=object))


def test_circles_are_refused():
    a, b = sp.symbols("a b", real=True)
    model = Model("circle", "", (n,), (w,), OWN.definitions, OWN.loss)
    program = Program(model)
    program._lines |= {"a": Definition(a, b, ""), "b": Definition(b, a, "")}
    with pytest.raises(NotApplicable, match="is defined by way of itself"):
        program.read(a + w[k])


def test_inputs_that_a_hypothesis_fixes_have_no_roots_in_the_field():
    class Fixed(FieldRun):
        def is_drawn(self, leaf):
            return False

    graph = Graph()
    rho = graph.leaf("rho", (), nonnegative=True)
    run = Fixed(Structure(graph, {}), {rho: np.array(4, dtype=np.uint64)}, (1, 2), roots=2)
    with pytest.raises(NotApplicable, match="a root of `rho`, which a hypothesis fixes"):
        run.value(graph.power(rho, Fraction(1, 2)))
