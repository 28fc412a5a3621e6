"""Cuts the product out of its picture: as a mask says, or as it is found, with a soft edge."""

import math

import cv2
import torch
import torch.nn.functional as F
from torch import Tensor

from models.failures import CannotDo
from models.made import Made
from models.matting import matte
from models.matting.foreground import decontaminated, solid
from models.matting.matte import Finder, Matte

Box = tuple[int, int, int, int]


def cutout(
    image: Tensor,
    *,
    threshold: float,
    feather_px: int,
    box: Box | None,
    decontaminate: bool,
    mask: Tensor | None = None,
    find: Finder = matte.find,
) -> Made:
    """The product with straight alpha, at the picture's own size.

    Args:
        image: [1, 3, H, W] in [0, 1].
        threshold: coverage that becomes one half; .5 leaves the matte as found.
        feather_px: how far the edge is softened, inwards.
        box: left, top, right, bottom in pixels; nothing outside is product.
        decontaminate: take the backdrop's colour out of half-covered pixels.
        mask: [1, 1, H, W], such as the picture's own alpha, instead of a guess.
        find: what guesses where there is no mask.
    """
    found = product(image, mask=mask, box=box, find=find)
    alpha = feathered(shifted(found.alpha, threshold=threshold), pixels=feather_px)
    colours = decontaminated(image, alpha) if decontaminate else image
    return Made(
        (torch.cat((colours, alpha), dim=1),),
        product_mask=solid(alpha),
        expected_product=image,
        matte=found.alpha,
        independent_mask=found.independent,
        report=found.report,
        stages={"matte": found.alpha},
    )


def product(
    image: Tensor, *, mask: Tensor | None, box: Box | None = None, find: Finder = matte.find
) -> Matte:
    """The product's matte: what the caller says, or what its picture tells."""
    if mask is None:
        return find(image) if box is None else _in_box(image, box, find)
    checked(mask, image)
    if not bool((mask > 0.5).any()):
        raise CannotDo("mask_empty", "The mask holds no product.")
    independent = matte.second_opinion(image)
    return Matte(mask, independent, {"coverage": float(mask.mean())})


def checked(mask: Tensor, image: Tensor) -> Tensor:
    """The mask, if it is of the picture's size."""
    if mask.shape[2:] != image.shape[2:]:
        (high, wide), (height, width) = mask.shape[2:], image.shape[2:]
        raise CannotDo(
            "mask_size_mismatch", f"The mask is {wide} x {high}, the picture {width} x {height}."
        )
    return mask


def shifted(alpha: Tensor, *, threshold: float) -> Tensor:
    """The matte bent so that what was `threshold` is one half; 0 and 1 stay."""
    if threshold == 0.5:
        return alpha
    return alpha ** (math.log(0.5) / math.log(min(max(threshold, 0.01), 0.99)))


def feathered(alpha: Tensor, *, pixels: int) -> Tensor:
    """The matte with a softer edge; nothing outside it is uncovered."""
    if pixels == 0:
        return alpha
    plane = alpha[0, 0].contiguous().numpy()
    soft = cv2.GaussianBlur(plane, (0, 0), pixels / 2, borderType=cv2.BORDER_REPLICATE)
    return torch.minimum(alpha, torch.from_numpy(soft)[None, None])


def _in_box(image: Tensor, box: Box, find: Finder) -> Matte:
    height, width = image.shape[2:]
    left, top = max(0, box[0]), max(0, box[1])
    right, bottom = min(width, box[2]), min(height, box[3])
    if left >= right or top >= bottom:
        raise CannotDo("box_outside", "The box lies outside the picture.")
    found = find(image[:, :, top:bottom, left:right])
    around = (left, width - right, top, height - bottom)
    return Matte(F.pad(found.alpha, around), F.pad(found.independent, around), found.report)
