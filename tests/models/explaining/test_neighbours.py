"""Neighbours are those of the least distance in a classifier's features, shown in order."""

import numpy as np
import pytest
import torch

from models.explaining.neighbours import GAP_PX, TILE_PX, neighbours
from models.explaining.sheet import sheet


def greys(levels: list[int]) -> torch.Tensor:
    """Flat pictures uint8 [M, 1, 28, 28]."""
    return torch.tensor(levels, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 28, 28)


def brightness(images: torch.Tensor) -> torch.Tensor:
    return images.mean((1, 2, 3))[:, None]


def test_the_nearest_come_first_and_are_shown_beside_the_picture():
    among = greys([0, 250, 100, 130])
    shown = []

    def at(row: int) -> torch.Tensor:
        shown.append(row)
        return among[row : row + 1].expand(-1, 3, -1, -1) / 255

    made = neighbours(torch.full((1, 3, 50, 40), 0.4), among, k=3, features=brightness, shown=at)

    assert shown == made.details[0]["rows"] == [2, 3, 0]
    assert made.details[0]["distances"] == pytest.approx([2 / 255, 28 / 255, 102 / 255], abs=1e-5)
    strip = made.images[0]
    assert strip.shape == (1, 3, TILE_PX, 4 * TILE_PX + 3 * GAP_PX)
    tiles = [strip[..., n * (TILE_PX + GAP_PX) + 5].mean().item() for n in range(4)]
    assert tiles == pytest.approx([0.4, 100 / 255, 130 / 255, 0.0], abs=1e-4)


def test_distances_are_euclidean_in_the_features():
    chance = torch.Generator().manual_seed(5)
    among = torch.randint(256, (40, 1, 28, 28), generator=chance, dtype=torch.uint8)
    levels = torch.randint(256, (1, 1, 28, 28), generator=chance)
    image = (levels / 255).expand(-1, 3, -1, -1)

    def features(images: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.avg_pool2d(images, 7).flatten(1)

    made = neighbours(image, among, k=5, features=features, shown=lambda _: image)

    theirs, own = features(among / 255).numpy(), features(image[:, :1]).numpy()
    by_hand = np.linalg.norm(theirs - own, axis=1)
    assert made.details[0]["rows"] == list(np.argsort(by_hand)[:5])
    assert made.details[0]["distances"] == pytest.approx(np.sort(by_hand)[:5], abs=1e-5)


def test_there_are_no_more_neighbours_than_pictures():
    among = greys([10, 20])

    made = neighbours(
        torch.zeros(1, 3, 28, 28), among, k=6, features=brightness, shown=lambda _: among[:1] / 255
    )

    assert made.details[0]["rows"] == [0, 1]


def test_a_sheet_is_filled_row_by_row_and_white_where_nothing_is():
    images = [torch.full((1, 1, 2, 3), level) for level in (0.1, 0.2, 0.3)]

    whole = sheet(images, columns=2, gap_px=1)

    assert whole.shape == (1, 1, 5, 7)
    assert whole[0, 0, 0].tolist() == pytest.approx([0.1] * 3 + [1] + [0.2] * 3)
    assert whole[0, 0, 3].tolist() == pytest.approx([0.3] * 3 + [1] * 4)
    assert whole[0, 0, 2].tolist() == [1] * 7
