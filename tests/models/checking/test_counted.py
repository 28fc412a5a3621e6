"""What is counted of a picture without a network: bits that differ, and the colour of skin."""

import pytest
import torch

from models.checking import hamming
from models.checking.skin import skin_share


def flat(*levels: int, side: int = 8) -> torch.Tensor:
    return (
        (torch.tensor(levels, dtype=torch.float32) / 255).view(1, 3, 1, 1).expand(1, 3, side, side)
    )


@pytest.mark.parametrize(
    ("levels", "share"),
    [
        ((224, 172, 105), 1.0),
        ((255, 219, 172), 1.0),
        ((255, 255, 255), 0.0),
        ((40, 80, 200), 0.0),
        ((61, 43, 31), 0.0),  # dark skin: the rule does not see it, as its docs say
        ((194, 150, 100), 1.0),  # sand: nor does it know better
    ],
)
def test_the_colour_of_skin_is_counted(levels: tuple[int, int, int], share: float) -> None:
    assert skin_share(flat(*levels)) == share


def test_a_share_of_a_large_picture_is_a_share() -> None:
    picture = flat(255, 255, 255, side=400).clone()
    picture[:, :, :, :100] = flat(224, 172, 105, side=1)

    assert skin_share(picture) == pytest.approx(0.25, abs=0.01)


def test_bits_are_counted_to_the_nearest() -> None:
    known = hamming.looks(["0000000000000000", "ffffffffffffffff", "00000000000000ff"])

    assert hamming.nearest_bits("0000000000000003", known) == 2
    assert hamming.nearest_bits("fffffffffffffffe", known) == 1
    assert hamming.nearest_bits("0000000000000000", hamming.looks([])) is None
