"""A picture in another light keeps its transparency, and without a wish all of itself."""

import numpy as np
import pytest
import torch

from models import images
from models.colour.light import to_linear
from models.editing.relight import relight
from models.images import Loaded


def lit(image: torch.Tensor, alpha: torch.Tensor | None = None, **changes):
    asked = {"auto": False, "exposure_ev": 0.0, "warmth": 0.0, "contrast": 0.0, "target": None}
    return relight(Loaded(image, alpha), **asked | changes)


def test_no_wish_gives_the_picture_back(white_shot):
    image, _ = white_shot

    assert torch.equal(lit(image).images[0], image)


def test_no_wish_gives_a_cut_out_back():
    image = images.quantise(torch.rand(1, 3, 30, 30))
    alpha = images.quantise(torch.rand(1, 1, 30, 30))
    over_white = image * alpha + 1 - alpha

    made = lit(over_white, alpha)

    read = images.read(images.encode(made.images[0], format="png"))
    assert torch.equal(read.alpha, alpha)
    assert (read.image - over_white).abs().max() < 0.5 / 255 + 1e-6


@pytest.mark.parametrize(
    "wish", [{"exposure_ev": 1.5}, {"warmth": -30.0}, {"contrast": 0.7}, {"auto": True}], ids=str
)
def test_transparency_stays(wish):
    image, alpha = torch.rand(1, 3, 30, 30) * 0.5, torch.zeros(1, 1, 30, 30)
    alpha[..., 5:20, 5:20] = torch.rand(15, 15)
    image = image * alpha + 1 - alpha

    made = lit(image, alpha, **wish)

    assert torch.equal(made.images[0][:, 3:], alpha)
    assert (made.images[0][0, :3, alpha[0, 0] == 0] == 1).all()


def test_what_is_transparent_says_nothing_of_the_light():
    image, alpha = torch.full((1, 3, 60, 60), 0.2), torch.zeros(1, 1, 60, 60)
    alpha[..., 20:40, 20:40] = 1
    image = torch.where(alpha > 0, image, 1.0)

    made = lit(image, alpha, auto=True)

    assert made.images[0][0, 0, 30, 30] > 0.3


@pytest.mark.parametrize(
    ("wish", "channel", "sign"),
    [
        ({"exposure_ev": 1.0}, 1, 1),
        ({"exposure_ev": -1.0}, 1, -1),
        ({"warmth": 30.0}, 0, 1),
        ({"warmth": 30.0}, 2, -1),
        ({"warmth": -30.0}, 2, 1),
        ({"contrast": 0.5}, 0, -1),
    ],
    ids=str,
)
def test_a_wish_goes_the_way_it_says(wish, channel, sign):
    image = torch.full((1, 3, 8, 8), 0.3)

    made = lit(image, **wish)

    assert sign * float((made.images[0] - image)[0, channel].mean()) > 0.01


def test_it_comes_into_the_light_of_its_target(white_shot):
    image, _ = white_shot
    evening = torch.linspace(0.3, 1, 900).view(1, 1, 30, 30)
    evening = evening * torch.tensor([1.0, 0.85, 0.7]).view(1, 3, 1, 1)

    made = lit(image, target=Loaded(evening, None))

    got, wanted = (to_linear(x.numpy()).mean(axis=(0, 2, 3)) for x in (made.images[0], evening))
    assert np.abs(got / wanted - 1).max() < 0.1


@pytest.mark.parametrize(
    "image", [torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)], ids=["black", "white"]
)
@pytest.mark.parametrize(
    "wish",
    [{"auto": True}, {"exposure_ev": 2.0}, {"target": Loaded(torch.rand(1, 3, 8, 8), None)}],
    ids=["auto", "exposure", "target"],
)
def test_of_one_colour_it_is_a_picture_still(image, wish):
    made = lit(image, **wish)

    assert made.images[0].isfinite().all()
    assert 0 <= made.images[0].min() <= made.images[0].max() <= 1
