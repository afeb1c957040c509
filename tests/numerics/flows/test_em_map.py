"""em-map and em-flow: against a step by hand, far from the data, and against the law's M-step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics.flows import em_flow, em_map, mixture_flow
from numerics.flows.em_map import log_responsibilities
from tests.numerics.flows.oracles import em_step, split
from theory.algebra.expressions import Equation, slots
from theory.algebra.normal_form import is_zero
from theory.algebra.reading import Reader, Unfolding
from theory.algebra.ring import Ring
from theory.models import model_named, theory_of

SETTINGS = [
    {},
    {"N": 7, "K": 3, "d_x": 2, "moves": "means,weights"},
    {"N": 6, "K": 2, "d_x": 2, "moves": "means,weights,variance", "seed": 3},
    {"N": 9, "K": 3, "d_x": 1, "moves": "means,variance", "pi": [0.2, 0.3, 0.5]},
]
WIDE = em_map(N=6, K=3, d_x=2, moves="means,weights")


def _oracle(system, y):
    x = system.settings
    means = split(y[: x["K"] * x["d_x"]], (x["K"], x["d_x"]))[0]
    rest = y[means.size :]
    weights, variance = np.array(x["pi"]), x["sigma2"]
    if "weights" in x["moves"]:
        weights, rest = np.exp(rest[: x["K"]]), rest[x["K"] :]
        weights = weights / weights.sum()
    if "variance" in x["moves"]:
        variance = np.exp(rest[0])
    means, weights, variance = em_step(np.array(x["X"]), means, weights, variance)
    image = [means.ravel()]
    image += [np.log(weights)] if "weights" in x["moves"] else []
    image += [[np.log(variance)]] if "variance" in x["moves"] else []
    return np.concatenate(image)


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_map_is_a_step_of_em_and_the_flow_follows_it(settings):
    step, flow = em_map(**settings), em_flow(**settings)
    assert (step.kind, flow.kind) == ("map", "flow")
    for y in step.starts(np.random.default_rng(3), 3):
        expected = _oracle(step, y)
        np.testing.assert_allclose(step.velocity(y), expected, rtol=0, atol=1e-12)
        np.testing.assert_allclose(flow.velocity(y), expected - y, rtol=0, atol=1e-12)


@pytest.mark.parametrize("settings", SETTINGS[1:])
def test_the_jacobian_is_the_derivative_of_the_map(settings):
    system = em_map(**settings)
    y = system.starts(np.random.default_rng(5), 1)[0]
    steps = 1e-6 * np.eye(system.dimension)
    columns = (system.velocity(y + steps) - system.velocity(y - steps)) / 2e-6
    np.testing.assert_allclose(system.jacobian(y), columns.T, rtol=0, atol=2e-8)
    flow = em_flow(**settings)
    np.testing.assert_allclose(
        flow.jacobian(y), system.jacobian(y) - np.eye(system.dimension), atol=1e-13
    )


@pytest.mark.parametrize("name", ["prototype-mixture", "prototype-mixture-full"])
def test_the_step_from_logarithms_is_the_m_step_of_the_model(name):
    """Proved by the normal form, for every size: the lines are written out into d_ij."""
    model = model_named(name)
    theory = theory_of(model)
    *_, mean = log_responsibilities(model)
    ring = Ring(model.rules)
    own = {x.name: Unfolding(x.parameters, x.value) for x in log_responsibilities(model)}
    lines = own | theory.unfolding(["v_star", "n", "r"])
    (star,) = [line for line in theory.lines if line.name == "v_star"]
    statement = Equation(mean.symbol, star.symbol)
    assert slots(mean.symbol) == slots(star.symbol)
    assert is_zero(Reader(ring, lines).read(statement.left - statement.right), ring)


@given(st.integers(0, 10_000), st.floats(1, 1e6))
def test_no_start_is_too_far_from_the_data(seed, distance):
    """Responsibilities of 10^-(10^11) are no obstacle: shares come from their logarithms."""
    system = WIDE
    direction = np.random.default_rng(seed).normal(size=6)
    y = np.concatenate([distance * direction, np.zeros(3)])
    image = system.velocity(y)
    assert np.isfinite(image).all()
    X = np.array(system.settings["X"])
    means = image[:6].reshape(3, 2)
    assert (means >= X.min(axis=0) - 1e-9).all() and (means <= X.max(axis=0) + 1e-9).all()


def test_a_far_mean_moves_to_the_points_that_are_nearest_in_its_favour():
    """Between far means only the difference of squares counts: the point furthest out."""
    system = em_map(X=[0.0, 1.0, 3.0], K=2)
    np.testing.assert_allclose(system.velocity(np.array([0.5, 1e3])), [4 / 3, 3.0], atol=1e-12)
    flow = mixture_flow(X=[0.0, 1.0, 3.0], K=2)
    assert flow.velocity(np.array([0.5, 1e3]))[1] == 0  # the gradient has underflowed


def test_fixed_points_of_the_map_are_rests_of_the_flow():
    step, gradient = em_map(K=2, d_x=2, N=8), mixture_flow(K=2, d_x=2, N=8)
    y = step.starts(np.random.default_rng(0), 4)
    for _ in range(300):
        y = step.velocity(y)
    np.testing.assert_allclose(step.velocity(y), y, atol=1e-12)
    np.testing.assert_allclose(gradient.velocity(y), 0, atol=1e-9)


@given(st.integers(0, 10_000))
def test_relabelling_the_clusters_relabels_the_image(seed):
    system = WIDE
    y = system.starts(np.random.default_rng(seed), 1)[0]
    for order in map(list, system.relabellings):
        np.testing.assert_allclose(
            system.velocity(y[order]), system.velocity(y)[order], rtol=1e-9, atol=1e-11
        )


@given(st.integers(0, 10_000), st.sampled_from(["means", "means,weights"]))
def test_the_likelihood_never_gets_worse(seed, moves):
    step, flow = DESCENDING[moves]
    y = step.starts(np.random.default_rng(seed), 3)
    (q,) = step.quantities
    assert (step.quantity(q, step.velocity(y)) <= step.quantity(q, y) + 1e-11).all()
    (q,) = flow.quantities
    h = 1e-5 * flow.velocity(y)
    assert (flow.quantity(q, y + h) - flow.quantity(q, y - h) <= 1e-11).all()


DESCENDING = {
    moves: (em_map(N=7, moves=moves), em_flow(N=7, moves=moves))
    for moves in ("means", "means,weights")
}


def test_continuous_em_of_the_variance_may_get_worse_so_nothing_is_monitored():
    """Tight data, means far away, a variance in between: log sigma^2 overshoots."""
    system = em_flow(X=[-0.1, 0.0, 0.1], K=1, moves="means,variance")
    assert system.quantities == ()
    assert len(em_map(X=[-0.1, 0.0, 0.1], K=1, moves="means,variance").quantities) == 1
    (q,) = mixture_flow(X=[-0.1, 0.0, 0.1], K=1, moves="means,variance").quantities
    y = np.array([1.5, 0.0])
    h = 1e-6 * system.velocity(y)
    assert system.quantity(q, y + h)[0] > system.quantity(q, y - h)[0]
