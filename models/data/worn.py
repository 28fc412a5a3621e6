"""Garments, the place that each is to take, and the true way from one to the other.

Drawn shirts in drawn poses (`models.data.figures`), whose every point is known on both; and
whatever silhouettes there are, whose place is their own. `bent` then bends the places at random,
smoothly and without a fold: an endless supply, of which the way is always known.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn import functional

from models.data.figures import Cloth, Cut, cloth_points, flat
from models.warping.frames import GRID, SIDE, basis, dense, frame, grid, shown, to_pixels

_DRAWN = 160
_SMOOTH = 0.0001
_MOST_BENT, _MOST_TURNED = 0.16, 0.2
_COARSE = 24
KEPT_APART_DEG = ((12.0, 18.0), (42.0, 48.0))
"""How arms hang in the poses that are measured: none that learns is drawn so."""


@dataclass(frozen=True, slots=True)
class Worn:
    """N garments and where they go, each in its frame.

    Attributes:
        garments: [N, 4, S, S], straight colours and coverage in [0, 1].
        places: [N, 1, S, S], masks of the clothes that they take the place of.
        ways: [N, 25, 2], where each point of the places' grids is in the garments' frames.
    """

    garments: Tensor
    places: Tensor
    ways: Tensor

    def __len__(self) -> int:
        return len(self.garments)

    def __getitem__(self, rows: Tensor | slice) -> "Worn":
        return Worn(self.garments[rows], self.places[rows], self.ways[rows])


def joined(parts: tuple[Worn, ...]) -> Worn:
    return Worn(
        torch.cat([one.garments for one in parts]),
        torch.cat([one.places for one in parts]),
        torch.cat([one.ways for one in parts]),
    )


def lying(garments: Tensor) -> Worn:
    """Cut-out garments [N, 4, H, W], whose place is their own outline."""
    alpha = garments[:, 3:]
    whole = shown(garments, frame(alpha), side=SIDE)
    return Worn(whole, whole[:, 3:], grid().expand(len(whole), -1, -1))


def drawn(count: int, seed: int) -> Worn:
    """Drawn shirts in drawn poses; a shirt's sleeves and length go with the pose's."""
    chance = np.random.default_rng(seed)
    return joined(tuple(_one(cut, pose, cloth) for cut, pose, cloth in _figures(chance, count)))


def _figures(chance: np.random.Generator, count: int) -> Iterator[tuple[Cut, Cut, Cloth]]:
    def between(low: float, high: float) -> float:
        return float(chance.uniform(low, high))

    for _ in range(count):
        half = between(0.14, 0.21)
        cut = Cut(
            hem=between(0.66, 0.84), half=half, flare=between(0.9, 1.15),
            sleeve=half * between(0.6, 1.5), cuff=half * between(0.24, 0.4),
            angle_deg=between(15, 65),
        )  # fmt: skip
        own = between(0.10, 0.16)
        pose = Cut(
            top=0.28, hem=0.28 + own * between(1.9, 3.2), half=own, flare=between(0.85, 1.1),
            sleeve=cut.sleeve / half * own * between(0.8, 1.25),
            cuff=cut.cuff / half * own * between(0.75, 1.1), angle_deg=_hanging(chance),
        )  # fmt: skip
        colours = chance.uniform(0, 1, (3, 3))
        ground, stripe, badge = ((float(r), float(g), float(b)) for r, g, b in colours)
        yield cut, pose, Cloth(ground, stripe, between(1, 9), between(-1, 1), badge)


def _hanging(chance: np.random.Generator) -> float:
    while True:
        angle = float(chance.uniform(5, 88))
        if not any(low <= angle <= high for low, high in KEPT_APART_DEG):
            return angle


def of_pose(cut: Cut, pose: Cut, cloth: Cloth) -> Worn:
    """One shirt lying flat and the pose that it is worn in."""
    return _one(cut, pose, cloth)


def _one(cut: Cut, pose: Cut, cloth: Cloth) -> Worn:
    image, alpha = flat(cloth, size=_DRAWN, cut=cut)
    worn = cloth_points(pose, size=_DRAWN, bent=False)
    mask = torch.from_numpy(np.isfinite(worn[..., 0]).astype(np.float32))[None, None]
    here, there = frame(mask), frame(alpha)
    own, other = _matched(worn, cloth_points(cut, size=_DRAWN, bent=False))
    way = fitted(_to_frame(own, here[0]), _to_frame(other, there[0]))
    return Worn(
        shown(torch.cat((image, alpha), 1), there, side=SIDE),
        shown(mask, here, side=SIDE),
        way[None].float(),
    )


def _matched(
    worn: NDArray[np.float64], lying_: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[P, 2] and [P, 2], x and y: of every fourth point worn, the one of the same cloth."""
    y, x = np.nonzero(np.isfinite(worn[::2, ::2, 0]))
    y, x = 2 * y, 2 * x
    v, u = np.nonzero(np.isfinite(lying_[..., 0]))
    _, nearest = cKDTree(lying_[v, u]).query(worn[y, x])
    here, there = np.stack((x, y), 1), np.stack((u[nearest], v[nearest]), 1)
    return here.astype(np.float64) + 0.5, there.astype(np.float64) + 0.5


