"""The choice of the engine, and what only one engine has."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
import torch

from numerics.flows import system_named
from numerics.integration import Section, automatic, batched, integrate, problem, running
from numerics.integration.automatic import BUDGET, spectral_radii, stiff_from, tried
from numerics.integration.compiled import CompiledEngine
from numerics.integration.problem import PACE
from numerics.integration.running import requested
from tests.numerics.portraits.systems import own
from theory.codegen.components import Components, batch_jacobian


def choice(settings, count, until=50.0, name="attention-flow"):
    flow = system_named(name, **settings)
    starts = flow.starts(np.random.default_rng(0), count)
    request = requested(flow, starts, until, "auto")
    return request.engine, tried(request.problem, request.starts, request.values)


def test_stiffness_is_measured_and_not_read_off_the_rates():
    hard, smooth = {"eps_v": 1e4}, {"eps_v": 1e4, "label_smoothing": 0.2}
    engine, many = choice(smooth, 1000)
    assert engine == "stiff" and many.steps > 2 * stiff_from(8)
    engine, fewer = choice(hard, 1000)  # stiff at the start only, at the same ratio of rates
    assert engine == "explicit" and many.steps > 10 * fewer.steps
    assert choice({}, 1000)[0] == "explicit"
    assert choice(smooth, 1000, until=0.5)[0] == "explicit"  # a short run is not stiff


def test_the_steps_that_stability_asks_for_are_those_are_made():
    flow = system_named("attention-flow", eps_v=1000.0, label_smoothing=0.2)
    starts = flow.starts(np.random.default_rng(0), 40)
    run = integrate(flow, starts, [0, 50.0], engine="explicit")
    predicted = choice({"eps_v": 1000.0, "label_smoothing": 0.2}, 40)[1].steps
    assert 0.5 * predicted < float(run.steps.max()) < 2 * predicted


def test_little_work_is_not_worth_compiling_for():
    assert choice({}, 4)[0] == "scipy"
    assert choice({"eps_v": 1e4, "label_smoothing": 0.2}, 4)[0] == "scipy-lsoda"
    # as many trajectories of two variables: of a field of 8 operations, and of one of 278
    assert choice({}, 100, 10.0, "binary-head")[0] == "scipy"
    assert choice({}, 100, 10.0, "mixture-flow")[0] == "explicit"


@pytest.mark.parametrize(
    ("name", "settings", "until"),
    [("binary-head", {}, 10.0), ("attention-flow", {}, 50.0), ("mixture-flow", {}, 10.0),
     ("attention-flow", {"T": 8, "n": 8, "d_v": 4, "C": 4}, 50.0), ("mixture-flow", {}, -3.0),
     ("attention-flow", {"eps_v": 1e4, "label_smoothing": 0.2}, 50.0)],
)  # fmt: skip
def test_choosing_keeps_to_its_budget(name, settings, until, monkeypatch):
    """The evaluations that are made are counted, and weighed as the module says."""
    counted = {"one": 0, "all": 0}

    def counting(make, kind):
        def made(field):
            run = make(field)

            def velocity(*arguments):
                counted[kind] += 1
                return run(*arguments)

            return velocity

        return made

    flow = system_named(name, **settings)
    request = requested(flow, flow.starts(np.random.default_rng(0), 50), until, "scipy")
    monkeypatch.setattr(automatic, "scalar_field", counting(automatic.scalar_field, "one"))
    monkeypatch.setattr(automatic, "batch_values", counting(automatic.batch_values, "all"))
    trial = tried(request.problem, request.starts, request.values)
    size = len(flow.field.stages) + flow.dimension
    work = counted["one"] * (size + automatic.OVERHEAD) + counted["all"] * automatic.BATCH * size
    assert counted["one"] > 10 and work == trial.work
    # beyond it by no more than the last step, which may difference a Jacobian
    assert work <= BUDGET + 3 * (flow.dimension + 8) * (size + automatic.OVERHEAD)


def test_a_trial_that_is_cut_short_counts_as_it_ended(monkeypatch):
    monkeypatch.setattr(automatic, "BUDGET", 20_000)
    engine, trial = choice({"eps_v": 1e4, "label_smoothing": 0.2}, 4)
    assert not trial.complete and trial.steps > stiff_from(8)
    assert engine == "stiff"  # and nothing says that SciPy would be done soon


def test_a_run_need_not_wait_until_its_engine_is_compiled(monkeypatch):
    flow, ready = system_named("mixture-flow"), []
    starts = flow.starts(np.random.default_rng(0), 200)
    monkeypatch.setattr(CompiledEngine, "is_ready", lambda engine: bool(ready))
    request = requested(flow, starts, 10.0, "auto")
    assert request.engine == "explicit"
    assert running.without_waiting(request).engine == "scipy"
    long = requested(flow, starts, 10.0, "auto", many=100_000)
    assert running.without_waiting(long).engine == "explicit"  # sooner compiled than done
    ready.append(True)
    assert running.without_waiting(request).engine == "explicit"


def test_what_is_compiled_first_is_announced(monkeypatch, caplog):
    flow = system_named("binary-head")
    starts = flow.starts(np.random.default_rng(0), 3)
    integrate(flow, starts, [0, 1.0], engine="explicit")
    assert CompiledEngine(stiff=False).is_ready() and not caplog.records
    monkeypatch.setattr(CompiledEngine, "is_ready", lambda engine: False)
    integrate(flow, starts, [0, 1.0], engine="explicit")
    (record,) = caplog.records
    assert record.message == (
        "compiling the engine `explicit` for this machine, which takes some 20 s once"
    )


def test_a_machine_that_never_compiled_the_loop_is_not_ready(tmp_path):
    program = "from numerics.integration.engines import engine_named as named\n"
    program += "print(named('stiff').is_ready(), named('scipy').is_ready())"
    elsewhere = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", program], env=elsewhere, capture_output=True,
                         text=True, check=True)  # fmt: skip
    assert run.stdout.split() == ["False", "True"]


@pytest.mark.parametrize("engine", ["explicit", "stiff", "scipy", "torch"])
@pytest.mark.parametrize("way", [1, -1])
def test_a_trajectory_that_does_not_get_on_is_given_up(engine, way, monkeypatch):
    """It turns exp(8 z) times in a unit of time: ever faster, and the state stays where it is."""
    pace, budget = PACE, 1_000_000
    if engine in ("scipy", "torch"):  # a look more often, which the compiled loop does not allow
        pace, budget = 250, 20_000
        monkeypatch.setattr(problem, "PACE", pace)
        monkeypatch.setattr(batched, "PACE", pace)
    turning = own({"x": f"-y*exp({8 * way}*z)", "y": f"x*exp({8 * way}*z)", "z": "1"})
    asked = requested(turning, np.array([[1.0, 0.0, 0.0]]), 5.0 * way, engine)
    asked = asked._replace(problem=replace(asked.problem, max_steps=budget))
    found = problem.Solution.room(asked.problem, 1)
    list(running.parts(asked, found))
    assert found.status[0] == "too many steps"
    assert found.steps[0] % pace == 0 and found.steps[0] < budget / 5
    time = f"t = {found.end_time[0]:.6g},"
    assert found.message[0].startswith(
        f"the budget of steps does not reach the end; given up at {time}"
    )
    assert 0 < way * found.end_time[0] < 2


def test_one_that_gets_faster_goes_on():
    """It turns w times in a unit of time, w falling as 1/t: most steps are made at the start."""
    slowing = own({"x": "-y*w", "y": "x*w", "w": "-w^2/3000"})
    start = [[1.0, 0.0, 3e8]]
    run = integrate(slowing, np.array(start), [0, 1e3], engine="explicit", rtol=1e-6, atol=1e-6)
    assert run.status.values[0] == "finished" and int(run.steps[0]) > 3 * PACE


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
