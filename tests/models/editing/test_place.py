"""The product stands where and as large as asked, and its pixels are the source's, moved."""

import pytest
import torch

from models import images
from models.editing.place import place
from models.failures import CannotDo
from models.metrics.mask import erode
from models.metrics.psnr import psnr_db


def put(image, **changes):
    asked = {"width": 300, "height": 300, "fill_long_side": 0.85, "anchor": "center"}
    return place(image, **asked | {"margin_px": 0, "rgb": (255, 255, 255)} | changes)


def bounds(picture):
    """Left, top, right, bottom of what is not white."""
    inside = picture[0].amin(dim=0) < 0.8
    across, down = (inside.any(dim=axis).nonzero()[:, 0] for axis in (0, 1))
    return int(across[0]), int(down[0]), int(across[-1]) + 1, int(down[-1]) + 1


@pytest.mark.parametrize("size", [(300, 300), (900, 700), (128, 200), (31, 33)])
def test_in_a_png_the_product_is_the_source_through_the_matrix(white_shot, size):
    image, truth = white_shot

    made = put(image, width=size[0], height=size[1], mask=truth, rgb=(10, 90, 10))

    delivered = images.read(images.encode(made.images[0], format="png")).image
    region = erode(made.product_mask, 2)
    assert delivered.shape[2:] == (size[1], size[0])
    assert region.sum() > 0
    assert psnr_db(delivered, images.quantise(made.expected_product), mask=region).item() >= 45


def test_the_product_fills_the_share_asked_for_and_stands_in_the_middle(white_shot):
    image, truth = white_shot

    made = put(image, mask=truth)

    left, top, right, bottom = bounds(made.images[0])
    assert max(right - left, bottom - top) == pytest.approx(0.85 * 300, abs=3)
    assert left + right == pytest.approx(300, abs=3)
    assert top + bottom == pytest.approx(300, abs=3)
    assert made.report["fill_long_side"] == pytest.approx(0.85)


def test_an_anchored_product_stands_at_the_margin(white_shot):
    image, truth = white_shot

    made = put(image, mask=truth, anchor="bottom_left", margin_px=12, fill_long_side=0.5)

    left, _, _, bottom = bounds(made.images[0])
    assert left == pytest.approx(12, abs=2)
    assert bottom == pytest.approx(300 - 12, abs=2)


def test_the_matrix_says_where_a_source_pixel_went(white_shot):
    image, truth = white_shot
    image = image.clone()
    image[..., 118:122, 108:112] = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)

    made = put(image, mask=truth, width=700, height=500)

    a, b, c, d, e, f = made.placement
    x, y = int(a * 110 + b * 120 + c), int(d * 110 + e * 120 + f)
    assert made.images[0][0, :, y, x].tolist() == pytest.approx([1, 0, 0], abs=0.1)


def test_hidden_colours_of_a_transparent_surrounding_make_no_halo():
    alpha = torch.zeros(1, 1, 120, 120)
    alpha[..., 30:90, 40:80] = 1
    image = torch.where(alpha > 0, torch.tensor([0.5, 0.1, 0.1]).view(1, 3, 1, 1), 1.0)

    output = put(image, mask=alpha, rgb=(0, 0, 0), width=217, height=217).images[0]

    assert output[:, 0].max() <= 0.52
    assert output[:, 1].max() <= 0.12


def test_a_product_cut_by_the_frame_is_placed_too():
    image = torch.ones(1, 3, 100, 100)
    image[..., 40:, 30:70] = 0.2
    mask = (image[:, :1] < 0.5).float()

    made = put(image, mask=mask)

    assert bounds(made.images[0])[3] <= 300


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("output_too_large", {"width": 10000, "height": 10000}),
        ("margin_too_large", {"margin_px": 150}),
    ],
)
def test_what_cannot_be_done_has_a_code(white_shot, code, changes):
    with pytest.raises(CannotDo) as caught:
        put(white_shot[0], mask=white_shot[1], **changes)

    assert caught.value.code == code
