"""The pitchfork of the symmetric pair, found on both sides without its closed form."""

import numpy as np
import pytest

from numerics.em import pitchfork, symmetric_pair


@pytest.mark.parametrize("settings", [{"a": 1.0}, {"a": 0.3}, {"X": [-1.2, 0.4, 2.0]}])
def test_it_is_where_the_variance_is_the_mean_square(settings):
    found = pitchfork(**settings)
    exact = np.mean(np.square(settings.get("X", settings.get("a"))))
    for value in (found.by_eigenvalue, found.from_below, found.from_above):
        assert abs(value / exact - 1) < 1e-6
    assert abs(found.by_eigenvalue / exact - 1) < 1e-14


def test_the_branch_is_the_closed_form():
    found = pitchfork(a=2.0)
    expected = [symmetric_pair(2.0, s) for s in found.branch[:, 0]]
    np.testing.assert_allclose(found.branch[:, 1], expected, rtol=1e-11)


def test_what_has_no_pitchfork_is_refused():
    with pytest.raises(ValueError, match=r"needs one coordinate of theta; got 2"):
        pitchfork(d_x=2)
    with pytest.raises(ValueError, match=r"no variance is critical: all points of `X` lie at 0"):
        pitchfork(X=[0.0, 0.0])
