"""The compiled loop: its linear algebra, its two ways to a Jacobian, and when it is compiled."""

import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

from numerics.flows import system_named
from numerics.integration import integrate
from numerics.integration.compiled import compiling, engine
from numerics.integration.compiled.compiling import stamp_of
from numerics.integration.compiled.rosenbrock import factored, solved
from numerics.integration.compiled.vector_code import LANES


def solution_of(matrices, right):
    """Solve matrices (LANES, d, d) x = right (LANES, d) by the kernel's factors."""
    d = right.shape[1]
    w = np.array(matrices.reshape(LANES, d * d).T, order="C")
    place, swaps, x = np.zeros((d, LANES)), np.zeros(d, dtype=bool), np.array(right.T, order="C")
    factored(w, place, swaps, d)
    solved(w, place, swaps, x, d)
    return x.T, swaps


@pytest.mark.parametrize("d", [1, 2, 3, 5, 8, 17])
def test_systems_that_need_row_exchanges_are_solved(d):
    rng = np.random.default_rng(d)
    matrices = rng.normal(size=(LANES, d, d))
    matrices[1::2, range(d), range(d)] = 0 if d > 1 else 1  # no pivot without an exchange
    right = rng.normal(size=(LANES, d))
    found, _ = solution_of(matrices, right)
    expected = np.linalg.solve(matrices, right[..., None])[..., 0]
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)


def test_lanes_are_exchanged_one_by_one():
    matrices = np.tile(np.array([[4.0, 1.0], [1.0, 3.0]]), (LANES, 1, 1))
    right = np.ones((LANES, 2))
    assert not solution_of(matrices, right)[1].any()
    matrices[2] = [[0.0, 1.0], [1.0, 0.0]]
    found, swaps = solution_of(matrices, right)
    assert swaps.tolist() == [True, False]
    np.testing.assert_allclose(found, np.linalg.solve(matrices, right[..., None])[..., 0])


def test_a_singular_matrix_harms_its_own_lane_only():
    matrices = np.tile(np.eye(3), (LANES, 1, 1))
    matrices[3, 2] = 0
    found, _ = solution_of(matrices, np.ones((LANES, 3)))
    assert not np.isfinite(found[3]).all()
    np.testing.assert_array_equal(np.delete(found, 3, axis=0), 1)


def test_both_ways_to_the_jacobian_give_the_same_trajectories(monkeypatch):
    flow = system_named("attention-flow", T=2, n=3, eps_v=100.0, label_smoothing=0.2)
    starts = flow.starts(np.random.default_rng(0), 20)
    written_out = integrate(flow, starts, [0, 1, 20.0], engine="stiff")
    engine._compiled.cache_clear()
    monkeypatch.setattr(engine, "UNROLLED", 0)
    chained = integrate(flow, starts, [0, 1, 20.0], engine="stiff")
    engine._compiled.cache_clear()
    np.testing.assert_array_equal(chained.steps, written_out.steps)
    np.testing.assert_allclose(chained.y, written_out.y, rtol=1e-9, atol=1e-11)


def test_a_change_of_a_source_makes_the_loop_be_compiled_again(tmp_path):
    source = tmp_path / "source.py"
    module = ModuleType("source")
    module.__file__ = str(source)
    stamps = set()
    for text in ("one", "two"):
        source.write_text(text)
        stamps.add(stamp_of((compiling, module)))
    assert len(stamps) == 2
    program = tmp_path / "kept.py"
    program.write_text(KEPT)
    run = [sys.executable, str(program)]
    loads = [subprocess.run([*run, x], capture_output=True, text=True, check=True).stdout.split()
             for x in ("one", "two", "one", "two")]  # fmt: skip
    assert loads == [["one", "0"], ["two", "0"], ["one", "1"], ["two", "1"]]


def test_without_a_place_to_keep_it_the_loop_is_compiled_all_the_same(monkeypatch):
    real = compiling.njit

    def nowhere(**options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    monkeypatch.setattr(compiling, "njit", nowhere)
    assert compiling.kept(lambda x: 2 * x)(3) == 6


KEPT = """
import sys
from numerics.integration.compiled.compiling import jit, kept

@jit
def run(x):
    return x

def kernel(stamp):
    @kept
    def keeping(arguments):
        run(*arguments)
        return stamp
    return keeping

function = kernel(sys.argv[1])
print(function((1.0,)), sum(function.stats.cache_hits.values()))
"""


@pytest.mark.parametrize(("engine", "bound"), [("explicit", 2e-8), ("stiff", 1e-6)])
def test_states_within_steps_are_held_to_the_tolerance_too(engine, bound):
    flow = system_named("attention-flow")
    starts = flow.starts(np.random.default_rng(2), 20)
    times = np.linspace(0, 20, 401)
    truth = integrate(flow, starts, times, engine="heyoka", rtol=1e-13, atol=1e-15)
    found = integrate(flow, starts, times, engine=engine)
    assert int(found.steps.max()) < 200  # most of the times lie within a step
    np.testing.assert_allclose(found.y, truth.y, atol=bound, rtol=0)
