"""Torch code on any device, in any type, and under `torch.compile`."""

from __future__ import annotations

import shutil

import pytest
import torch

from theory.algebra.symbols import total
from theory.codegen import function, hessian_vector_product, value_and_gradient
from theory.models import model_named

CAUSAL = model_named("attention-head-causal")
SHAPES = {"X": (5, 3), "W_Q": (3, 2), "W_K": (3, 2), "W_V": (3, 2), "W_O": (4, 2), "y": (5, 4)}
WRT = ["W_Q", "W_V", "W_O"]
FORMS = {
    "gradient": lambda: value_and_gradient(CAUSAL, WRT, "torch"),
    "gradient in blocks": lambda: value_and_gradient(CAUSAL, WRT, "torch", block="auto"),
    "curvature in blocks": lambda: hessian_vector_product(CAUSAL, WRT, "torch", block=2),
}
COMPILER = shutil.which("g++") or shutil.which("clang++")
tolerates_old_calls = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def arguments(f, make):
    shapes = {**SHAPES, **{f"{x}_dot": SHAPES[x] for x in WRT}}
    return {x: make(shapes[x]) for x in f.__signature__.parameters if x in shapes}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("form", FORMS)
def test_everything_is_made_on_the_device_and_in_the_type_of_the_inputs(form, dtype):
    """On the device `meta` an array made on the processor cannot meet one of the inputs."""
    f = FORMS[form]()
    given = arguments(f, lambda shape: torch.empty(shape, dtype=dtype, device="meta"))
    loss, second = f.raw(**given)
    assert (loss.device.type, loss.dtype, loss.shape) == ("meta", dtype, ())
    for x, value in second.items():
        assert (value.device.type, value.dtype, value.shape) == ("meta", dtype, SHAPES[x])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("form", FORMS)
def test_a_gpu_gives_what_the_processor_gives(form):
    torch.manual_seed(0)
    f = FORMS[form]()
    given = arguments(f, lambda shape: torch.randn(shape, dtype=torch.float64))
    _, wanted = f.raw(**given)
    _, found = f.raw(**{x: t.cuda() for x, t in given.items()})
    for x, value in found.items():
        assert value.is_cuda
        torch.testing.assert_close(value.cpu(), wanted[x], rtol=1e-12, atol=1e-12)


@tolerates_old_calls
@pytest.mark.parametrize("form", FORMS)
def test_torch_traces_the_code_as_one_graph(form):
    """`fullgraph=True` refuses whatever torch.compile could not carry over."""
    torch.manual_seed(0)
    torch.compiler.reset()
    f = FORMS[form]()
    given = arguments(f, lambda shape: torch.randn(shape, dtype=torch.float64))
    loss, second = torch.compile(f.raw, fullgraph=True, backend="eager")(**given)
    wanted, expected = f.raw(**given)
    torch.testing.assert_close(loss, wanted)
    for x, value in second.items():
        torch.testing.assert_close(value, expected[x])


@tolerates_old_calls
@pytest.mark.skipif(COMPILER is None, reason="torch.compile needs a C++ compiler")
def test_torch_compiles_the_code():
    torch.manual_seed(0)
    torch.compiler.reset()
    alpha, b = CAUSAL.tensors["alpha"], CAUSAL.tensors["b"]
    i, j, k = (CAUSAL.index(letter, "T") for letter in "ijk")
    law = alpha[i, j] * (b[i, j] - total(alpha[i, k] * b[i, k], k))
    f = function(CAUSAL, law, name="score_gradient", indices=(i, j), backend="torch")
    given = {"alpha": torch.rand(5, 5), "b": torch.randn(5, 5)}
    compiled = torch.compile(f.raw, fullgraph=True)
    torch.testing.assert_close(compiled(**given), f.raw(**given))
