"""Gives a picture the colours of a style: all of them, lights and shades each for itself."""

import torch
from torch import Tensor

from models import resampling
from models.colour.sampling import colours_of
from models.colour.transport import transport, transported
from models.editing.cutout import product
from models.failures import CannotDo
from models.images import Loaded
from models.made import Made
from models.matting.foreground import solid


def stylize(
    picture: Loaded, *, style: Loaded, strength: float, protect_product: bool, mask: Tensor | None
) -> Made:
    """The picture in the colours of another; what it shows stays where it is.

    Args:
        picture: [1, 3, H, W] in [0, 1].
        style: of any size.
        strength: 0 leaves the picture, 1 changes fully.
        protect_product: change the ground only.
        mask: [1, 1, H, W], where the product is; None: its transparency, or what is found.
    """
    image, alpha = picture.image, picture.alpha
    source = image if alpha is None else resampling.lifted(image, alpha)[:, :3]
    found = product(image, mask=alpha if mask is None else mask) if protect_product else None
    share = torch.ones_like(image[:, :1]) if found is None else _around(found.alpha)
    counts = share if alpha is None else share * alpha
    if not bool((counts > 0.5).any()):
        raise CannotDo("mask_full", "The product fills the picture: there is no ground.")
    colours, wanted = colours_of(source, where=counts), colours_of(style.image, where=style.alpha)
    output = transported(source, transport(colours, wanted), share=share * strength)
    if alpha is not None:
        output = torch.cat((output.masked_fill_(alpha <= 0, 1.0), alpha), dim=1)
    edited = None if found is None and alpha is None else (counts > 0).float()
    if found is None:
        return Made((output,), edit_mask=edited, style=wanted[None, :, None])
    return Made(
        (output,),
        product_mask=solid(found.alpha),
        expected_product=image,
        matte=found.alpha,
        independent_mask=found.independent,
        edit_mask=edited,
        style=wanted[None, :, None],
        report=found.report,
        stages={"matte": found.alpha},
    )


def _around(alpha: Tensor) -> Tensor:
    """How much each pixel is ground; nothing of it where the product is solid."""
    return 1 - torch.maximum(alpha, solid(alpha))
