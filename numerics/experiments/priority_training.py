"""What training does to W: descent, gradient flow, the regularisation path, and their rates.

    plain     gradient descent at one rate
    descent   normalised on the complement of S_fin, plain on S_fin
    flow      dW/dt = -grad L(W), in s = log t, because W grows like log t
    path      the minimiser of L + lambda |W|^2 / 2 as lambda falls

Each is compared with W_svm on the complement of S_fin, where W grows without bound, and with W_fin,
the minimiser of the loss on the cyclic part of the data, on S_fin.

Source: li2024mechanics, its theorem on the limit of descent.
"""

from __future__ import annotations

import numpy as np

from numerics.experiments.priority_graphs import Array, Data

__all__ = [
    "FLOW_UNTIL",
    "compared",
    "composition",
    "descended",
    "embedded_basis",
    "finite_part",
    "fitted_slope",
    "flow_times",
    "flowed",
    "marks",
    "plainly_descended",
    "regularised",
    "split",
]

MARKS = 60
FLOW_UNTIL = 1e12
LAMBDAS = 10.0 ** -np.arange(2, 13)


def split(w: Array, basis: Array) -> tuple[Array, Array]:
    """Return the parts of W in S_fin, whose basis is (r, K K), and in its complement."""
    inside = (basis.T @ (basis @ w.ravel())).reshape(w.shape)
    return inside, w - inside


def compared(w: Array, w_svm: Array, w_fin: Array, basis: Array) -> tuple[float, float]:
    """Return the correlation with W_svm on the complement, and the distance on S_fin.

    Both are nan where there is nothing to compare with: no two components, or no cycle.
    """
    inside, outside = split(w, basis)
    distance = float(np.linalg.norm(inside - w_fin)) if len(basis) else np.nan
    norms = np.linalg.norm(outside) * np.linalg.norm(w_svm)
    return (float((outside * w_svm).sum() / norms) if norms else np.nan), distance


def finite_part(data: Data, basis: Array) -> tuple[Array, float]:
    """Return W_fin and the norm of the gradient there, which is zero at the minimiser."""
    part, shape = data.cyclic(), (data.tokens, data.tokens)
    if part is None or not len(basis):
        return np.zeros(shape), 0.0
    at, off = np.zeros(len(basis)), np.inf
    for _ in range(100):  # Newton with exact Hessians by columns of the basis
        w = (basis.T @ at).reshape(shape)
        gradient = basis @ part.gradient(w).ravel()
        off = float(np.linalg.norm(gradient))
        if off < 1e-13:
            break
        step = np.linalg.lstsq(basis @ part.hessian(w) @ basis.T, gradient, rcond=1e-12)[0]
        at = at - step / max(1.0, np.linalg.norm(step))
    return (basis.T @ at).reshape(shape), off


def descended(data: Data, basis: Array, w_svm: Array, steps: int) -> tuple[Array, Array]:
    """Return W after normalised descent, and 1 - correlation along the way (marks,)."""
    w = np.zeros((data.tokens, data.tokens))
    at = marks(steps)
    curve = np.full(MARKS, np.nan)
    for step in range(1, steps + 1):
        inside, outside = data.split_gradient(w)
        norm = np.linalg.norm(outside)
        w = w - 2.0 * len(data.graphs) * inside
        if norm > 1e-300:
            w = w - 0.1 * outside / norm
        place = np.flatnonzero(at == step)
        if len(place):
            curve[place[0]] = 1 - compared(w, w_svm, w, basis)[0]
    return w, curve


def plainly_descended(data: Data, steps: int) -> Array:
    """Return W after gradient descent at rate 2.

    The Hessian, a mean of covariances of probabilities, is at most 1/2: descent is stable below 4.
    """
    w = np.zeros((data.tokens, data.tokens))
    for _ in range(steps):
        w = w - 2.0 * data.gradient(w)
    return w


def marks(steps: int) -> np.ndarray:
    """Return the steps, evenly spread on a logarithmic axis, at which descent is looked at."""
    return np.unique(np.logspace(0, np.log10(steps), MARKS).astype(int))


