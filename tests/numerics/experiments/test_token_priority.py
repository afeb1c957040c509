"""Priority graphs, the Graph-SVM and its certificate, and the limits of descent, at toy size."""

import numpy as np
import pytest

from numerics.experiments import experiment, run
from numerics.experiments.definition import Preset
from numerics.experiments.graph_svm import embedded_svm, graph_svm
from numerics.experiments.priority_graphs import Data, sample, violating
from numerics.experiments.priority_training import (
    composition,
    descended,
    embedded_basis,
    finite_part,
    fitted_slope,
    flowed,
    plainly_descended,
    regularised,
    split,
)


def _data(seed, *, acyclic):
    return sample(np.random.default_rng(seed), 5, 9, 4, acyclic=acyclic)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("acyclic", [True, False])
def test_the_gradient_is_that_of_the_loss_and_splits_exactly(seed, acyclic):
    data = _data(seed, acyclic=acyclic)
    w = np.random.default_rng(seed + 50).standard_normal((5, 5))
    gradient = data.gradient(w)
    own = data.attention(w)[np.arange(9), data.label]
    assert data.loss(w) == pytest.approx(-np.log(own).mean(), rel=1e-13)
    h = 1e-6
    for index in np.ndindex(5, 5):
        up, down = w.copy(), w.copy()
        up[index] += h
        down[index] -= h
        assert gradient[index] == pytest.approx(
            (data.loss(up) - data.loss(down)) / (2 * h), abs=1e-8
        )
        turned = (data.gradient(up) - data.gradient(down)).ravel() / (2 * h)
        row = np.ravel_multi_index(index, (5, 5))
        assert np.allclose(data.hessian(w)[row], turned, atol=1e-8)
    for part, same in zip(data.split_gradient(w), split(gradient, data.differences()), strict=True):
        assert np.allclose(part, same, atol=1e-14)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_left_outside_of_components_is_exact_however_small(seed):
    """The reference computes with three hundred bits, and subtracts."""
    from mpmath import mp, mpf

    data = _data(seed, acyclic=False)
    w = 60 * graph_svm(data)[0]
    found = data.split_gradient(w)[1]
    with mp.workprec(300):
        exact = np.array([[mpf(0)] * 5 for _ in range(5)])
        for counts, k, y in zip(data.counts, data.last, data.label, strict=True):
            masses = [int(c) * mp.exp(mpf(float(x))) for c, x in zip(counts, w[:, k], strict=True)]
            for part in data.components[int(k)]:
                error = sum(masses[v] for v in part) / sum(masses) - (int(y) in part)
                for v in part:
                    exact[v, k] += error / len(part) / len(data.label)
        largest = max(abs(x) for x in exact.ravel())
    assert 0 < largest < 1e-20
    assert np.allclose(
        found / float(largest), (exact / largest).astype(float), rtol=1e-10, atol=1e-12
    )


def test_labels_by_one_order_make_no_cycle_and_two_opposite_ones_do():
    assert all(_data(seed, acyclic=True).is_acyclic for seed in range(20))
    counts = np.array([[1, 1, 1], [1, 1, 1]])
    data = Data(counts, np.array([2, 2]), np.array([0, 1]))
    assert data.components == {2: [[0, 1], [2]]}
    assert len(data.differences()) == 1


@pytest.mark.parametrize("seed", range(6))
def test_the_graph_svm_meets_its_constraints_and_is_certified(seed):
    data = _data(seed, acyclic=seed % 2 == 0)
    w, certificate = graph_svm(data)
    assert certificate.worst < 1e-8
    for k, graph in data.graphs.items():
        component = {i: n for n, c in enumerate(data.components[k]) for i in c}
        for i, j in graph.edges:
            margin = w[i, k] - w[j, k]
            if component[i] == component[j]:
                assert abs(margin) < 1e-8
            else:
                assert margin > 1 - 1e-8


def test_two_tokens_have_the_margin_that_is_known():
    data = Data(np.array([[1, 1]]), np.array([1]), np.array([0]))
    w, _ = graph_svm(data)
    assert np.allclose(w, [[0, 0.5], [0, -0.5]])


def test_a_context_of_one_token_leaves_nothing_to_separate():
    data = Data(np.array([[0, 2]]), np.array([1]), np.array([1]))
    w, certificate = graph_svm(data)
    assert not w.any() and certificate.worst == 0
    assert data.cyclic() is None


@pytest.mark.parametrize("seed", range(4))
def test_a_label_outside_of_its_context_has_no_loss_and_keeps_its_edges(seed):
    data = _data(seed, acyclic=True)
    broken = violating(np.random.default_rng(seed), data)
    assert (~broken.realisable).sum() == 1
    for what in (broken.loss, broken.gradient, broken.split_gradient):
        with pytest.raises(ValueError, match="every label must stand in its context; got 1"):
            what(np.zeros((5, 5)))
    assert len(broken.part(broken.realisable).label) == len(data.label) - 1
    (row,) = np.flatnonzero(~broken.realisable)
    graph = broken.graphs[int(broken.last[row])]
    assert all(graph.has_edge(broken.label[row], i) for i in np.flatnonzero(broken.counts[row]))


def test_contexts_that_hold_all_tokens_cannot_be_violated():
    data = Data(np.array([[1, 1]]), np.array([1]), np.array([0]))
    with pytest.raises(ValueError, match="every context holds all tokens"):
        violating(np.random.default_rng(0), data)


