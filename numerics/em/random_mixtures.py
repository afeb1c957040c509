"""Flow against EM over random mixtures: data, weights and variances drawn anew for each.

    K centres from N(0, 3^2 I), N points around them, weights from Dirichlet(5), variance between
    0.3 and 2 (log-uniform), one start for each

The shapes are few, because one program serves all mixtures of a shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from numerics.em.comparison import compare
from numerics.flows import mixture_flow
from numerics.flows.mixture_settings import mixture

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["SHAPES", "study"]

SHAPES = ((20, 2, 1), (20, 3, 1), (20, 2, 2), (15, 3, 2))
"""Points, clusters, dimensions."""


def study(
    count: int = 100,
    *,
    seed: int = 0,
    shapes: tuple[tuple[int, int, int], ...] = SHAPES,
    engine: str = "auto",
) -> xr.Dataset:
    """Return the comparison of flow and EM on ``count`` random mixtures, over ``trajectory``.

    The variables are those of `compare` that are numbers or words, and the ``shape`` of each.
    """
    import xarray as xr

    rng = np.random.default_rng(seed)
    parts = []
    for n, (N, K, d_x) in enumerate(shapes):
        here = len(range(n, count, len(shapes)))
        if here == 0:
            continue
        flow = mixture_flow(N=N, K=K, d_x=d_x)
        rates = flow.values[len(flow.values) - 1 :]
        values, starts = [], []
        for _ in range(here):
            m = _drawn(rng, N, K, d_x)
            values.append(np.concatenate([m.values(m.parameters), rates]))
            starts.append(m.starts(rng, 1)[0])
        found = compare(flow, np.array(starts), values=np.array(values), engine=engine)
        plain = found.drop_vars([x for x in found if "component" in found[x].dims]).drop_vars(
            "component"
        )
        parts.append(plain.assign(shape=("trajectory", [f"N={N} K={K} d_x={d_x}"] * here)))
    joined = xr.concat(parts, dim="trajectory", combine_attrs="drop")
    attributes = {"title": f"{count} random mixtures", "seed": seed}
    return joined.assign_coords(trajectory=np.arange(count)).assign_attrs(attributes)


def _drawn(rng: np.random.Generator, N: int, K: int, d_x: int):
    centres = 3 * rng.normal(size=(K, d_x))
    sigma2 = float(np.exp(rng.uniform(np.log(0.3), np.log(2.0))))
    weights = rng.dirichlet(np.full(K, 5.0))
    weights /= weights.sum()
    X = centres[rng.integers(0, K, size=N)] + np.sqrt(sigma2) * rng.normal(size=(N, d_x))
    return mixture(
        X=X, N=None, K=K, d_x=None, pi=weights, sigma2=sigma2, moves="means", seed=0
    )  # fmt: skip
