"""The product's matte at a picture's own size, with a second opinion to hold against it."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from models.failures import CannotDo
from models.matting import backdrop, edge, regions
from models.matting.backdrop import Plane

_VIEW_SIDE = 1024
_SMALLEST_SIDE = 16
_LEAST_DISTANCE, _SPREADS, _BORDER_QUANTILE = 3.0, 1.5, 0.9
_SMALLEST_SHARE, _LARGEST_SHARE = 0.001, 0.985


@dataclass(frozen=True, slots=True)
class Matte:
    """Coverage by the product, and how far it can be trusted.

    Attributes:
        alpha: [1, 1, H, W] in [0, 1].
        independent: [1, 1, H, W] of 0 and 1, by another method.
        report: `coverage`; where the product was sought, by which `engine`, and, by the classical
            one, before which kind of `backdrop`.
    """

    alpha: Tensor
    independent: Tensor
    report: dict[str, float | int | str | None]


Finder = Callable[[Tensor], Matte]
"""Finds the product in an image [1, 3, H, W] in [0, 1]."""


def find(image: Tensor) -> Matte:
    """Finds the product in an image [1, 3, H, W] by what its border is like.

    The work is done on a view of 1,024 pixels at most; only the edge is taken to full size.
    """
    full = pixels(image)
    view = viewed(full, side=_VIEW_SIDE)
    lab = backdrop.to_lab(view)
    found = backdrop.fit(lab)
    mask = regions.product(view, lab, found)
    refuse_nothing(float(mask.mean()))
    behind = None if found.busy else backdrop.to_rgb(found.lab)
    soft = edge.soften(mask, view, behind)
    alpha = plane(edge.enlarge(soft, view, full))
    independent = _enlarged(_second_opinion(lab), alpha)
    kind = "busy" if found.busy else "plain"
    coverage = float(alpha.mean())
    return Matte(
        alpha, independent, {"coverage": coverage, "backdrop": kind, "engine": "classical"}
    )


def second_opinion(image: Tensor) -> Tensor:
    """A mask by colour distance alone, [1, 1, H, W] of 0 and 1."""
    view = viewed(image[0].permute(1, 2, 0).numpy(), side=_VIEW_SIDE)
    return _enlarged(_second_opinion(backdrop.to_lab(view)), image)


def pixels(image: Tensor) -> Plane:
    """[1, 3, H, W] as [H, W, 3], if a product can be sought there."""
    full = image[0].permute(1, 2, 0).numpy()
    if min(full.shape[:2]) < _SMALLEST_SIDE:
        raise CannotDo("image_too_small", f"A side of {_SMALLEST_SIDE} pixels at least is needed.")
    return full


def refuse_nothing(share: float) -> None:
    """Raises where so small or large a share of a picture is no product before a ground."""
    if not _SMALLEST_SHARE < share < _LARGEST_SHARE:
        raise CannotDo("no_product_found", "No product stands out from the picture's border.")


def viewed(full: Plane, *, side: int) -> Plane:
    """[H, W, 3] with no side longer than that."""
    height, width = full.shape[:2]
    shrink = min(1.0, side / max(height, width))
    if shrink == 1:
        return np.ascontiguousarray(full)
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    return cv2.resize(np.ascontiguousarray(full), size, interpolation=cv2.INTER_AREA).astype("f4")


def plane(values: Plane) -> Tensor:
    """[H, W] as [1, 1, H, W]."""
    return torch.from_numpy(np.ascontiguousarray(values))[None, None]


def _second_opinion(lab: Plane) -> regions.Bits:
    """What differs from the border's median colour by more than the border itself does."""
    colours = lab[backdrop.border(*lab.shape[:2])]
    ground = np.median(colours, axis=0)
    spread = float(np.quantile(np.linalg.norm(colours - ground, axis=1), _BORDER_QUANTILE))
    distance = np.linalg.norm(lab - ground, axis=2)
    mask = distance > max(_LEAST_DISTANCE, _SPREADS * spread)
    return regions.without_dust(mask.astype(np.uint8))


def _enlarged(mask: regions.Bits, like: Tensor) -> Tensor:
    size = (like.shape[3], like.shape[2])
    smooth = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    return plane((smooth > 0.5).astype(np.float32))
