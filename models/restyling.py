"""Moves a picture's style to another's in an autoencoder's code (AdaIN, Huang & Belongie 2017).

Means and spreads are taken once, of both pictures as wholes, seen small; what changes by them is
then drawn in tiles at the picture's own scale.
"""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from models import resampling
from models.layers.tiling import Tiling
from models.tiles import Network, tiled

VIEW_PX = 1024
"""Long side of what is measured: so both pictures are seen at about one scale."""
MOST_GAIN = 4.0
"""What is nearly flat has hardly any spread; stretched further, its noise would be the picture."""


@dataclass(frozen=True, slots=True)
class Restyler:
    """An autoencoder's doors, see `models.networks.style`.

    Attributes:
        measure: [1, 3, h, w] and how much pixels count [1, 1, h, w] to two of [1, K].
        restyle: [1, 3, h, w] and two of [1, K] to the change [1, 3, h, w].
        tiling: what `restyle` needs of a tile.
    """

    measure: Network
    restyle: Network
    tiling: Tiling


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture [1, 3, H, W] in [0, 1], and how much each pixel counts, [1, 1, H, W]."""

    image: Tensor
    counts: Tensor


def change(picture: Seen, style: Seen, *, strength: float, by: Restyler) -> Tensor:
    """What is to be added to the picture, [1, 3, H, W]; exactly 0 at a strength of 0."""
    mean, spread = _measured(picture, by)
    wanted, wide = _measured(style, by)
    full = (wide / spread).clamp(1 / MOST_GAIN, MOST_GAIN)
    gain = 1 + strength * (full - 1)
    shift = strength * (wanted - full * mean)
    margin = by.tiling.margin
    changed = tiled(
        by.restyle,
        _framed(picture.image, by.tiling),
        gain,
        shift,
        tile=by.tiling.tile,
        margin=margin,
        multiple=by.tiling.multiple,
    )
    height, width = picture.image.shape[2:]
    return changed[:, :, margin : margin + height, margin : margin + width]


def code_distance(one: Seen, other: Seen, *, by: Restyler) -> float:
    """How far two styles lie apart, as the code tells them: what a strength moves (their eq. 13).

    The length of the difference of all means, and that of all spreads, in one sum. In the code
    itself every channel's difference shrinks in a straight line with strength; drawn, clipped and
    seen anew, a picture has a little other means and spreads.
    """
    apart = zip(_measured(one, by), _measured(other, by), strict=True)
    return sum(float((here - there).norm()) for here, there in apart)


def _measured(seen: Seen, by: Restyler) -> tuple[Tensor, Tensor]:
    """Mean and spread of each channel of the code, [1, K] each."""
    image, counts = _view(seen)
    framed = _framed(image, by.tiling)
    margin = by.tiling.margin
    below, right = (framed.shape[side] - image.shape[side] - margin for side in (2, 3))
    mean, spread = by.measure(framed, functional.pad(counts, (margin, right, margin, below)))
    return mean.cpu(), spread.cpu()


def _framed(image: Tensor, tiling: Tiling) -> Tensor:
    """Continued by its outermost pixels: beyond an edge features see black, and so would style."""
    margin = tiling.margin
    below, right = (margin + -side % tiling.multiple for side in image.shape[2:])
    return functional.pad(image, (margin, right, margin, below), mode="replicate")


def _view(seen: Seen) -> tuple[Tensor, Tensor]:
    height, width = seen.image.shape[2:]
    shrink = VIEW_PX / max(height, width)
    if shrink >= 1:
        return seen.image, seen.counts
    sides = {"height": max(1, round(height * shrink)), "width": max(1, round(width * shrink))}
    return resampling.resize(seen.image, **sides), resampling.resize(seen.counts, **sides)
