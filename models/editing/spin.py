"""Puts the views of one product into a sheet, each on the same ground line, with its shadow."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from models.editing.background import colour
from models.editing.cutout import product
from models.editing.landing import Move, move_of, pasted, provable
from models.editing.shadow import USUAL
from models.editing.turntable import Sheet, Sizing, Stand, stand
from models.failures import CannotDo
from models.images import Loaded
from models.made import Made, Matrix
from models.matting import matte
from models.matting.extents import Extents, extents
from models.matting.matte import Finder
from models.metrics.agreement import iou
from models.metrics.lost_share import lost_share
from models.metrics.mask_uncertainty import mask_uncertainty
from models.metrics.steadiness import steadiness
from models.shading import shadows
from models.shading.standing import standing

_TRUST: Final = {"mask_agreement": min, "lost_share": max, "mask_uncertainty": max}
"""By each, which of two is the worse."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is kept of a view while the others are looked at.

    Attributes:
        alpha: uint8 [1, 1, H, W], the product's matte.
        reach: of the product in the view.
        is_cut: whether it goes on beyond the picture.
    """

    alpha: Tensor
    reach: Extents
    is_cut: bool
    trust: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class _Layers:
    """[1, C, H, W] of the whole sheet: what is delivered, and what proves it."""

    picture: Tensor
    proof: Tensor
    mask: Tensor


def spin(
    views: Sequence[Callable[[], Loaded]],
    *,
    sheet: Sheet,
    sizing: Sizing,
    fill: float,
    rgb: tuple[int, int, int],
    opacity: float,
    find: Finder = matte.find,
) -> Made:
    """The sheet, [1, 3, rows · height, columns · width].

    Args:
        views: each opens one; they are opened twice, one at a time.
        sheet: its frames.
        sizing: one scale for all, or each view as high as the others.
        fill: the share of a frame that the product fills at most.
        rgb: the ground, 0 to 255 each.
        opacity: of the shadow of contact.
        find: what finds the product in a view without transparency.

    Raises:
        CannotDo: `no_product_found` and what else finding says, with the view's number.
    """
    seen = [_seen(number, view(), find) for number, view in enumerate(views)]
    stands = stand([one.reach for one in seen], sheet, sizing=sizing, fill=fill)
    layers = _empty(sheet, rgb)
    placed = [
        _placed(number, view().image, one, stands, sheet, layers, opacity)
        for number, (view, one) in enumerate(zip(views, seen, strict=True))
    ]
    return Made(
        (layers.picture,),
        product_mask=layers.mask,
        expected_product=layers.proof,
        frames=tuple(sheet.box(number) for number in range(sheet.count)),
        report=_report(sheet, seen, [reach for _, reach in placed]),
        details=({"frames": list(_frames(sheet, seen, placed)), "ground_px": stands.ground},),
    )


@contextmanager
def _of_view(number: int) -> Iterator[None]:
    """What cannot be done says of which view."""
    try:
        yield
    except CannotDo as error:
        raise CannotDo(error.code, f"View {number}: {error}") from error


def _seen(number: int, view: Loaded, find: Finder) -> _Seen:
    with _of_view(number):
        found = product(view.image, mask=view.alpha, find=find)
    reach = extents(found.alpha)
    if reach is None:
        raise CannotDo("no_product_found", f"View {number}: the product is nowhere solid.")
    inside = found.alpha[0, 0] > 0.5
    is_cut = bool(torch.cat((inside[0], inside[-1], inside[:, 0], inside[:, -1])).any())
    measured = {
        "mask_agreement": iou(found.alpha, found.independent),
        "lost_share": lost_share(view.image, found.alpha),
        "mask_uncertainty": mask_uncertainty(found.alpha),
    }
    trust = {name: None if value.isnan() else float(value) for name, value in measured.items()}
    return _Seen(found.alpha.mul(255).round().to(torch.uint8), reach, is_cut, trust)


def _empty(sheet: Sheet, rgb: tuple[int, int, int]) -> _Layers:
    size = sheet.rows * sheet.height, sheet.columns * sheet.width
    picture = colour(rgb, like=torch.empty(0)).repeat(1, 1, *size)
    return _Layers(picture, picture.clone(), torch.zeros(1, 1, *size))


def _placed(
    number: int,
    image: Tensor,
    seen: _Seen,
    stands: Stand,
    sheet: Sheet,
    layers: _Layers,
    opacity: float,
) -> tuple[Move, Extents]:
    """Paint a view into its frame: by which move, and how far the product reaches there."""
    picture, proof, mask = (
        sheet.frame(layer, number) for layer in (layers.picture, layers.proof, layers.mask)
    )
    alpha = seen.alpha.float().div_(255)
    shift = stands.shift(number, seen.reach)
    move = move_of(image, stands.scales[number], *shift, sheet.width, sheet.height)
    covered = move.alone(move.carry(alpha), picture)
    reach = extents(covered)
    if reach is None:
        raise CannotDo("no_product_found", f"View {number}: in its frame nothing of it is left.")
    if opacity > 0:
        picture.mul_(1 - opacity * _shade(covered))
    _, blended, expected = pasted(image, alpha, move, plate=move.on(picture).clone())
    move.on(picture).copy_(blended)
    move.on(proof).copy_(expected)
    mask.copy_(move.alone(provable(alpha, move), picture))
    return move, reach


def _shade(covered: Tensor) -> Tensor:
    """How dark the ground is under the product, [1, 1, H, W] in [0, 1]."""
    plane = np.ascontiguousarray(covered[0, 0].numpy())
    stands, usual = standing(plane), USUAL["contact"]
    length, blur = usual.length * stands.height, usual.blur * stands.height
    dark = shadows.contact(plane.shape, stands, length_px=max(1.0, length), blur_px=blur)
    return torch.from_numpy(dark)[None, None]


def _report(
    sheet: Sheet, seen: Sequence[_Seen], reaches: Sequence[Extents]
) -> dict[str, float | int | str | None]:
    """Numbers of all frames; of trust those of the worst."""
    trusts = [one.trust for one in seen]
    worst = {
        name: worse((value for one in trusts if (value := one[name]) is not None), default=None)
        for name, worse in _TRUST.items()
    }
    return {
        "frames": sheet.count,
        "columns": sheet.columns,
        "rows": sheet.rows,
        "frame_width": sheet.width,
        "frame_height": sheet.height,
        "cut_frames": sum(one.is_cut for one in seen),
        **steadiness(reaches),
        **worst,
    }


def _frames(
    sheet: Sheet, seen: Sequence[_Seen], placed: Sequence[tuple[Move, Extents]]
) -> Iterator[dict[str, object]]:
    """Of each its place in the sheet, and how the view's pixels came there."""
    for number, (one, (move, reach)) in enumerate(zip(seen, placed, strict=True)):
        left, top, _, _ = sheet.box(number)
        yield {
            "x": left,
            "y": top,
            "placement": _on_sheet(move.matrix(), left, top),
            "product": [round(side, 3) for side in astuple(reach)],
            "is_cut": one.is_cut,
            **one.trust,
        }


def _on_sheet(matrix: Matrix, left: int, top: int) -> Matrix:
    a, b, c, d, e, f = matrix
    return a, b, c + left, d, e, f + top
