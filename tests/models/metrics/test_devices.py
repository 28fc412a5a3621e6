"""Each metric gives one number, whichever way and on whichever device it is computed."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from models.metrics import bare
from models.metrics.agreement import iou
from models.metrics.back_projection import backproj_psnr_db
from models.metrics.blockiness import blockiness
from models.metrics.delta_e import ciede2000
from models.metrics.differences import largest
from models.metrics.edge_band import edge_band_diff
from models.metrics.lost_share import lost_share
from models.metrics.luma import luma
from models.metrics.mask import edge_band, erode, inside
from models.metrics.mask_uncertainty import mask_uncertainty
from models.metrics.noise import noise_sigma
from models.metrics.psnr import psnr_db
from models.metrics.region_delta_e import region_delta_e
from models.metrics.sharpness import sharpness
from models.metrics.ssim import region_ssim, ssim, ssim_map, whole_and_region_ssim

Metric = Callable[[Tensor, Tensor, Tensor], Tensor]

METRICS: dict[str, Metric] = {
    "psnr_db": lambda a, b, _: psnr_db(a, b),
    "product_psnr_db": lambda a, b, mask: psnr_db(a, b, mask=mask),
    "ssim": lambda a, b, _: ssim(a, b),
    "ssim_map": lambda a, b, _: ssim_map(a, b),
    "region_ssim": lambda a, b, mask: region_ssim(a, b, mask=mask),
    "both_ssims": lambda a, b, mask: torch.cat(whole_and_region_ssim(a, b, mask=mask)),
    "ciede2000": lambda a, b, _: ciede2000(a, b),
    "product_delta_e": lambda a, b, mask: torch.cat(region_delta_e(a, b, mask=mask)),
    "protected_max_abs": lambda a, b, mask: largest(a, b, where=inside(mask)),
    "edge_band_diff": edge_band_diff,
    "backproj_psnr_db": lambda a, b, _: backproj_psnr_db(
        a.repeat_interleave(2, 2).repeat_interleave(2, 3), b, scale=2
    ),
    "noise_sigma": lambda a, _, __: noise_sigma(a),
    "sharpness": lambda a, _, __: sharpness(a),
    "blockiness": lambda a, _, __: blockiness(a),
    "luma": lambda a, _, __: luma(a),
    "erode": lambda _, __, mask: erode(mask, 3),
    "edge_band": lambda _, __, mask: edge_band(mask, 3),
    "mask_agreement": lambda _, __, mask: iou(mask, mask.roll(3, 3)),
    "mask_uncertainty": lambda _, __, mask: mask_uncertainty(mask),
    "lost_share": lambda a, _, mask: lost_share(a[:1], mask[:1]),
}
MASKS = ["inner", "at the frame", "empty", "whole"]
SIZES = [(37, 53), (19, 64), (600, 530)]


def images(size: tuple[int, int], mask: str) -> tuple[Tensor, Tensor, Tensor]:
    """On the 256 levels of files, with a soft-edged mask and a plain ground around it."""
    height, width = size
    generator = torch.Generator().manual_seed(0)
    shapes = {"inner": (4, 3, 9, 5), "at the frame": (0, 0, 7, 11), "whole": (0, 0, 0, 0)}
    soft = torch.zeros(2, 1, height, width)
    if mask in shapes:
        top, left, bottom, right = shapes[mask]
        soft[..., top : height - bottom, left : width - right] = 1
    if mask == "inner":
        soft = torch.nn.functional.avg_pool2d(soft, 3, 1, 1, count_include_pad=False)
    a = torch.where(soft > 0.2, torch.rand(2, 3, height, width, generator=generator), 0.9)
    b = (a + 0.1 * torch.randn(a.shape, generator=generator)).clamp(0, 1)
    b[1, :, : height // 2] = a[1, :, : height // 2]
    return a.mul(255).round().div(255), b.mul(255).round().div(255), soft


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("name", METRICS)
def test_torch_alone_gives_what_the_fast_way_gives(monkeypatch, name, mask, size):
    given = images(size, mask)
    fast = METRICS[name](*given)

    monkeypatch.setattr(bare, "_DEVICES", frozenset())
    found = METRICS[name](*given)

    assert found.dtype == fast.dtype
    torch.testing.assert_close(found, fast, atol=1e-6, rtol=1e-6, equal_nan=True)


@pytest.mark.parametrize("name", METRICS)
def test_two_threads_give_what_one_gives(name):
    given = images((600, 530), "inner")
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = METRICS[name](*given)
        torch.set_num_threads(2)
        found = METRICS[name](*given)
    finally:
        torch.set_num_threads(before)

    torch.testing.assert_close(found, alone, atol=1e-9, rtol=1e-9, equal_nan=True)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("name", METRICS)
def test_on_a_gpu_it_is_computed_there_and_the_same(name, mask):
    given = images((600, 530), mask)
    wanted = METRICS[name](*given)

    found = METRICS[name](*(one.cuda() for one in given))

    assert found.is_cuda
    torch.testing.assert_close(found.cpu(), wanted, atol=1e-5, rtol=1e-5, equal_nan=True)
