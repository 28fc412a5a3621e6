"""A larger canvas: the picture where it was told to be, and something fitting around it."""

from typing import Any

import pytest
import torch

from models.editing.outpaint import outpaint
from models.failures import CannotDo
from models.made import Made

FILLS = ["smooth", "mirror"]


def larger(image: torch.Tensor, **given: Any) -> Made:
    asked = {"left": 0, "right": 0, "top": 0, "bottom": 0, "fill": "smooth"}
    return outpaint(image, **asked | given)


@pytest.mark.parametrize("fill", FILLS)
def test_the_picture_stays_bit_for_bit_where_its_placement_says(fill: str) -> None:
    image = torch.rand(1, 3, 30, 40)

    made = larger(image, left=7, right=9, top=3, bottom=100, fill=fill)

    assert made.images[0].shape == (1, 3, 133, 56)
    assert torch.equal(made.images[0][..., 3:33, 7:47], image)
    assert made.placement == (1, 0, 7, 0, 1, 3)
    assert made.product_mask is not None
    assert made.product_mask[..., 3:33, 7:47].min() == 1
    assert made.product_mask.sum() == 30 * 40


@pytest.mark.parametrize("fill", FILLS)
def test_nothing_jumps_at_the_old_edge(fill: str) -> None:
    y, x = torch.meshgrid(torch.linspace(0, 6, 60), torch.linspace(0, 6, 80), indexing="ij")
    image = torch.stack((x.sin(), y.cos(), (x + y).sin()))[None] * 0.3 + 0.5

    output = larger(image, left=20, right=20, top=20, bottom=20, fill=fill).images[0]

    within = max((image[..., 1:] - image[..., :-1]).abs().max().item(), 0.02)
    for jump in (output[..., 20] - output[..., 19], output[..., 100] - output[..., 99]):
        assert jump[..., 20:80].abs().max() <= 3 * within


@pytest.mark.parametrize("fill", FILLS)
def test_an_even_picture_goes_on_evenly(fill: str) -> None:
    image = torch.full((1, 3, 9, 9), 0.7)

    output = larger(image, left=50, bottom=40, fill=fill).images[0]

    torch.testing.assert_close(output, torch.full((1, 3, 49, 59), 0.7))


def test_what_is_added_to_a_cut_out_is_transparent() -> None:
    alpha = torch.zeros(1, 1, 20, 20)
    alpha[..., 5:15, :10] = 1
    image = torch.full((1, 3, 20, 20), 0.2) * alpha + (1 - alpha)

    output = larger(image, left=6, top=2, alpha=alpha).images[0]

    assert output.shape == (1, 4, 22, 26)
    assert torch.equal(output[:, 3:, 2:, 6:], alpha)
    assert output[:, 3].sum() == alpha.sum()
    assert (output[:, :3] * output[:, 3:])[..., 7:17, 6:16].eq(0.2).all()


def test_no_pixels_to_add_leave_the_picture_as_it_is() -> None:
    image = torch.rand(1, 3, 12, 12)

    assert torch.equal(larger(image).images[0], image)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("size", [(1, 1), (1, 30), (30, 1), (8, 8)])
def test_a_picture_of_any_shape_is_drawn_on(size: tuple[int, int], fill: str) -> None:
    output = larger(torch.rand(1, 3, *size), left=33, top=5, fill=fill).images[0]

    assert output.shape == (1, 3, size[0] + 5, size[1] + 33)
    assert output.isfinite().all()


def test_too_large_a_canvas_is_refused() -> None:
    with pytest.raises(CannotDo) as caught:
        larger(torch.zeros(1, 1, 1, 1).expand(1, 3, 8000, 8000), right=1)

    assert caught.value.code == "output_too_large"
