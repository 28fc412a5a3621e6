"""Batches to the device and answers back, whatever the device."""

import pytest
import torch

from workers.transfer import Transfer, stacked

NEEDS_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
DEVICES = [
    torch.device("cpu"),
    pytest.param(torch.device("cuda", 0), marks=[pytest.mark.gpu, NEEDS_CUDA]),
]


@pytest.mark.parametrize("device", DEVICES, ids=str)
def test_calls_arrive_one_behind_the_other_and_come_back_as_they_were(device: torch.device):
    transfer = Transfer(device)
    images = [torch.rand(n, 3, 5, 7) for n in (1, 2, 1)]
    labels = [torch.arange(n) for n in (1, 2, 1)]

    with torch.inference_mode():
        arrived = transfer.to_device(stacked([images, labels]))
        transfer.arrived(arrived)
        back = transfer.to_host(arrived)

    assert [one.device.type for one in arrived] == [device.type] * 2
    assert torch.equal(back[0], torch.cat(images))
    assert torch.equal(back[1], torch.cat(labels))


@pytest.mark.gpu
@NEEDS_CUDA
def test_what_is_on_its_way_is_there_before_it_is_read():
    device = torch.device("cuda", 0)
    transfer, large = Transfer(device), [torch.rand(1, 3, 2048, 2048) for _ in range(4)]
    expected = torch.cat(large).double().sum(dim=(1, 2, 3))

    with torch.inference_mode():
        for _ in range(20):
            (arrived,) = transfer.to_device(stacked([large]))
            transfer.arrived([arrived])
            (sums,) = transfer.to_host([arrived.double().sum(dim=(1, 2, 3))])
            assert torch.allclose(sums, expected)


@pytest.mark.gpu
@NEEDS_CUDA
def test_what_comes_back_may_be_changed_without_a_copy():
    device = torch.device("cuda", 0)
    transfer = Transfer(device)

    with torch.inference_mode():
        (back,) = transfer.to_host([torch.ones(4, device=device)])

    assert back.is_pinned()
    assert not back.is_inference()
    back.add_(1)
