"""Posteriors of the wind tunnels by exact enumeration; their models and measures at toy size."""

from itertools import permutations, product

import numpy as np
import pytest
import torch

from numerics.experiments import experiment, run, tunnel_measures, wind_tunnel
from numerics.experiments.bijection import Bijection
from numerics.experiments.definition import Preset
from numerics.experiments.hmm import HiddenChain, forward_filter
from numerics.experiments.sequence_models import SequenceModel, matched_mlp, parameters
from numerics.experiments.wind_tunnel import entropy_of

TOY = {
    "bijection": {"values": 3.0, "pairs": 3.0, "draws": 1.0},
    "hmm": {"states": 2.0, "symbols": 2.0, "length": 3.0, "beyond": 5.0, "draws": 256.0},
}
TRAINING = {"width": 8.0, "layers": 1.0, "heads": 2.0, "batch": 8.0, "rate": 3e-3, "warm": 2.0,
            "steps": 6.0}  # fmt: skip


@pytest.mark.parametrize("values", [2, 3, 4, 5, 6])
def test_the_bijection_posterior_counts_all_permutations(values):
    task = Bijection(values, values)
    batch = task.batch(np.random.default_rng(values), 4)
    tokens = batch.inputs.argmax(axis=2)
    for row in range(4):
        xs, ys = tokens[row, 0::2], tokens[row, 1::2] - values
        for k in range(values):
            left = [
                p for p in permutations(range(values))
                if all(p[x] == y for x, y in zip(xs[:k], ys[:k], strict=True))
            ]  # fmt: skip
            counted = np.bincount([p[xs[k]] for p in left], minlength=values) / len(left)
            assert np.allclose(batch.posterior[row, 2 * k], counted)
            assert entropy_of(counted) == pytest.approx(np.log2(values - k))
            assert batch.labels[row, 2 * k] == ys[k]
        assert sorted(xs) == list(range(values)) and len(set(ys)) == values


@pytest.mark.parametrize(("values", "pairs"), [(4, 0), (4, 5)])
def test_more_pairs_than_values_are_refused(values, pairs):
    with pytest.raises(ValueError, match="`pairs` must be 1 to 4"):
        Bijection(values, pairs)


@pytest.mark.parametrize("seed", range(3))
def test_the_filter_sums_over_all_hidden_paths(seed):
    rng = np.random.default_rng(seed)
    transition, emission = rng.dirichlet(np.ones(3), (2, 3)), rng.dirichlet(np.ones(4), (2, 3))
    seen = rng.integers(4, size=(2, 5))
    found = forward_filter(transition, emission, seen)
    for b, length in product(range(2), range(1, 6)):
        mass = np.zeros(3)
        for path in product(range(3), repeat=length):
            weight = 1 / 3
            for t, s in enumerate(path):
                weight *= emission[b, s, seen[b, t]] * (transition[b, path[t - 1], s] if t else 1)
            mass[path[-1]] += weight
        assert np.allclose(found[b, length - 1], mass / mass.sum(), atol=1e-12)


def test_labels_of_the_hidden_chain_follow_the_posterior():
    task = HiddenChain(3, 3, 6)
    batch = task.batch(np.random.default_rng(0), 20_000)
    p, labels = batch.posterior[:, batch.asked], batch.labels[:, batch.asked]
    chosen = np.take_along_axis(p, labels[..., None], axis=2)[..., 0]
    # the mean of p(label) is the mean of sum p^2 if labels are drawn from p
    assert np.abs(chosen.mean(axis=0) - (p**2).sum(axis=2).mean(axis=0)).max() < 0.01


def test_the_transformer_is_causal_and_the_mlp_sees_one_position():
    torch.manual_seed(0)
    model = SequenceModel(5, 3, width=8, layers=2, heads=2, hidden=16)
    mlp = matched_mlp(model, 5, 3)
    assert abs(parameters(mlp) - parameters(model)) <= 2 * (2 * 8 + 1)
    x = torch.randn(1, 6, 5)
    later, earlier = x.clone(), x.clone()
    later[0, 4:] += 1.0
    earlier[0, 0] += 1.0
    with torch.no_grad():
        assert torch.allclose(model(x)[:, :4], model(later)[:, :4], atol=1e-6)
        assert not torch.allclose(model(x)[:, 4:], model(earlier)[:, 4:], atol=1e-4)
        assert torch.allclose(mlp(x)[:, 1:], mlp(earlier)[:, 1:], atol=1e-6)


