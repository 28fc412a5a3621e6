"""Stands the product in its box on a canvas, and keeps what proves that it is the product still."""

from dataclasses import dataclass

from torch import Tensor

from models.advertising import painting
from models.advertising.boxes import Area
from models.editing.landing import Move, bounds, move_of, pasted, provable
from models.failures import CannotDo
from models.matting.matte import Matte


@dataclass(frozen=True, slots=True)
class Stood:
    """What proves it: where it went, the source there, and where that is product alone."""

    move: Move
    expected: Tensor
    product_mask: Tensor
    coverage: Tensor


def stand(canvas: Tensor, image: Tensor, found: Matte, area: Area) -> Stood:
    """Paint the product of [1, 3, H, W], as large as the area allows and in its middle."""
    if min(area.width, area.height) < 1:
        raise CannotDo("canvas_too_small", "Margins and safe areas leave the product no room.")
    move = _move(image, found.alpha, canvas, area)
    painting.shadow(canvas, move.alone(move.carry(found.alpha), canvas))
    plate = move.on(canvas).clone()
    alpha, blended, expected = pasted(image, found.alpha, move, plate=plate)
    proof = canvas.clone()
    move.on(canvas).copy_(blended)
    move.on(proof).copy_(expected)
    mask = move.alone(provable(found.alpha, move), canvas)
    return Stood(move, proof, mask, move.alone(alpha, canvas))


def _move(image: Tensor, alpha: Tensor, canvas: Tensor, area: Area) -> Move:
    left, top, right, bottom = bounds(alpha)
    scale = min(area.width / (right - left), area.height / (bottom - top))
    height, width = canvas.shape[2:]
    shift_x = (area.left + area.right) / 2 - scale * (left + right) / 2
    shift_y = (area.top + area.bottom) / 2 - scale * (top + bottom) / 2
    return move_of(image, scale, shift_x, shift_y, width, height)
