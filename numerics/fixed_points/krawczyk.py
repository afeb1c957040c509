"""Proof of a fixed point: existence and uniqueness by the Krawczyk operator, stability by balls.

For g on a box Z around 0, any matrix C and balls G(Z) of its derivative,

    K(Z) = -C g(0) + (I - C G(Z)) Z

contains every zero of g in Z.  If K(Z) lies inside Z there is exactly one; it lies in K(Z)
(Krawczyk 1969; Rump 2010, section 13).  And where |I - C G(Z)| < 1 in a weighted maximum norm there
is at most one in Z, which gives the widest box of uniqueness.

Everything holds for all parameters that round to the given ones, so a point that exists only for
special parameters, such as the double one at a bifurcation, is never called proved.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from flint import arb, arb_mat, ctx

from numerics.fixed_points.balls import Balls, exact
from numerics.fixed_points.proof import Proof
from numerics.fixed_points.quotient import Quotient
from numerics.fixed_points.slices import Slice, column
from numerics.fixed_points.spectrum import enclosed_eigenvalues, stability
from numerics.flows import System

__all__ = ["contracts", "inverse_of", "prove", "prove_on"]

BITS = 128
NEAR = 1e-6
"""Units within which the fixed point must lie of the state that is asked about."""
WIDEST = 64.0
SYMMETRY = "shifts change nothing, and the field has no component along them (declared symmetry)"


def prove(system: System, y: np.ndarray, *, near: float = NEAR) -> Proof:
    """Return the proof that exactly one fixed point lies near ``y`` (d,), or why there is none.

    ``near``   how far from ``y`` it may lie, in units of the spread of starting points

    Raises `ValueError` for a state of the wrong shape or that is not finite.
    """
    y = np.asarray(y, dtype=float)
    if y.shape != (system.dimension,):
        raise ValueError(
            f"a state of `{system.name}` must have shape ({system.dimension},); got {y.shape}."
        )
    if not np.isfinite(y).all():
        raise ValueError(f"a state of `{system.name}` must be finite; got {y.tolist()}.")
    return prove_on(Quotient(system), y, near)


def prove_on(quotient: Quotient, y: np.ndarray, near: float = NEAR) -> Proof:
    """Return the proof as `prove` does, on a quotient that is there already."""
    with ctx.workprec(BITS):
        there = Slice(quotient)
        centre, inverse = _refined(there, exact(y))
        moved = float(quotient.size(np.array([float(c.mid()) for c in centre]) - y))
        if inverse is None or not moved <= near * (1 + float(quotient.size(y))):
            return _refused(quotient, there, y, near, moved, inverse is None)
        weights = exact(np.abs(quotient.basis).T @ quotient.unit)
        image = _existence(there, centre, inverse, weights)
        if image is None:
            return Proof("not proved", _singular(quotient, y), bits=BITS)
        enclosure = there.moved(centre, image)
        f, matrix = there.jacobian(enclosure)
        drift = [n for n, x in enumerate(f) if not x.contains(0)]
        if drift:
            label = quotient.system.labels[drift[0]]
            reason = f"moves along a declared symmetry: the field of {label} is {f[drift[0]]} here"
            return Proof("excluded", reason, bits=BITS)
        proof = Proof(
            "proved",
            "",
            tuple(enclosure),
            tuple(_widest(there, centre, inverse, weights, image)),
            assumptions=(SYMMETRY,) if len(weights) < len(y) else (),
            bits=BITS,
        )
        eigenvalues = enclosed_eigenvalues(matrix, there.gram())
    found, index = stability(eigenvalues, quotient.system.kind)
    reason = "" if found != "not proved" else _undecided(eigenvalues)
    return dataclasses.replace(
        proof, eigenvalues=eigenvalues, stability=found, index=index, reason=reason
    )


# -- existence and uniqueness ----------------------------------------------------------------------


def inverse_of(matrix: arb_mat) -> arb_mat | None:
    """Return an exact matrix near the inverse of the middle of ``matrix``, None if singular."""
    try:
        inverse = matrix.mid().inv().mid()
    except ZeroDivisionError:
        return None
    return inverse if all(x.is_finite() for x in inverse.entries()) else None


def _refined(there: Slice, y: Balls) -> tuple[Balls, arb_mat | None]:
    """Return the state after Newton steps with many digits, and the inverse of G there."""
    for _ in range(8):
        f, slope = there.slope(y)
        inverse = inverse_of(slope)
        if inverse is None:
            return y, None
        step = (inverse * there.across(f).mid() * (-1)).mid()
        y = [x.mid() for x in there.moved(y, step.entries())]
        small = max((abs(x) for x in step.entries()), key=float, default=arb(0))
        if float(small) <= 2.0 ** (20 - BITS) * max(float(abs(x)) for x in y):
            break
    return y, inverse_of(there.slope(y)[1])


def _existence(there: Slice, y: Balls, inverse: arb_mat, weights: Balls) -> Balls | None:
    """Return K(Z) inside Z for the smallest box Z that works, None if none does."""
    start = [-x for x in (inverse * there.across(there.residual(y))).entries()]
    radii = [2 * x.abs_upper() + w * arb(2.0) ** (16 - BITS)
             for x, w in zip(start, weights, strict=True)]  # fmt: skip
    for _ in range(12):
        box = [_around_zero(r) for r in radii]
        rest = _rest(there, y, inverse, box)
        image = [a + b for a, b in zip(start, (rest * column(box)).entries(), strict=True)]
        if all(z.contains_interior(k) for z, k in zip(box, image, strict=True)):
            return image
        grown = [2 * k.abs_upper() for k in image]
        if not all(r.is_finite() for r in grown):
            return None
        radii = [arb.max(2 * r, g) for r, g in zip(radii, grown, strict=True)]
    return None


def _around_zero(radius: arb) -> arb:
    return arb(0).union(radius.upper()).union(-radius.upper())


def _rest(there: Slice, y: Balls, inverse: arb_mat, box: Balls) -> arb_mat:
    """Return I - C G(Z)."""
    return identity(there.size) - inverse * there.slope(there.moved(y, box))[1]


def identity(n: int) -> arb_mat:
    """Return the identity."""
    return arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])


def contracts(rest: arb_mat, weights: Balls) -> bool:
    """Return whether the matrix is certainly shorter than 1 in the weighted maximum norm."""
    n = len(weights)
    return all(
        bool(sum((abs(rest[i, j]) * weights[j] for j in range(n)), arb(0)) < weights[i])
        for i in range(n)
    )


def _widest(there: Slice, y: Balls, inverse: arb_mat, weights: Balls, image: Balls) -> Balls:
    """Return a box of states in which the fixed point is the only one, as wide as was found.

    It holds K(Z), so that the fixed point is in it for certain.
    """
    least = max(float((k.abs_upper() / w).upper()) for k, w in zip(image, weights, strict=True))

    def states(width: float) -> Balls:
        return there.moved(y, [_around_zero(w * arb(width)) for w in weights])

    def works(width: float) -> bool:
        box = [_around_zero(w * arb(width)) for w in weights]
        return contracts(_rest(there, y, inverse, box), weights)

    good, bad = max(least, 1e-300), np.inf
    width = WIDEST
    while width > good and not works(width):  # from wide to narrow: the wide ones are cheap to rule
        bad, width = width, width / 4
    good = max(width, good)
    for _ in range(4):
        if not np.isfinite(bad):
            break
        middle = float(np.sqrt(good * bad))
        good, bad = (middle, bad) if works(middle) else (good, middle)
    return states(good)


# -- what could not be proved ----------------------------------------------------------------------


def _refused(
    quotient: Quotient, there: Slice, y: np.ndarray, near: float, moved: float, singular: bool
) -> Proof:
    """Return that there is no fixed point near ``y`` if that is certain, else what is missing."""
    reach = near * (1 + float(quotient.size(y))) * quotient.unit
    states = [_around_zero(arb(r)) + x for x, r in zip(exact(y), reach.tolist(), strict=True)]
    for label, x in zip(quotient.system.labels, there.residual(states), strict=True):
        if x.is_finite() and not x.contains(0):
            what = "map(y) - y" if there.is_map else "the field"
            return Proof(
                "excluded",
                f"no fixed point within {near:g} units of this state: {what} in {label} "
                f"lies in [{float(x.lower()):.6g}, {float(x.upper()):.6g}]",
                bits=BITS,
            )
    if singular:
        return Proof("not proved", _singular(quotient, y), bits=BITS)
    reason = f"Newton's method leads {moved:.2g} units away, more than {near:g}"
    return Proof("not proved", f"{reason}; {_singular(quotient, y)}", bits=BITS)


def _singular(quotient: Quotient, y: np.ndarray) -> str:
    slope = quotient.slope(y[None])[0]
    if not np.isfinite(slope).all():
        return "the Jacobian is not finite here"
    singular = np.linalg.svd(slope, compute_uv=False)
    part = float(singular[-1] / max(float(singular[0]), quotient.rate, 1e-300))
    return (
        "the Jacobian is too near to a singular one "
        f"(smallest singular value {part:.1e} of its usual size)"
    )


def _undecided(eigenvalues: tuple) -> str:
    if not eigenvalues:
        return "the eigenvalues could not be enclosed"
    return "an eigenvalue may lie on either side of the border of stability"
