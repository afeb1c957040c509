"""Closed forms of least squares against what they solve, and the regression at toy size."""

import numpy as np
import pytest

from numerics.experiments import experiment, run
from numerics.experiments.definition import Preset
from numerics.experiments.least_squares import LeastSquares, descent_filter, flow_filter
from numerics.experiments.least_squares_flow import engine_path


def _case(n=7, p=12, seed=0):
    rng = np.random.default_rng(seed)
    spectrum = np.arange(1, p + 1) ** -1.5
    x = rng.standard_normal((n, p)) * np.sqrt(spectrum)
    return x, rng.standard_normal(n), rng.standard_normal(p), LeastSquares.of(x, spectrum)


@pytest.mark.parametrize("seed", range(4))
def test_the_flow_satisfies_its_equation_starts_at_zero_and_interpolates(seed):
    x, y, _, problem = _case(seed=seed)
    n, h = len(x), 1e-5
    for time in (0.3, 2.0, 11.0):
        theta = problem.at(flow_filter(problem, time), y)
        ahead = problem.at(flow_filter(problem, time + h), y)
        behind = problem.at(flow_filter(problem, time - h), y)
        assert np.allclose((ahead - behind) / (2 * h), -x.T @ (x @ theta - y) / n, atol=1e-8)
        # it never leaves the row space of x
        assert np.allclose(theta, np.linalg.pinv(x) @ (x @ theta), atol=1e-10)
    assert np.allclose(problem.at(flow_filter(problem, 0.0), y), 0)
    assert np.allclose(problem.at(flow_filter(problem, np.inf), y), np.linalg.pinv(x) @ y)


@pytest.mark.parametrize("engine", ["heyoka", "scipy"])
def test_the_flow_engine_agrees_with_the_closed_form(engine):
    x, y, _, problem = _case(seed=2)
    times = np.array([0.0, 0.5, 4.0])
    wanted = [problem.at(flow_filter(problem, time), y) for time in times]
    assert np.allclose(engine_path(x, y, times, engine=engine), wanted, atol=1e-11)


@pytest.mark.parametrize("steps", [0, 1, 5, 40])
def test_descent_is_its_closed_form(steps):
    x, y, _, problem = _case()
    rate, theta = 0.7 / problem.curvature[0], np.zeros(x.shape[1])
    for _ in range(steps):
        theta -= rate * x.T @ (x @ theta - y) / len(x)
    assert np.allclose(problem.at(descent_filter(problem, rate, steps), y), theta, atol=1e-12)


@pytest.mark.parametrize("rate", [0.0, -1.0, 1e9])
def test_a_rate_at_which_descent_diverges_is_refused(rate):
    *_, problem = _case()
    with pytest.raises(ValueError, match="must lie between 0 and 2 /"):
        descent_filter(problem, rate, 3)


@pytest.mark.parametrize("rows", [7, 20])
def test_a_repeated_row_or_more_rows_than_columns_changes_no_formula(rows):
    x, y, _, _ = _case(n=rows)
    x, y = np.vstack([x, x[0]]), np.append(y, 3.0)
    problem = LeastSquares.of(x, np.ones(x.shape[1]))
    assert len(problem.values) == min(rows, 12)
    theta = problem.at(flow_filter(problem, np.inf), y)
    assert np.allclose(theta, np.linalg.pinv(x) @ y, atol=1e-9)
    h = 1e-5
    ahead, behind = (problem.at(flow_filter(problem, 2.0 + d), y) for d in (h, -h))
    slope = -x.T @ (x @ problem.at(flow_filter(problem, 2.0), y) - y) / len(x)
    assert np.allclose((ahead - behind) / (2 * h), slope, atol=1e-8)


@pytest.mark.parametrize("time", [0.5, 5.0, np.inf])
def test_the_risk_splits_exactly_in_bias_and_variance(time):
    x, _, target, problem = _case(seed=3)
    weights, noise = flow_filter(problem, time), 0.4
    # exact mean over the noise: the risk is quadratic, so +-e_i of every row is enough
    clean = x @ target
    middle = problem.at(weights, clean) - target
    total = (problem.spectrum * middle**2).sum()
    for row in np.eye(len(x)):
        moved = problem.at(weights, noise * row)
        total += (problem.spectrum * moved**2).sum()
    split = problem.bias(weights, target) + problem.variance(weights, noise)
    assert split == pytest.approx(total, rel=1e-10)


def test_the_experiment_end_to_end(tmp_path):
    made = experiment("linear-regression")
    settings = {"parameters": 120.0, "ratio": 16.0, "largest": 50.0, "draws": 50.0}
    steps = made.presets["cpu"].steps
    found = run(made, Preset(settings, steps, "a moment", 1), [0], tmp_path)[0]
    assert found.measured["descent"] < 1e-10 and found.measured["flow"] < 1e-10
    assert 0 < found.measured["engine"] < 1e-10
    assert found.state["sampled"].shape == (3, 6, 2, 26)
    assert found.measured["sampled"] < 5 and found.measured["width_flat"] == 0
    assert found.measured["best_fast"] < found.measured["last_fast"]
    assert set(made.draw(settings, [found.state])) == {"paths", "region"}