def _to_frame(points: NDArray[np.float64], box: Tensor) -> Tensor:
    return 2 * (torch.from_numpy(points) - box[:2]) / (box[2:] - box[:2]) - 1


def fitted(here: Tensor, there: Tensor) -> Tensor:
    """[25, 2]: the smooth grid whose spline comes nearest to these points' ways, float64."""
    bases, rest = basis(here), there - here
    smooth = _second().double() * (_SMOOTH * len(here)) ** 0.5
    left = torch.cat((bases, smooth))
    right = torch.cat((rest, rest.new_zeros(len(smooth), 2)))
    return grid().double() + torch.linalg.lstsq(left, right).solution


def _second() -> Tensor:
    """[30, 25]: second differences along rows and columns of the grid."""
    eye = torch.eye(GRID**2).view(GRID, GRID, -1)
    rows = eye[:-2] - 2 * eye[1:-1] + eye[2:]
    columns = eye[:, :-2] - 2 * eye[:, 1:-1] + eye[:, 2:]
    return torch.cat((rows.flatten(0, 1), columns.flatten(0, 1)))


def bent(worn: Worn, chance: torch.Generator) -> Worn:
    """The same garments, their places bent at random and in their new frames."""
    turned = _random_ways(len(worn), chance)
    first = carried(worn.places, turned, side=SIDE // 2)
    inner = 4 * frame(first) / SIDE - 1  # the new frame within the old one
    points = to_pixels(grid().double().expand(len(worn), -1, -1), inner).float()
    turned = basis(points) @ turned
    return replace(worn, places=carried(worn.places, turned), ways=basis(turned) @ worn.ways)


def _random_ways(count: int, chance: torch.Generator) -> Tensor:
    """[N, 25, 2]: few, slow bends, turns and shears; as strong as folds nothing over."""
    slow = torch.randn(count, 2, 3, 3, generator=chance)
    half = torch.rand(count, 1, 1, 1, generator=chance) < 0.5
    mirrored = slow.flip(3) * torch.tensor((-1.0, 1.0)).view(1, 2, 1, 1)
    slow = torch.where(half, (slow + mirrored) / 2**0.5, slow)
    fine = functional.interpolate(slow, size=(GRID, GRID), mode="bicubic", align_corners=True)
    strength = _MOST_BENT * torch.rand(count, 1, 1, generator=chance)
    turn = _MOST_TURNED * (torch.rand(count, 2, 2, generator=chance) - 0.5)
    offsets = fine.flatten(2).transpose(1, 2) * strength + grid() @ turn
    for _ in range(4):
        offsets = torch.where(_folds(grid() + offsets)[:, None, None], offsets / 2, offsets)
    return grid() + offsets


def _folds(ways: Tensor) -> Tensor:
    """[N], whether anything within the frame is turned over, or nearly."""
    at = (dense(_COARSE) @ ways).view(len(ways), _COARSE, _COARSE, 2) * _COARSE / 2
    across, down = at[:, :-1, 1:] - at[:, :-1, :-1], at[:, 1:, :-1] - at[:, :-1, :-1]
    area = across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]
    return (area < 0.15).flatten(1).any(1)


def carried(images: Tensor, ways: Tensor, *, side: int = SIDE) -> Tensor:
    """[N, C, side, side]: images [N, C, S, S] of a frame, as seen through ways [N, 25, 2]."""
    where = (dense(side) @ ways).view(len(images), side, side, 2)
    return functional.grid_sample(images, where, align_corners=False)
