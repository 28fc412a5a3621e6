"""A run of colours begins and ends with those asked for, and shows no bands."""

import pytest
import torch

from models import images
from models.plates.gradient import gradient

RED, BLUE, GREEN = (200, 20, 30), (20, 40, 210), (10, 160, 60)


def levels(plate: torch.Tensor, row: int, column: int) -> list[int]:
    return (plate[0, :, row, column] * 255).round().int().tolist()


@pytest.mark.parametrize(
    ("angle_deg", "first", "last"),
    [(0, (5, 0), (5, 59)), (90, (0, 5), (39, 5)), (180, (5, 59), (5, 0)), (-90, (39, 5), (0, 5))],
)
def test_it_runs_from_the_first_colour_to_the_last(angle_deg, first, last):
    plate = gradient((RED, BLUE), angle_deg=angle_deg, height=40, width=60)

    assert levels(plate, *first) == list(RED)
    assert levels(plate, *last) == list(BLUE)


def test_aslant_it_runs_from_corner_to_corner():
    plate = gradient((RED, BLUE), angle_deg=30, height=40, width=60)

    assert levels(plate, 0, 0) == list(RED)
    assert levels(plate, 39, 59) == list(BLUE)


def test_the_second_of_three_colours_is_in_the_middle():
    plate = gradient((RED, GREEN, BLUE), angle_deg=0, height=8, width=101)

    assert levels(plate, 4, 50) == pytest.approx(GREEN, abs=1)


def test_a_run_from_white_to_white_is_white():
    plate = gradient(((255,) * 3, (255,) * 3), angle_deg=90, height=30, width=30)

    assert torch.equal(images.quantise(plate), torch.ones_like(plate))


def test_a_slow_run_has_no_bands():
    plate = images.quantise(gradient(((40,) * 3, (48,) * 3), angle_deg=0, height=64, width=800))

    # Eight levels over 800 pixels: steps of 100 pixels, were they not dissolved.
    means = plate[0, 0].mean(dim=0).view(40, 20).mean(dim=1)
    assert means.diff().min() > 0


def test_the_same_words_give_the_same_ground():
    once, again = (gradient((RED, BLUE), angle_deg=10, height=33, width=21) for _ in range(2))

    assert torch.equal(once, again)
