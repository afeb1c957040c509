"""The list of edits: complete, well-formed, and closed under undoing."""

import pytest
import sympy as sp

from proofs_checks.edits import KINDS, Edit, Insertions, edits
from theory.algebra.expressions import free_indices
from theory.algebra.symbols import Flow, Partial, Size, Tensor, delta, indices, scalar, total
from theory.catalogue import LAWS, law_named
from theory.models import model_named

MODEL = model_named("attention-head")
T, C, D_V = (MODEL.size_names[name] for name in ("T", "C", "d_v"))
i, j, k = indices("i j k", T)
(a,) = indices("a", D_V)
(c,) = indices("c", C)
alpha, b, s, u, v, g, p, y, W_O = (
    MODEL.tensors[name] for name in ("alpha", "b", "s", "u", "v", "g", "p", "y", "W_O")
)
BASELINE = total(alpha[i, k] * b[i, k], k)
eta = scalar("eta", positive=True)


def made(expression, kind, insertions=None):
    """Return the expressions that edits of one kind make."""
    return {e.expression for e in edits(expression, MODEL, insertions) if e.kind == kind}


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("sign", alpha[i, j] * (b[i, j] - BASELINE), alpha[i, j] * (b[i, j] + BASELINE)),
        ("sign", -eta * u[i, a], eta * u[i, a]),
        ("factor", u[i, a] / sp.sqrt(T), u[i, a]),
        ("factor", u[i, a], 2 * u[i, a]),
        ("factor", u[i, a] / sp.sqrt(D_V), u[i, a] / sp.sqrt(T)),
        ("factor", -eta * u[i, a], -u[i, a]),
        ("exchanged", p[i, c] - 2 * y[i, c], y[i, c] - 2 * p[i, c]),
        ("transposed", total(alpha[i, j] * u[i, a], i), total(alpha[j, i] * u[i, a], i)),
        ("transposed", alpha[i, j] * b[i, j], alpha[j, i] * b[j, i]),
        ("wrong_index", b[i, j] - BASELINE, b[i, j] - total(alpha[i, k] * b[i, j], k)),
        ("wrong_index", alpha[i, j] * delta(i, k), alpha[i, j] * delta(j, k)),
        ("wrong_index", u[i, a] ** 2 * s[i, j], u[i, a] * u[j, a] * s[i, j]),
        ("wrong_power", u[i, a] ** 2, u[i, a]),
        ("factor", sp.sqrt(T), 1 / sp.sqrt(T)),
        ("wrong_power", eta * u[i, a], u[i, a] / eta),
        (
            "wrong_power",
            total(total(alpha[i, j] * u[i, a], i) ** 2, j),
            total(alpha[i, j] ** 2 * u[i, a] ** 2, i, j),
        ),
        (
            "wrong_power",
            total(alpha[i, j] ** 2 * u[i, a] ** 2, i, j),
            total(total(alpha[i, j] * u[i, a], i) ** 2, j),
        ),
        (
            "wrong_power",
            total(total(alpha[i, j] * u[i, a], i) ** 2, j, a),
            total(total(alpha[i, j] * u[i, a], i, a) ** 2, j),
        ),
        ("missing_term", alpha[i, j] * (b[i, j] - BASELINE), alpha[i, j] * b[i, j]),
        ("missing_term", sp.Integer(1), sp.Integer(0)),
        ("wrong_quantity", total(u[i, a] * g[i, a], a), total(u[i, a] * v[i, a], a)),
        ("missing_factor", total(alpha[i, j] * u[i, a], i), total(u[i, a], i)),
    ],
)
def test_an_edit_makes_the_mistake(kind, right, wrong):
    assert wrong in made(right, kind)


def test_a_sum_can_run_over_another_index_where_that_leaves_no_stray_one():
    expression = total(alpha[i, k] * b[j, k], k)
    wrong = total(alpha[i, k] * b[j, k], j)
    assert wrong not in made(expression, "wrong_sum")
    found = edits(expression, MODEL, free=frozenset((i, j, k)))
    assert wrong in {e.expression for e in found if e.kind == "wrong_sum"}


