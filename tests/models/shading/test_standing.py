"""What a product stands on is told from its outline."""

import numpy as np
import pytest

from models.shading.standing import standing


def outline(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    """[60, 80], covered in boxes of left, top, right, bottom."""
    alpha = np.zeros((60, 80), np.float32)
    for left, top, right, bottom in boxes:
        alpha[top:bottom, left:right] = 1
    return alpha


def test_a_box_stands_on_its_lower_edge() -> None:
    stands = standing(outline((20, 10, 50, 40)))

    assert np.all(stands.ground == 40)
    assert (stands.left, stands.right, stands.height) == (20, 50, 30)
    assert np.all(stands.gap[20:50] == 0)


def test_between_its_legs_a_table_hovers_above_the_ground() -> None:
    stands = standing(outline((20, 10, 60, 15), (20, 10, 24, 40), (56, 10, 60, 40)))

    assert np.all(stands.ground[20:60] == 40)
    assert stands.gap[22] == 0
    assert stands.gap[40] == 25


def test_a_handle_at_its_side_touches_nothing() -> None:
    stands = standing(outline((20, 10, 50, 40), (50, 15, 60, 25)))

    assert (stands.left, stands.right) == (20, 50)
    assert stands.ground[58] == 40


def test_the_ground_of_what_is_seen_from_a_corner_is_slanted() -> None:
    alpha = np.zeros((60, 80), np.float32)
    for x in range(10, 70):
        alpha[10 : 50 - abs(x - 40) // 4, x] = 1

    stands = standing(alpha)

    assert stands.ground[40] == 50
    assert stands.ground[12] == pytest.approx(43, abs=1)
    assert stands.gap[10:70].max() <= 1


def test_what_is_beside_the_product_has_no_underside() -> None:
    stands = standing(outline((20, 10, 50, 40)))

    assert np.isinf(stands.gap[[0, 19, 50, 79]]).all()


def test_a_line_one_pixel_wide_stands_too() -> None:
    stands = standing(outline((30, 5, 31, 50)))

    assert (stands.left, stands.right, stands.height) == (30, 31, 45)
    assert stands.ground[30] == 50
