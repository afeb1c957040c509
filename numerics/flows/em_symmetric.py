"""EM on two prototypes that mirror each other, +theta and -theta, with equal weights.

    theta* = (1/N) sum_i (r_i1 - r_i2) x_i = (1/N) sum_i x_i tanh(x_i . theta / sigma^2)

on the model `prototype-mixture` with v_1 = theta, v_2 = -theta, pi = (1/2, 1/2).  On the two points
+a, -a it is theta -> a tanh(a theta / sigma^2): one fixed point for a^2 <= sigma^2, three above
(the pitchfork).  `em-symmetric` is the map, `em-symmetric-flow` its continuous version.

In one dimension theta is a number; with d_x = 2 it has two coordinates, which a portrait can show.

Source: xu1996convergence, section 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from numerics.flows import checks
from numerics.flows.building import parameter_vector, variables
from numerics.flows.mixture_settings import data_of
from numerics.flows.system import System
from theory.algebra.symbols import Index, Tensor, total
from theory.codegen.components import unroll
from theory.models import model_named
from theory.models.model import Definition
from theory.models.resolution import theory_of

__all__ = ["em_symmetric", "em_symmetric_flow"]


def em_symmetric(
    *, X: Any = None, a: float = 1.0, d_x: int | None = None, sigma2: float = 0.5
) -> System:
    """Return one step of EM on theta (d_x,).

    ``X``        data (N, d_x), or (N,) in one dimension; +a and -a on the first axis if not given
    ``a``        place of the two points, > 0
    ``d_x``      dimensions: those of ``X``, else 1
    ``sigma2``   variance of both prototypes, > 0

    Raises `ValueError` for a variance of 0 or below, a place of 0 or below, data of a wrong shape.
    """
    return _system("em-symmetric", "EM on a symmetric pair", "map", X, a, d_x, sigma2)


def em_symmetric_flow(
    *, X: Any = None, a: float = 1.0, d_x: int | None = None, sigma2: float = 0.5
) -> System:
    """Return the flow dtheta/dt = M(theta) - theta of the map M; settings as for it."""
    title = "continuous EM on a symmetric pair"
    return _system("em-symmetric-flow", title, "flow", X, a, d_x, sigma2)


def _system(
    name: str, title: str, kind: Literal["flow", "map"], X: Any, a: float, d_x: int | None,
    sigma2: float,
) -> System:  # fmt: skip
    """Return the map or the flow."""
    place = checks.positive("a", a, "place of the two points")
    if X is None:
        d_x = checks.count("d_x", 1 if d_x is None else d_x, "dimensions")
        data = place * np.array([[1.0], [-1.0]]) * np.eye(d_x)[:1]
    else:
        data = data_of(X, None, d_x)
    sizes = {"N": data.shape[0], "K": 2, "d_x": data.shape[1]}
    variance = checks.positive("sigma2", sigma2, "variance of a prototype")
    model = model_named("prototype-mixture")
    N, K, d = (model.size_names[x] for x in sizes)
    i, j, axis = Index("i", N), Index("j", K), Index("a", d)
    tensors: Mapping[str, Any] = model.tensors
    x, v, r = (tensors[name] for name in ("x", "v", "r"))
    theta, sign = Tensor("theta", (d,)), Tensor("sign", (K,))
    mirrored = Definition(v[j, axis], sign[j] * theta[axis], "the prototypes mirror each other")
    lines = (mirrored, *theory_of(model).lines)
    step = total(r[i, j] * sign[j] * x[i, axis], i, j) / N
    image = step - theta[axis] if kind == "flow" else step
    parameters = [x, sign, model.tensors["pi"], model.tensors["sigma2"]]
    given = {"x": data, "sign": [1, -1], "pi": [0.5, 0.5], "sigma2": variance}
    scale = np.sqrt((data**2).mean(axis=0) + variance)
    reach = [float(r) for r in np.ceil(np.abs(data).max(axis=0) + np.sqrt(variance))]
    return System(
        name=name,
        title=title,
        kind=kind,
        variables=variables([theta], {"theta": "place of prototype 1"}, sizes),
        field=unroll(name, lines, [theta], parameters, [((axis,), image)], sizes),
        values=parameter_vector(parameters, given, sizes),
        settings={**sizes, "X": data.tolist(), "a": place, "sigma2": variance},
        starts=lambda rng, count: scale * rng.normal(size=(count, len(scale))),
        shifts=np.zeros((0, len(scale))),
        window=(-reach[0], reach[0], -reach[1], reach[1]) if len(reach) == 2 else None,
        laws=("responsibility", "m-step"),
    )  # fmt: skip
