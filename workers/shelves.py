"""The pictures of a dataset, for a job that compares with them: its tenant's own, or what ships."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from db import blobs, datasets, uses
from db.engine import reading, transaction
from db.operations.base import SOURCE_KINDS, SourceKind
from db.tables.jobs import Job
from db.tables.versions import Dataset
from models import images, marks
from models.data.image_set import ImageSet, fitted, recoloured
from workers import lessons
from workers.failures import Permanent


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture of a dataset.

    Attributes:
        row: in the dataset as it was read.
        picture: its id; None of what ships.
        key: of its bytes; None of what ships.
    """

    row: int
    category: str
    picture: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """Some pictures of a dataset, small, and where each can be had as large as it is.

    Attributes:
        label: the dataset's name and version.
        images: uint8 [M, C, S, S].
        entries: of each image, in order.
    """

    label: str
    tenant: str
    images: Tensor
    entries: tuple[Entry, ...]

    def shown(self, row: int) -> Tensor:
        """One of `images` at its own size, [1, 3, h, w] in [0, 1]."""
        key = self.entries[row].key
        if key is None:
            return recoloured(self.images[row : row + 1] / 255, channels=3)
        return images.read(blobs.get(self.tenant, key)).image

    def told(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """Which pictures these are, for people."""
        entries = [self.entries[row] for row in rows]
        return [{"picture": e.picture, "row": e.row, "category": e.category} for e in entries]

    def source_kind(self, rows: Sequence[int]) -> SourceKind:
        """How far the least photographic of these is a photograph, by their marks."""
        keys = [self.entries[row].key for row in rows]
        read = [marks.read(blobs.get(self.tenant, key)) for key in keys if key is not None]
        kinds: list[SourceKind] = ["original", *(one.source_kind for one in read)]
        return max(kinds, key=SOURCE_KINDS.index)


class OpenShelf(Protocol):
    """How a job comes to a dataset by its name."""

    def __call__(self, name: str, *, most: int, size: int, channels: int) -> Shelf:
        """At most so many of its pictures, spread evenly over it, brought to this shape."""

    def used(self, shelf: Shelf, rows: Sequence[int]) -> None:
        """What the job delivers shows these."""


@dataclass(frozen=True, slots=True)
class Shelves:
    """The datasets that a job may name, as they were when it was made."""

    job: Job
    may_go_on: Callable[[], None]

    def __call__(self, name: str, *, most: int, size: int, channels: int) -> Shelf:
        with reading() as session:
            dataset = datasets.find(session, self.job.tenant, name, as_of=self.job.created_at)
        label = f"{dataset.name}@{dataset.version}"
        if dataset.kind == datasets.PICTURES:
            entries, pictures = self._own(dataset, most, size, channels)
        else:
            found = lessons.read(dataset, image_size=size, most=None)
            entries, pictures = _shipped(found, most, size, channels)
        return Shelf(label, dataset.tenant, pictures, entries)

    def used(self, shelf: Shelf, rows: Sequence[int]) -> None:
        """Noted before anything is delivered: an erasure that comes later finds the job."""
        named = {
            f"dataset.{place}": picture
            for place, row in enumerate(rows)
            if (picture := shelf.entries[row].picture) is not None
        }
        with transaction() as session:
            gone = uses.note(session, self.job.tenant, self.job.id, named) if named else set()
        if gone:
            raise Permanent("source_erased", "a picture that would be shown was erased meanwhile")

    def _own(
        self, dataset: Dataset, most: int, size: int, channels: int
    ) -> tuple[tuple[Entry, ...], Tensor]:
        entries, pictures = [], []
        for row in _spread(len(dataset.manifest), most):
            self.may_go_on()
            one = dataset.manifest[row]
            entries.append(Entry(row, one["category"], one["picture"], one["sha256"]))
            image = images.read(blobs.get(dataset.tenant, one["sha256"])).image
            pictures.append(_levels(fitted(image, size=size, channels=channels)))
        return tuple(entries), torch.cat(pictures)


def _shipped(
    found: ImageSet, most: int, size: int, channels: int
) -> tuple[tuple[Entry, ...], Tensor]:
    rows = _spread(len(found), most)
    categories = [found.categories[int(found.labels[row])] for row in rows]
    entries = tuple(Entry(row, name) for row, name in zip(rows, categories, strict=True))
    return entries, _levels(fitted(found.images[rows] / 255, size=size, channels=channels))


def _spread(count: int, most: int) -> list[int]:
    rows: list[int] = torch.linspace(0, count - 1, min(count, most)).round().long().tolist()
    return rows


def _levels(images_: Tensor) -> Tensor:
    return (images_ * 255).round().to(torch.uint8)
