"""Generated source, kept as files and compared line by line.

pytest tests/theory/codegen --update-golden      rewrites them; read the diff before you commit
"""

from __future__ import annotations

import difflib
import subprocess
import sys
from pathlib import Path

import pytest

from theory.algebra.symbols import indices, total
from theory.codegen import function, value_and_gradient
from theory.models import model_named
from theory.models.attention_head import attention_head

GOLDEN = Path(__file__).parent / "golden"
WEIGHTS = ["W_Q", "W_K", "W_V", "W_O"]


def _gradient(backend, wrt, name, block=None, **features):
    return value_and_gradient(attention_head(name, **features), wrt, backend, block=block)


def _advantage_law(backend):
    model = attention_head()
    i, j, k = indices("i j k", model.size_names["T"])
    (a,) = indices("a", model.size_names["d_v"])
    alpha, u, v = (model.tensors[x] for x in ("alpha", "u", "v"))

    def b(row, column):
        return total(u[row, a] * v[column, a], a)

    law = alpha[i, j] * (b(i, j) - total(alpha[i, k] * b(i, k), k))
    return function(model, law, name="advantage_law", indices=(i, j), backend=backend)


def _mixture(backend, name, scale):
    return value_and_gradient(model_named(name), ["v", "pi", scale], backend)


EVERYTHING = {"bias": True, "temperature": True, "cross": True, "weights": True}
CASES = {
    "attention_head_numpy.py": lambda: _gradient("numpy", WEIGHTS, "attention-head"),
    "attention_head_torch.py": lambda: _gradient("torch", WEIGHTS, "attention-head"),
    "causal_multi_numpy.py": lambda: _gradient(
        "numpy", ["X", *WEIGHTS], "attention-head-causal-multi", mask="causal", heads=True
    ),
    "causal_multi_torch.py": lambda: _gradient(
        "torch", ["X", *WEIGHTS], "attention-head-causal-multi", mask="causal", heads=True
    ),
    "causal_blocks_torch.py": lambda: _gradient(
        "torch", WEIGHTS, "attention-head-causal", block="auto", mask="causal"
    ),
    "multi_blocks_numpy.py": lambda: _gradient(
        "numpy", ["X", *WEIGHTS], "attention-head-multi", block=256, heads=True
    ),
    "masked_everything_numpy.py": lambda: _gradient(
        "numpy",
        ["s", "X_K", "B", "tau", "w", "y"],
        "attention-head-masked-everything",
        mask="arbitrary",
        **EVERYTHING,
    ),
    "prototype_mixture_numpy.py": lambda: _mixture("numpy", "prototype-mixture", "sigma2"),
    "prototype_mixture_full_torch.py": lambda: _mixture("torch", "prototype-mixture-full", "tau"),
    "advantage_law_numpy.py": lambda: _advantage_law("numpy"),
    "advantage_law_torch.py": lambda: _advantage_law("torch"),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name, request):
    source = CASES[name]().source
    path = GOLDEN / name
    if request.config.getoption("--update-golden", default=False):
        path.write_text(source, encoding="utf-8")
    kept = path.read_text(encoding="utf-8")
    difference = "".join(
        difflib.unified_diff(kept.splitlines(True), source.splitlines(True), name, "generated")
    )
    if difference:
        pytest.fail(
            f"generated source differs from the golden file; if that is meant, run "
            f"pytest tests/theory/codegen --update-golden\n{difference}",
            pytrace=False,
        )


def test_no_golden_file_is_left_over():
    assert sorted(path.name for path in GOLDEN.glob("*.py")) == sorted(CASES)


def test_golden_files_are_formatted():
    """As `ruff format` lays them out, and without anything `ruff check` would find."""
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--line-length", "100", str(GOLDEN)]
    for command in (["format", "--diff"], ["check", "--select", "E,F,I,W"]):
        done = subprocess.run([*ruff, *command, *options], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_same_source_in_every_run():
    """No set order, hash seed or counter of an earlier generation shows in the source."""
    script = (
        "import sys; sys.path.insert(0, '.')\n"
        "from theory.codegen import value_and_gradient\n"
        "from theory.models.attention_head import attention_head\n"
        "m = attention_head('attention-head-masked', mask='arbitrary', heads=True)\n"
        "value_and_gradient(m, ['X'])\n"
        "print(value_and_gradient(m, ['M', 'X', 'p', 'y'], 'torch').source)\n"
    )
    root = Path(__file__).parents[3]
    sources = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed},
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert sources[0] == sources[1]


def test_import_needs_no_torch():
    script = (
        "import sys; sys.path.insert(0, '.')\n"
        "from theory.codegen import value_and_gradient\n"
        "from theory.models.attention_head import attention_head\n"
        "f = value_and_gradient(attention_head(), ['W_Q'], 'torch')\n"
        "assert 'import torch' in f.source\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
