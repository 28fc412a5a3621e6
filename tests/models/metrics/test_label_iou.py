"""A product is found again by what differs from white."""

import pytest
import torch

from models.metrics.label_iou import found_region, label_iou


def test_what_lies_where_it_was_asked_for_is_1_and_beside_it_0() -> None:
    asked = torch.zeros(2, 1, 32, 32)
    asked[..., 8:24, 8:16] = 1
    image = torch.ones(2, 3, 32, 32)
    image[0, 1, 8:24, 8:16] = 0.5
    image[1, :, 8:24, 16:24] = 0.5

    assert label_iou(image, asked).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(("level", "found"), [(255, 0.0), (247, 0.0), (246, 1.0)])
def test_up_to_eight_levels_below_white_are_ground(level: int, found: float) -> None:
    image = torch.ones(1, 3, 16, 16)
    image[:, 2] = level / 255

    assert found_region(image).mean().item() == found


def test_half_as_much_as_was_asked_for_is_a_half() -> None:
    asked, image = torch.ones(1, 1, 16, 16), torch.ones(1, 3, 16, 16)
    image[..., :8] = 0.2

    assert label_iou(image, asked).item() == 0.5
