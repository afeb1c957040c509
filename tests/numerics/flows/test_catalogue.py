"""The catalogue of systems: names, settings, and what every system has to keep."""

import numpy as np
import pytest

from numerics.flows import SYSTEMS, settings_of, system_named
from theory.catalogue import LAWS

NAMES = list(SYSTEMS)


@pytest.mark.parametrize("name", NAMES)
def test_every_system_is_complete(name):
    system = system_named(name)
    assert system.name == name and system.title
    assert system.values.shape == (len(system.field.parameters),)
    assert len(system.field.outputs) == system.dimension == len(system.labels)
    assert sum(x.size for x in system.variables) == system.dimension
    starts = system.starts(np.random.default_rng(0), 3)
    assert starts.shape == (3, system.dimension)
    assert np.isfinite(system.velocity(starts)).all()
    assert system.shifts.shape[1] == system.dimension
    assert {*settings_of(name)} <= {*system.settings}


@pytest.mark.parametrize("name", NAMES)
def test_every_law_that_a_system_names_is_in_the_catalogue(name):
    system = system_named(name)
    named = {*system.laws, *(q.law for q in system.quantities)}
    assert named <= {law.name for law in LAWS}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_monitored_behaves_as_the_law_says(name):
    system = system_named(name)
    y = system.starts(np.random.default_rng(11), 4)
    for q in system.quantities:
        if system.kind == "map":
            change = system.quantity(q, system.velocity(y)) - system.quantity(q, y)
        else:
            h = 1e-6 * system.velocity(y)
            change = (system.quantity(q, y + h) - system.quantity(q, y - h)) / 2e-6
        if q.kind == "conserved":
            np.testing.assert_allclose(change, 0, atol=1e-7)
        else:
            assert (change < 0).all()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mixture", r"`mixture` is no system\. Did you mean `mixture-flow`\? Systems: attention"),
        ("Head-Flow", r"`Head-Flow` is no system\. Did you mean `head-flow`\?"),
        ("lorenz", r"`lorenz` is no system\. Systems: "),
    ],
)
def test_an_unknown_system_is_refused_with_the_nearest_name(name, message):
    with pytest.raises(ValueError, match=message):
        system_named(name)


def test_an_unknown_setting_is_refused_with_the_nearest_name():
    message = r"`em-map` has no setting `sigma`\. Did you mean `sigma2`\? Settings: X, N, K"
    with pytest.raises(ValueError, match=message):
        system_named("em-map", sigma=1.0)


def test_states_of_the_wrong_length_are_refused():
    system = system_named("binary-head")
    message = r"states of `binary-head` must have 2 entries \(x, y\); got shape \(3,\)"
    for f in (system.velocity, system.jacobian):
        with pytest.raises(ValueError, match=message):
            f(np.zeros(3))
