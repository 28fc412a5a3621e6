"""Lays a product's shadow or reflection on the ground it stands on; the product itself stays."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import torch
from torch import Tensor

from models.editing.cutout import checked, product
from models.failures import CannotDo
from models.made import Made
from models.matting import matte
from models.matting.foreground import decontaminated, solid
from models.matting.matte import Finder
from models.resampling import straight
from models.shading import shadows
from models.shading.standing import Standing, standing

Kind = Literal["contact", "drop", "reflection"]

_LEAST_VISIBLE = 1 / 255
_STRIP_ROWS = 512


@dataclass(frozen=True, slots=True)
class Usual:
    """What is left out of an order; lengths and blurs as shares of the product's height."""

    length: float
    blur: float
    opacity: float


USUAL: Final[Mapping[Kind, Usual]] = {
    "contact": Usual(length=0.08, blur=0.02, opacity=0.6),
    "drop": Usual(length=0.05, blur=0.03, opacity=0.35),
    "reflection": Usual(length=0.4, blur=0.0, opacity=0.3),
}


@dataclass(frozen=True, slots=True)
class _Layer:
    """What lies between ground and product: premultiplied colours in some rows, and coverage.

    Attributes:
        cover: [1, 1, H, W] in [0, 1].
        colours: [1, 3, h, W]; none of them is black.
        first: row of the picture in which `colours` begin.
    """

    cover: Tensor
    colours: Tensor
    first: int = 0


def shadow(
    image: Tensor,
    *,
    kind: Kind,
    angle_deg: float,
    length: float | None,
    blur_px: float | None,
    opacity: float | None,
    mask: Tensor | None,
    alpha: Tensor | None,
    find: Finder = matte.find,
) -> Made:
    """The picture with a shadow of the product under or beside it, at its own size.

    Args:
        image: [1, 3, H, W] in [0, 1]; over white where there is an alpha beside it.
        kind: `contact` where it touches the ground, `drop` of its outline, or a `reflection`.
        angle_deg: of a drop shadow, to where it falls: 0 to the right, 90 down.
        length: how far it reaches, as a share of the product's height; None: as usual.
        blur_px: its softness, a standard deviation; None: as usual.
        opacity: its darkness; 0 gives the picture back as it is.
        mask: [1, 1, H, W], where the product is; None: its alpha, or what is found.
        alpha: [1, 1, H, W], the picture's transparency; the result is RGBA then.
        find: what finds it where neither says where it is.
    """
    found = product(image, mask=_where(mask, alpha, image), find=find)
    kept = solid(found.alpha)
    if bool(kept.all()):
        raise CannotDo("mask_full", "The product fills the picture: there is no ground.")
    usual, stands = USUAL[kind], standing(found.alpha[0, 0].numpy())
    reach = max(1.0, (usual.length if length is None else length) * stands.height)
    blur = usual.blur * stands.height if blur_px is None else blur_px
    dark = usual.opacity if opacity is None else opacity
    pure = _pure(image, found.alpha, own=alpha if mask is None else None)
    if kind == "reflection":
        layer = _reflection(pure, found.alpha, stands, reach, blur, opacity=dark)
    else:
        cover = _dark(kind, found.alpha, stands, angle_deg, reach, blur).mul_(dark)
        layer = _Layer(cover, image[:, :, :0])
    visible = layer.cover * (1 - found.alpha)
    if dark > 0 and float(visible.max()) < _LEAST_VISIBLE:
        raise CannotDo("shadow_unseen", "The shadow lies behind the product or out of the picture.")
    return Made(
        (_laid(image, found.alpha, pure, layer, kept=kept, alpha=alpha),),
        product_mask=kept,
        expected_product=image,
        matte=found.alpha,
        independent_mask=found.independent,
        report=found.report
        | {"length_px": reach, "blur_px": blur, "opacity": dark, "shaded": float(visible.mean())},
        stages={"matte": found.alpha, "shadow": layer.cover},
    )


