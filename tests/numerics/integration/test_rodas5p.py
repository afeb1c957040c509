"""Rodas5P: its order conditions, its stability, and the order seen in practice."""

import itertools

import numpy as np
import pytest

from numerics.flows import system_named
from numerics.integration import integrate
from numerics.integration.compiled.rodas5p import COUPLING, DENSE, GAMMA, WEIGHTS


def tableau():
    """The classical coefficients (alpha, alpha + gamma, weights) of the transformed ones."""
    a, c = np.zeros((8, 8)), np.zeros((8, 8))
    a[:6, :5], c[:, :7] = WEIGHTS, COUPLING
    a[6], a[7] = a[5], a[5]
    a[6, 5] = a[7, 5] = a[7, 6] = 1
    last = a[7].copy()
    last[7] = 1
    gamma = np.linalg.inv(np.eye(8) / GAMMA - c)  # the matrix (gamma_ij)
    alpha = a @ gamma
    return alpha, alpha + gamma, last @ gamma, a[7] @ gamma, gamma


def trees(order):
    """Rooted trees with at most ``order`` vertices, as nested sorted tuples."""
    found = {1: [()]}
    for n in range(2, order + 1):
        found[n] = []
        for parts in _partitions(n - 1):
            for children in itertools.product(*(found[k] for k in parts)):
                tree = tuple(sorted(children))
                if tree not in found[n]:
                    found[n].append(tree)
    return [tree for n in found for tree in found[n]]


def _partitions(n, most=None):
    if n == 0:
        yield ()
    for k in range(min(n, most or n), 0, -1):
        for rest in _partitions(n - k, k):
            yield (k, *rest)


def size(tree):
    return 1 + sum(map(size, tree))


def density(tree):
    return size(tree) * np.prod([density(x) for x in tree], initial=1)


def elementary(tree, alpha, beta):
    """The elementary weight of every stage: beta below a vertex with one branch, else alpha."""
    matrix = beta if len(tree) == 1 else alpha
    return np.prod(
        [matrix @ elementary(x, alpha, beta) for x in tree], axis=0, initial=1
    ) * np.ones(8)


def test_the_order_conditions_hold_to_order_5_and_to_4_for_the_embedded_method():
    alpha, beta, b, embedded, _ = tableau()
    assert len(trees(5)) == 17
    for tree in trees(5):
        assert b @ elementary(tree, alpha, beta) == pytest.approx(1 / density(tree), abs=2e-11), (
            tree
        )
    for tree in trees(4):
        value = embedded @ elementary(tree, alpha, beta)
        assert value == pytest.approx(1 / density(tree), abs=2e-11), tree
    worst = max(abs(embedded @ elementary(x, alpha, beta) - 1 / density(x)) for x in trees(5))
    assert worst > 1e-4  # or the estimate of the error would be blind


def test_it_is_a_stable_and_damps_at_infinity():
    _, beta, b, _, _ = tableau()
    alpha, beta = tableau()[:2]
    gamma = beta - alpha
    points = np.concatenate([1j * np.geomspace(1e-3, 1e6, 400), -np.geomspace(1e-3, 1e8, 50)])
    for z in points:
        stages = np.linalg.solve(np.eye(8) - z * beta, np.ones(8))
        assert abs(1 + z * b @ stages) <= 1 + 1e-9
    assert abs(1 + -1e8 * b @ np.linalg.solve(np.eye(8) + 1e8 * beta, np.ones(8))) < 1e-6
    assert np.diag(gamma) == pytest.approx(np.full(8, GAMMA))


def one_step(f, jacobian, y, h):
    alpha = np.zeros((8, 8))
    alpha[:6, :5] = WEIGHTS
    w, k, u = np.eye(len(y)) / (h * GAMMA) - jacobian(y), np.zeros((8, len(y))), y
    for i in range(8):
        u = y + WEIGHTS[i] @ k[:5] if i < 6 else u + k[i - 1]
        k[i] = np.linalg.solve(w, f(u) + COUPLING[i] @ k[:7] / h)
    return u + k[7], k


def test_the_order_in_practice_is_5_and_that_of_the_dense_output_4():
    f = lambda y: np.array([y[1], (1 - y[0] ** 2) * y[1] - y[0]])  # noqa: E731  van der Pol
    jacobian = lambda y: np.array([[0, 1], [-2 * y[0] * y[1] - 1, 1 - y[0] ** 2]])  # noqa: E731
    from scipy.integrate import solve_ivp

    start, theta, span = np.array([1.5, 0.3]), 0.37, 2.0
    exact = solve_ivp(
        lambda _, y: f(y), (0, span), start, method="DOP853", rtol=1e-13, atol=1e-15,
        dense_output=True,
    ).sol  # fmt: skip
    ends, middles = [], []
    for count in (20, 40, 80):
        y, h, worst = start, span / count, 0.0
        for n in range(count):
            after, k = one_step(f, jacobian, y, h)
            d = DENSE @ k
            inner = d[0] + theta * (d[1] + theta * d[2])
            middle = (1 - theta) * y + theta * (after + (1 - theta) * inner)
            worst, y = max(worst, np.abs(middle - exact((n + theta) * h)).max()), after
        ends.append(np.abs(y - exact(span)).max())
        middles.append(worst)
    for errors, order in ((ends, 5), (middles, 4)):
        slopes = np.log2(np.array(errors[:-1]) / errors[1:])
        assert (slopes > order - 0.4).all(), (order, slopes)


def test_smaller_tolerances_give_smaller_errors_on_a_stiff_flow():
    flow = system_named("attention-flow", eps_v=1000.0, label_smoothing=0.2)
    starts = flow.starts(np.random.default_rng(5), 6)
    truth = integrate(flow, starts, [0, 1, 50.0], engine="scipy-radau", rtol=1e-12, atol=1e-14)
    errors = []
    for rtol in (1e-5, 1e-7, 1e-9):
        found = integrate(flow, starts, [0, 1, 50.0], engine="stiff", rtol=rtol, atol=rtol / 100)
        errors.append(float(np.abs(found.y - truth.y).max()))
        assert found.steps.max() < 1500
    assert errors[0] < 1e-3 and errors[1] < 1e-5 and errors[2] < 1e-7
    assert errors[0] > 5 * errors[1] > 25 * errors[2]
