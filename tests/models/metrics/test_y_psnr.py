"""PSNR of brightness is what scikit-image gives of its own Y channel."""

import pytest
import torch
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio
from torch import Generator

from models.metrics.y_psnr import y_psnr_db


def test_it_agrees_with_scikit_image_without_the_rim():
    draw = Generator().manual_seed(0)
    a, b = torch.rand(3, 3, 20, 24, generator=draw), torch.rand(3, 3, 20, 24, generator=draw)

    found = y_psnr_db(a, b, border=2)

    for one, other, decibels in zip(a, b, found.tolist(), strict=True):
        y = [rgb2ycbcr(image.permute(1, 2, 0).numpy())[2:-2, 2:-2, 0] for image in (one, other)]
        expected = peak_signal_noise_ratio(*y, data_range=255)
        assert decibels == pytest.approx(expected, abs=1e-3)


def test_what_is_wrong_in_the_rim_alone_is_not_seen():
    a = torch.full((1, 3, 12, 12), 0.5)
    b = a.clone()
    b[..., :2, :] = 0.0

    assert y_psnr_db(a, b, border=2).isinf().all()
    assert y_psnr_db(a, b, border=1).isfinite().all()


def test_a_picture_that_is_all_rim_is_refused():
    with pytest.raises(ValueError, match="sides above 8"):
        y_psnr_db(torch.rand(1, 3, 8, 20), torch.rand(1, 3, 8, 20), border=4)
