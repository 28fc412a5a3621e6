"""Where a classifier looks is found by covering: the heat lies there, and the numbers are right."""

from itertools import pairwise

import pytest
import torch

from models.explaining.heat import over
from models.explaining.occlusion import occlusion

ASKED = {"categories": ("dark", "bright"), "size": 32, "channels": 1, "label": None}
SMALL = {"patch_share": 0.125, "stride_share": 0.125}


def corner(images):
    """As bright as the square of eight pixels at the top left is: that is all it looks at."""
    bright = images[..., :8, :8].mean((1, 2, 3))
    return torch.stack([1 - bright, bright], dim=1)


def blind(images):
    return torch.tensor([[0.25, 0.75]]).expand(len(images), 2)


@pytest.fixture
def lit():
    """Black but for a white square where `corner` looks."""
    image = torch.zeros(1, 3, 32, 32)
    image[..., :8, :8] = 1
    return image


def test_what_is_looked_at_costs_most_when_it_is_covered(lit):
    made = occlusion(lit, classify=corner, patch_share=0.25, stride_share=0.25, **ASKED)

    found = made.details[0]
    assert (found["category"], found["probability"]) == ("bright", 1.0)
    assert (found["most_x_px"], found["most_y_px"], found["most_fall"]) == (4, 4, 1.0)
    assert made.report["most_fall"] == 1.0
    red, blue = made.images[0][0, 0], made.images[0][0, 2]
    assert (red - blue)[:8, :8].min() > 0.3
    assert (red - blue)[12:].abs().max() < 1e-6


def test_each_fall_is_what_covering_by_hand_gives(lit):
    lit[..., 3, 5] = 0.2

    made = occlusion(lit, classify=corner, **SMALL, **ASKED)

    falls = torch.tensor(made.details[0]["falls"])
    for row, top in enumerate(made.details[0]["starts_px"]):
        for column, left in enumerate(made.details[0]["starts_px"]):
            covered = lit.clone()
            covered[..., top : top + 4, left : left + 4] = 0
            expected = corner(lit[:, :1])[0, 1] - corner(covered[:, :1])[0, 1]
            assert falls[row, column].item() == pytest.approx(expected.item(), abs=2e-6)


def test_covers_reach_every_side_whatever_the_stride():
    made = occlusion(
        torch.rand(1, 3, 32, 32), classify=blind, patch_share=0.3, stride_share=0.23, **ASKED
    )

    starts, patch = made.details[0]["starts_px"], made.details[0]["patch_px"]
    assert starts[0] == 0
    assert starts[-1] + patch == 32
    assert all(b - a <= patch for a, b in pairwise(starts))


def test_the_category_that_is_asked_for_is_watched(lit):
    made = occlusion(lit, classify=corner, **SMALL, **{**ASKED, "label": 0})

    assert made.details[0]["category"] == "dark"
    assert made.details[0]["probability"] == 0.0
    assert made.details[0]["most_fall"] == 0.0
    assert min(map(min, made.details[0]["falls"])) < 0
    blue = made.images[0][0, 2] - made.images[0][0, 0]
    assert blue[:8, :8].max() > 0.3


def test_a_classifier_that_looks_nowhere_leaves_the_picture_grey():
    image = torch.rand(1, 3, 32, 32)

    made = occlusion(image, classify=blind, **SMALL, **ASKED)

    assert not torch.tensor(made.details[0]["falls"]).any()
    grey = made.images[0]
    torch.testing.assert_close(grey[:, 0], grey[:, 2])


@pytest.mark.parametrize(("height", "width", "where"), [(64, 32, (2, 18)), (32, 64, (18, 2))])
def test_the_place_is_told_in_the_pictures_own_pixels(height, width, where):
    """It lies in the middle of a square; the corner of the square is beside it."""

    def middle(images):
        bright = images[..., 8:12, 8:12].mean((1, 2, 3))
        return torch.stack([1 - bright, bright], dim=1)

    image = torch.zeros(1, 3, height, width)
    top, left = (16, 0) if height > width else (0, 16)
    image[..., top : top + 8, left : left + 8] = 1

    made = occlusion(image, classify=middle, **SMALL, **{**ASKED, "label": 1})

    found = made.details[0]
    assert made.images[0].shape == image.shape
    assert abs(found["most_x_px"] - where[0]) <= 4
    assert abs(found["most_y_px"] - where[1]) <= 4


def test_large_pictures_are_shown_smaller_in_their_own_shape():
    shown = over(torch.rand(1, 3, 600, 2048), torch.rand(1, 1, 28, 28))

    assert shown.shape == (1, 3, 300, 1024)
    assert 0 <= shown.min() <= shown.max() <= 1