def test_a_softmax_can_be_normalised_over_the_wrong_axis():
    quotient = sp.exp(s[i, j]) / total(sp.exp(s[i, k]), k)
    (wrong,) = made(quotient, "wrong_axis")
    renamed = total(sp.exp(s[k, j]), k)
    (over,) = (x for x in wrong.atoms(sp.Sum))
    assert over.function.xreplace({over.limits[0][0]: k}) == renamed.function
    assert free_indices(wrong) == {i, j}


def test_what_is_under_a_derivative_is_edited_too():
    gram = total(MODEL.tensors["W_V"][indices("e", MODEL.size_names["d_x"])[0], a] ** 2)
    flow = Flow(gram - eta, (v[j, a], eta))
    assert Flow(gram + eta, (v[j, a], eta)) in made(flow, "sign")
    gradient = Partial(MODEL.loss, s[i, j])
    assert Partial(MODEL.loss, s[j, i]) in made(gradient, "transposed")
    assert all(e.args[0] == MODEL.loss for e in made(gradient, "wrong_index"))


def test_insertions_are_made_under_every_assignment_of_indices():
    insertions = Insertions(terms=(alpha[i, k],), factors=(u[k, a],))
    expression = total(v[j, a], a)
    assert total(v[j, a] + alpha[j, j], a) in made(expression, "extra_term", insertions)
    assert total(v[j, a] * u[j, a], a) in made(expression, "extra_factor", insertions)
    assert total(v[j, a] / u[j, a], a) in made(expression, "extra_factor", insertions)


def test_an_insertion_that_would_vanish_is_left_out():
    difference = s[i, k] - s[k, i]  # would be zero with one index twice
    found = made(b[j, j], "extra_factor", Insertions(factors=(difference,)))
    assert found == set()
    assert 0 not in made(b[j, j], "extra_term", Insertions(terms=(b[i, k],)))


def test_rates_of_the_other_side_may_be_missing():
    assert eta * u[i, a] in made(u[i, a], "factor", Insertions(scalars=(eta,)))


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_edits_are_different_and_use_known_indices(law):
    model = model_named(law.models[0])
    for side in law.statement(model).args:
        found = list(edits(side, model))
        assert len({e.expression for e in found}) == len(found)
        for edit in found:
            assert edit.expression != side
            assert edit.kind in KINDS
            assert edit.undoes in KINDS
            assert free_indices(edit.expression) <= free_indices(side)
            assert edit.message


def test_edits_of_every_kind_are_undone_by_an_edit():
    """What `edits` gets wrong it can put right, if it is told which terms and factors there are."""
    right = law_named("advantage-routing").statement(MODEL).right
    parts = [x for e in sp.preorder_traversal(right) if isinstance(e, sp.Add) for x in e.args]
    factors = [x for e in sp.preorder_traversal(right) if isinstance(e, sp.Mul) for x in e.args]
    insertions = Insertions(terms=tuple(parts), factors=tuple(f for f in factors if f != -1))
    not_undone = []
    by_kind: dict[str, list[Edit]] = {}
    for edit in edits(right, MODEL):
        by_kind.setdefault(edit.kind, []).append(edit)
    for edit in (e for found in by_kind.values() for e in found[:2]):  # all take minutes
        back = edits(edit.expression, MODEL, insertions, free_indices(right))
        undone = (e.undoes == edit.kind and sp.expand(e.expression - right) == 0 for e in back)
        if not any(undone):
            not_undone.append(edit)
    assert [e.message for e in not_undone if not vanished(e)] == []


def vanished(edit: Edit) -> bool:
    """Whether the edit left less than one can build on: alpha^2 from alpha b, for one."""
    return edit.kind == "missing_factor" and isinstance(edit.before, sp.Add | sp.Sum)


def test_sizes_are_no_quantities():
    n = Size("n")
    x = Tensor("x", (n,))
    (m,) = indices("m", n)
    kinds = {e.kind for e in edits(x[m], MODEL)}
    assert kinds == {"sign", "factor", "wrong_power"}
