"""How near told warps come, beside the masks' moments and found landmarks.

Of garments that nothing learnt from: silhouettes of Fashion-MNIST's tops, bent by chance, and drawn
shirts in poses that are kept apart. Where every point went is known, for it was drawn so.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Generator, Tensor, nn

from benchmarks.scenarios.try_on import NEW, POSES
from models.data import tops
from models.data.figures import Cut
from models.data.worn import Worn, bent, carried, joined, lying, of_pose
from models.evaluation.warping import ways_of
from models.failures import CannotDo
from models.metrics.ssim import ssim
from models.networks.warp import WarpNet
from models.training.warp import over_white
from models.warping import moments
from models.warping.frames import SIDE, grid
from models.warping.nearness import error_px, overlap
from models.warping.pairing import Side, paired
from models.warping.warp import Warp

Scores = dict[str, float | None]

CPU = torch.device("cpu")
_ENLARGED = 4


def warp_scores(network: nn.Module, folder: object) -> tuple[Scores, Scores]:
    """The network's, and the affine fit's."""
    del folder
    if not isinstance(network, WarpNet):
        raise TypeError(f"expected a WarpNet, got a {type(network).__name__}")
    ours: Scores = {}
    theirs: Scores = {}
    for what, seen in (("bent", silhouettes()), ("worn", figures())):
        for scores, ways in (
            (ours, ways_of(network, seen, CPU)),
            (theirs, moments.ways(seen.garments[:, 3:], seen.places)),
        ):
            scores |= {f"{what}_{name}": value for name, value in measured(ways, seen).items()}
    return ours, theirs


def silhouettes() -> Worn:
    """Held-out tops, bent by chance, the same every time."""
    _, held_out = tops.read().split()
    return bent(lying(held_out.images / 255), Generator().manual_seed(11))


def figures() -> Worn:
    """The shirt and the poses that `benchmarks.scenarios.try_on` dresses."""
    return joined(tuple(of_pose(Cut(), pose, cloth) for pose in POSES for cloth in NEW))


def measured(ways: Tensor, seen: Worn) -> dict[str, float]:
    """Of ways [N, 25, 2]: mean error in pixels of 192, overlap of masks, SSIM of the garments."""
    made, true = (carried(seen.garments, one) for one in (ways, seen.ways))
    return {
        "way_px": error_px(ways, seen.ways, seen.places).mean().item(),
        "mask_iou": overlap(made[:, 3:], seen.places).mean().item(),
        "ssim": ssim(over_white(made), over_white(true)).mean().item(),
    }


def by_landmarks(seen: Worn) -> Iterator[Tensor | None]:
    """[25, 2] of each pair as found landmarks have it; None where they are not found."""
    for garment, place in zip(seen.garments[:, 3:], seen.places, strict=True):
        try:
            pair = paired(_side(place), _side(garment), method="tps")
        except CannotDo:
            yield None
        else:
            yield _in_frames(pair.warp)


def _side(mask: Tensor) -> Side:
    large = torch.nn.functional.interpolate(mask[None], scale_factor=_ENLARGED, mode="bilinear")
    return Side((large.shape[2], large.shape[3]), None, large)


def _in_frames(warp: Warp) -> Tensor:
    side = SIDE * _ENLARGED
    there = warp((grid().double() + 1) / 2 * side)
    return torch.from_numpy(np.asarray(2 * there / side - 1)).float()
