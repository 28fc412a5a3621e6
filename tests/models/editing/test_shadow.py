"""A product throws a shadow onto its ground and is, itself, not touched by it."""

import pytest
import torch
from torch import Tensor

from models import images
from models.editing.shadow import shadow
from models.failures import CannotDo
from models.metrics.mask import erode
from models.metrics.psnr import psnr_db

KINDS = ["contact", "drop", "reflection"]


def shaded(image: Tensor, **changes):
    asked = {"kind": "contact", "angle_deg": 45.0, "length": None, "blur_px": None}
    return shadow(image, **asked | {"opacity": None, "mask": None, "alpha": None} | changes)


def box(side: int = 100) -> tuple[Tensor, Tensor]:
    """A red box on a light ground, in the middle of its picture."""
    mask = torch.zeros(1, 1, side, side)
    mask[..., side // 4 : side * 6 // 10, side * 3 // 10 : side * 7 // 10] = 1
    red = torch.tensor([0.7, 0.1, 0.1]).view(1, 3, 1, 1)
    return torch.where(mask > 0, red, torch.tensor(0.9)), mask


def darkened(before: Tensor, after: Tensor) -> Tensor:
    """[H, W], how much darker each pixel has become."""
    return (before - after).mean(dim=1)[0]


@pytest.mark.parametrize("kind", KINDS)
def test_in_a_png_the_product_is_the_sources_exactly(shot, kind):
    image, truth = shot

    made = shaded(image, kind=kind, mask=truth)

    delivered = images.read(images.encode(made.images[0], format="png")).image
    inside = erode(made.product_mask, 2)
    assert psnr_db(delivered, made.expected_product, mask=inside).item() == torch.inf
    assert not torch.equal(made.images[0], image)


@pytest.mark.parametrize("kind", KINDS)
def test_no_opacity_gives_the_picture_back(shot, kind):
    image, truth = shot

    made = shaded(image, kind=kind, mask=truth, opacity=0.0)

    assert torch.equal(made.images[0], image)


def test_a_contact_shadow_lies_under_the_products_lower_edge():
    image, mask = box()

    dark = darkened(image, shaded(image, mask=mask).images[0])

    assert dark[60, 50] > 0.2
    assert dark[60:70, 50].diff().max() <= 0  # ever lighter downwards
    assert dark[:50].max() == 0
    assert dark[75:].max() < 0.01


def test_a_contact_shadow_leaves_no_light_between_product_and_ground(white_shot):
    image, truth = white_shot

    dark = darkened(image, shaded(image, mask=truth).images[0])

    below = int(truth[0, 0, :, 110].nonzero().max())
    assert dark[below + 1, 110] > 0.2


def test_under_a_table_it_is_darkest_below_the_legs():
    image, mask = torch.full((1, 3, 100, 100), 0.9), torch.zeros(1, 1, 100, 100)
    mask[..., 20:26, 20:80] = 1
    mask[..., 20:70, 20:26] = 1
    mask[..., 20:70, 74:80] = 1

    dark = darkened(image, shaded(image, mask=mask).images[0])

    assert dark[71, 23] > 4 * dark[71, 50]


@pytest.mark.parametrize(
    ("angle_deg", "row", "column"), [(0, 40, 72), (90, 62, 50), (180, 40, 27), (-90, 22, 50)]
)
def test_a_drop_shadow_falls_where_its_angle_points(angle_deg, row, column):
    image, mask = box()

    made = shaded(image, kind="drop", mask=mask, angle_deg=angle_deg, length=0.15, blur_px=1.0)

    dark = darkened(image, made.images[0])
    assert dark[row, column] > 0.2
    assert dark[row if row == 40 else 82 - row, column if column == 50 else 99 - column] < 0.02


def test_a_reflection_is_the_product_upside_down_and_fades():
    image, mask = box()
    image[..., 56:60, 30:70] = torch.tensor([0.1, 0.1, 0.8]).view(1, 3, 1, 1)  # a blue foot

    made = shaded(image, kind="reflection", mask=mask, length=1.0, opacity=0.5)

    below = made.images[0][0, :, 60:, 50]
    assert below[2, 1] > below[0, 1]  # the foot's blue comes first
    assert below[0, 8] > below[2, 8]
    shown = (below - 0.9).abs().sum(dim=0)
    assert shown[6] > shown[20] > shown[34]
    assert shown[36:].max() < 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_above_or_far_from_the_product_changes(kind):
    image, mask = box(200)

    dark = darkened(image, shaded(image, kind=kind, mask=mask).images[0])

    assert dark[:40].abs().max() == 0
    assert dark[:, :40].abs().max() < 0.005
    assert dark[165:].abs().max() < 0.005


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_cut_out_gets_a_transparent_shadow(kind):
    image, alpha = box()
    image = torch.where(alpha > 0, image, 1.0)

    made = shaded(image, kind=kind, alpha=alpha)

    output = made.images[0]
    read = images.read(images.encode(output, format="png"))
    inside = alpha[0, 0] > 0
    beside = (output[0, 3] > 0.02) & ~inside
    assert beside.any()
    assert output[0, 3, ~inside].max() < 0.8
    assert torch.equal(output[0, 3, inside], torch.ones(int(inside.sum())))
    assert psnr_db(read.image, images.quantise(image), mask=made.product_mask).item() == torch.inf


def test_a_cut_outs_shadow_is_black_however_faint():
    image, alpha = box()

    output = shaded(torch.where(alpha > 0, image, 1.0), alpha=alpha).images[0]

    beside = (output[0, 3] > 0.02) & (alpha[0, 0] == 0)
    assert output[0, :3, beside].max() < 1e-3


def test_what_is_transparent_is_no_product_whatever_the_mask_says():
    image, alpha = box()

    made = shaded(torch.where(alpha > 0, image, 1.0), alpha=alpha, mask=torch.ones_like(alpha))

    assert torch.equal(made.product_mask, alpha)


def test_a_halo_of_neither_ground_nor_product_shows_at_the_edge(white_shot):
    image, truth = white_shot

    made = shaded(image, mask=truth, kind="drop", opacity=1.0, blur_px=0.0, length=0.1)

    rim = (truth[0, 0] > 0.1) & (truth[0, 0] < 0.9)
    rim &= made.stages["shadow"][0, 0] > 0.99
    assert rim.any()
    assert made.images[0][0, 0, rim].quantile(0.95) < 0.25  # blue mug on black: no white left


@pytest.mark.parametrize("side", [8, 9, 17])
@pytest.mark.parametrize("kind", KINDS)
def test_a_tiny_picture_has_its_shadow_too(kind, side):
    image, mask = box(side)

    made = shaded(image, kind=kind, mask=mask)

    assert made.images[0].shape == image.shape
    assert made.images[0].isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", [(slice(10, 50), slice(30, 31)), (slice(30, 31), slice(10, 50))])
def test_a_line_of_one_pixel_has_its_shadow_too(kind, where):
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., where[0], where[1]] = 1
    image = torch.where(mask > 0, 0.2, torch.full((1, 3, 64, 64), 0.9))

    made = shaded(image, kind=kind, mask=mask, length=1.0)

    assert made.report["shaded"] > 0


