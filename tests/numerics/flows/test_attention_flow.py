"""attention-flow: its field against torch, its symmetries, its defaults, its errors."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from numerics.flows import attention_flow, settings_of, system_named
from tests.numerics.flows.oracles import cross_entropy, descent, split


def _oracle(system, y):
    x = system.settings
    T, n, d_v, C = (x[k] for k in ("T", "n", "d_v", "C"))
    smoothing = x["label_smoothing"]
    labels = (1 - smoothing) * np.array(x["y"]) + smoothing / C
    W_O = torch.tensor(x["W_O"], dtype=torch.float64)

    def loss(s, v):
        logits = torch.softmax(s, dim=1) @ v @ W_O.T
        return cross_entropy(logits, labels, x["w"]) + x["decay"] / 2 * (v**2).sum()

    return descent(loss, split(y, (T, n), (n, d_v)), (x["eps_s"], x["eps_v"]))


SETTINGS = [
    {},
    {"T": 3, "n": 4, "d_v": 1, "C": 2, "eps_s": 0.01, "label_smoothing": 0.2},
    {"T": 1, "n": 2, "d_v": 3, "C": 3, "decay": 0.3, "seed": 4},
    {"T": 4, "n": 3, "d_v": 2, "C": 4, "w": [0.1, 0.2, 0.3, 0.4], "eps_v": 2.5},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_field_is_the_descent_of_the_loss_that_torch_computes(settings):
    system = attention_flow(**settings)
    for y in system.starts(np.random.default_rng(3), 3):
        np.testing.assert_allclose(system.velocity(y), _oracle(system, y), rtol=0, atol=2e-14)


@pytest.mark.parametrize("settings", SETTINGS[:3])
def test_the_jacobian_is_the_derivative_of_the_field(settings):
    system = attention_flow(**settings)
    y = system.starts(np.random.default_rng(5), 1)[0]
    steps = 1e-6 * np.eye(system.dimension)
    columns = (system.velocity(y + steps) - system.velocity(y - steps)) / 2e-6
    np.testing.assert_allclose(system.jacobian(y), columns.T, rtol=0, atol=2e-8)


BUILT = [attention_flow(**settings) for settings in SETTINGS[:3]]


@given(st.integers(0, 10_000), st.sampled_from(BUILT))
def test_moving_along_a_shift_leaves_the_field_unchanged(seed, system):
    rng = np.random.default_rng(seed)
    y = system.starts(rng, 1)[0]
    moved = y + rng.normal(size=len(system.shifts)) @ system.shifts
    np.testing.assert_allclose(system.velocity(moved), system.velocity(y), rtol=0, atol=1e-12)


def test_shifts_are_row_sums_and_values_that_no_output_sees():
    W_O = [[1.0, 2.0, 3.0], [1.0, 0.0, 0.0]]  # one difference of rows: two directions unseen
    free = attention_flow(T=2, n=2, d_v=3, C=2, W_O=W_O)
    assert len(free.shifts) == 2 + 2 * 2
    assert np.linalg.matrix_rank(free.shifts) == len(free.shifts)
    assert len(attention_flow(T=2, n=2, d_v=3, C=2, W_O=W_O, decay=0.1).shifts) == 2


def test_the_monitored_quantities_are_row_sums_and_the_loss():
    system = attention_flow(T=2, n=3, d_v=1)
    y = np.arange(9.0)
    rows, loss = system.quantities
    np.testing.assert_allclose(system.quantity(rows, y), [3.0, 12.0])
    s, v = split(y, (2, 3), (3, 1))
    logits = (
        torch.softmax(torch.tensor(s), 1)
        @ torch.tensor(v)
        @ torch.tensor(system.settings["W_O"], dtype=torch.float64).T
    )
    expected = cross_entropy(logits, system.settings["y"])
    np.testing.assert_allclose(system.quantity(loss, y), [expected], rtol=1e-13)
    assert (rows.kind, loss.kind) == ("conserved", "decreasing")


@given(st.floats(-1e3, 1e3), st.integers(0, 100))
def test_large_states_give_finite_fields(size, seed):
    system = BUILT[1]
    y = size * np.random.default_rng(seed).normal(size=system.dimension)
    assert np.isfinite(system.velocity(y)).all()


def test_defaults_are_reported_and_make_the_same_system_again():
    system = system_named("attention-flow", T=3)
    assert {*system.settings} == {*settings_of("attention-flow")}
    again = system_named("attention-flow", **system.settings)
    np.testing.assert_array_equal(again.values, system.values)
    assert again.field == system.field


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"eps_s": 0.0}, r"`eps_s` \(rate of the scores\) must be above 0; got 0\."),
        ({"eps_v": -1}, r"`eps_v` \(rate of the values\) must be above 0; got -1\."),
        ({"eps_v": float("inf")}, r"`eps_v` must be finite; got inf\."),
        ({"eps_v": "fast"}, r"`eps_v` must be a number; got 'fast'\."),
        ({"eps_v": True}, r"`eps_v` must be a number; got True\."),
        ({"T": 0}, r"`T` \(queries\) must be a whole number of at least 1; got 0\."),
        ({"n": 1.5}, r"`n` \(keys\) must be a whole number of at least 1; got 1\.5\."),
        ({"C": 1}, r"`C` \(classes\) must be a whole number of at least 2; got 1\."),
        ({"decay": -0.1}, r"`decay` \(decay of the values\) must be 0 or above; got -0\.1\."),
        ({"label_smoothing": 1.1}, r"must lie between 0 and 1; got 1\.1\."),
        ({"y": [[1, 0], [0.5, 0.6]]}, r"`y` must sum to 1 along axis 1 .* got maximum deviation"),
        ({"y": [[1, 0], [1.5, -0.5]]}, r"`y` must hold probabilities.* got -0\.5 at \[1, 1\]"),
        ({"y": [[1, 0]]}, r"`y` must have shape \(2, 2\) \(positions, classes\); got \(1, 2\)"),
        ({"W_O": "eye"}, r"`W_O` must be numbers of shape \(2, 2\) .* got 'eye'\."),
        ({"W_O": [[1, np.nan], [0, 1]]}, r"`W_O` must be finite; got nan at \[0, 1\]\."),
        ({"w": [1.0, 2.0, 3.0]}, r"`w` must have shape \(2,\) \(positions\); got \(3,\)"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        attention_flow(**settings)
