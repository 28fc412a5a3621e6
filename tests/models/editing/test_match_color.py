"""A picture gets another's colours, in the region asked for and nowhere else."""

import pytest
import torch

from models import images
from models.editing.match_color import match_color
from models.failures import CannotDo
from models.images import Loaded


def matched(image, target, alpha=None, **changes):
    asked = {"strength": 1.0, "region": "whole", "target_region": "whole", "mask": None}
    return match_color(Loaded(image, alpha), target=Loaded(target, None), **asked | changes)


def autumn(side: int = 60) -> torch.Tensor:
    return torch.rand(1, 3, side, side) * torch.tensor([0.9, 0.5, 0.2]).view(1, 3, 1, 1)


@pytest.mark.parametrize("region", ["whole", "product", "ground"])
def test_no_strength_gives_the_picture_back(white_shot, region):
    image, truth = white_shot
    mask = None if region == "whole" else truth

    made = matched(image, autumn(), strength=0.0, region=region, mask=mask)

    assert torch.equal(made.images[0], image)
    assert made.report["delta_e_after"] == made.report["delta_e_before"]


@pytest.mark.parametrize("region", ["whole", "product", "ground"])
def test_the_stronger_the_nearer(shot, region):
    image, truth = shot
    mask = None if region == "whole" else truth

    reports = [
        matched(image, autumn(), strength=strength, region=region, mask=mask).report
        for strength in (0.25, 0.5, 0.75, 1.0)
    ]

    after = [report["delta_e_after"] for report in reports]
    assert after == sorted(after, reverse=True)
    assert after[0] < reports[0]["delta_e_before"]
    assert after[-1] < 0.75 * reports[0]["delta_e_before"]


@pytest.mark.parametrize("region", ["product", "ground"])
def test_outside_the_region_every_bit_stays(shot, region):
    image, truth = shot

    made = matched(image, autumn(), region=region, mask=truth)

    outside = made.edit_mask[0, 0] == 0
    assert outside.any()
    assert torch.equal(made.images[0][0, :, outside], image[0, :, outside])


def test_the_ground_of_a_pair_becomes_one(white_shot):
    image, truth = white_shot
    other = torch.where(truth > 0.5, image, torch.tensor([0.8, 0.75, 0.7]).view(1, 3, 1, 1))

    made = matched(image, other, region="ground", target_region="ground", mask=truth)

    assert made.report["delta_e_after"] < 1 < made.report["delta_e_before"]
    assert made.product_mask.sum() > 0


def test_a_swatch_is_an_example_too(white_shot):
    image, truth = white_shot
    swatch = torch.tensor([0.7, 0.2, 0.2]).view(1, 3, 1, 1).expand(1, 3, 8, 8)

    made = matched(image, swatch, region="product", mask=truth)

    body = made.images[0][0, :, 150, 110]
    assert body[0] > body[2]


def test_transparency_stays_and_says_nothing_of_the_colours():
    alpha = torch.zeros(1, 1, 60, 60)
    alpha[..., 20:40, 20:40] = 1
    image = torch.where(alpha > 0, torch.rand(1, 3, 60, 60) * 0.4, 1.0)

    made = matched(image, autumn(), alpha=alpha)

    assert torch.equal(made.images[0][:, 3:], alpha)
    inside = made.images[0][0, :3, 20:40, 20:40].mean(dim=(1, 2))
    assert (inside - autumn().mean(dim=(0, 2, 3))).abs().max() < 0.1


def test_in_a_png_what_is_not_of_the_region_is_the_sources(white_shot):
    image, truth = white_shot

    made = matched(image, autumn(), region="ground", mask=truth)

    delivered = images.read(images.encode(made.images[0], format="png")).image
    inside = made.product_mask[0, 0] > 0
    assert torch.equal(delivered[0, :, inside], images.quantise(image)[0, :, inside])


@pytest.mark.parametrize(
    "image",
    [torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8), torch.rand(1, 3, 8, 8)],
    ids=["black", "white", "noise"],
)
@pytest.mark.parametrize(
    "target", [torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)], ids=["black", "white"]
)
def test_of_one_colour_it_is_a_picture_still(image, target):
    made = matched(image, target)

    assert made.images[0].isfinite().all()
    assert 0 <= made.images[0].min() <= made.images[0].max() <= 1


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("mask_empty", {"region": "product", "mask": torch.zeros(1, 1, 240, 240)}),
        ("mask_full", {"region": "ground", "mask": torch.ones(1, 1, 240, 240)}),
        ("mask_size_mismatch", {"region": "ground", "mask": torch.ones(1, 1, 24, 240)}),
        ("no_product_found", {"target_region": "product"}),
    ],
    ids=["empty", "full", "another size", "a target without one"],
)
def test_what_cannot_be_done_has_a_code(white_shot, code, changes):
    with pytest.raises(CannotDo) as caught:
        matched(white_shot[0], torch.full((1, 3, 60, 60), 0.5), **changes)

    assert caught.value.code == code
