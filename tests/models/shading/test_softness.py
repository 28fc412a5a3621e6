"""A wide blur takes the short way, and nobody sees it."""

import cv2
import numpy as np
import pytest

from models.shading.softness import softened


def square(side: int = 300) -> np.ndarray:
    plane = np.zeros((side, side), np.float32)
    plane[100:180, 60:200] = 1
    return plane


@pytest.mark.parametrize("sigma", [0.5, 4.0, 9.0, 17.0, 40.0])
def test_it_is_a_gaussian_blur(sigma: float) -> None:
    exact = cv2.GaussianBlur(square(), (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)

    assert np.abs(softened(square(), sigma) - exact).max() < 0.012


def test_no_blur_changes_nothing() -> None:
    assert np.array_equal(softened(square(), 0.0), square())


def test_a_blur_wider_than_the_picture_is_even() -> None:
    soft = softened(square(), 4_000.0)

    assert soft.shape == (300, 300)
    assert float(np.ptp(soft)) < 0.01
