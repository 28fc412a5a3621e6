"""Gives a picture, its product or its ground the colours of another picture's."""

from typing import Literal

import torch
from torch import Tensor

from models import resampling
from models.colour.sampling import colours_of
from models.colour.transfer import transfer, transferred
from models.editing.cutout import product
from models.failures import CannotDo
from models.images import Loaded
from models.made import Made
from models.matting.foreground import solid
from models.matting.matte import Matte
from models.metrics.colour_distance import colour_distance

Region = Literal["whole", "product", "ground"]


def match_color(
    picture: Loaded,
    *,
    target: Loaded,
    strength: float,
    region: Region,
    target_region: Region,
    mask: Tensor | None,
) -> Made:
    """Colours of the mean and spread that the target's have; what is not of the region stays.

    Args:
        picture: [1, 3, H, W] in [0, 1].
        target: of any size.
        strength: 0 leaves the picture, 1 changes fully.
        region: what is changed, and measured.
        target_region: what is taken as an example.
        mask: [1, 1, H, W], where the product is; None: its transparency, or what is found.
    """
    image, alpha = picture.image, picture.alpha
    source = image if alpha is None else resampling.lifted(image, alpha)[:, :3]
    found = None if region == "whole" else product(image, mask=alpha if mask is None else mask)
    share = _share(region, found, image)
    counts = share if alpha is None else share * alpha
    colours, wanted = colours_of(source, where=_some(counts)), _example(target, target_region)
    output = transferred(source, transfer(colours, wanted), share=share * strength)
    after = colours_of(output, where=counts)
    report: dict[str, float | int | str | None] = {
        "delta_e_before": float(colour_distance(colours, wanted)),
        "delta_e_after": float(colour_distance(after, wanted)),
    }
    if alpha is not None:
        output = torch.cat((output.masked_fill_(alpha <= 0, 1.0), alpha), dim=1)
    if found is None:
        return Made((output,), report=report)
    ground = region == "ground"
    return Made(
        (output,),
        product_mask=solid(found.alpha) if ground else None,
        expected_product=image if ground else None,
        matte=found.alpha,
        independent_mask=found.independent,
        edit_mask=(share > 0).float(),
        report=found.report | report,
        stages={"matte": found.alpha},
    )


def _share(region: Region, found: Matte | None, image: Tensor) -> Tensor:
    """How much each pixel is of the region: [1, 1, H, W] in [0, 1]."""
    if found is None:
        return torch.ones_like(image[:, :1])
    return (
        found.alpha if region == "product" else 1 - torch.maximum(found.alpha, solid(found.alpha))
    )


def _some(counts: Tensor) -> Tensor:
    if not bool((counts > 0.5).any()):
        raise CannotDo("mask_full", "The product fills the picture: there is no ground.")
    return counts


def _example(target: Loaded, region: Region) -> Tensor:
    """[3, M], the colours that are wanted."""
    if region == "whole":
        return colours_of(target.image, where=target.alpha)
    coverage = product(target.image, mask=target.alpha).alpha
    return colours_of(target.image, where=coverage if region == "product" else 1 - coverage)
