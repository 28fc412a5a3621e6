"""Cut-outs put on grounds, as a camera might have seen them; the same for the same generator.

A shadow where they stand, the ground's colour on their rim, and noise.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from models.data.degradations import crops

PHOTOGRAPHS, GRADIENTS = 0.5, 0.75
"""Up to here a draw in [0, 1] is a photograph, up to there a gradient, beyond one plain colour."""
WHITE = 0.4
"""Of the plain grounds so many are white or nearly so."""
SCALES = (0.6, 1.1)
SHIFT = 0.15
SPILL = 0.15
NOISE = 4 / 255


@dataclass(frozen=True, slots=True)
class Composites:
    """What a network sees, and what it is to find.

    Attributes:
        images: [N, 3, S, S] in [0, 1].
        alpha: [N, 1, S, S] in [0, 1].
        contrast: [N, 3, S, S], the product's colour less the ground's where it covers anything:
            how much of an error in alpha is seen once the product lies elsewhere.
    """

    images: Tensor
    alpha: Tensor
    contrast: Tensor


def composed(cutouts: Tensor, photographs: Tensor, generator: Generator) -> Composites:
    """Products [N, 4, S, S] over white, each on a ground of its own.

    Args:
        cutouts: in [0, 1]; moved, and made smaller or larger.
        photographs: uint8 [M, 3, P, P], P at least S; one product may meet another's ground.
        generator: of all that is left to chance.
    """
    count, side = len(cutouts), cutouts.shape[-1]
    chance = torch.rand(6, count, 1, 1, 1, generator=generator).to(cutouts.device)
    placed = _placed(cutouts, generator)
    over_white, alpha = placed[:, :3], placed[:, 3:]
    rows = torch.randint(len(photographs), (count,), generator=generator)
    seen = crops(photographs[rows], side, generator).to(cutouts.device) / 255
    ground = _mixed(seen, _gradients(count, side, generator).to(cutouts.device), chance)
    shaded = ground * (1 - chance[4] * _shadow(alpha))
    spilt = _spilt(over_white, alpha, ground, SPILL * chance[5])
    noise = torch.randn(over_white.shape, generator=generator).to(cutouts.device)
    images = spilt + (1 - alpha) * (shaded - 1) + NOISE * chance[3] * noise
    colour = 1 - (1 - spilt) / alpha.clamp(min=0.05)
    return Composites(images.clamp(0, 1), alpha, (colour.clamp(0, 1) - shaded) * (alpha > 0.05))


def _placed(cutouts: Tensor, generator: Generator) -> Tensor:
    """Of another size and elsewhere; what comes in from outside is white and uncovered."""
    low, high = SCALES
    scale = low + (high - low) * torch.rand(len(cutouts), generator=generator)
    shift = SHIFT * (2 * torch.rand(len(cutouts), 2, generator=generator) - 1)
    grow = torch.diag_embed((1 / scale)[:, None].expand(-1, 2))
    where = torch.cat([grow, shift[:, :, None]], dim=2).to(cutouts.device)
    grid = functional.affine_grid(where, list(cutouts.shape), align_corners=False)
    paper = torch.tensor([1.0, 1.0, 1.0, 0.0], device=cutouts.device)[:, None, None]
    return functional.grid_sample(cutouts - paper, grid, align_corners=False) + paper


def _mixed(photographs: Tensor, gradients: Tensor, chance: Tensor) -> Tensor:
    """Of each picture one kind of ground."""
    colour = gradients[..., :1, :1]
    pale = 0.92 + 0.08 * chance[2]
    plain = torch.where(chance[1] < WHITE, pale, colour).expand_as(photographs)
    drawn = torch.where(chance[0] < GRADIENTS, gradients, plain)
    return torch.where(chance[0] < PHOTOGRAPHS, photographs, drawn)


def _gradients(count: int, side: int, generator: Generator) -> Tensor:
    """Four colours in the corners, and everything between."""
    corners = torch.rand(count, 3, 2, 2, generator=generator)
    return functional.interpolate(corners, (side, side), mode="bilinear", align_corners=True)


def _shadow(alpha: Tensor) -> Tensor:
    """Soft, and a little below what casts it."""
    side = alpha.shape[-1]
    down = max(1, side // 16)
    lower = functional.pad(alpha, (0, 0, down, 0))[..., :side, :]
    return 0.6 * _blurred(lower, side // 16)


def _spilt(over_white: Tensor, alpha: Tensor, ground: Tensor, share: Tensor) -> Tensor:
    """The ground's mean colour, on the rim of what stands before it."""
    rim = _blurred(1 - alpha, alpha.shape[-1] // 16) * share
    mean = ground.mean((2, 3), keepdim=True)
    return over_white * (1 - rim) + (alpha * mean + 1 - alpha) * rim


def _blurred(plane: Tensor, radius: int) -> Tensor:
    radius = max(1, radius)
    for _ in range(2):
        padded = functional.pad(plane, (radius,) * 4, mode="replicate")
        plane = functional.avg_pool2d(padded, 2 * radius + 1, stride=1)
    return plane
