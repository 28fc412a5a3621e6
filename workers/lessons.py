"""From a dataset's row to the pictures that a network learns from."""

from collections.abc import Callable

import torch
from torch import Tensor

from db import blobs, datasets, trainable
from db import settings as db_settings
from db.splits import VALIDATION, VALIDATION_SHARE
from db.tables.versions import Dataset
from models import images
from models.data import catalogue_set, debian, fashion_mnist, samples
from models.data.catalogue_cache import Progress
from models.data.image_set import ImageSet, fitted
from workers import rendered
from workers.failures import Permanent

FASHION_MNIST = "fashion-mnist"
SMALL_FASHION_MNIST = "fashion-mnist-small"
CATALOGUE = catalogue_set.NAME


def read(
    dataset: Dataset,
    *,
    image_size: int,
    most: int | None,
    on_progress: Progress = lambda _done, _total: None,
) -> ImageSet:
    """The dataset as one tensor, split before anything learns from it.

    Args:
        dataset: its row.
        image_size: pictures of a shop are brought to this side.
        most: learn from so many only, spread over the categories.
        on_progress: told how much is rendered, of how much, where pictures must be rendered.

    Raises:
        Permanent: `dataset_missing` where a data package is not installed here.
        CannotDo: the same, where the catalogue cannot be rendered.
    """
    readers: dict[str, Callable[[], ImageSet]] = {
        FASHION_MNIST: _fashion_mnist,
        SMALL_FASHION_MNIST: _garments,
        CATALOGUE: lambda: _catalogue(on_progress),
        datasets.PICTURES: lambda: _pictures(dataset, image_size),
    }
    found = readers[dataset.kind]()
    return found if most is None or most >= len(found) else _first(found, most)


def _fashion_mnist() -> ImageSet:
    folder = debian.find("usr/share/datasets/fashion-mnist", home=db_settings.get().home)
    if folder is None:
        raise Permanent(
            "dataset_missing",
            "Fashion-MNIST is not installed on this machine; run `packshot data fetch`",
        )
    return fashion_mnist.read(folder)


def _catalogue(on_progress: Progress) -> ImageSet:
    return catalogue_set.read(
        rendered.folder(), furniture=rendered.furniture(), on_progress=on_progress
    )


def _garments() -> ImageSet:
    garments = samples.garments()
    return ImageSet(
        name=SMALL_FASHION_MNIST,
        images=torch.from_numpy(garments.images),
        labels=torch.from_numpy(garments.labels),
        categories=garments.categories,
        validation=_held_out(torch.from_numpy(garments.labels)),
        licence=garments.credit,
        source="the small committed set",
    )


def _pictures(dataset: Dataset, image_size: int) -> ImageSet:
    rows = trainable.with_splits(dataset.manifest)
    labels = torch.tensor([dataset.categories.index(row["category"]) for row in rows])
    squares = [_square(dataset.tenant, row["sha256"], image_size) for row in rows]
    return ImageSet(
        name=dataset.name,
        images=torch.cat(squares),
        labels=labels,
        categories=tuple(dataset.categories),
        validation=torch.tensor([row["split"] == VALIDATION for row in rows]),
        licence=dataset.licence or "not stated",
        source=f"dataset {dataset.name}@{dataset.version}",
    )


def _square(tenant: str, key: str, side: int) -> Tensor:
    image = fitted(images.read(blobs.get(tenant, key)).image, size=side, channels=3)
    return (image * 255).round().to(torch.uint8)


def _held_out(labels: Tensor) -> Tensor:
    """Every tenth picture of each category, so that no category goes unmeasured."""
    return torch.cat(
        [
            (labels == label).nonzero().flatten()[::VALIDATION_SHARE]
            for label in range(int(labels.max()) + 1)
        ]
    )


def _first(found: ImageSet, most: int) -> ImageSet:
    """The first so many of a round over the categories, so that none is left out."""
    turn = torch.empty(len(found), dtype=torch.long)
    for label in range(len(found.categories)):
        members = (found.labels == label).nonzero().flatten()
        turn[members] = torch.arange(len(members)) * len(found.categories) + label
    held_out = torch.zeros(len(found), dtype=torch.bool)
    held_out[found.validation] = True
    in_turn = turn.argsort()
    chosen = in_turn[:most]
    if held_out.any() and not held_out[chosen].any():
        # A product is held out as a whole or not at all: one of those that are takes the last seat.
        chosen = torch.cat([chosen[:-1], in_turn[held_out[in_turn]][:1]])
    return ImageSet(
        name=found.name,
        images=found.images[chosen],
        labels=found.labels[chosen],
        categories=found.categories,
        validation=held_out[chosen],
        licence=found.licence,
        source=found.source,
    )
