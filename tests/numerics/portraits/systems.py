"""Small systems with two variables, whose portraits are known in closed form."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from numerics.flows import System, own_system

__all__ = ["driven", "flow", "iterated", "own"]


def flow(x: str, y: str, window=((-2, 2), (-2, 2)), **parameters: float) -> System:
    """dx/dt and dy/dt from two formulas."""
    return _system({"x": x, "y": y}, "field", parameters, {"x": window[0], "y": window[1]})


def iterated(x: str, y: str, window=((-2, 2), (-2, 2)), **parameters: float) -> System:
    """The map to the next x and y."""
    return _system({"x": x, "y": y}, "map", parameters, {"x": window[0], "y": window[1]})


def driven(x: str, y: str | None, period: str | None = None) -> System:
    """A field that mentions the time t; of one variable without a formula for y."""
    formulas = {"x": x} if y is None else {"x": x, "y": y}
    return _system(formulas, "field", {}, {}, [f'period = "{period}"'] if period else [])


def own(formulas: Mapping[str, str], kind: str = "field", **window: tuple[float, float]) -> System:
    """A system of any number of variables; ``window`` of those whose interval is given."""
    return _system(formulas, kind, {}, window)


def _system(formulas, kind, parameters, window, above=()):
    lines = ['name = "test"', f"variables = {list(formulas)}", *above, "[parameters]"]
    lines += [f"{name} = {value}" for name, value in parameters.items()]
    lines += [f"[{kind}]", *(f'{name} = "{text}"' for name, text in formulas.items())]
    lines += ["[window]", *(f"{name} = {list(side)}" for name, side in window.items())]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "test.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        return own_system(path)
