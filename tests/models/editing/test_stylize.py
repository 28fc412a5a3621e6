"""A picture takes on the colours of a style, as far as asked, and its product none."""

import pytest
import torch

from models import images
from models.colour.sampling import colours_of
from models.editing.stylize import stylize
from models.failures import CannotDo
from models.images import Loaded
from models.metrics.colour_distance import colour_distance
from models.metrics.luma import luma
from models.metrics.ssim import ssim


def autumn() -> Loaded:
    chance = torch.Generator().manual_seed(3)
    tint = torch.tensor([0.9, 0.5, 0.2]).view(1, 3, 1, 1)
    return Loaded(torch.rand(1, 3, 60, 60, generator=chance).sqrt() * tint, None)


def styled(image, alpha=None, **changes):
    asked = {"style": autumn(), "strength": 1.0, "protect_product": False, "mask": None}
    return stylize(Loaded(image, alpha), **asked | changes)


def scored(made, source) -> tuple[float, float]:
    """Content SSIM and style distance."""
    output = made.images[0]
    distance = colour_distance(colours_of(output, where=made.edit_mask), made.style[0, :, 0])
    return ssim(luma(output), luma(source)).item(), distance.item()


@pytest.mark.parametrize("protect_product", [True, False], ids=["protected", "whole"])
def test_no_strength_gives_the_picture_back(shot, protect_product):
    image, truth = shot

    made = styled(
        image,
        strength=0.0,
        protect_product=protect_product,
        mask=truth if protect_product else None,
    )

    assert torch.equal(made.images[0], image)


@pytest.mark.parametrize("protect_product", [True, False], ids=["protected", "whole"])
def test_the_stronger_the_nearer_to_the_style_and_the_further_from_the_picture(
    shot, protect_product
):
    image, truth = shot
    mask = truth if protect_product else None

    scores = [
        scored(styled(image, strength=s, protect_product=protect_product, mask=mask), image)
        for s in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]

    content, style = (list(column) for column in zip(*scores, strict=True))
    assert content == sorted(set(content), reverse=True)
    assert style == sorted(set(style), reverse=True)
    assert content[0] == pytest.approx(1)
    assert style[-1] < 0.75 * style[0]


def test_a_protected_product_is_the_sources_exactly(shot):
    image, truth = shot

    made = styled(image, protect_product=True, mask=truth)

    delivered = images.read(images.encode(made.images[0], format="png")).image
    for mask in (made.product_mask, 1 - made.edit_mask):
        inside = mask[0, 0] > 0
        assert inside.any()
        assert torch.equal(delivered[0, :, inside], image[0, :, inside])
    assert not torch.equal(made.images[0], image)


def test_transparency_stays_and_says_nothing_of_the_colours():
    alpha = torch.zeros(1, 1, 60, 60)
    alpha[..., 20:40, 20:40] = 1
    image = torch.where(alpha > 0, torch.rand(1, 3, 60, 60) * 0.5 + 0.4, 1.0)

    made = styled(image, alpha)

    assert torch.equal(made.images[0][:, 3:], alpha)
    inside = made.images[0][0, :3, 20:40, 20:40].mean(dim=(1, 2))
    assert (inside - autumn().image.mean(dim=(0, 2, 3))).abs().max() < 0.12


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("style", [0.0, 1.0])
def test_of_one_colour_it_is_a_picture_still(value, style):
    flat = Loaded(torch.full((1, 3, 8, 8), style), None)

    made = styled(torch.full((1, 3, 8, 8), value), style=flat)

    assert (made.images[0] - style).abs().max() < 0.02


@pytest.mark.parametrize(
    ("code", "mask"),
    [
        ("mask_empty", torch.zeros(1, 1, 40, 40)),
        ("mask_full", torch.ones(1, 1, 40, 40)),
        ("mask_size_mismatch", torch.ones(1, 1, 40, 20)),
        ("no_product_found", None),
    ],
    ids=["empty", "full", "another size", "none"],
)
def test_what_cannot_be_done_has_a_code(code, mask):
    with pytest.raises(CannotDo) as caught:
        styled(torch.full((1, 3, 40, 40), 0.5), protect_product=True, mask=mask)

    assert caught.value.code == code
