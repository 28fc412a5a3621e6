"""A warp as a network tells it: a spline through a grid of 5 x 5, asked twice, once in a mirror.

The network sees both frames small; the spline that is kept is fitted at the pictures' own size,
so that whoever has its numbers has all of it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from models import resampling
from models.failures import CannotDo
from models.warping.frames import GRID, SIDE, frame, grid, shown, to_pixels
from models.warping.nearness import WIDTH_PX, error_px
from models.warping.warp import Collinear, Warp, fit

Network = Callable[..., Tensor | tuple[Tensor, ...]]

_VIEW = 2 * SIDE


@dataclass(frozen=True, slots=True)
class Told:
    """A warp, and how far the network was from what it says of the two pictures in a mirror.

    Attributes:
        apart_px: mean over the clothes, of a frame 192 pixels wide.
    """

    warp: Warp
    apart_px: float


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells warps by this network.

    Attributes:
        network: garment [1, 4, S, S] and mask [1, 1, S, S] in their frames to [1, 25, 2].
    """

    network: Network

    def __call__(self, clothes: Tensor, garment: Tensor, coverage: Tensor) -> Told:
        """From the body's picture to the garment's.

        Args:
            clothes: [1, 1, H, W] of the body's picture, more than nothing.
            garment: [1, 3, h, w] in [0, 1].
            coverage: [1, 1, h, w], more than nothing.

        Raises:
            CannotDo: `pose_unclear`, where what was told is no warp.
        """
        here, there = frame(clothes), frame(coverage)
        body = _seen(clothes, here)
        worn = _seen(torch.cat((garment, coverage), dim=1), there)
        way, mirrored = self._asked(worn, body), _back(self._asked(worn.flip(3), body.flip(3)))
        mean = (way + mirrored) / 2
        apart = float(error_px(way, mirrored, body, width_px=WIDTH_PX)[0])
        own = to_pixels(grid().double()[None], here)[0]
        other = to_pixels(mean.double(), there)[0]
        try:
            return Told(fit(own, other, method="tps"), apart)
        except Collinear as error:
            raise CannotDo("pose_unclear", f"The network tells no warp: {error}.") from error

    def _asked(self, garment: Tensor, body: Tensor) -> Tensor:
        output = self.network(garment, body)
        told = output if isinstance(output, Tensor) else output[0]
        return told.detach().float().cpu()


def _seen(image: Tensor, box: Tensor) -> Tensor:
    """[1, C, S, S]: what the box [1, 4] holds, of an image that is shrunk before it is sampled."""
    shrink = max(1.0, float((box[:, 2:] - box[:, :2]).max()) / _VIEW)
    if shrink > 1:
        height, width = (max(1, round(side / shrink)) for side in image.shape[2:])
        scale = torch.tensor((width / image.shape[3], height / image.shape[2])).double()
        image = resampling.resize(image, height=height, width=width)
        box = box * scale.repeat(2)
    return shown(image, box, side=SIDE).clamp(0, 1)


def _back(way: Tensor) -> Tensor:
    """What was told of two mirrored pictures, of the pictures themselves."""
    turned = way.view(-1, GRID, GRID, 2).flip(2) * torch.tensor((-1.0, 1.0))
    return turned.flatten(1, 2)
