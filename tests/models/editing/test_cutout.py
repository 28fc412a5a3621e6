"""The product is found, its edge is soft, and what was not found is said."""

import pytest
import torch

from models.editing.cutout import cutout, feathered, shifted
from models.failures import CannotDo
from models.metrics.agreement import iou
from models.metrics.lost_share import lost_share


def cut(image, **changes):
    asked = {"threshold": 0.5, "feather_px": 0, "box": None, "decontaminate": True}
    return cutout(image, **asked | changes)


def test_the_product_is_found_on_any_backdrop(shot):
    image, truth = shot

    made = cut(image)

    alpha = made.images[0][:, 3:]
    assert made.images[0].shape == (1, 4, *image.shape[2:])
    assert iou(alpha, truth).item() > 0.95
    assert (alpha - truth).abs().mean().item() < 0.02


def test_the_backdrop_shows_through_the_handle(white_shot):
    image, _ = white_shot

    alpha = cut(image).images[0][0, 3]

    assert alpha[118, 170] < 0.05
    assert alpha[118, 110] == 1


def test_solid_pixels_are_the_sources(shot):
    image, _ = shot

    made = cut(image, feather_px=1)

    solid = made.product_mask[0, 0] > 0.5
    assert solid.float().mean() > 0.1
    assert torch.equal(made.images[0][0, :3, solid], image[0, :, solid])


def test_two_methods_agree_on_a_plain_backdrop(white_shot):
    image, truth = white_shot

    made = cut(image)

    assert made.report["backdrop"] == "plain"
    assert iou(made.independent_mask, truth).item() > 0.8
    assert float(lost_share(image, made.matte)) < 0.01


def test_the_edge_is_freed_of_the_backdrops_colour(white_shot):
    image, truth = white_shot
    rim = (truth[0, 0] > 0.3) & (truth[0, 0] < 0.7)

    kept, freed = cut(image, decontaminate=False), cut(image)

    assert freed.images[0][0, 0, rim].mean() < kept.images[0][0, 0, rim].mean() - 0.1


def test_a_mask_of_the_callers_is_used_as_it_is(white_shot):
    image, truth = white_shot

    made = cut(image, mask=truth)

    assert torch.equal(made.images[0][:, 3:], truth)


def test_outside_the_box_nothing_is_product(white_shot):
    image, _ = white_shot
    twice = torch.cat((image, image), dim=3)

    alpha = cut(twice, box=(250, 20, 475, 220)).images[0][:, 3:]

    assert alpha[..., :250].sum() == 0
    assert iou(alpha[..., 240:], white_shot[1]).item() > 0.95


def test_a_higher_threshold_keeps_less_and_the_ends_stay():
    matte = torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0]).view(1, 1, 1, 5)

    strict, loose = shifted(matte, threshold=0.75), shifted(matte, threshold=0.25)

    assert strict[0, 0, 0, 3].item() == pytest.approx(0.5)
    assert loose[0, 0, 0, 1].item() == pytest.approx(0.5)
    assert strict[..., [0, 4]].tolist() == loose[..., [0, 4]].tolist() == [[[[0, 1]]]]


def test_a_feather_softens_inwards_only():
    matte = torch.zeros(1, 1, 20, 20)
    matte[..., 10:] = 1

    soft = feathered(matte, pixels=4)

    assert soft[..., :10].sum() == 0
    assert 0 < soft[0, 0, 5, 10] < 1
    assert soft[0, 0, 5, 19] > 0.99


def test_a_large_picture_is_cut_at_its_own_size():
    image, truth = torch.ones(1, 3, 1500, 2100), torch.zeros(1, 1, 1500, 2100)
    image[..., 400:1100, 600:1500] = torch.tensor([0.6, 0.2, 0.2]).view(1, 3, 1, 1)
    truth[..., 400:1100, 600:1500] = 1

    alpha = cut(image).images[0][:, 3:]

    assert alpha.shape[2:] == (1500, 2100)
    assert iou(alpha, truth).item() > 0.995


@pytest.mark.parametrize("grey", [0.0, 0.5, 1.0])
def test_a_flat_picture_holds_no_product(grey):
    with pytest.raises(CannotDo) as caught:
        cut(torch.full((1, 3, 64, 64), grey))

    assert caught.value.code == "no_product_found"


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("mask_size_mismatch", {"mask": torch.ones(1, 1, 8, 8)}),
        ("mask_empty", {"mask": torch.zeros(1, 1, 240, 240)}),
        ("box_outside", {"box": (500, 500, 600, 600)}),
        ("image_too_small", {"box": (0, 0, 10, 10)}),
    ],
)
def test_what_cannot_be_done_has_a_code(white_shot, code, changes):
    with pytest.raises(CannotDo) as caught:
        cut(white_shot[0], **changes)

    assert caught.value.code == code


def test_the_same_picture_gives_the_same_matte(shot):
    image, _ = shot

    assert torch.equal(cut(image).images[0], cut(image).images[0])
