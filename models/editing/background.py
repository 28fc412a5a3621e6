"""Puts the product on another ground; its own pixels are pasted back exactly."""

import torch
from torch import Tensor

from models.editing.cutout import product
from models.failures import CannotDo
from models.made import Made
from models.matting import matte
from models.matting.foreground import decontaminated, solid
from models.matting.matte import Finder
from models.plates.plate import Plate


def background(
    image: Tensor,
    *,
    plate: Plate,
    mask: Tensor | None,
    find: Finder = matte.find,
    keeps_plate: bool = False,
) -> Made:
    """The product of [1, 3, H, W] on a ground.

    Args:
        image: in [0, 1].
        plate: makes the ground.
        mask: [1, 1, H, W], such as the picture's own alpha, instead of a guess.
        find: what guesses where there is no mask.
        keeps_plate: the ground without the product is one of the stages.
    """
    found = product(image, mask=mask, find=find)
    kept = solid(found.alpha)
    if bool(kept.all()):
        raise CannotDo("mask_full", "The product fills the picture: there is no ground.")
    ground = plate(image, found.alpha)
    # Of few full-size copies: blended where the product's pure colours lie.
    blended = decontaminated(image, found.alpha)
    blended.sub_(ground).mul_(found.alpha).add_(ground).clamp_(0, 1)
    stages = {"matte": found.alpha}
    if keeps_plate:
        stages["plate"] = ground.expand_as(image)
    del ground
    output = torch.where(kept > 0, image, blended)
    return Made(
        (output,),
        product_mask=kept,
        expected_product=image,
        matte=found.alpha,
        independent_mask=found.independent,
        report=found.report,
        stages=stages,
    )


def colour(rgb: tuple[int, int, int], *, like: Tensor) -> Tensor:
    """[1, 3, 1, 1] in [0, 1]."""
    return like.new_tensor(rgb).div_(255).view(1, 3, 1, 1)
