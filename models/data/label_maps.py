"""Pictures that carry their label map along: what each pixel shows, not how it looks.

Regions are the product's larger material ("body") and the rest of it ("detail"); what is neither is
ground. The renderer's recoloured twin tells them apart: it differs where one material is. Such a
picture has five channels, [N, 5, S, S]: over white, and how far each region covers a pixel. Of
cut-outs that have no twin everything is body.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from models.data import catalogue_set
from models.data.catalogue_cache import Progress
from models.data.catalogue_models import TEST, TRAIN, VALIDATION, licences
from models.data.catalogue_set import RECIPE, Views
from models.data.catalogue_shots import Recipe
from models.data.image_set import ImageSet, Part
from models.data.product_classes import CLASSES

REGIONS: Final = ("body", "detail")
COLOURS: Final = 3
CHANNELS: Final = COLOURS + len(REGIONS)
COVERED = 0.1
"""Share of a pixel that a product covers where the map calls it product: as much is seen."""
MOVED = 8
"""Levels of 8 bits by which the twin differs where it has another colour."""
SMALL = 0.02
"""Of the product: a smaller detail is noise."""


def told(images: Tensor) -> Tensor:
    """[N, 5, H, W] in [0, 1] → the maps [N, R, H, W]: 0 where a region is, 1 elsewhere."""
    return 1 - (images[:, COLOURS:] >= 0.5).float()


def seen(images: Tensor) -> Tensor:
    """[N, C, H, W] → the pictures without what they carry."""
    return images[:, :COLOURS]


def catalogue(
    cache: Path,
    *,
    furniture: Path,
    recipe: Recipe = RECIPE,
    on_progress: Progress = lambda _done, _total: None,
) -> ImageSet:
    """The rendered catalogue with its maps, split by model; nothing is rendered for them anew.

    Raises:
        CannotDo: `dataset_missing` where the package is not there, or nothing can be rendered.
    """
    views = catalogue_set.views(
        cache,
        splits=(TRAIN, VALIDATION),
        furniture=furniture,
        recipe=recipe,
        on_progress=on_progress,
    )
    held_out = torch.tensor([one.split == VALIDATION for one in views.listed])
    return ImageSet(
        name=catalogue_set.NAME,
        images=torch.cat([views.images, regions(views)], dim=1),
        labels=views.labels,
        categories=CLASSES,
        validation=held_out[views.models],
        licence=licences(views.listed),
        source=f"{catalogue_set.SOURCE}, with maps of their materials",
    )


def catalogue_test(cache: Path, *, furniture: Path) -> Part:
    """The same of models that nothing learns from or is chosen by: for numbers that are told."""
    views = catalogue_set.views(cache, splits=(TEST,), furniture=furniture)
    return Part(torch.cat([views.images, regions(views)], dim=1), views.labels)


def of_cut_outs(images: ImageSet) -> ImageSet:
    """Cut-outs uint8 [N, 4, S, S], over white and how far they cover, as pictures with a map."""
    body = (images.images[:, COLOURS:] >= 255 * COVERED).to(torch.uint8) * 255
    carried = torch.cat([seen(images.images), body, torch.zeros_like(body)], dim=1)
    return replace(images, images=carried)


def regions(views: Views) -> Tensor:
    """uint8 [N, R, S, S], 255 where the region is."""
    product = views.alpha >= 255 * COVERED
    darker, lighter = (
        torch.minimum(views.images, views.recoloured),
        torch.maximum(views.images, views.recoloured),
    )
    dyed = ((lighter - darker).amax(1, keepdim=True) > MOVED) & product
    others = product & ~dyed
    areas = [one.flatten(1).sum(1)[:, None, None, None] for one in (dyed, others)]
    detail = torch.where(areas[0] <= areas[1], dyed, others)
    is_small = torch.minimum(*areas) < SMALL * (areas[0] + areas[1])
    detail = detail & ~is_small
    return torch.cat([product & ~detail, detail], dim=1).to(torch.uint8) * 255
