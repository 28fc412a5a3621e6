"""A picture's light finds itself: casts go, dark pictures become light, colours stay colours."""

import torch

from models.colour.balance import alike, balanced
from models.colour.light import Light, relit


def scene() -> torch.Tensor:
    """[1, 3, 40, 60]: greys from dark to light, and a red product among them."""
    image = torch.linspace(0.05, 0.97, 60).expand(1, 3, 40, 60).clone()
    image[..., 15:25, 20:40] = torch.tensor([0.75, 0.12, 0.1]).view(1, 3, 1, 1)
    return image


def colours(image: torch.Tensor) -> torch.Tensor:
    return image[0].flatten(1)


def test_a_cast_is_taken_out():
    cast = relit(scene(), Light(gains=(1.0, 0.93, 0.8)))

    mended = relit(cast, balanced(colours(cast)))

    grey = mended[..., :10, :]
    assert (grey[:, 0] - grey[:, 2]).abs().mean() < 0.4 * (cast[:, 0] - cast[:, 2])[:, :10].mean()


def test_a_picture_in_good_light_stays_nearly_as_it_is():
    image = scene()

    mended = relit(image, balanced(colours(image)))

    assert (mended - image).abs().max() < 0.03


def test_a_dark_picture_becomes_light():
    dark = relit(scene(), Light().brighter(-1.2))

    mended = relit(dark, balanced(colours(dark)))

    assert (mended.mean() - scene().mean()).abs() < 0.03


def test_where_nothing_is_grey_no_colour_is_taken_for_a_cast():
    pink = torch.tensor([0.95, 0.55, 0.7]).view(3, 1).repeat(1, 500)

    assert balanced(pink).gains[0] == balanced(pink).gains[2]


def test_it_never_darkens():
    white = torch.ones(3, 400)

    assert balanced(white).gains == (1.0, 1.0, 1.0)


def test_a_red_product_stays_red():
    image = scene()

    mended = relit(image, balanced(colours(image)))

    assert (mended[0, :, 20, 30] - image[0, :, 20, 30]).abs().max() < 0.03


def test_the_light_of_another_picture_is_taken_over():
    image = scene()
    wanted = relit(image, Light(gains=(0.8, 0.6, 0.4)))

    lit = relit(image, alike(colours(image), colours(wanted)))

    assert (lit - wanted).abs().mean() < 0.02


def test_black_can_be_given_any_light():
    lit = relit(torch.zeros(1, 3, 8, 8), alike(torch.zeros(3, 64), torch.ones(3, 64)))

    assert lit.isfinite().all()
