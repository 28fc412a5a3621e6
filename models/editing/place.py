"""Places the product on a canvas of a given size, through one matrix that is kept as proof.

The matrix counts from corners: (0, 0) is the upper left corner of the first pixel, whose centre
is (0.5, 0.5).
"""

import math
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from models import resampling
from models.editing.background import colour
from models.editing.cutout import product
from models.failures import CannotDo
from models.made import Made, Matrix
from models.matting import matte
from models.matting.foreground import decontaminated, solid
from models.matting.matte import Finder
from models.metrics.mask import erode

Anchor = Literal[
    "center", "top", "bottom", "left", "right",
    "top_left", "top_right", "bottom_left", "bottom_right",
]  # fmt: skip

_MAX_PIXELS = 64_000_000
_ROUNDING = 1e-6
_LANCZOS_REACH = 3


@dataclass(frozen=True, slots=True)
class _Move:
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

    def _shifts(self) -> tuple[float, float, float, float]:
        return self.shift_x, self.shift_y, self.shift_x, self.shift_y


def place(
    image: Tensor,
    *,
    width: int,
    height: int,
    fill_long_side: float,
    anchor: Anchor,
    margin_px: int,
    rgb: tuple[int, int, int],
    mask: Tensor | None = None,
    find: Finder = matte.find,
) -> Made:
    """The product, at a share of the canvas, on one colour.

    Args:
        image: [1, 3, H, W] in [0, 1].
        width: of the canvas.
        height: of the canvas.
        fill_long_side: the share of the canvas that the product's tighter side fills.
        anchor: where the product stands, at the margin or in the middle.
        margin_px: what stays free on every side at least.
        rgb: the canvas's colour, 0 to 255 each.
        mask: [1, 1, H, W], such as the picture's own alpha, instead of a guess.
        find: what guesses where there is no mask.
    """
    if width * height > _MAX_PIXELS:
        raise CannotDo("output_too_large", f"{width} x {height} is more than 64 megapixels.")
    found = product(image, mask=mask, find=find)
    box = _bounds(found.alpha)
    scale = _scale(box, width, height, fill=fill_long_side, margin=margin_px)
    shift_x, shift_y = _shift(box, scale, width, height, anchor=anchor, margin=margin_px)
    move = _move(image, scale, shift_x, shift_y, width, height)
    alpha, blended, expected = _pasted(image, found.alpha, move, plate=colour(rgb, like=image))
    canvas = colour(rgb, like=image).repeat(1, 1, height, width)
    proof = canvas.clone()
    move.on(canvas).copy_(blended)
    move.on(proof).copy_(expected)
    return Made(
        (canvas,),
        product_mask=_on_canvas(_provable(found.alpha, move), move, canvas),
        expected_product=proof,
        matte=found.alpha,
        independent_mask=found.independent,
        placement=move.matrix(),
        report=found.report | _fill(box, scale, width, height, covered=float(alpha.sum())),
        stages={"coverage": _on_canvas(alpha, move, canvas)},
    )


def _bounds(alpha: Tensor) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the product."""
    inside = alpha[0, 0] > 0.5
    across, down = (inside.any(dim=axis).nonzero()[:, 0] for axis in (0, 1))
    return int(across[0]), int(down[0]), int(across[-1]) + 1, int(down[-1]) + 1


def _scale(
    box: tuple[int, int, int, int], width: int, height: int, *, fill: float, margin: int
) -> float:
    room_x = min(fill * width, width - 2 * margin)
    room_y = min(fill * height, height - 2 * margin)
    if min(room_x, room_y) < 1:
        raise CannotDo("margin_too_large", "The margins leave no room for the product.")
    return min(room_x / (box[2] - box[0]), room_y / (box[3] - box[1]))


def _shift(
    box: tuple[int, int, int, int],
    scale: float,
    width: int,
    height: int,
    *,
    anchor: Anchor,
    margin: int,
) -> tuple[float, float]:
    def start(size: float, length: int, *, first: str, last: str) -> float:
        if first in anchor:
            return margin
        return length - margin - size if last in anchor else (length - size) / 2

    left = start(scale * (box[2] - box[0]), width, first="left", last="right")
    top = start(scale * (box[3] - box[1]), height, first="top", last="bottom")
    return left - scale * box[0], top - scale * box[1]


def _move(
    image: Tensor, scale: float, shift_x: float, shift_y: float, width: int, height: int
) -> _Move:
    """Only canvas pixels that the source covers wholly."""
    right, bottom = shift_x + scale * image.shape[3], shift_y + scale * image.shape[2]
    return _Move(
        scale,
        shift_x,
        shift_y,
        left=max(0, math.ceil(shift_x - _ROUNDING)),
        top=max(0, math.ceil(shift_y - _ROUNDING)),
        right=min(width, math.floor(right + _ROUNDING)),
        bottom=min(height, math.floor(bottom + _ROUNDING)),
    )


def _pasted(
    image: Tensor, alpha: Tensor, move: _Move, *, plate: Tensor
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


def _provable(alpha: Tensor, move: _Move) -> Tensor:
    """Where the carried source is product only: enlarged, its rim is a mixture some pixels wide."""
    kept = solid(alpha) if move.scale <= 1 else erode(solid(alpha), _LANCZOS_REACH)
    return solid(move.carry(kept))


def _on_canvas(part: Tensor, move: _Move, canvas: Tensor) -> Tensor:
    whole = canvas.new_zeros((1, 1, *canvas.shape[2:]))
    move.on(whole).copy_(part.clamp(0, 1))
    return whole


def _fill(
    box: tuple[int, int, int, int], scale: float, width: int, height: int, *, covered: float
) -> dict[str, float | int | str | None]:
    """The three readings of "85 %"."""
    across, down = scale * (box[2] - box[0]) / width, scale * (box[3] - box[1]) / height
    return {
        "fill_long_side": max(across, down),
        "fill_bbox": across * down,
        "fill_area": covered / (width * height),
    }
