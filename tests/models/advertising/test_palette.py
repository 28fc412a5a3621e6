"""Colours come from the product, are the same each time, and differ from variant to variant."""

import torch

from models import oklab
from models.advertising.palette import colours, given, tint_of


def product_of(rgb: tuple[float, float, float]) -> tuple[torch.Tensor, torch.Tensor]:
    image = torch.ones(1, 3, 40, 40)
    image[:, :, 10:30, 10:30] = torch.tensor(rgb).view(1, 3, 1, 1)
    alpha = torch.zeros(1, 1, 40, 40)
    alpha[:, :, 10:30, 10:30] = 1
    return image, alpha


def hue(rgb: tuple[int, int, int]) -> float:
    lab = oklab.from_rgb(torch.tensor(rgb).view(1, 3, 1, 1) / 255).view(3)
    return float(torch.atan2(lab[2], lab[1]))


def test_the_accent_has_the_products_hue_whatever_the_ground_was():
    tint = tint_of(*product_of((0.1, 0.3, 0.8)))

    accent = colours(tint, 0)["accent"]

    assert abs(hue(accent) - tint.hue) < 0.1


def test_a_grey_product_gets_greys():
    accent = colours(tint_of(*product_of((0.5, 0.5, 0.5))), 0)["accent"]

    assert max(accent) - min(accent) < 8


def test_sixteen_variants_are_sixteen_palettes():
    tint = tint_of(*product_of((0.1, 0.3, 0.8)))

    made = {tuple(sorted(colours(tint, number).items())) for number in range(16)}

    assert len(made) >= 13  # white on white differs in little where hues turn
    assert colours(tint, 3) == colours(tint, 3)


def test_what_the_caller_names_is_taken_as_it_is():
    made = given([(1, 2, 3), (250, 250, 250)], colours(tint_of(*product_of((0.1, 0.3, 0.8))), 0))

    assert (made["accent"], made["paper"]) == ((1, 2, 3), (250, 250, 250))
