"""Places the product on a canvas of a given size, through one matrix that is kept as proof.

The matrix counts from corners: (0, 0) is the upper left corner of the first pixel, whose centre
is (0.5, 0.5).
"""

from typing import Literal

from torch import Tensor

from models.editing.background import colour
from models.editing.cutout import product
from models.editing.landing import bounds, move_of, pasted, provable
from models.failures import CannotDo
from models.made import Made
from models.matting import matte
from models.matting.matte import Finder

Anchor = Literal[
    "center", "top", "bottom", "left", "right",
    "top_left", "top_right", "bottom_left", "bottom_right",
]  # fmt: skip

_MAX_PIXELS = 64_000_000


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
    box = bounds(found.alpha)
    scale = _scale(box, width, height, fill=fill_long_side, margin=margin_px)
    shift_x, shift_y = _shift(box, scale, width, height, anchor=anchor, margin=margin_px)
    move = move_of(image, scale, shift_x, shift_y, width, height)
    alpha, blended, expected = pasted(image, found.alpha, move, plate=colour(rgb, like=image))
    canvas = colour(rgb, like=image).repeat(1, 1, height, width)
    proof = canvas.clone()
    move.on(canvas).copy_(blended)
    move.on(proof).copy_(expected)
    return Made(
        (canvas,),
        product_mask=move.alone(provable(found.alpha, move), canvas),
        expected_product=proof,
        matte=found.alpha,
        independent_mask=found.independent,
        placement=move.matrix(),
        report=found.report | _fill(box, scale, width, height, covered=float(alpha.sum())),
        stages={"coverage": move.alone(alpha, canvas)},
    )


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
