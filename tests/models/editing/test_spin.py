"""Views of one product become frames in which it stands still, each the view's own pixels."""

import numpy as np
import pytest
import torch

from models import images
from models.editing.spin import spin
from models.editing.turntable import Sheet
from models.failures import CannotDo
from models.images import Loaded
from models.metrics.mask import erode
from models.metrics.psnr import psnr_db

SHEET = Sheet(count=3, columns=2, width=120, height=100)


def view(*, left: int, bottom: int, high: int = 90, wide: int = 70, grow: float = 1.0) -> Loaded:
    """A striped block whose lower left corner is there, cut out, in a picture of its own size."""
    high, wide = round(high * grow), round(wide * grow)
    image, alpha = torch.ones(1, 3, 260, 300), torch.zeros(1, 1, 260, 300)
    rows, columns = slice(bottom - high, bottom), slice(left, left + wide)
    stripes = 0.35 + 0.25 * torch.sin(torch.arange(wide) / 6)
    image[:, :, rows, columns] = stripes * torch.tensor([0.9, 0.5, 0.3]).view(1, 3, 1, 1)
    alpha[:, :, rows, columns] = 1
    return Loaded(image, alpha)


JITTERED = (
    view(left=40, bottom=200),
    view(left=63, bottom=187, wide=110),
    view(left=51, bottom=214, wide=90),
)


def spun(views=JITTERED, **changes):
    asked = {"sheet": SHEET, "sizing": "common", "fill": 0.8, "rgb": (255, 255, 255)}
    return spin([lambda one=one: one for one in views], **asked | {"opacity": 0.6} | changes)


def frames(made, layer):
    return [layer[:, :, top:bottom, left:right] for left, top, right, bottom in made.frames]


def lowest(frame) -> int:
    """The row below the last that the product fills; it is red, its shadow is grey."""
    red = (frame[0, 0] - frame[0, 2]) > 0.05
    return int(red.any(dim=1).nonzero()[-1]) + 1


def test_the_sheet_is_as_large_as_its_frames_and_the_last_place_stays_empty():
    made = spun(rgb=(10, 20, 30))

    assert made.images[0].shape == (1, 3, 200, 240)
    left = made.images[0][:, :, 100:, 120:]
    assert torch.equal(left.amax((2, 3)), left.amin((2, 3)))
    assert made.frames == ((0, 0, 120, 100), (120, 0, 240, 100), (0, 100, 120, 200))


def test_however_the_camera_shook_the_product_stands_on_one_line_in_the_middle():
    made = spun()

    seen = frames(made, made.images[0])
    assert len({lowest(frame) for frame in seen}) == 1
    assert made.report["ground_std_px"] < 0.05
    assert made.report["centre_std_px"] < 0.05
    for frame in seen:
        across = ((frame[0, 0] - frame[0, 2]) > 0.05).any(dim=0).nonzero()[:, 0]
        assert int(across[0]) + int(across[-1]) + 1 == pytest.approx(120, abs=1)


def test_steadiness_is_measured_and_not_assumed():
    grown = (*JITTERED[:2], view(left=20, bottom=220, grow=1.5))

    common, equal = spun(grown), spun(grown, sizing="height")

    assert common.report["height_std_px"] > 5
    assert equal.report["height_std_px"] < 0.05
    scales = [one["placement"][0] for one in equal.details[0]["frames"]]
    assert scales[0] == pytest.approx(1.5 * scales[2], rel=0.02)


def test_nothing_is_larger_than_its_share_of_the_frame():
    for sizing in ("common", "height"):
        made = spun(sizing=sizing)
        boxes = [one["product"] for one in made.details[0]["frames"]]
        assert max(right - left for left, _, right, _ in boxes) <= 0.8 * 120 + 0.1
        assert max(bottom - top for _, top, _, bottom in boxes) <= 0.8 * 100 + 0.1


def test_in_a_png_each_frame_is_its_view_through_its_matrix():
    made = spun()

    delivered = images.read(images.encode(made.images[0], format="png")).image
    layers = (delivered, images.quantise(made.expected_product), made.product_mask)
    for frame, expected, mask in zip(*(frames(made, one) for one in layers), strict=True):
        inside = erode(mask, 2)
        assert inside.sum() > 500
        assert psnr_db(frame, expected, mask=inside).item() >= 45


def test_the_matrix_leads_from_the_view_into_the_sheet():
    marked = view(left=63, bottom=187, wide=110)
    marked.image[:, :, 140:146, 100:106] = torch.tensor([0.0, 0.0, 1.0]).view(1, 3, 1, 1)

    made = spun((JITTERED[0], marked, JITTERED[2]))

    a, b, c, d, e, f = made.details[0]["frames"][1]["placement"]
    x, y = int(a * 103 + b * 143 + c), int(d * 103 + e * 143 + f)
    assert made.images[0][0, :, y, x].tolist() == pytest.approx([0, 0, 1], abs=0.15)


def test_the_ground_is_darker_under_the_product_and_nowhere_without_a_shadow():
    with_shadow, without = spun(), spun(opacity=0.0)

    outside = (without.images[0] - 1).abs().amax(1, keepdim=True) < 1e-6
    dark = with_shadow.images[0][outside.expand(-1, 3, -1, -1)]
    assert dark.min() < 0.8
    inside = erode(with_shadow.product_mask, 2) > 0
    apart = (with_shadow.images[0] - without.images[0]).abs().masked_select(inside)
    assert apart.max() < 0.01


def test_the_trust_in_a_sheet_is_that_in_its_worst_view():
    made = spun()

    each = [one["mask_agreement"] for one in made.details[0]["frames"]]
    assert made.report["mask_agreement"] == min(each)
    assert made.report["cut_frames"] == 0


def test_a_product_that_the_picture_cuts_is_told():
    made = spun((*JITTERED[:2], view(left=0, bottom=200)))

    assert [one["is_cut"] for one in made.details[0]["frames"]] == [False, False, True]
    assert made.report["cut_frames"] == 1


@pytest.mark.parametrize(
    ("code", "bad"),
    [
        ("no_product_found", Loaded(torch.full((1, 3, 60, 60), 0.5), None)),
        ("mask_empty", Loaded(torch.ones(1, 3, 60, 60), torch.zeros(1, 1, 60, 60))),
    ],
    ids=["nothing to see", "all transparent"],
)
def test_what_cannot_be_done_names_the_view(code, bad):
    with pytest.raises(CannotDo, match="View 1") as caught:
        spun((JITTERED[0], bad))

    assert caught.value.code == code


def test_a_sheet_counts_its_rows_and_places():
    sheet = Sheet(count=7, columns=3, width=10, height=20)

    assert sheet.rows == 3
    assert sheet.box(6) == (0, 40, 10, 60)
    whole = torch.from_numpy(np.arange(60 * 30, dtype=np.float32)).view(1, 1, 60, 30)
    assert sheet.frame(whole, 5).shape == (1, 1, 20, 10)
