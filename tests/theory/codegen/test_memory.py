"""Memory of code in blocks, counted on the device `meta`, where nothing is stored."""

from __future__ import annotations

import pytest
import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from theory.codegen import hessian_vector_product, value_and_gradient
from theory.models import model_named

WIDTH, CLASSES, BLOCK = 64, 16, 256
WEIGHTS = ["W_Q", "W_K", "W_V", "W_O"]


class Live(TorchDispatchMode):
    """Counts the bytes of all arrays alive after every operation; ``most`` is the peak."""

    def __init__(self):
        super().__init__()
        self.alive, self.most = {}, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        self.alive = {r: size for r, size in self.alive.items() if not r.expired()}
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                self.alive[StorageWeakRef(storage)] = storage.nbytes()
        self.most = max(self.most, sum(self.alive.values()))
        return out


def peak(f, length):
    """Return the most bytes that a call holds at a time, its arguments not counted."""
    shapes = dict.fromkeys(WEIGHTS[:3], (WIDTH, WIDTH)) | {"W_O": (CLASSES, WIDTH)}
    shapes |= {f"{x}_dot": shape for x, shape in shapes.items()}
    shapes |= {"X": (length, WIDTH), "y": (length, CLASSES)}
    names = [x for x in f.__signature__.parameters if x != "block"]
    given = {x: torch.empty(shapes[x], device="meta") for x in names}
    with Live() as live:
        f.raw(**given)
    return live.most


@pytest.fixture(scope="module")
def gradient():
    return value_and_gradient(model_named("attention-head-causal"), WEIGHTS, "torch", block=BLOCK)


def test_a_gradient_at_65536_positions_holds_less_than_two_gibibytes(gradient):
    assert peak(gradient, 65536) < 2**31


def test_memory_grows_with_the_length_not_with_its_square(gradient):
    """Arrays of T x d and of a block's rows by T keys are what there is."""
    short, long = peak(gradient, 2048), peak(gradient, 8192)
    assert long < 4.1 * short
    assert long < 4 * 8192 * (12 * WIDTH + 4 * CLASSES + 6 * BLOCK)


def test_memory_of_curvature_grows_with_the_length_too():
    model = model_named("attention-head-causal")
    f = hessian_vector_product(model, WEIGHTS, "torch", block=BLOCK)
    assert peak(f, 8192) < 4.1 * peak(f, 2048)


def test_the_count_sees_an_array_of_scores():
    whole = value_and_gradient(model_named("attention-head-causal"), WEIGHTS, "torch")
    assert peak(whole, 2048) > 2 * 4 * 2048**2
