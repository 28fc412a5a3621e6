"""A picture moved on to a canvas: where it lands, what it covers, and what proves that it is it."""

import math
from dataclasses import dataclass

from torch import Tensor

from models import resampling
from models.made import Matrix
from models.matting.foreground import decontaminated, solid
from models.metrics.mask import erode

Bounds = tuple[int, int, int, int]

_ROUNDING = 1e-6
_LANCZOS_REACH = 3


@dataclass(frozen=True, slots=True)
class Move:
    """Source to canvas: the scale and shift, and the whole canvas pixels that the source fills."""

    scale: float
    shift_x: float
    shift_y: float
    left: int
    top: int
    right: int
    bottom: int

    def matrix(self) -> Matrix:
        return self.scale, 0.0, self.shift_x, 0.0, self.scale, self.shift_y

    def carry(self, image: Tensor) -> Tensor:
        """The source where it lands, [1, C, bottom - top, right - left]."""
        edges = zip((self.left, self.top, self.right, self.bottom), self._shifts(), strict=True)
        left, top, right, bottom = ((edge - shift) / self.scale for edge, shift in edges)
        right, bottom = min(right, image.shape[3]), min(bottom, image.shape[2])
        box = (max(0.0, left), max(0.0, top), right, bottom)
        size = {"height": self.bottom - self.top, "width": self.right - self.left}
        return resampling.crop_resize(image, box=box, **size)

    def on(self, canvas: Tensor) -> Tensor:
        """The view of the canvas [1, C, H, W] that the source fills."""
        return canvas[:, :, self.top : self.bottom, self.left : self.right]

    def alone(self, part: Tensor, canvas: Tensor) -> Tensor:
        """What was carried, [1, 1, H, W], on a canvas that is empty otherwise."""
        whole = canvas.new_zeros((1, 1, *canvas.shape[2:]))
        self.on(whole).copy_(part.clamp(0, 1))
        return whole

    def _shifts(self) -> tuple[float, float, float, float]:
        return self.shift_x, self.shift_y, self.shift_x, self.shift_y


def bounds(alpha: Tensor) -> Bounds:
    """Left, top, right, bottom of the product."""
    inside = alpha[0, 0] > 0.5
    across, down = (inside.any(dim=axis).nonzero()[:, 0] for axis in (0, 1))
    return int(across[0]), int(down[0]), int(across[-1]) + 1, int(down[-1]) + 1


def move_of(
    image: Tensor, scale: float, shift_x: float, shift_y: float, width: int, height: int
) -> Move:
    """Only canvas pixels that the source covers wholly."""
    right, bottom = shift_x + scale * image.shape[3], shift_y + scale * image.shape[2]
    return Move(
        scale,
        shift_x,
        shift_y,
        left=max(0, math.ceil(shift_x - _ROUNDING)),
        top=max(0, math.ceil(shift_y - _ROUNDING)),
        right=min(width, math.floor(right + _ROUNDING)),
        bottom=min(height, math.floor(bottom + _ROUNDING)),
    )


def pasted(
    image: Tensor, alpha: Tensor, move: Move, *, plate: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Coverage, product over the plate, and the plain source, where they land.

    Colours are carried weighted by coverage and divided by it again: within the product that
    changes nothing, at its edge neither the old backdrop nor the filter's ringing shows.
    """
    carried = move.carry(alpha)
    covered = move.carry(decontaminated(image, alpha).mul_(alpha))
    moved = carried.clamp(0, 1)
    blended = resampling.straight(covered, carried).sub_(plate).mul_(moved).add_(plate)
    return moved, blended.clamp_(0, 1), move.carry(image).clamp_(0, 1)


def provable(alpha: Tensor, move: Move) -> Tensor:
    """Where the carried source is product only: enlarged, its rim is a mixture some pixels wide."""
    kept = solid(alpha) if move.scale <= 1 else erode(solid(alpha), _LANCZOS_REACH)
    return solid(move.carry(kept))