def test_every_set_called_cyclic_has_a_cycle_or_the_sizes_are_refused():
    assert not any(_data(seed, acyclic=False).is_acyclic for seed in range(40))
    with pytest.raises(ValueError, match="have no cycle"):
        sample(np.random.default_rng(0), 5, 9, 1, acyclic=False)


@pytest.mark.parametrize("seed", range(3))
def test_the_flow_is_that_of_plain_euler_steps_and_loses_no_loss(seed):
    data = _data(seed, acyclic=seed != 0)
    basis, (w_svm, _) = data.differences(), graph_svm(data)
    w, gap = flowed(data, basis, w_svm, until=20.0)
    euler, step = np.zeros((5, 5)), 2e-3
    for _ in range(int(20 / step)):
        euler = euler - step * data.gradient(euler)
    assert np.allclose(w, euler, atol=2e-3)
    _, far = flowed(data, basis, w_svm)
    assert far[-1] < gap[-1] and far[-1] < 0.01


@pytest.mark.parametrize("seed", range(3))
def test_orthonormal_embeddings_change_nothing(seed):
    data = _data(seed, acyclic=True)
    rotation = np.linalg.qr(np.random.default_rng(seed).standard_normal((5, 5)))[0]
    basis = embedded_basis(rotation)
    svm = embedded_svm(data, basis)
    assert svm is not None
    # a duality gap of 1e-12 leaves |W - W_svm| <= sqrt(2 gap)
    assert np.allclose((svm @ basis).reshape(5, 5), graph_svm(data)[0], atol=3e-6)
    path = (regularised(data, basis) @ basis).reshape(5, 5)
    assert np.allclose(path, regularised(data), atol=1e-5)


def test_embeddings_on_a_line_leave_no_solution_where_a_middle_token_has_priority():
    # e_1 lies between e_0 and e_2: no w has both (e_1 - e_0) w > 0 and (e_1 - e_2) w > 0
    data = Data(np.array([[1, 1, 1]]), np.array([0]), np.array([1]))
    line = np.array([[-1.0], [0.1], [1.0]])
    assert embedded_svm(data, embedded_basis(line)) is None
    ends = Data(np.array([[1, 1, 1]]), np.array([0]), np.array([2]))
    found = embedded_svm(ends, embedded_basis(line))
    assert found == pytest.approx([-1 / 0.9])  # (1 - 0.1) w (-1) = 1


def test_plain_descent_lowers_the_loss_towards_the_same_direction():
    data = _data(0, acyclic=True)
    w_svm, _ = graph_svm(data)
    early, late = (plainly_descended(data, steps) for steps in (20, 2000))
    assert data.loss(late) < data.loss(early) < np.log(4)
    cosines = [(w * w_svm).sum() / np.linalg.norm(w) / np.linalg.norm(w_svm) for w in (early, late)]
    assert cosines[1] > max(cosines[0], 0.97)


def test_a_slope_is_found_where_there_is_one():
    x = np.geomspace(1, 1e4, 40)
    assert fitted_slope(x, 0.5 * (3 / x) ** 2) == pytest.approx(-1, abs=1e-9)
    assert np.isnan(fitted_slope(x, np.zeros(40)))


@pytest.mark.parametrize("seed", range(4))
def test_attention_is_hard_between_components_and_soft_inside(seed):
    data = _data(seed, acyclic=False)
    w_fin, _ = finite_part(data, data.differences())
    mass, off = composition(data, np.zeros((5, 5)), w_fin)
    assert mass < 0.9
    w, _ = descended(data, data.differences(), graph_svm(data)[0], 1500)
    mass, off = composition(data, w, w_fin)
    assert mass > 1 - 1e-9 and off < 1e-9


def test_w_fin_balances_a_cycle_as_its_labels_do():
    # label 0 twice as often as label 1: e^(w_0 - w_1) = 2 in the cycle
    counts = np.array([[1, 1]] * 3)
    data = Data(counts, np.array([0, 0, 0]), np.array([0, 0, 1]))
    w, off = finite_part(data, data.differences())
    assert off < 1e-12
    assert w[0, 0] - w[1, 0] == pytest.approx(np.log(2), abs=1e-10)


def test_descent_and_path_end_where_the_theorem_says(tmp_path):
    made = experiment("token-priority")
    settings = {"tokens": 5.0, "sequences": 9.0, "length": 4.0, "sets": 4.0, "violating": 2.0,
                "dependent": 3.0, "width": 2.0, "steps": 1500.0}  # fmt: skip
    found = run(made, Preset(settings, 13, "seconds", every=4), [0], tmp_path)[0]
    for kind in ("acyclic", "cyclic"):
        assert found.measured[f"correlation_{kind}_least"] > 0.99
        assert found.measured[f"path_correlation_{kind}"] == 1.0
    assert found.measured["optimality"] < 1e-8
    assert found.measured["correlation_violating_least"] > 0.99 > found.measured["broken"]
    assert -1.2 < found.measured["slope"] < -0.8
    assert {row.measure for row in made.rows} <= found.measured.keys()
    assert found.measured["distance_most"] < 1e-3
    assert set(made.draw(settings, [found.state])) == {
        "graph", "convergence", "attention", "violation",
    }  # fmt: skip
