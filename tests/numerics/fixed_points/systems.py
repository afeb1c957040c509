"""Small systems made by hand, whose fixed points are known."""

import numpy as np
import sympy as sp

from numerics.flows import System, Variable
from theory.codegen.components import Assign, Components, Softmax

X, Y, Z = sp.symbols("x y z", real=True)
A, B = sp.symbols("a b", real=True)


def system_of(outputs, state=(X, Y), *, kind="flow", parameters=(), values=(), spread=2.0, **more):
    """Return the system with these right-hand sides; starts are normal with this spread."""
    state = tuple(state)
    field = Components("own", state, tuple(parameters), (), tuple(map(sp.sympify, outputs)))
    return wrapped(field, values, kind=kind, spread=spread, **more)


def wrapped(field, values=(), *, kind="flow", spread=2.0, **more):
    d = field.dimension
    return System(
        name="own",
        title="a system of the tests",
        kind=kind,
        variables=(Variable("y", (d,), "state"),),
        field=field,
        values=np.array(values, dtype=float),
        settings={},
        starts=lambda rng, n: spread * rng.normal(size=(n, d)),
        **more,
    )


def rescaled(outputs, factor, state=(X, Y), *, kind="flow", **more):
    """Return the same system in y' = factor y, so that f'(y') = factor f(y'/factor)."""
    back = {s: s / sp.nsimplify(factor) for s in state}
    scaled = [sp.nsimplify(factor) * sp.sympify(e).subs(back, simultaneous=True) for e in outputs]
    return system_of(scaled, state, kind=kind, spread=2.0 * factor, **more)


def linear(matrix, kind="flow", **more):
    """Return dy/dt = matrix y."""
    d = len(matrix)
    state = sp.symbols(f"y1:{d + 1}", real=True)
    rows = [sum(float(c) * s for c, s in zip(row, state, strict=True)) for row in matrix]
    return system_of([sp.sympify(r) for r in rows], state, kind=kind, **more)


def em_map(data, sigma=1.0):
    """Return EM for two means in one dimension with equal weights: v -> sum r x / sum r."""
    v = sp.symbols("v_1 v_2", real=True)
    x = sp.symbols(f"x_1:{len(data) + 1}", real=True)
    variance = sp.Symbol("variance", real=True)
    stages, weights = [], []
    for n, point in enumerate(x, 1):
        exponents = tuple(sp.Symbol(f"e_{n}_{j}", real=True) for j in (1, 2))
        responsibilities = tuple(sp.Symbol(f"r_{n}_{j}", real=True) for j in (1, 2))
        for e, mean in zip(exponents, v, strict=True):
            stages.append(Assign(e, -((point - mean) ** 2) / (2 * variance)))
        stages.append(Softmax(responsibilities, exponents, (sp.S.One, sp.S.One)))
        weights.append(responsibilities)
    outputs = []
    for j in (0, 1):
        above, below = sp.symbols(f"above_{j} below_{j}", real=True)
        stages.append(Assign(above, sp.Add(*(r[j] * p for r, p in zip(weights, x, strict=True)))))
        stages.append(Assign(below, sp.Add(*(r[j] for r in weights))))
        outputs.append(above / below)
    field = Components("em", v, (*x, variance), tuple(stages), tuple(outputs))
    return wrapped(field, [*data, sigma**2], kind="map", relabellings=((1, 0),))


def symmetric_em(a, sigma=1.0, kind="map"):
    """Return theta -> a tanh(a theta / sigma^2): pitchfork at a^2 / sigma^2 = 1."""
    image = A * sp.tanh(A * X / B**2)
    return system_of(
        [image if kind == "map" else image - X], (X,), kind=kind, parameters=(A, B),
        values=(a, sigma),
    )  # fmt: skip


def bimodal(n=30, seed=0):
    """Return a sample with modes at -2 and 2."""
    rng = np.random.default_rng(seed)
    return np.where(np.arange(n) < n // 2, -2.0, 2.0) + 0.5 * rng.normal(size=n)
