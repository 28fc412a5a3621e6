"""Batch normalisation is PyTorch's, but for the counter."""

import torch
from torch import nn

from models.layers.batch_norm import BatchNorm


def test_learning_and_serving_give_what_pytorch_gives():
    ours, theirs = BatchNorm(3), nn.BatchNorm2d(3)
    batches = [torch.rand(4, 3, 5, 5) * scale for scale in (1, 10)]

    learning = [(ours(batch), theirs(batch)) for batch in batches]
    serving = ours.eval()(batches[0]), theirs.eval()(batches[0])

    for one, other in [*learning, serving]:
        torch.testing.assert_close(one, other)


def test_all_it_keeps_can_be_halved():
    state = BatchNorm(2).state_dict()

    assert {tensor.dtype for tensor in state.values()} == {torch.float32}
    assert set(state) == {"weight", "bias", "running_mean", "running_variance"}
