"""What is measured of a finished picture, on pictures whose answer is known beforehand."""

import pytest
import torch
from torch import Tensor

from models.checking.border import border_px
from models.checking.framing import framing
from models.checking.whiteness import whiteness
from models.checking.written import is_named_as_written
from models.data import samples


def covering(top: int, bottom: int, left: int, right: int, side: int = 100) -> Tensor:
    alpha = torch.zeros(1, 1, side, side)
    alpha[..., top:bottom, left:right] = 1
    return alpha


def test_the_three_readings_of_a_rectangle_are_its_sides() -> None:
    found = framing(covering(10, 90, 30, 70))

    assert found is not None
    assert (found.long_side, found.bbox, found.area) == pytest.approx((0.8, 0.32, 0.32))
    assert found.cut_by == ()
    assert found.off_centre == 0


def test_a_product_in_a_corner_is_cut_by_two_sides_and_off_centre() -> None:
    found = framing(covering(0, 50, 50, 100))

    assert found is not None
    assert found.cut_by == ("right", "top")
    assert found.off_centre == 0.25


def test_nothing_stands_where_nothing_is_covered() -> None:
    assert framing(torch.zeros(1, 1, 10, 10)) is None


def test_what_lies_within_eight_pixels_of_the_product_is_no_ground() -> None:
    alpha, image = covering(40, 60, 40, 60), torch.ones(1, 3, 100, 100)
    image[..., 32:68, 32:68] = 0.5

    rim, beyond = whiteness(image, alpha), whiteness(image, covering(41, 59, 41, 59))

    assert rim is not None
    assert beyond is not None
    assert rim.share == 1
    assert beyond.share < 1


def test_white_is_from_250_and_pure_is_255() -> None:
    image = torch.full((1, 3, 100, 100), 250 / 255)
    image[..., :50] = 249 / 255
    image[..., :10] = 1

    found = whiteness(image, torch.zeros(1, 1, 100, 100))

    assert found is not None
    assert (found.share, found.pure_share, found.darkest_level) == pytest.approx((0.6, 0.1, 249))


def test_the_frame_of_the_ground_is_told_by_itself() -> None:
    image = torch.ones(1, 3, 100, 100)
    image[..., 10:90, 10:90] = 0.7

    found = whiteness(image, covering(40, 60, 40, 60))

    assert found is not None
    assert found.frame_share == 1
    assert found.share < 0.5


def test_a_product_that_takes_all_leaves_no_ground() -> None:
    assert whiteness(torch.ones(1, 3, 40, 40), torch.ones(1, 1, 40, 40)) is None


def framed(depth: int, width: int, side: int = 200) -> Tensor:
    """White, with a black frame that begins at a depth."""
    image = torch.ones(1, 3, side, side)
    end = side - depth
    image[..., depth:end, depth:end] = 0
    image[..., depth + width : end - width, depth + width : end - width] = 1
    return image


@pytest.mark.parametrize(("depth", "width", "at"), [(0, 6, 6), (5, 1, 5), (3, 8, 3)])
def test_a_frame_is_found_at_the_rim_and_within(depth: int, width: int, at: int) -> None:
    assert set(border_px(framed(depth, width)).values()) == {at}


def test_bars_above_and_below_are_a_border_and_one_bar_is_none() -> None:
    image = torch.full((1, 3, 200, 200), 0.8)
    image[..., :8, :] = 0

    one = border_px(image)
    image[..., -8:, :] = 0

    assert one == {}
    assert border_px(image) == {"top": 8, "bottom": 8}


def test_light_that_falls_off_is_no_border() -> None:
    along = torch.linspace(0.2, 1, 200)
    image = (along[:, None] * along[None]).expand(1, 3, 200, 200)

    assert border_px(image) == {}


def test_a_product_from_side_to_side_is_no_border() -> None:
    image = torch.ones(1, 3, 200, 200)
    image[..., 40:160, :] = 0.3

    assert border_px(image) == {}


@pytest.mark.parametrize("photograph", samples.photographs(), ids=lambda one: one.name)
def test_a_photograph_has_no_border(photograph: samples.Sample) -> None:
    image = torch.tensor(photograph.pixels).permute(2, 0, 1)[None].float() / 255

    assert border_px(image) == {}


@pytest.mark.parametrize(
    ("name", "kind", "is_so"),
    [
        ("a.JPG", "jpeg", True),
        ("a.b.tif", "tiff", True),
        ("a.webp", "webp", True),
        ("a.png", "jpeg", False),
        ("jpeg", "png", False),
        ("a", "jpeg", False),
    ],
)
def test_a_name_is_held_against_the_format(name: str, kind: str, *, is_so: bool) -> None:
    assert is_named_as_written(name, kind) is is_so
