"""Gives a picture the look of a style: all its colours, or what a network's features tell of it."""

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
from models.restyling import Restyler, Seen, change

_SMALLEST_SIDE = 16


def stylize(
    picture: Loaded,
    *,
    style: Loaded,
    strength: float,
    protect_product: bool,
    mask: Tensor | None,
    restyler: Restyler | None = None,
) -> Made:
    """The picture in the colours or the look of another; what it shows stays where it is.

    Args:
        picture: [1, 3, H, W] in [0, 1].
        style: of any size.
        strength: 0 leaves the picture, 1 changes fully.
        protect_product: change the ground only.
        mask: [1, 1, H, W], where the product is; None: its transparency, or what is found.
        restyler: the network that does it; None: by colours alone.
    """
    image, alpha = picture.image, picture.alpha
    found = product(image, mask=alpha if mask is None else mask) if protect_product else None
    share = torch.ones_like(image[:, :1]) if found is None else _around(found.alpha)
    counts = share if alpha is None else share * alpha
    if not bool((counts > 0.5).any()):
        raise CannotDo("mask_full", "The product fills the picture: there is no ground.")
    source = image if alpha is None else resampling.lifted(image, alpha)[:, :3]
    wanted = colours_of(style.image, where=style.alpha)
    if restyler is None:
        cube = transport(colours_of(source, where=counts), wanted)
        output = transported(source, cube, share=share * strength)
    else:
        output = _restyled(source, alpha, counts, share, style, strength, restyler)
    if alpha is not None:
        output = torch.cat((output.masked_fill_(alpha <= 0, 1.0), alpha), dim=1)
    edited = None if found is None and alpha is None else (counts > 0).float()
    report = {} if restyler is None else {"engine": "network"}
    if found is None:
        return Made((output,), edit_mask=edited, style=wanted[None, :, None], report=report)
    return Made(
        (output,),
        product_mask=solid(found.alpha),
        expected_product=image,
        matte=found.alpha,
        independent_mask=found.independent,
        edit_mask=edited,
        style=wanted[None, :, None],
        report=found.report | report,
        stages={"matte": found.alpha},
    )


def _restyled(
    source: Tensor,
    alpha: Tensor | None,
    counts: Tensor,
    share: Tensor,
    style: Loaded,
    strength: float,
    restyler: Restyler,
) -> Tensor:
    """[1, 3, H, W] in [0, 1]; where the share is 0, the source exactly."""
    if min(*source.shape[2:], *style.image.shape[2:]) < _SMALLEST_SIDE:
        raise CannotDo("image_too_small", f"A side of {_SMALLEST_SIDE} pixels at least is needed.")
    shown = source if alpha is None else resampling.bled(source, alpha)
    covered = torch.ones_like(style.image[:, :1]) if style.alpha is None else style.alpha
    example = Seen(style.image, covered)
    changed = change(Seen(shown, counts), example, strength=strength, by=restyler)
    return changed.mul_(share).add_(source).clamp_(0, 1)


def _around(alpha: Tensor) -> Tensor:
    """How much each pixel is ground; nothing of it where the product is solid."""
    return 1 - torch.maximum(alpha, solid(alpha))
