"""From a dataset's row to the pictures that a network learns from."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, Literal

import torch
from torch import Tensor

from db import blobs, datasets, trainable
from db import settings as db_settings
from db.splits import VALIDATION, VALIDATION_SHARE
from db.tables.versions import Dataset
from db.trainable import MIN_PICTURES, WINDOW_PX
from models import images
from models.data import (
    catalogue_set,
    cutouts,
    debian,
    fashion_mnist,
    label_maps,
    photographs,
    samples,
)
from models.data.catalogue_cache import Progress
from models.data.cutouts import CHANNELS, CutOuts, Grounds
from models.data.image_set import ImageSet, fitted
from models.data.windows import windows
from models.images import Loaded
from models.networks.translator import Source
from workers import rendered
from workers.failures import Permanent

FASHION_MNIST = "fashion-mnist"
SMALL_FASHION_MNIST = "fashion-mnist-small"
CATALOGUE = catalogue_set.NAME
WINDOWS_EACH = 4
"""Of a picture to learn from; ten thousand pictures come to 2 GB."""

Kind = Literal["square", "window", "cutout", "labels"]


def kind_for(network: str, source: Source = "edges") -> Kind:
    """What a network sees of a picture: all of it, made small, or windows at its own scale.

    Of a cut-out it sees how far the product covers each pixel, too; that is a label map to a
    translator that draws from maps.
    """
    match network:
        case "denoiser" | "deblocker" | "deblurrer" | "upscaler" | "style" | "inpainter":
            return "window"
        case "matte" | "warp":
            return "cutout"
        case _:
            return "square" if source == "edges" else "labels"


def read(
    dataset: Dataset,
    *,
    image_size: int,
    most: int | None,
    kind: Kind = "square",
    on_progress: Progress = lambda _done, _total: None,
) -> ImageSet:
    """The dataset as one tensor, split before anything learns from it.

    Args:
        dataset: its row.
        image_size: pictures of a shop are brought to this side; windows keep their scale.
        most: learn from so many only, spread over the categories.
        kind: what is read of a shop's pictures. What ships with us is as it is.
        on_progress: told how much is rendered, of how much, where pictures must be rendered.

    Raises:
        Permanent: `dataset_missing` where a data package is not installed here;
            `pictures_too_small` where no picture has a window; `no_transparency` where too few
            pictures are cut out.
        CannotDo: `dataset_missing` where the catalogue cannot be rendered.
    """
    readers: dict[str, Callable[[], ImageSet]] = {
        FASHION_MNIST: _fashion_mnist,
        SMALL_FASHION_MNIST: _garments,
        CATALOGUE: lambda: _catalogue(on_progress, kind),
        datasets.PICTURES: lambda: _pictures(dataset, image_size, most, kind),
    }
    found = readers[dataset.kind]()
    if kind == "cutout" and not isinstance(found, CutOuts):
        raise Permanent("no_transparency", f"no picture of {dataset.name} is cut out")
    if kind == "labels" and found.images.shape[1] != label_maps.CHANNELS:
        raise Permanent("no_transparency", f"no picture of {dataset.name} carries a label map")
    return found if dataset.kind == datasets.PICTURES else _first(found, most)


def _fashion_mnist() -> ImageSet:
    folder = debian.find("usr/share/datasets/fashion-mnist", home=db_settings.get().home)
    if folder is None:
        raise Permanent(
            "dataset_missing",
            "Fashion-MNIST is not installed on this machine; run `packshot data fetch`",
        )
    return fashion_mnist.read(folder)


def _catalogue(on_progress: Progress, kind: Kind) -> ImageSet:
    if kind == "cutout":
        return cutouts.catalogue(
            rendered.folder(), _grounds(), furniture=rendered.furniture(), on_progress=on_progress
        )
    if kind == "labels":
        return label_maps.catalogue(
            rendered.folder(), furniture=rendered.furniture(), on_progress=on_progress
        )
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


def _pictures(dataset: Dataset, image_size: int, most: int | None, kind: Kind) -> ImageSet:
    rows = trainable.with_splits(dataset.manifest)
    if kind == "window":
        rows = _with_windows(rows)
    labels = torch.tensor([dataset.categories.index(row["category"]) for row in rows])
    held_out = torch.tensor([row["split"] == VALIDATION for row in rows])
    rated = torch.tensor([bool(row.get("rated")) for row in rows])
    chosen = _in_turn(labels, held_out, most)
    found = [_seen(dataset.tenant, rows[place], image_size, kind) for place in chosen.tolist()]
    each = torch.tensor([len(images) for images in found])
    if kind in ("cutout", "labels"):
        _refuse_too_few(each, held_out[chosen])
    pictures = ImageSet(
        name=dataset.name,
        images=torch.cat(found),
        labels=labels[chosen].repeat_interleave(each),
        categories=tuple(dataset.categories),
        validation=held_out[chosen].repeat_interleave(each),
        licence=dataset.licence or "not stated",
        source=f"dataset {dataset.name}@{dataset.version}",
        rated=rated[chosen].repeat_interleave(each),
    )
    match kind:
        case "cutout":
            return _on(_grounds(), pictures)
        case "labels":
            return label_maps.of_cut_outs(pictures)
        case _:
            return pictures


def _refuse_too_few(each: Tensor, held_out: Tensor) -> None:
    """That pictures are cut out is not in the dataset's row: it is seen when they are read."""
    learnt, measured = int(each[~held_out].sum()), int(each[held_out].sum())
    if learnt < MIN_PICTURES or not measured:
        raise Permanent(
            "no_transparency",
            f"of the pictures {learnt} to learn from and {measured} held out are cut out; "
            f"{MIN_PICTURES} and 1 are needed",
        )


