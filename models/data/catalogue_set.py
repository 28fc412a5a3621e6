"""The rendered catalogue: 492 3D models in twelve classes, photographed on white by ourselves.

Debian's `sweethome3d-furniture`. Every view has more than a picture: its exact alpha, a twin in
which one material has another colour, and the shadow it casts. Split by model: of an unseen model
no view is seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from models.data.catalogue_cache import LAYERS, Cache, Progress
from models.data.catalogue_models import (
    FOLDER,
    PACKAGE,
    TEST,
    TRAIN,
    VALIDATION,
    Listed,
    licences,
    listed,
)
from models.data.catalogue_shots import Recipe
from models.data.image_set import ImageSet
from models.data.image_set import Part as Pictures
from models.data.product_classes import CLASSES

NAME = "catalogue"
SOURCE = f"Debian {PACKAGE}, rendered by us"
RECIPE = Recipe()


@dataclass(frozen=True, slots=True)
class Views:
    """Views of models, with all that is known of them.

    Attributes:
        images: uint8 [N, 3, S, S], the product on white, without a shadow.
        alpha: uint8 [N, 1, S, S], exact.
        recoloured: uint8 [N, 3, S, S]: the same, but for the colour of one material.
        shadow: uint8 [N, 1, S, S]: how black the ground is where the product leaves it to see;
            `images - shadow` is the product on its shadow.
        dyes: uint8 [N, 3], the colour that the material has in the twin.
        labels: int64 [N], each an index into `CLASSES`.
        models: int64 [N], each an index into `listed`.
        listed: the models of the whole catalogue.
    """

    images: Tensor
    alpha: Tensor
    recoloured: Tensor
    shadow: Tensor
    dyes: Tensor
    labels: Tensor
    models: Tensor
    listed: tuple[Listed, ...]

    def __len__(self) -> int:
        return len(self.images)


def read(
    cache: Path,
    *,
    twins: bool = False,
    furniture: Path = FOLDER,
    recipe: Recipe = RECIPE,
    on_progress: Progress = lambda _done, _total: None,
) -> ImageSet:
    """The pictures of all models but those for tests; rendered into `cache` at the first use.

    Args:
        cache: where rendered pictures are kept.
        twins: after all these come the recoloured twins of what is learnt from.
        furniture: folder of the libraries.
        recipe: what decides the pictures.
        on_progress: told how many models are done, of how many.

    Raises:
        CannotDo: `dataset_missing` where the package is not there, or nothing can be rendered.
    """
    store = Cache(cache, furniture, listed(furniture), recipe, on_progress)
    chosen = _rows(store, (TRAIN, VALIDATION))
    images = _layers(store, chosen, ("images",))["images"]
    if twins:
        learning = _rows(store, (TRAIN,))
        recoloured = _layers(store, learning, ("recoloured",))["recoloured"]
        images, chosen = torch.cat([images, recoloured]), torch.cat([chosen, learning])
    models = chosen // recipe.views
    held_out = torch.tensor([one.split == VALIDATION for one in store.models])
    return ImageSet(
        name=NAME,
        images=images,
        labels=_labels(store)[models],
        categories=CLASSES,
        validation=held_out[models],
        licence=licences(store.models),
        source=SOURCE,
    )


def render(
    cache: Path,
    *,
    furniture: Path = FOLDER,
    recipe: Recipe = RECIPE,
    on_progress: Progress = lambda _done, _total: None,
) -> int:
    """Renders what is not in `cache` yet, reads all of it once, and tells how many views it holds.

    Raises:
        CannotDo: `dataset_missing` where the package is not there, or nothing can be rendered.
    """
    store = Cache(cache, furniture, listed(furniture), recipe, on_progress)
    return sum(len(kept["images"]) for _, kept in store.read(LAYERS))


def count(models: Sequence[Listed], recipe: Recipe = RECIPE) -> int:
    """How many pictures `read` gives of these models."""
    return recipe.views * sum(one.split != TEST for one in models)


def read_test(
    cache: Path,
    *,
    furniture: Path = FOLDER,
    recipe: Recipe = RECIPE,
    on_progress: Progress = lambda _done, _total: None,
) -> Pictures:
    """Pictures of models that nothing learns from or is chosen by: for numbers that are told."""
    store = Cache(cache, furniture, listed(furniture), recipe, on_progress)
    chosen = _rows(store, (TEST,))
    images = _layers(store, chosen, ("images",))["images"]
    return Pictures(images, _labels(store)[chosen // recipe.views])


def views(
    cache: Path,
    *,
    splits: Sequence[str] = (TRAIN, VALIDATION, TEST),
    furniture: Path = FOLDER,
    recipe: Recipe = RECIPE,
    on_progress: Progress = lambda _done, _total: None,
) -> Views:
    """All layers of some splits' views: 33 kB each in memory."""
    store = Cache(cache, furniture, listed(furniture), recipe, on_progress)
    chosen = _rows(store, splits)
    models = chosen // recipe.views
    layers = _layers(store, chosen, LAYERS)
    return Views(**layers, labels=_labels(store)[models], models=models, listed=store.models)


def _labels(store: Cache) -> Tensor:
    return torch.tensor([one.label for one in store.models])


def _rows(store: Cache, splits: Sequence[str]) -> Tensor:
    """Which of all views are of models in these splits."""
    wanted = torch.tensor([one.split in splits for one in store.models])
    return wanted.repeat_interleave(store.recipe.views).nonzero().flatten()


def _layers(store: Cache, chosen: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
    """The chosen rows of some layers; one part at a time beside them, to spare memory."""
    found: dict[str, Tensor] = {}
    filled = 0
    for part, kept in store.read(names):
        first = part.first * store.recipe.views
        last = first + len(part.models) * store.recipe.views
        own = chosen[(chosen >= first) & (chosen < last)] - first
        for name in names:
            layer = torch.from_numpy(kept[name])
            if name not in found:
                found[name] = torch.empty((len(chosen), *layer.shape[1:]), dtype=torch.uint8)
            found[name][filled : filled + len(own)] = layer[own]
        filled += len(own)
    return found
