"""Finite probability spaces, gone through outcome by outcome: what the judge `enumeration` counts.

A `Space` holds the quantities of a model under its names, as exact rationals and, where logarithms
occur, as balls.  None is computed by a line of the model: posteriors are ratios of counts or of
sums over outcomes, entropies are -sum p log p with 0 log 0 = 0.

    bijection               all permutations of up to six values, after 0, 1, 2, ... of their pairs
    posterior-predictive    all triples of task, context and symbol
    hidden-markov           all hidden paths and symbols after 0, 1, 2, 3 observations
    hidden-markov-path      all hidden paths of three observations
    circulant-chain         all pairs of successive symbols of a stationary chain
    linear-regression-risk  all signs of the noise; parameters by the exponential of a matrix
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import permutations, product
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx, fmpq

from proofs_checks.checks.structured_inputs import structured

__all__ = ["BITS", "SPACES", "Space", "spaces_of"]

BITS = 200
"""The precision of the balls."""

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Space:
    """One space: what was gone through, the sizes, and the quantities that were counted."""

    outcomes: int
    text: str
    sizes: Mapping[str, int]
    quantities: Mapping[str, Array]


def _array(values: object) -> Array:
    return np.array(values, dtype=object)


def _zeros(*shape: int) -> Array:
    result = np.empty(shape, dtype=object)
    result[...] = fmpq(0)
    return result


def _ratios(seed: int, *shape: int) -> Array:
    """Return fixed positive rationals that sum to one along the last axis."""
    weights = np.random.default_rng(seed).integers(1, 8, shape)
    rows = [[fmpq(int(x), int(row.sum())) for x in row] for row in weights.reshape(-1, shape[-1])]
    return _array(rows).reshape(shape)


def _log(x: Any) -> Any:
    return fmpq(0) if x == 1 else arb(x).log()


def _entropy(p: Array) -> Any:
    """Return -sum p log p, nats, of all entries together."""
    return -sum((x * _log(x) for x in p.flat if x != 0), start=fmpq(0))


def bijections() -> Iterator[Space]:
    """Yield the permutations of V values that agree with the first pairs of one of them."""
    for V in range(1, 7):
        hidden = tuple(reversed(range(V)))
        for pairs in range(V):
            left = [p for p in permutations(range(V)) if p[:pairs] == hidden[:pairs]]
            counts = [fmpq(sum(p[pairs] == y for p in left)) for y in range(V)]
            free = [fmpq(y not in hidden[:pairs]) for y in range(V)]
            n, C = counts[hidden[pairs]], fmpq(len(left))
            p = _array([c / C for c in counts])
            found = {"a": free, "c": counts, "p": p, "n": n, "C": C, "m": fmpq(pairs)}
            found |= {"L": -_log(n / C), "H": _entropy(p)}
            text = f"permutations of {V} values after {pairs} pairs"
            found = {name: _array(x) for name, x in found.items()}
            yield Space(len(left), text, {"V": V}, found)


def tasks() -> Iterator[Space]:
    """Yield joint distributions of a task, a context and the next symbol."""
    for seed, (K, N, C) in enumerate(((1, 2, 2), (2, 3, 2), (3, 2, 4))):
        pi, ell = _ratios(3 * seed, K), _ratios(3 * seed + 1, K, N)
        t, q = _ratios(3 * seed + 2, K, N, C), _ratios(seed + 100, N, C)
        context, task, symbol = _zeros(N), _zeros(N, K), _zeros(N, C)
        for k, i, c in product(range(K), range(N), range(C)):
            weight = pi[k] * ell[k, i] * t[k, i, c]
            context[i] += weight
            task[i, k] += weight
            symbol[i, c] += weight
        r, p = task / context[:, None], symbol / context[:, None]
        surprise = -sum(x * _log(y) for x, y in zip(symbol.flat, q.flat, strict=True))
        z = _array([[_log(x) for x in row] for row in q])
        H = sum(m * _entropy(row) for m, row in zip(context, p, strict=True))
        found = {"pi": pi, "ell": ell, "t": t, "z": z, "m": context, "r": r, "p": p, "q": q}
        found |= {"L": _array(surprise), "H": _array(H)}
        text = "triples of task, context and symbol"
        yield Space(K * N * C, text, {"K": K, "N": N, "C": C}, found)


def filter_steps() -> Iterator[Space]:
    """Yield the next step of a hidden Markov model after up to three observations."""
    for S, O, past in ((2, 2, 0), (2, 3, 1), (3, 2, 2), (2, 2, 3)):
        start, A, E = _ratios(past, S), _ratios(past + 10, S, S), _ratios(past + 20, S, O)
        seen = [n % O for n in range(past)]
        joint = _zeros(S, S, O)  # of the last two states and the next symbol
        for first, *later in product(range(S), repeat=past + 2):
            weight = start[first]
            for r, s in zip((first, *later), later, strict=False):
                weight *= A[r, s]
            for s, o in zip(later, seen, strict=False):  # the first state emits nothing
                weight *= E[s, o]
            for o in range(O):
                joint[(first, *later)[-2], later[-1], o] += weight * E[later[-1], o]
        joint = joint / joint.sum()
        e, both = joint.sum(axis=(0, 1)), joint.sum(axis=0)
        f = (both / e).T
        found = {"a": joint.sum(axis=(1, 2)), "A": A, "E": E, "J": joint, "b": both.sum(axis=1)}
        found |= {"e": e, "f": f, "h": _array([_entropy(row) for row in f])}
        found |= {"L": _array(_entropy(e)), "start": start}
        text = f"hidden paths and symbols after {past} observations"
        yield Space(S ** (past + 2) * O, text, {"S": S, "O": O}, found)


def three_observations() -> Iterator[Space]:
    """Yield all hidden paths of three observations."""
    for S in (1, 2, 3):
        pi, A, B = _ratios(S, S), _ratios(S + 10, S, S), _ratios(S + 20, S, S)
        seen = [_ratios(S + 30 + n, S, 2)[:, 0] for n in range(3)]
        w = _zeros(S, S, S)
        messages = [_zeros(S), _zeros(S), _zeros(S)]
        for path in product(range(S), repeat=3):
            chain = (fmpq(1), A[path[0], path[1]], B[path[1], path[2]])
            weight = pi[path[0]]
            for n, state in enumerate(path):
                weight *= chain[n] * seen[n][state]
                if not any(path[n + 1 :]):  # each beginning of a path once
                    messages[n][state] += weight
            w[path] = weight
        found = {"pi": pi, "A": A, "B": B, "w": w, "L": _array(-_log(w.sum()))}
        found |= dict(zip(("lambda", "mu", "nu"), seen, strict=True))
        found |= dict(zip("xyz", messages, strict=True))
        found |= {x: y / y.sum() for x, y in zip("abf", messages, strict=True)}
        yield Space(S**3, "hidden paths of three observations", {"S": S}, found)


def successive_symbols() -> Iterator[Space]:
    """Yield all pairs of a symbol, drawn uniformly, and the one after it."""
    for N in (1, 2, 3, 5):
        p, R, P = _ratios(N, N), _zeros(N, N, N), _zeros(N, N)
        for a, d in product(range(N), repeat=2):
            b = (a + d) % N
            R[d, a, b] = fmpq(1)
            P[a, b] += p[d]
        G = _array([[_log(x) for x in row] for row in P])
        L = sum((_entropy(row) for row in P), start=fmpq(0)) / N
        found = {"p": p, "R": R, "P": P, "G": G, "L": _array(L)}
        yield Space(N * N, "pairs of successive symbols", {"N": N}, found)


def signs_of_noise() -> Iterator[Space]:
    """Yield regressions whose noise is +1 or -1 at every data point, all signs equally likely.

    The parameters solve d theta / dt = (X^T y - X^T X theta) / N, an affine system: its solution is
    the exponential of one matrix, and no singular value is looked at.
    """
    for K, N, d in ((1, 1, 1), (1, 2, 2), (2, 2, 3), (2, 3, 2)):
        U, V = (_exactly(structured("orthonormal", (n, K), 7 + n)) for n in (N, d))
        g, t, sigma = _array([fmpq(2 + k, 2) for k in range(K)]), fmpq(2, 3), fmpq(1, 2)
        start, star = (_array([fmpq(n + a, 3) for a in range(d)]) for n in (1, -2))
        X = (U * g) @ V.T
        z = _array([[fmpq(sign) for sign in signs] for signs in product((1, -1), repeat=N)])
        y = X @ star + sigma * z
        theta = _array([_flowed(X, row, start, t) for row in y])
        risk = ((theta - star) @ X.T) ** 2
        found = {"U": U, "V": V, "g": g, "X": X, "z": z, "y": y, "theta": theta}
        found |= {"theta_0": start, "theta_star": star, "e": y @ U / g}
        found |= {"t": _array(t), "sigma": _array(sigma), "q": _array([fmpq(1, len(z))] * len(z))}
        found |= {"s": _array([(arb(-t) * x * x / N).exp() for x in g])}
        found["L"] = _array(risk.sum() / (N * len(z)))
        yield Space(len(z), "signs of the noise", {"K": K, "N": N, "d": d, "M": len(z)}, found)


def _flowed(X: Array, y: Array, start: Array, t: fmpq) -> Array:
    """Return the parameters of gradient flow at the time t."""
    N, d = X.shape
    system = _zeros(d + 1, d + 1)
    system[:d, :d], system[:d, d] = -(X.T @ X) / N, X.T @ y / N
    matrix = arb_mat([[arb(t * x) for x in row] for row in system])
    moved = matrix.exp() * arb_mat([[arb(x)] for x in (*start, 1)])
    return _array([moved[a, 0] for a in range(d)])


def _exactly(fractions: Array) -> Array:
    return _array([[fmpq(x.numerator, x.denominator) for x in row] for row in fractions])


SPACES: Mapping[str, Callable[[], Iterator[Space]]] = {
    "bijection": bijections,
    "posterior-predictive": tasks,
    "hidden-markov": filter_steps,
    "hidden-markov-path": three_observations,
    "circulant-chain": successive_symbols,
    "linear-regression-risk": signs_of_noise,
}
"""The models that speak of a finite probability space, and how it is gone through."""


@cache
def spaces_of(name: str) -> tuple[Space, ...]:
    """Return the spaces of the model called ``name``, none if it speaks of none."""
    with ctx.workprec(BITS):
        return tuple(SPACES[name]()) if name in SPACES else ()
