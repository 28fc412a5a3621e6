"""A shirt on a person who was drawn in it: what should come out is known."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.data.figures import FLAT, Cloth, Cut, flat, landmarks, person
from models.editing.try_on import Said, try_on
from models.failures import CannotDo
from models.images import Loaded, quantise
from models.metrics.agreement import iou
from models.metrics.delta_e import ciede2000
from models.metrics.psnr import psnr_db
from models.warping.carried import carry
from models.warping.warp import Warp

SIZE = 192
POSE = Cut(top=0.28, hem=0.62, half=0.14, flare=0.95, sleeve=0.16, cuff=0.035, angle_deg=45)
OLD = Cloth((0.35, 0.5, 0.4), (0.38, 0.52, 0.42), badge=(0.36, 0.5, 0.4))
NEW = Cloth((0.75, 0.2, 0.2), (0.9, 0.8, 0.6), stripes=2.0)
BODY, WORN = person(OLD, POSE, size=SIZE)
TRUTH = person(NEW, POSE, size=SIZE)[0]
GARMENT, COVERED = flat(NEW, size=SIZE)
HERE, THERE = landmarks(POSE, size=SIZE), landmarks(FLAT, size=SIZE)
POINTS = Said(body_points=HERE, garment_points=THERE)


def _tried(body=BODY, garment=GARMENT, *, alpha=COVERED, said=None, method="tps", shading=0.5):
    return try_on(
        Loaded(body, None),
        Loaded(garment, alpha),
        method=method,
        shading=shading,
        said=said or Said(clothes=WORN),
    )


def _code(**given) -> str:
    with pytest.raises(CannotDo) as caught:
        _tried(**given)
    return caught.value.code


@pytest.fixture(scope="module")
def made():
    return _tried()


def test_the_person_wears_the_other_shirt(made) -> None:
    undressed = float(psnr_db(BODY, TRUTH, mask=WORN))

    assert float(psnr_db(made.images[0], TRUTH, mask=WORN)) > undressed + 4
    assert made.report["landmarks"] == "found"
    assert made.report["clothes_iou"] > 0.9
    assert made.report["fold_share"] == 0


def test_what_the_garment_does_not_cover_stays_bit_for_bit(made) -> None:
    outside = (made.edit_mask <= 0).expand(-1, 3, -1, -1)

    assert torch.equal(made.images[0][outside], BODY[outside])
    assert bool((made.edit_mask * (1 - WORN) == 0).all())  # nowhere but where clothes were


def test_a_spline_fits_better_than_an_affine_warp() -> None:
    spline, affine = (
        _tried(method=method, said=Said(clothes=WORN)) for method in ("tps", "affine")
    )

    assert spline.report["clothes_iou"] > affine.report["clothes_iou"] + 0.02
    assert float(psnr_db(spline.images[0], TRUTH, mask=WORN)) > float(
        psnr_db(affine.images[0], TRUTH, mask=WORN)
    )


def test_the_stored_warp_gives_the_same_colours_again(made) -> None:
    stored = made.details[0]["warp"]

    again = carry(GARMENT, COVERED, Warp.of(stored), height=SIZE, width=SIZE)

    inside = (made.product_mask > 0).expand(-1, 3, -1, -1)
    assert stored["garment_size"] == [SIZE, SIZE]
    assert list(again.sampled_at) == stored["sampled_at"]
    assert torch.equal(again.colours[inside], made.expected_product[inside])


def test_the_difference_of_colour_is_that_of_the_delivered_pixels(made) -> None:
    inside = made.product_mask[0, 0] > 0

    apart = ciede2000(quantise(made.images[0]), quantise(made.expected_product))[0][inside]

    assert made.report["garment_delta_e_median"] == float(apart.median())


def test_without_shading_the_colours_are_the_garments_own() -> None:
    made = _tried(shading=0.0)

    assert made.report["garment_delta_e_median"] == 0
    assert made.report["shaded"] == "no"


def test_shading_takes_over_the_light_on_the_old_clothes() -> None:
    plain = Cloth((0.5, 0.5, 0.5), (0.5, 0.5, 0.5), badge=(0.5, 0.5, 0.5))
    body, worn = person(plain, POSE, size=SIZE, light=0.5)
    garment, covered = flat(plain, size=SIZE)

    made = _tried(body, garment, alpha=covered, said=Said(clothes=worn), shading=1.0)

    inside = made.product_mask[0, 0] > 0
    lights = [one[0, 1][inside] for one in (made.images[0], body)]
    assert float(np.corrcoef(*lights)[0, 1]) > 0.8
    assert float(lights[0].max() - lights[0].min()) < 0.6


def test_points_of_both_pictures_need_nothing_to_be_found() -> None:
    noise = torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))

    made = _tried(body=noise, said=POINTS)

    assert made.report["landmarks"] == "given"
    assert made.report["points"] == 12
    assert float(iou(made.edit_mask, WORN)) > 0.85


def test_some_points_are_enough() -> None:
    few = {name: HERE[name] for name in ("neck_left", "neck_right", "hem_left", "hem_right")}

    made = _tried(said=Said(body_points=few))

    assert made.report["points"] == 4


def test_hair_before_the_garment_stays() -> None:
    front = torch.zeros_like(WORN)
    front[:, :, 53:83, 75:105] = 1

    made = _tried(said=Said(clothes=WORN, front=front))

    assert torch.equal(made.images[0][:, :, 53:83, 75:105], BODY[:, :, 53:83, 75:105])


def test_a_person_and_a_shirt_before_plain_grounds_are_found() -> None:
    made = _tried(alpha=None, said=Said())

    assert made.report["garment_agreement"] > 0.9
    assert made.report["person_agreement"] > 0.9
    assert float(iou(made.edit_mask, WORN)) > 0.9


def test_a_person_who_is_cut_out_stays_cut_out() -> None:
    ground = BODY[:, :, :1, :1]
    alpha = ((BODY - ground).abs().amax(1, keepdim=True) > 0.02).float()
    over_white = BODY * alpha + 1 - alpha

    made = try_on(
        Loaded(over_white, alpha),
        Loaded(GARMENT, COVERED),
        method="tps",
        shading=0.5,
        said=Said(clothes=WORN),
    )

    assert made.images[0].shape[1] == 4
    assert torch.equal(made.images[0][:, 3:][made.edit_mask <= 0], alpha[made.edit_mask <= 0])


def test_a_large_garment_is_not_skipped_through() -> None:
    garment, covered = flat(NEW, size=5 * SIZE)

    large, small = _tried(garment=garment, alpha=covered), _tried()

    assert large.details[0]["warp"]["sampled_at"][0] < 2 * SIZE
    inside = (large.product_mask * small.product_mask).expand(-1, 3, -1, -1) > 0
    assert float((large.images[0] - small.images[0])[inside].abs().mean()) < 0.03


def test_every_number_of_the_report_is_finite(made) -> None:
    numbers = [value for value in made.report.values() if isinstance(value, float)]

    assert all(math.isfinite(number) for number in numbers)


def _noise(seed: int) -> torch.Tensor:
    return torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(seed))


def _ball() -> torch.Tensor:
    y, x = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    inside = ((x - 96) ** 2 + (y - 96) ** 2 < 60**2).float()
    return (1 - 0.6 * inside).expand(1, 3, -1, -1).contiguous()


def test_a_picture_without_a_person_is_refused() -> None:
    assert _code(body=torch.ones(1, 3, SIZE, SIZE) * 0.9, said=Said()) == "no_person_found"
    assert _code(body=_ball(), said=Said()) == "no_person_found"
    assert _code(body=_noise(2), said=Said()) == "no_person_found"


def test_a_garment_before_clutter_is_refused() -> None:
    clutter = _noise(4)
    hung = COVERED * GARMENT + (1 - COVERED) * clutter

    assert _code(garment=hung, alpha=None) == "garment_unclear"


def test_a_ball_is_no_garment() -> None:
    assert _code(garment=_ball(), alpha=None) == "garment_unclear"


def test_arms_at_the_sides_are_refused() -> None:
    _, worn = person(OLD, Cut(0.28, 0.62, 0.14, 0.95, 0.1, 0.05, 88.0), size=SIZE)

    assert _code(said=Said(clothes=worn)) == "pose_unclear"


def test_arms_that_hang_in_both_pictures_are_dressed() -> None:
    hanging = replace(POSE, angle_deg=84.0)
    body, worn = person(OLD, hanging, size=SIZE)
    truth, covered = person(NEW, replace(hanging, half=0.15), size=SIZE)

    made = _tried(body, truth, alpha=covered, said=Said(clothes=worn))

    wanted = person(NEW, hanging, size=SIZE)[0]
    before = float(psnr_db(body, wanted, mask=worn))
    assert float(psnr_db(made.images[0], wanted, mask=worn)) > before + 2
    assert made.details[0]["warp"]["kind"] == "affine"
    assert made.report["landmarks"] == "found of the trunk"


def test_a_point_outside_its_picture_is_refused() -> None:
    wrong = {**HERE, "hem_left": (10.0, SIZE + 1.0)}

    assert _code(said=Said(body_points=wrong, garment_points=THERE)) == "landmarks_outside"
    assert _code(said=Said(body_points=HERE, garment_points=wrong)) == "landmarks_outside"


def test_landmarks_that_cross_are_refused() -> None:
    crossed = {**HERE, "hem_left": HERE["hem_right"], "hem_right": HERE["hem_left"]}
    mirrored = {
        name: HERE[name.replace("left", "R").replace("right", "left").replace("R", "right")]
        for name in HERE
    }

    assert _code(said=Said(body_points=crossed, garment_points=THERE)) == "landmarks_fold"
    assert _code(said=Said(body_points=mirrored, garment_points=THERE)) == "landmarks_fold"


def test_points_that_say_nothing_are_refused() -> None:
    line = {name: (x, 0.5 * x) for name, (x, _) in HERE.items()}
    other = {"neck_left": HERE["neck_left"], "neck_right": HERE["neck_right"]}

    assert _code(said=Said(body_points=line, garment_points=THERE)) == "landmarks_on_a_line"
    assert _code(said=Said(body_points=other, garment_points=THERE)) == "landmarks_too_few"


def test_masks_of_another_size_or_of_nothing_are_refused() -> None:
    nothing = torch.zeros_like(WORN)

    assert _code(said=Said(clothes=WORN[:, :, 1:])) == "mask_size_mismatch"
    assert _code(said=Said(clothes=WORN, front=WORN[:, :, 1:])) == "mask_size_mismatch"
    assert _code(said=Said(clothes=WORN, garment=WORN[:, :, 1:])) == "mask_size_mismatch"
    assert _code(said=Said(clothes=nothing)) == "mask_empty"
    assert _code(said=Said(clothes=WORN, garment=nothing)) == "mask_empty"
    assert _code(said=Said(clothes=WORN, front=torch.ones_like(WORN))) == "garment_hidden"


def test_a_tiny_picture_is_refused() -> None:
    assert _code(body=BODY[:, :, :31, :31], said=POINTS) == "image_too_small"
    assert _code(garment=GARMENT[:, :, :8], alpha=COVERED[:, :, :8]) == "image_too_small"
