"""Contrast is WCAG's; what cannot be read where it stands gets another colour, or a plate."""

import pytest
import torch

from models.advertising.contrast import BLACK, WHITE, Legible, least, legible


def flat(*rgb: int) -> torch.Tensor:
    return torch.tensor(rgb).view(1, 3, 1, 1).expand(1, 3, 8, 8) / 255


@pytest.mark.parametrize(
    ("ink", "ground", "expected"),
    [((0, 0, 0), (255, 255, 255), 21.0), ((119, 119, 119), (255, 255, 255), 4.478),
     ((255, 0, 0), (255, 255, 255), 3.998), ((9, 9, 9), (9, 9, 9), 1.0)],
)  # fmt: skip
def test_the_ratio_is_the_published_one(ink, ground, expected):
    assert least(ink, flat(*ground)) == pytest.approx(expected, abs=2e-3)


def test_a_colour_that_can_be_read_stays():
    assert legible((20, 30, 90), flat(250, 250, 250)) == Legible((20, 30, 90))


@pytest.mark.parametrize("level", range(0, 256, 15))
def test_on_any_flat_ground_black_or_white_can_be_read(level: int):
    ground = flat(level, level, level)

    ink = legible((level, level, level), ground)

    assert ink.plate is None
    assert least(ink.ink, ground) >= 4.5


def test_on_black_beside_white_words_get_a_plate():
    ground = torch.cat((flat(0, 0, 0), flat(255, 255, 255)), dim=3)

    ink = legible((128, 128, 128), ground)

    assert ink in (Legible(BLACK, WHITE), Legible(WHITE, BLACK))
