"""Puts the product on another ground; its own pixels are pasted back exactly."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from models.editing.cutout import product
from models.failures import CannotDo
from models.made import Made
from models.matting import matte
from models.matting.foreground import decontaminated, solid
from models.matting.matte import Finder, Matte
from models.plates.plate import Plate


def background(
    image: Tensor,
    *,
    plates: Sequence[Plate],
    mask: Tensor | None,
    find: Finder = matte.find,
    keeps_plate: bool = False,
) -> Made:
    """The product of [1, 3, H, W] on each of these grounds.

    Args:
        image: in [0, 1].
        plates: each makes a ground.
        mask: [1, 1, H, W], such as the picture's own alpha, instead of a guess.
        find: what guesses where there is no mask.
        keeps_plate: the ground without the product is one of the stages.
    """
    found = product(image, mask=mask, find=find)
    kept = solid(found.alpha)
    if bool(kept.all()):
        raise CannotDo("mask_full", "The product fills the picture: there is no ground.")
    pure = decontaminated(image, found.alpha)
    made = []
    for left, plate in zip(reversed(range(len(plates))), plates, strict=True):
        # Few full-size copies are held: the last ground is mixed into the colours themselves.
        own = pure.clone() if left else pure
        made.append(_before(plate, image, own, found, kept, keeps_plate=keeps_plate))
    if len(made) == 1:
        return made[0]
    return replace(made[-1], images=tuple(one.images[0] for one in made), parts=tuple(made))


def _before(
    plate: Plate, image: Tensor, pure: Tensor, found: Matte, kept: Tensor, *, keeps_plate: bool
) -> Made:
    """On one ground; the product's `pure` colours become the picture."""
    ground = plate(image, found.alpha)
    blended = pure.sub_(ground).mul_(found.alpha).add_(ground).clamp_(0, 1)
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
