"""Priority graphs, the Graph-SVM and its certificate, and the limits of descent, at toy size."""

import numpy as np
import pytest

from numerics.experiments import experiment, run
from numerics.experiments.definition import Preset
from numerics.experiments.priority_graphs import Data, graph_svm, sample
from numerics.experiments.token_priority import _split, finite_part


def _data(seed, *, acyclic):
    return sample(np.random.default_rng(seed), 5, 9, 4, acyclic=acyclic)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("acyclic", [True, False])
def test_the_gradient_is_that_of_the_loss_and_splits_exactly(seed, acyclic):
    data = _data(seed, acyclic=acyclic)
    w = np.random.default_rng(seed + 50).standard_normal((5, 5))
    _, gradient = data.loss_and_gradient(w)
    h = 1e-6
    for index in np.ndindex(5, 5):
        up, down = w.copy(), w.copy()
        up[index] += h
        down[index] -= h
        slope = (data.loss_and_gradient(up)[0] - data.loss_and_gradient(down)[0]) / (2 * h)
        assert gradient[index] == pytest.approx(slope, abs=1e-8)
    outside = _split(gradient, data.differences())[1]
    assert np.allclose(data.outer_gradient(w), outside, atol=1e-14)


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


def test_a_label_outside_of_its_context_is_refused():
    with pytest.raises(ValueError, match="label of sequence 2 must stand in its context"):
        Data(np.array([[1, 1], [0, 2]]), np.array([1, 1]), np.array([0, 0]))


def test_w_fin_balances_a_cycle_as_its_labels_do():
    # label 0 twice as often as label 1: e^(w_0 - w_1) = 2 in the cycle
    counts = np.array([[1, 1]] * 3)
    data = Data(counts, np.array([0, 0, 0]), np.array([0, 0, 1]))
    w, off = finite_part(data, data.differences())
    assert off < 1e-12
    assert w[0, 0] - w[1, 0] == pytest.approx(np.log(2), abs=1e-10)


def test_descent_and_path_end_where_the_theorem_says(tmp_path):
    made = experiment("token-priority")
    settings = {"tokens": 5.0, "sequences": 9.0, "length": 4.0, "sets": 4.0, "steps": 1500.0}
    found = run(made, Preset(settings, 8, "seconds", every=4), [0], tmp_path)[0]
    for kind in ("acyclic", "cyclic"):
        assert found.measured[f"correlation_{kind}_least"] > 0.99
        assert found.measured[f"path_correlation_{kind}"] == 1.0
    assert found.measured["optimality"] < 1e-8
    assert found.measured["distance_most"] < 1e-3
    assert set(made.draw(settings, [found.state])) == {"graph", "convergence"}
