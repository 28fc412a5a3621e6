"""Sharpness and blockiness rise where they should, and masks agree as they should."""

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from models import images
from models.metrics.agreement import iou
from models.metrics.back_projection import backproj_psnr_db
from models.metrics.blockiness import blockiness
from models.metrics.mask import erode
from models.metrics.sharpness import sharpness


def test_sharpness_is_opencvs_variance_of_the_laplacian():
    levels = np.random.default_rng(0).integers(0, 256, (40, 50)).astype(np.float64)

    found = sharpness(torch.from_numpy(levels)[None, None] / 255)

    assert found.item() == pytest.approx(cv2.Laplacian(levels, cv2.CV_64F)[1:-1, 1:-1].var())


def test_a_blurred_picture_is_less_sharp():
    image = torch.rand(1, 3, 64, 64)

    assert sharpness(F.avg_pool2d(image, 3, 1)).item() < sharpness(image).item() / 4


def test_a_heavy_jpeg_is_blocky_and_its_source_is_not():
    torch.manual_seed(0)
    smooth = F.interpolate(torch.rand(1, 3, 12, 12), 128, mode="bicubic").clamp(0, 1)
    jpeg = images.read(images.encode(smooth, format="jpeg", quality=8)).image

    assert blockiness(jpeg).item() > 1 > blockiness(smooth).item()


def test_blockiness_needs_more_than_two_blocks():
    assert blockiness(torch.rand(1, 3, 16, 40)).isnan().all()


def test_overlap_is_intersection_over_union():
    a, b = torch.zeros(2, 1, 4, 4), torch.zeros(2, 1, 4, 4)
    a[0, :, :2] = 1
    b[0, :, 1:3] = 0.9

    assert iou(a, b).tolist() == pytest.approx([1 / 3, 1])


def test_an_eroded_mask_keeps_its_distance_from_what_is_outside_but_not_from_the_frame():
    mask = torch.ones(1, 1, 12, 12)
    mask[0, 0, 6, 6] = 0

    found = erode(mask, 2)

    assert found.sum() == 12 * 12 - 25
    assert found[0, 0, 0, 0] == 1
    assert torch.equal(erode(mask, 0), mask)


def test_a_plain_enlargement_shrinks_back_exactly_and_an_invented_texture_does_not():
    source = torch.rand(1, 3, 10, 12)
    enlarged = F.interpolate(source, scale_factor=2, mode="nearest")

    assert backproj_psnr_db(enlarged, source, scale=2).item() > 120
    assert backproj_psnr_db(1 - enlarged, source, scale=2).item() < 15