def _where(mask: Tensor | None, alpha: Tensor | None, image: Tensor) -> Tensor | None:
    """What is transparent is no product, whatever a mask says."""
    if mask is None or alpha is None:
        return alpha if mask is None else mask
    return checked(mask, image) * alpha


def _pure(image: Tensor, coverage: Tensor, *, own: Tensor | None) -> Tensor:
    """The product alone, premultiplied: what its transparency says, or else an estimate."""
    if own is not None:
        return (image - (1 - own)).clamp_(0, 1)
    return decontaminated(image, coverage).mul_(coverage)


def _dark(
    kind: Kind, alpha: Tensor, stands: Standing, angle_deg: float, reach: float, blur: float
) -> Tensor:
    plane = np.ascontiguousarray(alpha[0, 0].numpy())
    if kind == "contact":
        dark = shadows.contact(plane.shape, stands, length_px=reach, blur_px=blur)
    else:
        right, down = (reach * turn(math.radians(angle_deg)) for turn in (math.cos, math.sin))
        dark = shadows.drop(plane, right_px=right, down_px=down, blur_px=blur)
    return torch.from_numpy(dark)[None, None]


def _reflection(
    pure: Tensor, alpha: Tensor, stands: Standing, reach: float, blur: float, *, opacity: float
) -> _Layer:
    height = alpha.shape[2]
    seen = shadows.seen_in(stands, length_px=reach, height=height)
    rgba = torch.cat((pure[:, :, seen], alpha[:, :, seen]), dim=1)[0].permute(1, 2, 0)
    rows, drawn = shadows.mirrored(
        rgba.contiguous().numpy(),
        stands,
        first_row=seen.start,
        height=height,
        length_px=reach,
        blur_px=blur,
    )
    mirror = torch.from_numpy(drawn).permute(2, 0, 1)[None].mul_(opacity)
    cover = torch.zeros_like(alpha)
    cover[:, :, rows] = mirror[:, 3:]
    return _Layer(cover, mirror[:, :3], rows.start)


def _laid(
    image: Tensor,
    product: Tensor,
    pure: Tensor,
    layer: _Layer,
    *,
    kept: Tensor,
    alpha: Tensor | None,
) -> Tensor:
    """Ground, layer and product over each other, strip by strip; solid product pixels are copied.

    A pixel is what the product gives, p, and what the ground gives; the layer takes a share s of
    the ground away and gives (1 - a) of its own instead: (1 - s)·pixel + s·p + (1 - a)·layer.
    """
    output = image.new_empty((1, 3 if alpha is None else 4, *image.shape[2:]))
    for top in range(0, image.shape[2], _STRIP_ROWS):
        rows = slice(top, top + _STRIP_ROWS)
        part, share = image[:, :, rows], layer.cover[:, :, rows]
        covered = part if alpha is None else part - (1 - alpha[:, :, rows])
        mixed = (1 - share) * covered + share * pure[:, :, rows]
        _add(layer, mixed, 1 - product[:, :, rows], rows)
        if alpha is not None:
            opaque = (1 - share) * alpha[:, :, rows] + share
            output[:, 3:, rows] = opaque
            mixed = straight(mixed, opaque)
        stays = (kept[:, :, rows] > 0) | (share <= 0 if alpha is None else False)
        output[:, :3, rows] = torch.where(stays, part, mixed.clamp_(0, 1))
    return output


def _add(layer: _Layer, mixed: Tensor, free: Tensor, rows: slice) -> None:
    """The layer's own colours, where these rows and its rows meet."""
    first = max(rows.start, layer.first)
    last = min(rows.stop, layer.first + layer.colours.shape[2])
    if first < last:
        here = slice(first - rows.start, last - rows.start)
        own = layer.colours[:, :, first - layer.first : last - layer.first]
        mixed[:, :, here] += free[:, :, here] * own