def test_a_product_that_leaves_the_picture_has_a_shadow_at_its_side():
    image, mask = box()
    mask[..., 25:60, :50] = 1

    dark = darkened(image, shaded(image, mask=mask).images[0])

    assert dark[61, 0] > 0.05


def test_a_white_product_on_white_gets_its_shadow_by_its_mask():
    _, mask = box()

    made = shaded(torch.ones(1, 3, 100, 100), mask=mask)

    assert made.images[0][0, 0, 60, 50] < 0.8


@pytest.mark.parametrize(
    ("code", "mask"),
    [
        ("mask_empty", torch.zeros(1, 1, 100, 100)),
        ("mask_full", torch.ones(1, 1, 100, 100)),
        ("mask_size_mismatch", torch.ones(1, 1, 50, 100)),
        ("no_product_found", None),
    ],
    ids=["empty", "full", "another size", "none"],
)
def test_what_cannot_be_done_has_a_code(code, mask):
    with pytest.raises(CannotDo) as caught:
        shaded(torch.full((1, 3, 100, 100), 0.5), mask=mask)

    assert caught.value.code == code


def test_a_shadow_that_nobody_would_see_is_an_error():
    image, mask = box()
    mask[..., 25:, :] = 1  # down to the lower edge and from side to side

    with pytest.raises(CannotDo) as caught:
        shaded(image, kind="reflection", mask=mask)

    assert caught.value.code == "shadow_unseen"
