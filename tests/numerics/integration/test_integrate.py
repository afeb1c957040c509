"""`integrate`: engines against the reference, output, events, failures, provenance."""

import json
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from numerics.flows import System, Variable, system_named
from numerics.integration import ENGINES, FixedPoint, Section, integrate
from numerics.integration.compiled.engine import LaneEngine, LaneRun
from numerics.integration.problem import Solution
from numerics.integration.running import requested
from theory.codegen.components import Components, maximum, step


def small(name, states, expressions, parameters=(), values=(), quantities=()):
    """A system typed in by hand, for what no flow of the catalogue does."""
    y = sp.symbols(states, real=True, seq=True)
    program = Components(name, y, tuple(sp.symbols(parameters, real=True, seq=True)) if parameters
                         else (), (), tuple(map(sp.sympify, expressions(*y))))  # fmt: skip
    return System(
        name=name, title=name, kind="flow", variables=(Variable("y", (len(y),), "state"),),
        field=program, values=np.array(values, dtype=float), settings={},
        starts=lambda rng, n: rng.normal(size=(n, len(y))), quantities=tuple(quantities),
    )  # fmt: skip


QUICK = [x for x in ENGINES if x != "auto"]
LOCATING = [x for x in QUICK if x != "torch"]
OSCILLATOR = small("oscillator", "x v", lambda x, v: (v, -x))
SQUARE = small("square", "x", lambda x: (x**2,))


@pytest.fixture(scope="module")
def flow():
    return system_named("attention-flow", T=2, n=3, d_v=2, C=2, label_smoothing=0.1)


@pytest.fixture(scope="module")
def starts(flow):
    return flow.starts(np.random.default_rng(3), 7)


