"""Puts the product on a plain colour; its own pixels are pasted back exactly."""

import torch
from torch import Tensor

from models.editing.cutout import product
from models.made import Made
from models.matting.foreground import decontaminated, solid


def background(image: Tensor, *, rgb: tuple[int, int, int], mask: Tensor | None) -> Made:
    """The product of [1, 3, H, W] over one colour.

    Args:
        image: in [0, 1].
        rgb: the new backdrop, 0 to 255 each.
        mask: [1, 1, H, W], such as the picture's own alpha, instead of a guess.
    """
    found = product(image, mask=mask)
    kept = solid(found.alpha)
    plate = colour(rgb, like=image)
    blended = plate + found.alpha * (decontaminated(image, found.alpha) - plate)
    output = torch.where(kept > 0, image, blended.clamp_(0, 1))
    return Made(
        (output,),
        product_mask=kept,
        expected_product=image,
        matte=found.alpha,
        independent_mask=found.independent,
        report=found.report,
        stages={"matte": found.alpha},
    )


def colour(rgb: tuple[int, int, int], *, like: Tensor) -> Tensor:
    """[1, 3, 1, 1] in [0, 1]."""
    return like.new_tensor(rgb).div_(255).view(1, 3, 1, 1)
