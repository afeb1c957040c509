"""The choice of the engine, and what only one engine has."""

import numpy as np
import pytest
import sympy as sp
import torch

from numerics.flows import system_named
from numerics.integration import Section, integrate
from numerics.integration.automatic import explicit_steps, spectral_radii, stiff_from
from numerics.integration.running import requested
from theory.codegen.components import Components, batch_jacobian


def choice(settings, count, until=50.0):
    flow = system_named("attention-flow", **settings)
    starts = flow.starts(np.random.default_rng(0), count)
    request = requested(flow, starts, until, "auto", 1e-8, 1e-10, ())
    return request.engine, explicit_steps(request.problem, request.starts, request.values)


def test_stiffness_is_measured_and_not_read_off_the_rates():
    hard, smooth = {"eps_v": 1e4}, {"eps_v": 1e4, "label_smoothing": 0.2}
    engine, many = choice(smooth, 100)
    assert engine == "stiff" and many > 2 * stiff_from(8)
    engine, fewer = choice(hard, 100)  # stiff at the start only, at the same ratio of rates
    assert engine == "explicit" and many > 10 * fewer
    assert choice({}, 100)[0] == "explicit"
    assert choice(smooth, 100, until=0.5)[0] == "explicit"  # a short run is not stiff


def test_the_steps_that_stability_asks_for_are_those_are_made():
    flow = system_named("attention-flow", eps_v=1000.0, label_smoothing=0.2)
    starts = flow.starts(np.random.default_rng(0), 40)
    run = integrate(flow, starts, [0, 50.0], engine="explicit")
    predicted = choice({"eps_v": 1000.0, "label_smoothing": 0.2}, 40)[1]
    assert 0.5 * predicted < float(run.steps.max()) < 2 * predicted


def test_few_trajectories_are_not_worth_compiling_for():
    assert choice({}, 4)[0] == "scipy"
    assert choice({"eps_v": 1e4, "label_smoothing": 0.2}, 4)[0] == "scipy-lsoda"


def test_the_dataset_names_the_engine_that_was_chosen():
    flow = system_named("attention-flow", T=1, n=2, d_v=1)
    assert integrate(flow, np.zeros((1, 4)), 1.0).attrs["engine"] == "scipy"


def test_torch_says_what_it_cannot_do():
    flow = system_named("attention-flow", T=1, n=2, d_v=1)
    with pytest.raises(ValueError, match="the engine `torch` locates no sections"):
        integrate(flow, np.zeros((1, 4)), 1.0, engine="torch", events=[Section(0, 1.0)])
    with pytest.raises(ValueError, match="torch has no device `cuda:99` here"):
        integrate(flow, np.zeros((1, 4)), 1.0, engine="torch", device="cuda:99")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_a_gpu_gives_what_the_processor_gives():
    flow = system_named("attention-flow", T=2, n=3)
    starts = flow.starts(np.random.default_rng(1), 200)
    here, there = (integrate(flow, starts, 5.0, engine="torch", device=x) for x in ("cpu", "cuda"))
    np.testing.assert_allclose(there.y, here.y, atol=1e-8)


@pytest.mark.parametrize(
    ("name", "settings"),
    [("attention-flow", {"eps_v": 1000.0, "label_smoothing": 0.2}), ("mixture-flow", {}),
     ("head-flow", {}), ("binary-head", {})],
)  # fmt: skip
def test_spectral_radii_are_those_of_the_jacobian(name, settings):
    flow = system_named(name, **settings)
    y = flow.starts(np.random.default_rng(4), 40)
    exact = np.abs(np.linalg.eigvals(batch_jacobian(flow.field)(y, flow.values))).max(axis=1)
    found = spectral_radii(flow.field, y, flow.values)
    assert np.median(np.abs(found / exact - 1)) < 0.05
    np.testing.assert_allclose(found, exact, rtol=0.5)


def test_a_rotation_has_the_radius_of_its_complex_pair():
    x, y = sp.symbols("x y", real=True)
    field = Components("rotation", (x, y), (), (), (40 * y, -10 * x))
    np.testing.assert_allclose(spectral_radii(field, np.zeros((1, 2)), np.zeros(0)), 20, rtol=0.05)
