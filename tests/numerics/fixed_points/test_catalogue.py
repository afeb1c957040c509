"""Fixed points of the systems of the catalogue."""

import time

import numpy as np
import pytest

from numerics.fixed_points import find, find_all, prove
from numerics.fixed_points.slices import Slice
from numerics.flows import system_named
from tests.numerics.fixed_points.systems import bimodal
from theory.codegen.components import batch_values


@pytest.mark.parametrize("name", ["em-map", "mixture-flow"])
def test_exactly_three_fixed_points_of_em_on_thirty_points(name):
    data = bimodal(30)
    system = system_named(name, X=data)
    begun = time.process_time()
    found = find_all(system, (-4, 4, -4, 4))
    assert time.process_time() - begun < 5
    assert found.complete and found.summary.startswith("3 fixed points, proved, and no others")
    assert [x.kind for x in found.points] == ["stable node", "stable node", "saddle"]
    assert [x.proof.stability for x in found.points] == ["stable", "stable", "unstable"]
    first, second, middle = found.points
    assert np.allclose(first.y, second.y[::-1], atol=1e-12)
    assert np.allclose(middle.y, data.mean())
    # an EM step written here
    weights = np.exp(-((data[:, None] - first.y) ** 2) / 2)
    weights /= weights.sum(axis=1, keepdims=True)
    assert np.allclose(weights.T @ data / weights.sum(axis=0), first.y, atol=1e-13)


@pytest.mark.parametrize("name", ["em-map", "em-flow"])
@pytest.mark.parametrize("moves", ["means", "means,weights,variance"])
def test_em_as_papers_write_it_is_em_as_floats_need_it(name, moves):
    system = system_named(name, N=5, K=2, d_x=2, moves=moves, seed=3)
    assert system.plain is not None
    y = system.starts(np.random.default_rng(0), 20)
    plain = batch_values(system.plain())(y, system.values)
    assert np.allclose(plain, system.velocity(y), rtol=1e-11, atol=1e-12)
    assert system.plain() is system.plain()


def test_balls_of_em_are_tight():
    system = system_named("em-map", X=bimodal(30))
    there = Slice(type("Q", (), {"system": system, "basis": np.eye(2)}))
    from numerics.fixed_points.balls import bounds, box

    low, high = bounds(there.residual(box([1.9, -2.1], [2.0, -2.0]))[0])
    assert high - low < 0.5


@pytest.mark.parametrize(("sigma2", "count"), [(0.5, 3), (1 - 1e-6, 3), (1 + 1e-6, 1), (2.0, 1)])
def test_the_pitchfork_of_the_symmetric_pair(sigma2, count):
    found = find_all(system_named("em-symmetric", sigma2=sigma2), (-4, 4))
    assert found.complete and len(found.points) == count
    middle = min(found.points, key=lambda x: abs(x.y[0]))
    assert middle.proof.stability == ("stable" if count == 1 else "unstable")


def test_at_the_pitchfork_nothing_is_proved():
    system = system_named("em-symmetric", sigma2=1.0)
    proof = prove(system, np.zeros(1))
    assert proof.verdict == "not proved" and "singular" in proof.reason
    assert find(system)[0].kind == "degenerate"


def test_the_binary_head_has_a_saddle_and_nothing_else():
    found = find_all(system_named("binary-head"))
    assert found.complete and [x.kind for x in found.points] == ["saddle"]


def test_coincident_means_have_multiple_eigenvalues():
    data = np.random.default_rng(0).normal(size=(6, 1)) * 4
    system = system_named("em-map", X=data, K=3)
    proof = prove(system, np.full(3, data.mean()))
    # along the common mean the map is constant; the two others are the variance of the data
    expected = data.var()
    assert proof.holds and proof.index == 2 and len(proof.eigenvalues) == 3
    middles = sorted(float(x.real.mid()) for x in proof.eigenvalues)
    assert np.allclose(middles, [0, expected, expected], atol=1e-9)


@pytest.mark.parametrize("name", ["em-map", "mixture-flow"])
def test_weights_that_move_are_proved_up_to_their_shift(name):
    system = system_named(name, X=bimodal(6), moves="means,weights", sigma2=0.5)
    points = find(system, number=6, proofs=True)
    (stable,) = [x for x in points if x.stable]
    assert stable.label == "proved" and stable.proof.stability == "stable"
    # the EM map has one vector of logits on each line, the flow of the loss a line of them
    assert bool(stable.proof.assumptions) == (name == "mixture-flow")
    assert np.allclose(np.diff(stable.y[2:]), 0, atol=1e-2)
