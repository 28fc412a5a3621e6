"""A door computed in another way gives the same, and the faster one is known by its seconds."""

import time

import pytest
import torch
from torch import Tensor

from models.compiling import in_way, seconds, ways_on

CPU = torch.device("cpu")
NEEDS_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def _door(image: Tensor, sigma: Tensor) -> Tensor:
    return (image - 0.5).tanh() * sigma[:, None, None, None]


def test_a_cpu_has_no_graphs():
    assert ways_on(CPU) == ("plain", "compiled")
    assert ways_on(torch.device("cuda", 0))[-1] == "graphs"


def test_the_plain_way_is_the_door_itself():
    assert in_way(_door, "plain") is _door


def test_the_slower_way_takes_longer():
    def slow(image: Tensor) -> Tensor:
        time.sleep(0.003)
        return image

    found = seconds({"plain": slow, "compiled": lambda image: image}, (torch.zeros(1),), rounds=3)

    assert found["compiled"] < 0.003 <= found["plain"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "device",
    [CPU, pytest.param(torch.device("cuda", 0), marks=[pytest.mark.gpu, NEEDS_CUDA])],
    ids=str,
)
def test_every_way_gives_the_same_for_any_number_of_images(device: torch.device):
    for way in ways_on(device)[1:]:
        door = in_way(_door, way)
        for n in (2, 1, 5, 2):
            image, sigma = torch.rand(n, 3, 8, 8, device=device), torch.rand(n, device=device)
            with torch.inference_mode():
                torch.testing.assert_close(door(image, sigma).clone(), _door(image, sigma))
