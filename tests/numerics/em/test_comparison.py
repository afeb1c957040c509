"""Flow against EM: agreement, different basins, empty clusters, rates, errors."""

import numpy as np
import pytest

from numerics.em import compare, study, summary
from numerics.em.comparison import em_of
from numerics.em.refinement import Canonical, refined
from numerics.flows import em_map, em_symmetric_flow, mixture_flow, system_named

ENGINE = "scipy"


def test_both_end_in_the_same_fixed_points_at_the_rates_of_theory():
    flow = mixture_flow(N=8)
    found = compare(flow, flow.starts(np.random.default_rng(0), 4), engine=ENGINE)
    assert set(found["note"].values) == {"same fixed point"}
    assert float(found["flow_em_residual"].max()) < 1e-8
    assert float(found["em_flow_velocity"].max()) < 1e-8
    assert float(found["distance_points"].max()) < 1e-12
    assert (found["flow_moved"] <= 1e-8).all() and (found["em_moved"] <= 1e-8).all()
    np.testing.assert_allclose(found["em_rate"], found["em_rate_theory"], atol=2e-4)
    np.testing.assert_allclose(found["flow_rate"], found["flow_rate_theory"], rtol=0.1)
    lines = dict(summary(found))
    assert lines["same fixed point"] == "4"
    assert lines["fixed points reached, up to relabelling"] == "1"


def test_basins_differ_although_fixed_points_do_not():
    """In one variable the sign decides for both; the saddle at 0 is an end of both as well."""
    flow = em_symmetric_flow(a=1.0, sigma2=0.5)
    starts = np.array([[0.7], [-0.7], [0.0], [3.0]])
    found = compare(flow, starts, engine=ENGINE)
    assert found["same"].all()
    np.testing.assert_allclose(np.sign(found["em_point"][:, 0]), [1, -1, 0, 1])
    assert found["kind"].values.tolist() == ["attracting", "attracting", "saddle", "attracting"]
    assert dict(summary(found))["ends of EM that are saddle"] == "1"


def test_labels_matter_for_basins_and_are_reported_beside():
    canonical = Canonical(em_map(N=4))
    y, z = np.array([[1.0, 2.0]]), np.array([[2.0, 1.0]])
    assert canonical.distance(y, z) == [1.0]
    assert canonical.distance_relabelled(y, z) == [0.0]


def test_shifts_of_logits_count_for_nothing():
    canonical = Canonical(em_map(N=4, moves="means,weights"))
    y = np.array([[1.0, 2.0, 0.3, 0.1]])
    assert canonical.distance(y, y + [0, 0, 5, 5])[0] < 1e-14


def test_a_mean_far_from_the_data_holds_the_flow_but_not_em():
    flow = mixture_flow(X=[-1.0, 0.0, 1.5], K=2)
    found = compare(flow, np.array([[0.3, 60.0]]), until=100.0, engine=ENGINE)
    assert found["note"].values.tolist() == ["the flow is held by an empty cluster"]
    assert found["flow_end"].values[0, 1] == 60 and found["em_status"].values[0] == "fixed point"
    assert dict(summary(found)) == {"the flow is held by an empty cluster": "1"}


def test_a_flow_that_is_given_up_is_told():
    flow = mixture_flow(N=8)
    found = compare(flow, flow.starts(np.random.default_rng(0), 1), until=2e-3, engine=ENGINE)
    assert found["note"].values.tolist() == ["the flow did not come to rest"]
    assert found["flow_status"].values.tolist() == ["finished"]


def test_em_that_is_given_up_is_told():
    flow = em_symmetric_flow(a=1.0, sigma2=1.0)  # at the pitchfork EM is slower than any rate
    found = compare(flow, np.array([[1.0]]), until=10.0, max_steps=20, engine=ENGINE)
    assert found["note"].values[0] in ("the flow did not come to rest", "EM did not converge")
    assert "after 20 steps" in found["em_message"].values[0]


def test_newton_does_not_leave_for_another_fixed_point():
    system = em_map(X=[-1.0, 1.0], sigma2=0.5)
    canonical = Canonical(system)
    p = system.values[None]
    far = refined(canonical, np.array([[0.4, -0.35]]), p)
    assert far.moved[0] <= 0.1 * 1.4
    near = refined(canonical, np.array([[0.9575, -0.9575]]), p)
    assert near.residual[0] < 1e-15 and near.moved[0] < 1e-3


def test_a_study_of_random_mixtures_small():
    """A flow at rest is at a fixed point of EM and the other way round; the rest has a reason."""
    found = study(6, seed=3, shapes=((10, 2, 1), (8, 2, 2)))
    assert found.sizes["trajectory"] == 6
    rest = found["flow_status"] == "fixed point"
    held = found["note"] == "the flow is held by an empty cluster"
    assert rest.sum() >= 4
    assert (found["flow_em_residual"].where(rest & ~held, 0) < 1e-8).all()
    assert (found["em_flow_velocity"].where(found["em_status"] == "fixed point", 0) < 1e-8).all()


def test_systems_without_em_are_refused():
    with pytest.raises(
        ValueError, match=r"`binary-head` has no EM map .* these have: mixture-flow"
    ):
        compare(system_named("binary-head"), np.zeros((1, 2)))


def test_the_map_has_the_data_of_the_flow():
    flow = mixture_flow(N=6, K=3, d_x=2, pi=[0.2, 0.3, 0.5], sigma2=0.4, moves="means,weights")
    em = em_of(flow)
    assert em.name == "em-map"
    np.testing.assert_array_equal(em.values, flow.values[: len(em.values)])
    assert em.field.parameters == flow.field.parameters[: len(em.values)]
