"""Linear regression by gradient flow or descent, by hand in torch: what the autograd judge trusts.

Data come from a singular value decomposition that `qr` makes, the loss from `mse_loss`, the closed
form of the parameters from matrix products; under noise there is one row for each outcome.
`regression_majorant` is the same program with every sign positive (see `torch_majorant`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import torch

from proofs_checks.checks.torch_inputs import leaves
from proofs_checks.checks.torch_majorant import inverse_majorant
from proofs_checks.checks.torch_positive import magnitudes

if TYPE_CHECKING:
    from proofs_checks.checks.torch_draws import Draw

__all__ = ["draw_regression", "regression", "regression_majorant"]

Array = torch.Tensor
Tensors = dict[str, torch.Tensor]
Features = Mapping[str, object]
INPUTS = {
    "flow": ("U", "V", "g", "y", "theta_0", "t"),
    "start": ("U", "V", "g", "y", "theta_0", "t"),
    "descent": ("U", "V", "g", "y", "theta_0", "s", "eta"),
    "risk": ("U", "V", "g", "theta_0", "theta_star", "q", "z", "sigma", "t"),
}


def regression(
    inputs: Mapping[str, torch.Tensor], features: Features, *, through: frozenset[str] = frozenset()
) -> Tensors:
    """Return every named quantity, inputs included, with the graph between them.

    ``features["regression"]`` is "flow", "start", "descent" or "risk".

    Raises `ValueError` for a missing input or one that is not float64.
    """
    kind = str(features["regression"])
    given = leaves(inputs, INPUTS[kind], "the linear regression")
    with torch.enable_grad():
        return given | _program(given, kind, -1, lambda _, x: x, torch.reciprocal)


def regression_majorant(
    at: Mapping[str, torch.Tensor],
    features: Features,
    *,
    through: frozenset[str] = frozenset(),
) -> Tensors:
    """Return the majorant of every quantity that `regression` gave as ``at``."""
    kind = str(features["regression"])
    given = magnitudes(at, INPUTS[kind])

    def centred(name: str, x: Array) -> Array:
        """Return x with the value at the point; of an exponential, that of its exponent as well."""
        if name == "s":
            own = at["s"].detach()
            return own * (1 + x.detach()) * torch.exp(x - x.detach())
        return x - x.detach() + at[name].detach().abs()

    with torch.enable_grad():
        return given | _program(given, kind, 1, centred, lambda x: inverse_majorant(x.detach(), x))


def _program(
    given: Tensors,
    kind: str,
    minus: int,
    settled: Callable[[str, Array], Array],
    inverse: Callable[[Array], Array],
) -> Tensors:
    """Return what is computed; ``minus`` is the sign of -1, ``settled`` the magnitude at a point.

    The exponential is one where signs are kept; its majorant is made from that of the exponent.
    """
    U, V, g = (given[name] for name in "UVg")
    size = len(U)
    made = {"X": settled("X", (U * g) @ V.mT)}
    if kind == "risk":
        targets = made["X"] @ given["theta_star"] + given["sigma"] * given["z"]
        made["y"] = settled("y", targets)
    y = (given | made)["y"]
    made["e"] = settled("e", (y @ U) * inverse(g))
    if kind != "descent":
        exponent = minus * given["t"] * g.square() / size
        made["s"] = exponent.exp() if minus < 0 else settled("s", exponent)

    def closed_form(left: Array) -> Array:
        own = given["theta_0"] @ V
        return given["theta_0"] + ((1 + minus * left) * (made["e"] + minus * own)) @ V.mT

    made["theta"] = settled("theta", closed_form((given | made)["s"]))
    if kind == "risk":
        apart = (made["theta"] + minus * given["theta_star"]) @ made["X"].mT
        return made | {"L": (given["q"] * apart.square().sum(-1)).sum() / size}
    made["L"] = (made["X"] @ made["theta"] + minus * y).square().mean() / 2
    if kind == "descent":
        made["u"] = (1 + minus * given["eta"] * g.square() / size) * given["s"]
        made["theta_next"] = closed_form(made["u"])
    return made


def draw_regression(
    shapes: Mapping[str, tuple[int, ...]],
    features: Features,
    draw: Draw,
    generator: torch.Generator,
) -> Tensors:
    """Return orthonormal singular vectors, positive singular values, white noise, normal others.

    ``draw.scores`` makes the time so long that the largest exponent is that number.
    """

    def normal(shape: tuple[int, ...]) -> Array:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    def positive(shape: tuple[int, ...]) -> Array:
        return torch.rand(shape, generator=generator, dtype=torch.float64) + 0.5

    kind = str(features["regression"])
    inputs = {name: normal(shapes[name]) for name in INPUTS[kind]}
    for name in ("U", "V"):
        inputs[name] = torch.linalg.qr(inputs[name])[0]
    for name in {"g", "t", "eta", "sigma"} & inputs.keys():
        inputs[name] = positive(shapes[name])
    if draw.scores is not None and "t" in inputs:
        inputs["t"] = draw.scores * len(inputs["U"]) / inputs["g"].square().max()
    if kind == "start":
        inputs["t"] = torch.zeros_like(inputs["t"])
    if kind == "risk":
        outcomes, coordinates = shapes["z"]
        rotation = torch.linalg.qr(normal((outcomes, outcomes)))[0]
        inputs["q"] = rotation[:, 0].square()
        inputs["z"] = rotation[:, 1 : coordinates + 1] / rotation[:, :1]
    return inputs
