"""A convolution in int8 says nearly what it says in float32, once it has seen what comes."""

import pytest
import torch
from torch import nn

from benchmarks.integers import IntegerConv2d, Range, in_integers
from models.precision import agreement_db

pytestmark = pytest.mark.filterwarnings("ignore:torch.quantize_per:UserWarning")


def test_layers_compute_in_int8_with_the_ranges_that_they_saw():
    network = nn.Sequential(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 4, 3))
    images = torch.rand(2, 8, 12, 12)

    with torch.inference_mode():
        exact = network(images)
        other = in_integers(network, lambda one: one(images))(images)

    assert 25 < agreement_db(exact, other) < 70  # near, and not the same
    assert isinstance(network[0], nn.Conv2d)


def test_layers_that_see_the_picture_itself_stay_as_they_are():
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3))

    with torch.inference_mode():
        found = in_integers(network, lambda one: one(torch.rand(1, 3, 9, 9)))

    assert [isinstance(layer, IntegerConv2d) for layer in found.children()] == [False, True]


def test_a_range_holds_zero_exactly():
    seen = Range()
    seen.see(torch.tensor([-1.0, 0.5]))
    seen.see(torch.tensor([2.0]))

    scale, zero = seen.told(255)

    assert scale == 3 / 255
    assert zero == 85  # -1 / scale
