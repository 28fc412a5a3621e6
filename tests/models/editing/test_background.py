"""The product comes onto another colour as it was."""

import pytest
import torch

from models import images
from models.editing.background import background
from models.metrics.mask import erode
from models.metrics.psnr import psnr_db


def test_in_a_png_the_product_is_the_sources_exactly(shot):
    image, _ = shot

    made = background(image, rgb=(20, 200, 90), mask=None)

    delivered = images.read(images.encode(made.images[0], format="png")).image
    proof = psnr_db(delivered, made.expected_product, mask=erode(made.product_mask, 2))
    assert proof.item() == torch.inf


def test_everything_else_is_the_colour_asked_for(white_shot):
    image, truth = white_shot

    made = background(image, rgb=(20, 200, 90), mask=None)

    far = erode(1 - truth, 6)[0, 0] > 0
    levels = (made.images[0][0, :, far] * 255).round()
    assert levels.T.unique(dim=0).tolist() == [[20, 200, 90]]


@pytest.mark.parametrize("rgb", [(0, 0, 0), (20, 200, 90)])
def test_no_rim_of_the_old_backdrop_is_left(white_shot, rgb):
    image, truth = white_shot

    output = background(image, rgb=rgb, mask=truth).images[0]

    rim = (truth[0, 0] > 0.1) & (truth[0, 0] < 0.9)
    assert output[0, 0, rim].quantile(0.95) < 0.25  # the mug is blue, the old backdrop white
