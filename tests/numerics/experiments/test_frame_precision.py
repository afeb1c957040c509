"""Routing and values by layer against what torch's attention computes, and when curves settle."""

import numpy as np
import pytest
import torch

from numerics.experiments.frame_precision import Frames, frames, moved, settled
from numerics.experiments.sequence_models import SequenceModel


def test_frames_are_those_that_the_model_uses():
    torch.manual_seed(1)
    model = SequenceModel(5, 3, width=8, layers=2, heads=2, hidden=16)
    inputs = np.random.default_rng(0).standard_normal((4, 6, 5)).astype(np.float32)
    seen = frames(model, inputs)
    assert len(seen.attention) == len(seen.values) == 2
    stream = model.embed(torch.tensor(inputs))
    bias = model.bias(6, stream.device)
    with torch.no_grad():
        for block, a, v in zip(model.blocks, seen.attention, seen.values, strict=True):
            context = torch.tensor(a @ v).float().transpose(1, 2).flatten(2)
            middle = stream + block.out(context)
            wanted = middle + block.down(torch.nn.functional.gelu(block.up(block.second(middle))))
            stream = block(stream, bias)
            assert torch.allclose(wanted, stream, atol=1e-5)
    assert np.allclose(np.triu(seen.attention[0][0, 0], 1), 0)
    assert ((seen.entropy > 0) & (seen.entropy < np.log(6))).all()


def test_movement_is_total_variation_and_relative_norm():
    one = Frames([np.array([[[[1.0, 0.0], [0.5, 0.5]]]])], [np.array([[[[3.0], [4.0]]]])])
    two = Frames([np.array([[[[0.0, 1.0], [0.5, 0.5]]]])], [np.array([[[[3.0], [9.0]]]])])
    routing, values = moved(one, two)
    assert routing.tolist() == [0.5] and values.tolist() == [1.0]
    assert [x.tolist() for x in moved(one, one)] == [[0.0], [0.0]]
    assert one.entropy == pytest.approx([np.log(2) / 2])


@pytest.mark.parametrize(
    ("curve", "step"), [([0, 1, 1, 1], 25), ([0, 0, 0, 1], 75), ([2, 2, 2, 2], 0)]
)
def test_a_curve_has_settled_once_it_stays_near_its_end(curve, step):
    assert settled(np.array(curve, float), 100) == step
