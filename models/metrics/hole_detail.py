"""Whether a filled hole has as much fine structure as was there: 1 is as much.

It is less where the hole is smooth, and where it is noisy: of the energy in the two finest bands of
a Laplacian pyramid (Burt & Adelson 1983) within the hole, the factor by which each is off, too
little and too much alike, as a geometric mean.
"""

import torch
from torch import Tensor
from torch.nn import functional

BANDS = 2
LEAST_ENERGY = (0.5 / 255) ** 2
"""Below half a step of eight bits nothing is to be seen."""


def detail(made: Tensor, real: Tensor, hole: Tensor) -> Tensor:
    """Images [N, C, H, W] in [0, 1], hole [N, 1, H, W], 1 where it is → [N] in (0, 1].

    A picture without a hole has 1.
    """
    off = [
        (a.log() - b.log()).abs() / 2
        for a, b in zip(_energies(made, hole), _energies(real, hole), strict=True)
    ]
    return torch.stack(off).mean(0).neg().exp()


def _energies(image: Tensor, hole: Tensor) -> list[Tensor]:
    """Of each band within the hole, [N]."""
    found = []
    for _ in range(BANDS):
        small = functional.avg_pool2d(image, 2, ceil_mode=True, count_include_pad=False)
        back = functional.interpolate(small, image.shape[2:], mode="bilinear", align_corners=False)
        energy = ((image - back).square().mean(1, keepdim=True) * hole).sum((1, 2, 3))
        found.append(energy / hole.sum((1, 2, 3)).clamp_min(1) + LEAST_ENERGY)
        image = small
        hole = functional.avg_pool2d(hole, 2, ceil_mode=True, count_include_pad=False)
    return found