def _on(grounds: Grounds, pictures: ImageSet) -> CutOuts:
    own = {field.name: getattr(pictures, field.name) for field in fields(pictures)}
    return CutOuts(**own, grounds=grounds)


def _grounds() -> Grounds:
    folder = debian.find("usr/share/backgrounds", home=db_settings.get().home)
    try:
        return cutouts.photographed(folder or photographs.FOLDER)
    except photographs.NoPhotographsError as error:
        sentence = "photographs to put products on are not here; run `packshot data fetch`"
        raise Permanent("dataset_missing", sentence) from error


def _with_windows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    large = [row for row in rows if row["side_px"] >= WINDOW_PX]
    if not large:
        sentence = f"no picture of the dataset has {WINDOW_PX} px a side"
        raise Permanent("pictures_too_small", sentence)
    return large


def _seen(tenant: str, row: dict[str, Any], image_size: int, kind: Kind) -> Tensor:
    """What a network sees of a picture: uint8 [n, 3, S, S], or [n, 4, S, S] where it is cut out."""
    loaded = images.read(blobs.get(tenant, row["sha256"]))
    image = loaded.image
    match kind:
        case "cutout" | "labels":
            found = _cut_out(loaded, image_size)
        case "square":
            found = fitted(image, size=image_size, channels=3)
        case "window":
            # One of what is held out, so that every picture counts once.
            most = 1 if row["split"] == VALIDATION else WINDOWS_EACH
            found = windows(image, side=WINDOW_PX, most=most)
    return (found * 255).round().to(torch.uint8)


def _cut_out(loaded: Loaded, image_size: int) -> Tensor:
    """[1, 4, S, S] in [0, 1]; of an opaque picture nothing, [0, 4, S, S]."""
    if loaded.alpha is None:
        return torch.empty(0, CHANNELS, image_size, image_size)
    both = torch.cat([loaded.image, loaded.alpha], dim=1)
    return fitted(both, size=image_size, channels=CHANNELS)


def _held_out(labels: Tensor) -> Tensor:
    """Every tenth picture of each category, so that no category goes unmeasured."""
    return torch.cat(
        [
            (labels == label).nonzero().flatten()[::VALIDATION_SHARE]
            for label in range(int(labels.max()) + 1)
        ]
    )


def _first(found: ImageSet, most: int | None) -> ImageSet:
    held_out = torch.zeros(len(found), dtype=torch.bool)
    held_out[found.validation] = True
    chosen = _in_turn(found.labels, held_out, most)
    return replace(
        found,
        images=found.images[chosen],
        labels=found.labels[chosen],
        validation=held_out[chosen],
    )


def _in_turn(labels: Tensor, held_out: Tensor, most: int | None) -> Tensor:
    """The first so many of a round over the categories, so that none is left out."""
    if most is None or most >= len(labels):
        return torch.arange(len(labels))
    count = int(labels.max()) + 1
    turn = torch.empty(len(labels), dtype=torch.long)
    for label in range(count):
        members = (labels == label).nonzero().flatten()
        turn[members] = torch.arange(len(members)) * count + label
    in_turn = turn.argsort()
    chosen = in_turn[:most]
    if held_out.any() and not held_out[chosen].any():
        # A product is held out as a whole or not at all: one of those that are takes the last seat.
        chosen = torch.cat([chosen[:-1], in_turn[held_out[in_turn]][:1]])
    return chosen
