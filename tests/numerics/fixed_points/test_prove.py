"""Proofs hold for what is true, and for nothing else."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.fixed_points import find, prove
from numerics.fixed_points.spectrum import enclosed_eigenvalues, stability
from numerics.flows import system_named
from tests.numerics.fixed_points.systems import (
    X,
    Y,
    Z,
    bimodal,
    em_map,
    linear,
    rescaled,
    symmetric_em,
    system_of,
)

DUFFING = (Y, X - X**3 - Y / 2)


def test_a_point_is_proved_with_its_stability():
    proof = prove(system_of(DUFFING), np.array([1.0, 0.0]))
    assert proof.holds and proof.summary == "stable, proved"
    assert (proof.stability, proof.index, proof.assumptions) == ("stable", 0, ())
    assert (proof.box[:, 0] <= [1, 0]).all() and (proof.box[:, 1] >= [1, 0]).all()
    assert np.ptp(proof.box, axis=1).max() < 1e-14
    exactly = np.roots([1, 0.5, 2])  # 1 - 3 x^2 = -2
    for value in exactly:
        assert any(
            abs(complex(float(e.real.mid()), float(e.imag.mid())) - value) < 1e-14
            for e in proof.eigenvalues
        )


def test_the_box_of_uniqueness_holds_no_other_point_but_is_wide():
    proof = prove(system_of(DUFFING), np.array([1.0, 0.0]))
    low, high = proof.unique_box.T
    assert low[0] > 1 / np.sqrt(3)  # wider boxes hold a turning point of x - x^3
    assert low[0] < 0.8 and high[0] > 1.2 and high[1] > 0.2
    saddle = prove(system_of(DUFFING), np.zeros(2))
    assert (saddle.stability, saddle.index) == ("unstable", 1)


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_proofs_do_not_depend_on_units(factor):
    proof = prove(rescaled(DUFFING, factor), np.array([factor, 0.0]))
    plain = prove(system_of(DUFFING), np.array([1.0, 0.0]))
    assert proof.summary == plain.summary
    assert np.allclose(proof.unique_box / factor, plain.unique_box, rtol=1e-3, atol=1e-9)


def test_variables_of_different_size():
    # x of order 1e6, y of order 1e-6
    equations = [-X + 1e6 * sp.tanh(2e-6 * X), -Y + 1e-12 * X]
    system = system_of(equations, spread=1e6)
    points = find(system, proofs=True)
    assert len(points) == 3 and all(x.label == "proved" for x in points)


@pytest.mark.parametrize("y", [[1.1, 0.0], [1.0, 1e-3], [0.5, 0.5], [1 + 3e-5, 0.0], [30.0, -70.0]])
def test_a_planted_wrong_point_is_rejected_with_a_reason(y):
    proof = prove(system_of(DUFFING), np.array(y))
    assert proof.verdict == "excluded" and not proof.holds
    assert "no fixed point within 1e-06 units of this state: the field in" in proof.reason


def test_a_wrong_fixed_point_of_a_map_is_rejected():
    proof = prove(symmetric_em(1.4), np.array([1.3]))
    assert proof.verdict == "excluded" and "map(y) - y in x lies in [0.0" in proof.reason


@pytest.mark.parametrize(("a", "sigma"), [(1.0, 1.0), (0.7, np.sqrt(0.49)), (1.3, 1.3)])
@pytest.mark.parametrize("kind", ["map", "flow"])
def test_a_degenerate_point_is_never_proved(a, sigma, kind):
    system = symmetric_em(a, sigma, kind=kind)
    for y in (0.0, 1e-9, 1e-7):
        proof = prove(system, np.array([y]))
        assert proof.verdict == "not proved"
        assert "singular" in proof.reason


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9])
def test_close_to_the_pitchfork_it_is_proved(gap):
    below, above = symmetric_em(np.sqrt(1 - gap)), symmetric_em(np.sqrt(1 + gap))
    assert prove(below, np.zeros(1)).stability == "stable"
    assert prove(above, np.zeros(1)).stability == "unstable"
    assert prove(above, np.zeros(1)).unique_box[0, 1] < np.sqrt(4 * gap)


def test_points_of_a_family_are_not_proved():
    circle = system_of([X * (1 - X**2 - Y**2), Y * (1 - X**2 - Y**2)])
    for angle in (0.0, 0.3, 2.0):
        proof = prove(circle, np.array([np.cos(angle), np.sin(angle)]))
        assert proof.verdict == "not proved"


def test_no_point_at_infinity_is_proved():
    decaying = system_of([sp.exp(-X), -Y])
    assert prove(decaying, np.array([30.0, 0.0])).verdict == "excluded"
    assert not prove(decaying, np.array([800.0, 0.0])).holds


def test_a_singular_field_is_not_proved():
    proof = prove(system_of([1 / X, -Y]), np.zeros(2))
    assert proof.verdict == "not proved" and "not finite" in proof.reason


def test_nothing_is_proved_on_a_domain_that_is_left():
    # for x < 0 the derivative 1/x of log x is finite, but there is no log x
    system = system_of([sp.log(X) + 20, -Y])
    root = np.array([np.exp(-20.0), 0.0])
    proof = prove(system, root)
    assert proof.holds and proof.unique_box[0, 0] > 0
    assert not prove(system, -root).holds


def test_existence_without_stability():
    centre = prove(linear([[0, 1], [-1, 0]]), np.zeros(2))
    assert centre.holds and centre.stability == "not proved" and centre.index is None
    assert centre.summary.startswith("exists, proved; stability not proved: an eigenvalue may")
    flip = prove(linear([[-1, 0], [0, 0.5]], "map"), np.zeros(2))
    assert flip.holds and flip.stability == "not proved"


def test_shifts_are_taken_out():
    pull = [sp.sin(Y - X), sp.sin(X - Y) + sp.sin(Z - Y), sp.sin(Y - Z)]
    system = system_of(pull, (X, Y, Z), shifts=np.ones((1, 3)))
    proof = prove(system, np.full(3, 0.4))
    assert proof.holds and proof.stability == "stable" and len(proof.eigenvalues) == 2
    assert "declared symmetry" in proof.assumptions[0]
    assert not prove(system_of(pull, (X, Y, Z)), np.full(3, 0.4)).holds


def test_a_state_that_drifts_along_a_symmetry_is_no_fixed_point():
    drift = [sp.sin(Y - X) + 1, sp.sin(X - Y) + 1]
    system = system_of(drift, shifts=np.ones((1, 2)))
    proof = prove(system, np.zeros(2))
    assert proof.verdict == "excluded"
    assert len(find(system)) == 0


def test_an_attention_flow_with_decay():
    system = system_named("attention-flow", T=1, n=2, d_v=1, label_smoothing=0.2, decay=0.1)
    points = find(system, proofs=True, number=16)
    isolated = [x for x in points if not x.family]
    assert isolated and all(x.label == "proved" for x in isolated)
    assert all((x.proof.stability == "stable") == bool(x.stable) for x in isolated)


def test_em_points_are_proved():
    points = find(em_map(bimodal(12)), proofs=True, number=16)
    assert [(x.kind, x.label, x.proof.stability) for x in points] == [
        ("stable node", "proved", "stable"),
        ("saddle", "proved", "unstable"),
    ]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_random_roots_are_proved_and_perturbed_ones_are_not(seed, d):
    rng = np.random.default_rng(seed)
    root, matrix = rng.normal(size=d), rng.normal(size=(d, d)) - 2 * np.eye(d)
    state = sp.symbols(f"y1:{d + 1}", real=True)
    gaps = [s - sp.Float(r) for s, r in zip(state, root, strict=True)]
    bent = [sp.sin(g) + g**2 / 5 for g in gaps]
    rows = [sum(sp.Float(c) * b for c, b in zip(row, bent, strict=True)) for row in matrix]
    system = system_of(rows, state)
    proof = prove(system, root)
    assert proof.holds
    assert (proof.box[:, 0] <= root).all() and (root <= proof.box[:, 1]).all()
    expected = np.linalg.eigvals(matrix)
    assert proof.index == (expected.real > 0).sum()
    off = rng.normal(size=d)
    off *= rng.choice([1e-4, 1e-2]) / np.abs(off).max()
    assert not prove(system, root + off).holds


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 6), st.sampled_from([1e-9, 1.0, 1e9]))
def test_eigenvalues_are_enclosed(seed, n, size):
    from flint import acb, arb_mat, ctx

    from numerics.fixed_points.krawczyk import identity

    matrix = size * np.random.default_rng(seed).normal(size=(n, n))
    with ctx.workprec(128):
        found = enclosed_eigenvalues(arb_mat(matrix.tolist()), identity(n))
    assert len(found) == n
    expected = np.linalg.eigvals(matrix)
    for value in expected:
        near = [acb(value.real, value.imag) - e for e in found]
        assert min(float(abs(x).lower()) for x in near) <= 1e-12 * size * n
    verdict, index = stability(found, "flow")
    assert index == (expected.real > 0).sum()
    assert verdict == ("stable" if index == 0 else "unstable")


def test_equal_eigenvalues_are_enclosed_together():
    from flint import acb_mat, arb, arb_mat, ctx

    from numerics.fixed_points.spectrum import _discs

    size = 1e-16
    rows = [[arb(0.5 if i == j else 0.125, size) for j in range(4)] for i in range(4)]
    with ctx.workprec(128):
        discs = _discs(acb_mat(arb_mat(rows)))
    middles = sorted(float(x.real.mid()) for x in discs)
    assert np.allclose(middles, [0.375, 0.375, 0.375, 0.875], atol=1e-12)
    assert sum(bool(x.contains(0.375)) for x in discs) == 3
    assert sum(bool(x.contains(0.875)) for x in discs) == 1
    jordan = [[arb(-1), arb(1)], [arb(0), arb(-1)]]
    with ctx.workprec(128):
        assert all(bool(x.contains(-1)) for x in _discs(acb_mat(arb_mat(jordan))))


def test_eigenvalues_of_matrices_that_are_not_known():
    from flint import arb, arb_mat

    from numerics.fixed_points.krawczyk import identity

    nothing = arb_mat(2, 2, [arb("nan")] * 4)
    assert enclosed_eigenvalues(nothing, identity(2)) == ()
    assert stability((), "flow") == ("not proved", None)
    zero = enclosed_eigenvalues(arb_mat(2, 2), identity(2))
    assert stability(zero, "flow") == ("not proved", None)
    assert stability(zero, "map") == ("stable", 0)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(3), r"a state of `own` must have shape \(2,\); got \(3,\)"),
        (np.array([0.0, np.inf]), r"a state of `own` must be finite; got \[0.0, inf\]"),
    ],
)
def test_bad_states(y, message):
    with pytest.raises(ValueError, match=message):
        prove(system_of(DUFFING), y)