@pytest.fixture(scope="module")
def truth(flow, starts):
    return integrate(flow, starts, [0, 0.3, 4.0, 10.0], engine="scipy", rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("engine", QUICK)
def test_engines_agree_with_the_reference(engine, flow, starts, truth):
    found = integrate(flow, starts, [0, 0.3, 4.0, 10.0], engine=engine)
    assert list(found.status.values) == ["finished"] * 7
    np.testing.assert_allclose(found.y, truth.y, atol=1e-6, rtol=0)
    np.testing.assert_array_equal(found.end, found.y[:, -1])
    np.testing.assert_array_equal(found.y[:, 0], starts)
    assert (found.steps > 0).all()


@pytest.mark.parametrize("engine", QUICK)
def test_known_solution_forward_and_backward(engine):
    start = [[1.0, 0.0], [0.0, 2.0], [0.3, -0.4]]
    for times in (np.linspace(0, 7, 15), np.linspace(0, -7, 15), np.array([2.0, 1.0])):
        found = integrate(OSCILLATOR, start, times, engine=engine, rtol=1e-10)
        t = times - times[0]
        expected = [np.stack([x * np.cos(t) + v * np.sin(t), v * np.cos(t) - x * np.sin(t)], 1)
                    for x, v in start]  # fmt: skip
        np.testing.assert_allclose(found.y, expected, atol=1e-6)
        np.testing.assert_array_equal(found.time, times)


@pytest.mark.parametrize("engine", QUICK)
def test_a_blow_up_is_marked_and_the_others_run_on(engine):
    starts = np.array([[1.0], [-1.0], [0.2], [0.6]])  # 1 / (1/x - t): poles at 1, none, 5, 5/3
    found = integrate(SQUARE, starts, np.linspace(0, 3, 7), engine=engine)
    assert list(found.status.values) == ["blow-up", "finished", "finished", "blow-up"]
    np.testing.assert_allclose(found.end_time, [1, 3, 3, 5 / 3], rtol=1e-6)
    np.testing.assert_allclose(found.y[1, :, 0], -1 / (1 + found.time), rtol=1e-6)
    np.testing.assert_allclose(found.y[2, -1, 0], 1 / 2, rtol=1e-6)
    assert np.isnan(found.y[0, 3:]).all()
    assert "by t = 1" in found.message.values[0] and found.message.values[1] == ""


@pytest.mark.parametrize("engine", QUICK)
def test_a_velocity_that_is_no_number_is_marked(engine):
    root = small("root", "x", lambda x: (-1 / (2 * sp.sqrt(x)) - 1,))
    found = integrate(root, [[1.0], [-1.0], [100.0]], 2.0, engine=engine)
    assert found.status.values[0] in ("not finite", "step too small")
    assert found.status.values[1] == "not finite" and found.end_time.values[1] == 0
    assert found.status.values[2] == "finished"
    assert 0.3 < found.end_time.values[0] < 1


@pytest.mark.parametrize("engine", LOCATING)
def test_sections_are_located_in_their_direction(engine):
    events = [Section("x", 0.5), Section("v", 0.0, direction=1)]
    found = integrate(OSCILLATOR, [[1.0, 0.0]], [0, 6.5], engine=engine, events=events, rtol=1e-11)
    third = np.pi / 3
    np.testing.assert_allclose(found.crossing_time[0], [third, np.pi, 5 * third], atol=1e-8)
    assert list(found.crossing_section.values[0]) == [0, 1, 0]
    np.testing.assert_allclose(found.crossing_state[0, 0], [0.5, -np.sin(third)], atol=1e-8)


@pytest.mark.parametrize("engine", LOCATING)
def test_every_crossing_is_found_however_many(engine):
    """Only the third trajectory has more than there is room for at first."""
    spun = small("spun", "x v w", lambda x, v, w: (w * v, -w * x, 0 * w))
    starts = [[1.0, 0.0, 0.0], [1.0, 0.0, 0.1], [1.0, 0.0, 1.0], [2.0, 0.0, 0.2]]
    found = integrate(spun, starts, [0, 100.0], engine=engine, events=[Section("x", 0.0)],
                      rtol=1e-11, atol=1e-13)  # fmt: skip
    counts = np.isfinite(found.crossing_time.values).sum(axis=1)
    assert counts.tolist() == [0, 3, 32, 6]
    zeros = (np.arange(32) + 0.5) * np.pi
    np.testing.assert_allclose(found.crossing_time[2], zeros, atol=1e-6)
    np.testing.assert_allclose(found.crossing_time[1, :3], 10 * zeros[:3], atol=1e-5)


@pytest.mark.parametrize("engine", LOCATING)
def test_a_terminal_section_ends_a_trajectory(engine):
    events = [Section(0, 0.5, direction=-1, terminal=True)]
    times = np.linspace(0, 7, 8)
    found = integrate(OSCILLATOR, [[1.0, 0.0], [0.1, 0.0]], times, engine=engine, events=events)
    assert list(found.status.values) == ["section", "finished"]
    np.testing.assert_allclose(found.end_time, [np.pi / 3, 7], atol=1e-6)
    assert np.isnan(found.y[0, 2:]).all() and not np.isnan(found.y[0, :2]).any()
    np.testing.assert_allclose(found.end[0, 0], 0.5, atol=1e-7)


@pytest.mark.parametrize("engine", QUICK)
def test_a_fixed_point_ends_a_trajectory_at_an_output_time(engine):
    decay = small("decay", "x y", lambda x, y: (-x, -3 * y))
    found = integrate(decay, [[1.0, 1.0], [1e-9, 0.0], [0.0, 0.0]], np.linspace(0, 60, 61),
                      engine=engine, events=[FixedPoint(1e-6)])  # fmt: skip
    assert list(found.status.values) == ["fixed point"] * 3
    np.testing.assert_array_equal(found.end_time, [14, 0, 0])
    assert np.isnan(found.y[0, 15:]).all()


def test_parameters_may_differ_between_trajectories():
    growth = small("growth", "x", lambda x: (sp.Symbol("a", real=True) * x,), "a", [1.0])
    values = np.array([[-1.0], [0.0], [1.0], [0.5], [2.0]])
    for engine in QUICK:
        found = integrate(growth, np.ones((5, 1)), [0, 1.0], engine=engine, values=values)
        np.testing.assert_allclose(found.end, np.exp(values), rtol=1e-6)
        np.testing.assert_array_equal(found.parameter_values, values)


@pytest.mark.parametrize("engine", ["explicit", "stiff", "heyoka"])
def test_the_number_of_threads_changes_nothing(engine, flow):
    starts = flow.starts(np.random.default_rng(0), 700)
    one, two = (integrate(flow, starts, [0, 1.0], engine=engine, threads=n) for n in (1, 2))
    assert one.identical(two)


@pytest.mark.parametrize("engine", ["explicit", "stiff"])
def test_trajectories_are_passed_on_as_they_finish(engine, flow, monkeypatch):
    starts, seen = flow.starts(np.random.default_rng(0), 250), []
    at_the_end = integrate(flow, starts, [0, 20.0], engine=engine)
    finished = LaneRun.finished
    monkeypatch.setattr(  # as if a look had come when 100 more had ended
        LaneRun, "finished", lambda x, n: slice(n, min(finished(x, n).stop, n + 100))
    )
    early = integrate(flow, starts, [0, 20.0], engine=engine, progress=lambda *x: seen.append(x))
    assert early.identical(at_the_end)
    assert seen[-1] == (250, 250) and len(seen) >= 3


def test_what_follows_a_moving_trajectory_waits_for_it(flow, starts):
    problem = requested(flow, starts[:5], [0, 1.0], "explicit", 1e-8, 1e-10, ()).problem
    values = np.broadcast_to(flow.values, (5, len(flow.values)))
    run = LaneRun(LaneEngine(problem, stiff=False), starts[:5], values, Solution.room(problem, 5))
    run.ended[[0, 1, 3]] = 0
    assert run.finished(0) == slice(0, 2) and run.finished(2) == slice(2, 2)
    run.ended[2] = 0
    assert run.finished(2) == slice(2, 4)


@pytest.mark.parametrize("engine", ["explicit", "stiff"])
def test_a_trajectory_does_not_depend_on_those_beside_it(engine, flow):
    starts = flow.starts(np.random.default_rng(0), 29)
    together = integrate(flow, starts, [0, 0.5, 3.0], engine=engine)
    for row in (0, 7, 8, 28):
        alone = integrate(flow, starts[row], [0, 0.5, 3.0], engine=engine)
        np.testing.assert_array_equal(alone.y[0], together.y[row])


def test_dataset_says_what_it_is(flow, starts, truth):
    assert truth.attrs["system"] == "attention-flow"
    assert json.loads(truth.attrs["settings"])["label_smoothing"] == 0.1
    assert "advantage-routing" in truth.attrs["laws"]
    assert set(json.loads(truth.attrs["versions"])) >= {"proofhead", "heyoka", "numpy"}
    assert truth.attrs["rtol"] == 1e-13 and truth.attrs["engine"] == "scipy"
    assert list(truth.component.values) == list(flow.labels)
    assert truth.y.attrs["units"] == "dimensionless" and truth.loss.attrs["units"] == "nats"
    assert truth.loss.attrs["law"] == "dissipation"
    assert len(truth.attrs["field_stamp"]) == 16


def test_progress_counts_to_the_end(flow, starts):
    seen = []
    integrate(flow, starts, 0.1, engine="scipy", progress=lambda n, total: seen.append((n, total)))
    assert seen[-1] == (7, 7)


def test_an_interrupt_keeps_what_is_finished_where_asked(flow):
    starts = flow.starts(np.random.default_rng(0), 40)

    def stop(done, _):
        if done >= 16:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        integrate(flow, starts, 0.1, engine="scipy", progress=stop)
    found = integrate(flow, starts, 0.1, engine="scipy", progress=stop, keep_partial=True)
    assert found.sizes["trajectory"] == 16
    assert found.attrs["interrupted"] == "16 of 40 trajectories finished"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"starts": np.zeros((2, 3))}, r"must have shape \(trajectories, 12\)"),
        ({"starts": np.zeros((0, 12))}, "at least one row"),
        ({"starts": np.full((1, 12), np.nan)}, "must be finite; row 0"),
        ({"times": 0.0}, "end of the run, not 0"),
        ({"times": [0.0, 1.0, 1.0]}, "strictly increase or decrease"),
        ({"times": [0.0]}, "at least two finite numbers"),
        ({"rtol": 0.0}, "`rtol` must lie between 1e-15 and 0.1; got 0"),
        ({"atol": -1.0}, "`atol` must lie between 0 and 0.1; got -1"),
        ({"engine": "heyoko"}, "`heyoko` is no engine. Did you mean `heyoka`"),
        ({"values": np.zeros((1, 2))}, r"`values` must be finite and have shape \(1, "),
        ({"events": [Section("s_99", 0.0)]}, "has no component `s_99`"),
        ({"events": [Section(77, 0.0)]}, "has components 0 to 11; got 77"),
        ({"events": [FixedPoint(), FixedPoint()]}, "takes one `FixedPoint` event"),
        ({"events": ["s_11"]}, "an event is a `FixedPoint` or a `Section`"),
    ],
)
def test_what_makes_no_sense_is_refused(change, words, flow):
    call = {"starts": np.zeros((1, 12)), "times": 1.0, **change}
    with pytest.raises(ValueError, match=words):
        integrate(flow, call.pop("starts"), call.pop("times"), **call)


def test_events_and_maps_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="the tolerance of `FixedPoint` must be above 0"):
        FixedPoint(0)
    with pytest.raises(ValueError, match="the direction of a `Section` is -1"):
        Section("x", 0.0, direction=2)
    with pytest.raises(ValueError, match="`square` is a map, and only flows are integrated"):
        integrate(replace(SQUARE, kind="map"), [[1.0]], 1.0)


@pytest.mark.parametrize("engine", ["explicit", "stiff", "torch", "scipy"])
def test_kinks_and_jumps_in_every_engine_that_takes_them(engine):
    # dx/dt = max(-x, -1), dv/dt = step(x - 1): x falls at speed 1 to x = 1, then as exp(-t)
    def field(x, v):
        return maximum(-x, -sp.Integer(1)), step(x - 1) - 3 * step(-v)

    run = integrate(small("kinked", "x v", field), [3.0, 1.0], [0, 1.0, 3.0], engine=engine)
    expected = [[3, 1], [2, 2], [np.exp(-1), 3]]
    np.testing.assert_allclose(run["y"].values[0], expected, atol=1e-5)
