"""A ground out of focus holds nothing of the product that stood before it."""

import pytest
import torch

from models.failures import CannotDo
from models.plates.defocused import defocused


def red_on_green(side: int = 120) -> tuple[torch.Tensor, torch.Tensor]:
    alpha = torch.zeros(1, 1, side, side)
    alpha[..., side // 3 : side * 2 // 3, side // 3 : side * 2 // 3] = 1
    red, green = (torch.tensor(x).view(1, 3, 1, 1) for x in ([0.9, 0.1, 0.1], [0.1, 0.6, 0.2]))
    return torch.where(alpha > 0, red, green), alpha


@pytest.mark.parametrize("blur_px", [1.0, 6.0, 60.0])
def test_no_colour_of_the_product_leaks(blur_px):
    image, alpha = red_on_green()

    plate = defocused(image, alpha, blur_px=blur_px)

    assert (plate[0, 0] - 0.1).abs().max() < 0.01
    assert (plate[0, 1] - 0.6).abs().max() < 0.01


def test_nor_of_its_soft_edge():
    _, alpha = red_on_green()
    soft = torch.nn.functional.avg_pool2d(alpha, 5, 1, 2)
    red, green = (torch.tensor(x).view(1, 3, 1, 1) for x in ([0.9, 0.1, 0.1], [0.1, 0.6, 0.2]))

    plate = defocused(soft * red + (1 - soft) * green, soft, blur_px=3.0)

    assert (plate[0, 0] - 0.1).abs().max() < 0.01


def test_the_ground_is_blurred_as_far_as_asked():
    stripes = (torch.arange(120) // 6 % 2).float().expand(1, 3, 120, 120)
    alpha = torch.zeros(1, 1, 120, 120)
    alpha[..., 50:70, 50:70] = 1

    little, much = (defocused(stripes, alpha, blur_px=blur) for blur in (1.0, 12.0))

    assert little[..., :40, :].std() > 0.3
    assert much[..., :40, 30:90].std() < 0.02


def test_where_the_product_was_is_what_surrounds_it():
    image = torch.linspace(0.2, 0.8, 120).expand(1, 3, 120, 120).clone()
    alpha = torch.zeros(1, 1, 120, 120)
    alpha[..., 40:80, 40:80] = 1
    image[..., 40:80, 40:80] = 0

    plate = defocused(image, alpha, blur_px=2.0)

    assert plate[0, 0, 60, 44] == pytest.approx(0.42, abs=0.08)
    assert plate[0, 0, 60, 76] == pytest.approx(0.58, abs=0.08)


def test_the_last_pixels_of_ground_are_enough():
    image, alpha = torch.full((1, 3, 40, 40), 0.9), torch.ones(1, 1, 40, 40)
    image[..., :, 0], alpha[..., :, 0] = 0.3, 0

    plate = defocused(image, alpha, blur_px=2.0)

    assert (plate - 0.3).abs().max() < 0.01


def test_no_ground_at_all_is_an_error():
    with pytest.raises(CannotDo) as caught:
        defocused(torch.rand(1, 3, 20, 20), torch.ones(1, 1, 20, 20), blur_px=2.0)

    assert caught.value.code == "mask_full"
