"""Products cut out exactly, and grounds to put them on: what a matte is learnt from.

A cut-out has four channels, [N, 4, S, S]: the product over white, and how far it covers. So where
it lies on something else is a sum, without a division: over white + (1 - alpha) · (ground - 1).
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from models.data import catalogue_set, photographs
from models.data.catalogue_cache import Progress
from models.data.catalogue_models import TEST, TRAIN, VALIDATION, licences
from models.data.catalogue_set import RECIPE, Views
from models.data.catalogue_shots import Recipe
from models.data.image_set import ImageSet, Part
from models.data.product_classes import CLASSES

CHANNELS = 4


@dataclass(frozen=True, slots=True)
class Grounds:
    """Photographs uint8 [M, 3, P, P]; those held out are of other scenes."""

    learnt: Tensor
    held_out: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOuts(ImageSet):
    """Cut-outs, and what they are put on.

    Attributes:
        grounds: of which nothing is learnt from those held out, either.
    """

    grounds: Grounds

    def digest(self) -> str:
        """Of the products and of what they are put on."""
        images = torch.cat([one.flatten() for one in (self.images, self.grounds.learnt)])
        return Part(images, self.labels).digest()


def catalogue(
    cache: Path,
    grounds: Grounds,
    *,
    furniture: Path,
    recipe: Recipe = RECIPE,
    on_progress: Progress = lambda _done, _total: None,
) -> CutOuts:
    """The rendered catalogue with the alpha that the renderer knows, split by model.

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
    cut = _cut(views)
    held_out = torch.tensor([one.split == VALIDATION for one in views.listed])
    return CutOuts(
        name=catalogue_set.NAME,
        images=cut.images,
        labels=cut.labels,
        categories=CLASSES,
        validation=held_out[views.models],
        licence=licences(views.listed),
        source=f"{catalogue_set.SOURCE}, on {photographs.SOURCE}",
        grounds=grounds,
    )


def catalogue_test(cache: Path, *, furniture: Path) -> Part:
    """Cut-outs of models that nothing learns from or is chosen by: for numbers that are told."""
    return _cut(catalogue_set.views(cache, splits=(TEST,), furniture=furniture))


def _cut(views: Views) -> Part:
    return Part(torch.cat([views.images, views.alpha], dim=1), views.labels)


def photographed(folder: Path = photographs.FOLDER) -> Grounds:
    """Patches of Debian's wallpapers.

    Raises:
        NoPhotographsError: the packages are not installed.
    """
    learnt, held_out = photographs.read(folder).split()
    return Grounds(learnt.images, held_out.images)
