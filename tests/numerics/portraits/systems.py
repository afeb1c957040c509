"""Small systems with two variables, whose portraits are known in closed form."""

from pathlib import Path
from tempfile import TemporaryDirectory

from numerics.flows import System, own_system

__all__ = ["flow", "iterated"]


def flow(x: str, y: str, window=((-2, 2), (-2, 2)), **parameters: float) -> System:
    """dx/dt and dy/dt from two formulas."""
    return _system("field", x, y, window, parameters)


def iterated(x: str, y: str, window=((-2, 2), (-2, 2)), **parameters: float) -> System:
    """The map to the next x and y."""
    return _system("map", x, y, window, parameters)


def _system(kind, x, y, window, parameters):
    lines = ['name = "test"', 'variables = ["x", "y"]', "[parameters]"]
    lines += [f"{name} = {value}" for name, value in parameters.items()]
    lines += [f"[{kind}]", f'x = "{x}"', f'y = "{y}"', "[window]"]
    lines += [f"x = {list(window[0])}", f"y = {list(window[1])}"]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "test.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        return own_system(path)
