"""By the network that ships, real pictures take on a style as far as asked, and products none."""

import numpy as np
import pytest
import torch
from PIL import Image

from models import images
from models.colour.sampling import colours_of
from models.data import samples, style_pictures
from models.editing.stylize import stylize
from models.failures import CannotDo
from models.images import Loaded
from models.metrics.colour_distance import colour_distance
from models.metrics.luma import luma
from models.metrics.ssim import ssim
from models.metrics.texture_distance import texture_distance
from models.restyling import Restyler, Seen, code_distance
from tests import shipped

SIDE = 160


@pytest.fixture(scope="module")
def restyler() -> Restyler:
    return shipped.restyler()


def photograph(name: str) -> torch.Tensor:
    (pixels,) = [one.pixels for one in samples.photographs() if one.name == name]
    return tensor(Image.fromarray(pixels).convert("RGB"))


def product(name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """On a grey ground, and how far it covers each pixel."""
    (pixels,) = [one.pixels for one in samples.products() if one.name == name]
    cut_out = Image.fromarray(pixels)
    ground = Image.new("RGBA", cut_out.size, (176, 190, 204, 255))
    shown = tensor(Image.alpha_composite(ground, cut_out).convert("RGB"))
    return shown, tensor(cut_out.getchannel("A"))


def tensor(shown: Image.Image) -> torch.Tensor:
    small = np.array(shown.resize((SIDE, SIDE)))
    return torch.from_numpy(small.reshape(SIDE, SIDE, -1)).permute(2, 0, 1)[None] / 255


def seen(image: torch.Tensor) -> Seen:
    return Seen(image, torch.ones_like(image[:, :1]))


def styled(image, restyler, **changes):
    asked = {
        "style": Loaded(photograph("meadow"), None),
        "strength": 1.0,
        "protect_product": False,
        "mask": None,
        "restyler": restyler,
    }
    return stylize(Loaded(image, None), **asked | changes)


def test_no_strength_gives_the_picture_back_to_the_last_bit(restyler):
    image, mask = product("booties")

    for protected in ({}, {"protect_product": True, "mask": mask}):
        made = styled(image, restyler, strength=0.0, **protected)
        assert torch.equal(made.images[0], image)


@pytest.mark.parametrize("name", ["booties", "wooden box", "dandelion"])
def test_the_stronger_the_nearer_to_the_style_and_the_further_from_the_picture(restyler, name):
    image = photograph(name) if name == "dandelion" else product(name)[0]
    style = photograph("meadow")

    made = [styled(image, restyler, strength=s).images[0] for s in (0.0, 0.25, 0.5, 0.75, 1.0)]

    content = [ssim(luma(one), luma(image)).item() for one in made]
    distance = [colour_distance(colours_of(one), colours_of(style)).item() for one in made]
    assert content == sorted(set(content), reverse=True)
    assert distance == sorted(set(distance), reverse=True)
    assert content[0] == pytest.approx(1)
    assert distance[-1] < 0.75 * distance[0]
    assert texture_distance(made[-1], style) < texture_distance(image, style)


@pytest.mark.parametrize(
    ("style", "name"),
    [
        ("woodcut", "booties"),
        ("ink_wash", "wooden box"),
        ("halftone", "dandelion"),
        ("mosaic", "booties"),
        ("marble", "wooden box"),
    ],
)
def test_of_every_style_that_ships_more_strength_is_nearer_to_it(restyler, style, name):
    image = photograph(name) if name == "dandelion" else product(name)[0]
    image, example = image[..., ::2, ::2], style_pictures.drawn(style)[..., :192, :192]

    made = [
        styled(image, restyler, strength=s, style=Loaded(example, None)).images[0]
        for s in (0.0, 0.33, 0.67, 1.0)
    ]

    content = [ssim(luma(one), luma(image)).item() for one in made]
    apart = [code_distance(seen(one), seen(example), by=restyler) for one in made]
    assert content == sorted(set(content), reverse=True)
    assert apart == sorted(set(apart), reverse=True)
    assert apart[-1] < 0.9 * apart[0]
    assert texture_distance(made[-1], example) < 0.9 * texture_distance(image, example)


@pytest.mark.parametrize("by_network", [True, False], ids=["adain", "color"])
def test_at_no_strength_a_file_comes_back_bit_for_bit(restyler, by_network):
    image, alpha = product("wooden box")
    rgba = torch.cat([images.quantise(image), alpha], dim=1)
    source = images.read(images.encode(rgba, format="png"))

    made = stylize(
        source,
        style=Loaded(style_pictures.drawn("mosaic"), None),
        strength=0.0,
        protect_product=False,
        mask=None,
        restyler=restyler if by_network else None,
    )

    delivered = images.encode(made.images[0], format="png")
    seen = rgba.mul(255).round() * (alpha > 0)  # nobody sees a colour that nothing covers
    again = images.encode(
        (seen / 255 + (alpha <= 0) * torch.tensor([1, 1, 1, 0]).view(1, 4, 1, 1)), format="png"
    )
    assert delivered == again


def test_a_protected_product_is_byte_for_byte_the_sources(restyler):
    image, mask = product("booties")

    made = styled(image, restyler, protect_product=True, mask=mask)

    delivered = images.read(images.encode(made.images[0], format="png")).image
    for where in (made.product_mask, 1 - made.edit_mask):
        inside = where[0, 0] > 0
        assert inside.any()
        assert torch.equal(delivered[0, :, inside], image[0, :, inside])
    assert (made.images[0] - image).abs().mean() > 0.02


def test_transparency_stays(restyler):
    image, alpha = product("wooden box")
    over_white = image * alpha + 1 - alpha

    made = stylize(
        Loaded(over_white, alpha),
        style=Loaded(photograph("meadow"), None),
        strength=1.0,
        protect_product=False,
        mask=None,
        restyler=restyler,
    )

    output = made.images[0]
    assert torch.equal(output[:, 3:], alpha)
    assert bool((output[:, :3].amin(1, keepdim=True)[alpha <= 0] == 1).all())


def test_the_same_picture_gives_the_same_result(restyler):
    image, _ = product("booties")

    first, again = (styled(image, restyler).images[0] for _ in range(2))

    assert torch.equal(first, again)


def test_what_is_too_small_has_a_code(restyler):
    with pytest.raises(CannotDo) as caught:
        styled(torch.rand(1, 3, 15, 40), restyler)

    assert caught.value.code == "image_too_small"
