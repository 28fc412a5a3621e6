"""The device that was asked for, or a clear no."""

import pytest
import torch

from workers.device import NoDevice, choose


def test_without_a_wish_the_cpu_serves_where_there_is_no_cuda() -> None:
    expected = "cuda" if torch.cuda.is_available() else "cpu"

    assert choose("").type == expected


def test_the_cpu_can_be_asked_for() -> None:
    assert choose("cpu") == torch.device("cpu")


@pytest.mark.parametrize("asked", ["cuda:99", "mps", "quantum", "cuda:x"])
def test_what_is_not_here_is_refused_and_nothing_else_is_taken(asked: str) -> None:
    with pytest.raises(NoDevice, match="WORKER_DEVICE"):
        choose(asked)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_cuda_device_is_taken_by_its_number() -> None:
    assert choose("cuda:0") == torch.device("cuda:0")