def test_an_exact_model_has_no_error_and_cross_entropy_splits_into_entropy_and_divergence():
    task = HiddenChain(2, 3, 4)
    batch = task.batch(np.random.default_rng(1), 50)
    p = batch.posterior[:, batch.asked]
    q = 0.9 * p + 0.05
    cross = -(p * np.log2(q)).sum(axis=2)
    divergence = (p * np.log2(p / q)).sum(axis=2)
    assert np.allclose(cross, entropy_of(p) + divergence)
    assert (divergence >= 0).all()

    def exact(inputs, kept=None):
        return torch.log(torch.tensor(np.maximum(batch.posterior, 1e-300)))

    exact.eval = lambda: None
    assert wind_tunnel.entropy_errors(exact, batch).max() < 1e-9


@pytest.mark.parametrize("name", ["bijection", "hmm"])
def test_a_wind_tunnel_end_to_end_at_toy_size_and_resumed_to_the_same_bits(name, tmp_path):
    made = experiment(name)
    settings = {**TOY[name], **TRAINING}
    preset = Preset(settings, 6, "a moment", every=2)
    whole = run(made, preset, [1], tmp_path / "whole")[0]

    calls = []

    def stop(steps):
        calls.append(steps)
        if len(calls) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(made, preset, [1], tmp_path / "parts", progress=stop)
    parts = run(made, preset, [1], tmp_path / "parts")[0]
    assert np.array_equal(whole.state["transformer.loss"], parts.state["transformer.loss"])
    assert whole.measured == parts.measured
    assert {r.measure for r in made.rows} <= whole.measured.keys()
    assert set(made.draw(settings, [whole.state])) == {"errors", "geometry", "dissociation"}
    for curve in ("routing", "values", "attention"):
        assert whole.state[curve].shape == (3, 1) and (whole.state[curve] > 0).all()
        assert np.array_equal(whole.state[curve], parts.state[curve])


def test_training_lowers_the_error_of_the_transformer_below_the_mlps(tmp_path):
    made = experiment("bijection")
    settings = {**TOY["bijection"], **TRAINING, "width": 16.0, "batch": 64.0, "steps": 200.0}
    found = run(made, Preset(settings, 200, "seconds", every=50), [0], tmp_path)[0]
    assert found.measured["error_transformer"] < 0.5 * found.measured["error_mlp"]
    heads, layers = tunnel_measures.ablations(
        wind_tunnel.loaded(Bijection(3, 3), settings, found.state)["transformer"],
        Bijection(3, 3).batch(np.random.default_rng(5), 300),
    )
    assert layers.max() > found.measured["error_transformer"] and heads.shape == (1, 2)


def test_with_one_label_a_position_the_error_is_larger(tmp_path):
    made = experiment("hmm")
    settings = {**TOY["hmm"], **TRAINING, "width": 16.0, "batch": 64.0, "steps": 200.0}
    found = run(made, Preset(settings, 200, "seconds", every=100), [0], tmp_path)[0]
    assert found.measured["error_transformer"] < found.measured["error_single"]
    first = found.state["single.loss"][0], found.state["transformer.loss"][0]
    assert first[0] == pytest.approx(first[1], rel=0.2)  # the same weights and sequences
    assert "one label a position" in made.remark([found.measured])


def test_many_labels_are_drawn_from_the_posterior_and_one_is_the_state_that_was_hidden():
    batch = HiddenChain(2, 2, 3).batch(np.random.default_rng(3), 2000)
    asked = batch.posterior[:, batch.asked]
    shares = wind_tunnel._aims(batch, 64, seed=0, step=5)
    assert shares.shape == asked.shape
    np.testing.assert_allclose(shares.sum(axis=-1), 1.0, atol=1e-6)
    assert np.array_equal(shares * 64, np.round(shares * 64))
    off = (shares - asked) / np.sqrt(np.maximum(asked * (1 - asked), 1e-3) / 64)
    assert abs(off.mean()) < 0.05 and 0.8 < off.std() < 1.1
    assert np.array_equal(wind_tunnel._aims(batch, 1, 0, 5), batch.labels[:, batch.asked])