def flow_times(until: float = FLOW_UNTIL) -> np.ndarray:
    """Return the times, evenly spread on a logarithmic axis, at which the flow is looked at."""
    return np.geomspace(min(100.0, until / 2), until, 31)


def flowed(
    data: Data, basis: Array, w_svm: Array, until: float = FLOW_UNTIL
) -> tuple[Array, Array]:
    """Return W at the end of gradient flow, and 1 - correlation at `flow_times`.

    Raises `ArithmeticError` if the solver gives up.
    """
    from scipy.integrate import solve_ivp

    shape = (data.tokens, data.tokens)

    def velocity(s: float, flat: Array) -> Array:
        # the outer part is as small as 1/t: it is formed without differences
        inside, outside = data.split_gradient(flat.reshape(shape))
        return -np.exp(s) * (inside + outside).ravel()

    def jacobian(s: float, flat: Array) -> Array:
        return -np.exp(s) * data.hessian(flat.reshape(shape))

    s = np.log(flow_times(until))
    first = np.log(1e-6)  # log t has no t = 0; in that time W moves by less than 1e-6
    found = solve_ivp(
        velocity, (first, s[-1]), np.zeros(data.tokens**2), "LSODA", s, rtol=1e-6, atol=1e-8,
        jac=jacobian,
    )  # fmt: skip
    if not found.success:
        raise ArithmeticError(f"gradient flow stopped: {found.message}")
    path = found.y.T.reshape(-1, *shape)
    return path[-1], np.array([1 - compared(w, w_svm, w, basis)[0] for w in path])


def regularised(data: Data, basis: Array | None = None, least: float = 1e-12) -> Array:
    """Return the minimiser of L + lambda |W|^2 / 2 at the least lambda, by Newton's method.

    W (K, K), or with a ``basis`` (r, K K) of its coordinates those (r,).
    """
    whole = np.eye(data.tokens**2) if basis is None else basis
    shape = (data.tokens, data.tokens)
    at = np.zeros(len(whole))
    for ridge in LAMBDAS[LAMBDAS > 0.9 * least]:
        for _ in range(60):
            w = (at @ whole).reshape(shape)
            gradient = whole @ data.gradient(w).ravel() + ridge * at
            if np.linalg.norm(gradient) < 1e-4 * ridge:
                break
            hessian = whole @ data.hessian(w) @ whole.T + ridge * np.eye(len(at))
            step = np.linalg.solve(hessian, gradient)
            at = at - step * min(1.0, 4.0 / np.linalg.norm(step))
    return at.reshape(shape) if basis is None else at


def fitted_slope(x: Array, gap: Array) -> float:
    """Return the slope of log sqrt(2 gap) against log x over the later half of x.

    For 1 - correlation = ``gap`` that root is the distance of W / |W| from its limit, up to higher
    order; the theorem's proof gives 1 / |W|: slope -1 against the steps of normalised descent, and
    against log t of the flow.  nan where fewer than three gaps are above rounding.
    """
    late = np.arange(len(x)) >= len(x) // 2
    used = late & np.isfinite(gap) & (gap > 1e-13)
    if used.sum() < 3:
        return float("nan")
    return float(np.polyfit(np.log(x[used]), np.log(2 * gap[used]) / 2, 1)[0])


def embedded_basis(embeddings: Array) -> Array:
    """Return the basis (d d, K K) of the logits E W E^T that embeddings E (K, d) can express."""
    pairs = np.einsum("ia,kb->abik", embeddings, embeddings)
    return pairs.reshape(embeddings.shape[1] ** 2, -1)


def composition(data: Data, w: Array, w_fin: Array) -> tuple[float, float]:
    """Return the least attention on a label's component, and how far the weights inside are off.

    Hard retrieval: the attention goes to the component of the label, the highest of the context.
    Soft composition: inside it the weights are those of W_fin, softmax(log m + W_fin); the second
    number is the largest difference.
    """
    own = data.in_component
    mass = np.where(own, data.attention(w), 0.0)
    wanted = np.where(own, data.attention(w_fin), 0.0)
    total = mass.sum(axis=1)
    inside = mass / total[:, None] - wanted / wanted.sum(axis=1, keepdims=True)
    return float(total.min()), float(np.abs(inside).max())
