"""Landmarks are found where a shirt was drawn; what is no shirt has none."""

import cv2
import numpy as np
import pytest

from models.data.figures import FLAT, Cloth, Cut, flat, landmarks, person
from models.warping.outline import NAMES, Outline, Unclear, outline

SIZE = 256
ARMS_OUT = Cut(top=0.28, hem=0.62, half=0.14, flare=0.95, sleeve=0.16, cuff=0.035, angle_deg=45)


def _mask(covered) -> np.ndarray:
    return (covered[0, 0] > 0.5).numpy().astype(np.uint8)


def _off_px(found: Outline, cut: Cut) -> float:
    true = landmarks(cut, size=SIZE)
    return max(float(np.hypot(*np.subtract(found.named()[name], true[name]))) for name in NAMES)


def test_a_shirt_that_lies_flat_has_its_landmarks_where_they_are() -> None:
    found = outline(_mask(flat(Cloth(), size=SIZE)[1]))

    assert _off_px(found, FLAT) < 0.03 * SIZE
    assert found.symmetry > 0.98


@pytest.mark.parametrize("angle_deg", [15.0, 30.0, 45.0])
def test_a_shirt_that_is_worn_has_its_landmarks_where_they_are(angle_deg) -> None:
    pose = Cut(0.28, 0.62, 0.14, 0.95, 0.16, 0.035, angle_deg)

    found = outline(_mask(person(Cloth(), pose, size=SIZE)[1]))

    assert _off_px(found, pose) < 0.03 * SIZE
    assert found.apart


@pytest.mark.parametrize("angle_deg", [80.0, 86.0])
def test_of_arms_that_hang_neck_and_hem_are_found_and_it_is_said(angle_deg) -> None:
    pose = Cut(0.28, 0.62, 0.14, 0.95, 0.16, 0.035, angle_deg)

    found = outline(_mask(person(Cloth(), pose, size=SIZE)[1]))

    true, named = landmarks(pose, size=SIZE), found.named()
    assert not found.apart
    for name in ("neck_left", "neck_right", "hem_left", "hem_right"):
        assert np.hypot(*np.subtract(named[name], true[name])) < 0.015 * SIZE


def test_controls_run_once_around() -> None:
    points = outline(_mask(flat(Cloth(), size=SIZE)[1])).controls()

    steps = np.roll(points, -1, axis=0) - points
    area = 0.5 * float(
        np.sum(points[:, 0] * np.roll(points[:, 1], -1) - points[:, 1] * np.roll(points[:, 0], -1))
    )
    assert len(points) > 30
    assert np.linalg.norm(steps, axis=1).max() < 0.35 * SIZE
    assert area < 0  # down the left side first


def test_a_larger_picture_of_a_shirt_has_its_landmarks_further_apart() -> None:
    small = outline(_mask(flat(Cloth(), size=SIZE)[1])).named()
    large = outline(_mask(flat(Cloth(), size=3 * SIZE)[1])).named()

    for name in NAMES:
        assert np.allclose(np.array(large[name]) / 3, small[name], atol=3)


def _trousers() -> np.ndarray:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    points = [(80, 20), (176, 20), (196, 236), (140, 236), (128, 90), (116, 236), (60, 236)]
    return cv2.fillPoly(mask, [np.array(points, np.int32)], 1)


def _shoe() -> np.ndarray:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    points = [(30, 90), (90, 80), (120, 140), (230, 170), (236, 200), (30, 200)]
    return cv2.fillPoly(mask, [np.array(points, np.int32)], 1)


def _ball() -> np.ndarray:
    return cv2.circle(np.zeros((SIZE, SIZE), np.uint8), (128, 128), 90, 1, -1)


def _two() -> np.ndarray:
    return np.concatenate((_ball()[:, :128:2], np.zeros((SIZE, 9), np.uint8), _ball()[:, ::2]), 1)


@pytest.mark.parametrize(
    ("mask", "why"),
    [
        (_trousers(), "it has legs"),
        (_shoe(), "differ too much|no sleeve"),
        (_ball(), "no sleeve"),
        (_two(), "several pieces"),
        (np.zeros((SIZE, SIZE), np.uint8), "empty"),
        (np.pad(np.ones((2, 2), np.uint8), 90), "too small"),
        (np.ones((SIZE, SIZE), np.uint8), "no sleeve"),
    ],
    ids=["trousers", "a shoe", "a ball", "two things", "nothing", "a crumb", "everything"],
)
def test_what_is_no_shirt_has_no_landmarks(mask, why) -> None:
    with pytest.raises(Unclear, match=why):
        outline(mask)
