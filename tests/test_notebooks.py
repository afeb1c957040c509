"""The notebooks of examples/ run, and what a cell ends in shows itself as more than text."""

import ast
import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "examples").rglob("*.ipynb"))
RICH = ("_repr_html_", "_repr_latex_", "_repr_png_")


def cells(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


def shown(source, names):
    """Run a cell and return the value of its last expression, as a notebook does."""
    *before, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        before, last = [*before, last], None
    exec(compile(ast.Module(before, []), "cell", "exec"), names)
    return last and eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def test_there_is_a_notebook():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_and_shows_something(path):
    names = {}
    for source in cells(path):
        value = shown(source, names)
        found = [x for way in RICH if (x := getattr(value, way, lambda: None)())]
        assert found, f"nothing to see after:\n{source}"
        for display in found:
            if isinstance(display, bytes):
                assert display.startswith(b"\x89PNG")
            else:
                assert " object at 0x" not in display
