"""Products in pairs, and evaluations that statements share."""

from fractions import Fraction
from itertools import combinations
from math import prod

import numpy as np
import pytest

from proofs_checks.checks import exact, interval
from proofs_checks.checks.evaluation import rational_points
from proofs_checks.checks.evaluation.evaluator import Evaluator
from proofs_checks.checks.evaluation.graph import Graph
from proofs_checks.checks.evaluation.nodes import Label
from proofs_checks.checks.evaluation.pairing import pairing
from proofs_checks.checks.evaluation.program import Program
from proofs_checks.checks.evaluation.shared_runs import SharedRuns
from theory.algebra.expressions import Equation
from theory.algebra.symbols import Size
from theory.catalogue import law_named
from theory.models import model_named

HEAD = model_named("attention-head")
LENGTHS = (2, 3, 4, 5)
PRODUCTS = [
    (((0, 1), (1, 2), (2, 3), (3,)), 1),
    (((0,), (0, 1), (1,), (0, 2)), 2),
    (((2, 3), (0,), (1,)), 2),
    (((3, 0), (3, 1), (3, 2), (0, 1, 2)), 0),
    (((0, 1),), 1),
    ((), 2),
]


class Floats:
    """Arithmetic of float64, as `Evaluator` wants it."""

    number = staticmethod(lambda value: np.asarray(float(value)))
    integers = staticmethod(lambda values: values.astype(float))
    add, multiply, matmul = map(staticmethod, (np.add, np.multiply, np.matmul))
    total = staticmethod(lambda array, axes: array.sum(axis=axes))


def the_smallest(parts, kept, lengths):
    """Return the pair with the smallest product, found the long way."""

    def cost(pair):
        both = {*parts[pair[0]], *parts[pair[1]]}
        others = [p for n, p in enumerate(parts) if n not in pair]
        left = both & kept.union(*others)
        return prod(lengths[x] for x in left), prod(lengths[x] for x in both), *pair

    return min(combinations(range(len(parts)), 2), key=cost)


@pytest.mark.parametrize(("factors", "rank"), PRODUCTS)
def test_a_product_in_pairs_is_that_of_einsum(factors, rank):
    sizes = [Size(f"n{n}") for n in range(len(LENGTHS))]
    labels = [Label(size) for size in sizes]
    graph = Graph()
    rng = np.random.default_rng(0)
    given = {}
    parts = []
    for n, own in enumerate(factors):
        leaf = graph.leaf(f"x{n}", tuple(sizes[k] for k in own), False)
        given[leaf] = rng.normal(size=[LENGTHS[k] for k in own])
        parts.append((leaf, tuple(labels[k] for k in own)))
    used = sorted({k for own in factors for k in own} - set(range(rank)))
    bound = tuple(labels[k] for k in used)
    node = graph.product(Fraction(3), parts, tuple(labels[:rank]), bound)
    lengths = {f"n{n}": length for n, length in enumerate(LENGTHS)}
    found = Evaluator(Floats(), lengths, given).value(node)
    arguments = [
        x for (leaf, _), own in zip(parts, factors, strict=True) for x in (given[leaf], own)
    ]
    ones = np.ones(LENGTHS[:rank])
    wanted = 3 * np.einsum(*arguments, ones, list(range(rank)), list(range(rank)))
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize(("factors", "rank"), [p for p in PRODUCTS if len(p[0]) > 2])
def test_the_pair_with_the_smallest_product_comes_first(factors, rank):
    step = pairing(factors, rank, LENGTHS).steps[0]
    wanted = the_smallest(factors, frozenset(range(rank)), LENGTHS)
    assert (step.first, step.second) == wanted


class Run:
    def __init__(self, entries):
        self.entries = entries


def test_the_oldest_runs_make_room():
    runs = SharedRuns(most=100)
    first = runs.run("first", lambda: Run(60))
    assert runs.run("first", lambda: Run(0)) is first
    runs.run("second", lambda: Run(30))
    assert runs.run("first", lambda: Run(0)) is first
    first.entries = 80  # it grows while it is used; `second` is older
    runs.run("third", lambda: Run(1))
    assert runs.run("second", lambda: Run(31)).entries == 31
    assert runs.run("first", lambda: Run(0)).entries == 0


@pytest.mark.parametrize("judge", [exact, interval])
def test_what_other_statements_evaluated_changes_no_answer(judge, monkeypatch):
    laws = [law_named(x) for x in ("advantage-routing", "value-gradient", "score-hessian")]
    statements = [law.statement(HEAD) for law in laws]
    statements.append(Equation(statements[0].left, -statements[0].right))

    def answers(most):
        monkeypatch.setattr(rational_points, "shared_runs", SharedRuns(most))
        program = Program(HEAD)
        monkeypatch.setattr(judge, "program_of", lambda _: program)
        found = [judge.check(HEAD, statement) for statement in statements]
        return [(o.agrees, o.detail, o.error_bound, o.sizes, o.worst) for o in found]

    together, apart = answers(1 << 20), answers(0)
    assert together == apart
    assert [x[0] for x in together] == [True, True, True, False]


def test_a_point_at_which_sides_differ_has_all_its_inputs():
    law = law_named("advantage-routing").statement(HEAD)
    wrong = Equation(law.left, -law.right)
    assert exact.check(HEAD, law).agrees  # its points are shared
    point = exact.counterexample(HEAD, wrong)
    names = {name.partition("{")[0].rstrip("_") for name in point.point}
    assert {"W", "X", "y"} <= names
