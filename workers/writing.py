"""An image as the file that is delivered: encoded, labelled, signed last; each read back."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from db.operations.base import SourceKind
from db.operations.order import Output
from models import images, labels
from models.aigc import Mark
from models.images import Loaded
from models.labels import LabelError
from models.signed import Seal
from workers.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Writer:
    """What a job's files say of their making.

    Attributes:
        mark: China's mark of the source, which is passed on.
        sealer: None where nothing is signed.
    """

    output: Output
    kind: SourceKind
    job_id: str
    mark: Mark | None
    sealer: Sealer | None

    def write(self, image: Tensor, *, quality: int | None = None) -> bytes:
        """The file, as long as it will be delivered: its manifest has no scores yet."""
        quality = self.output.quality if quality is None else quality
        bare = images.encode(image, format=self.output.format, quality=quality)
        return self._labelled(bare, {})

    def sealed(self, data: bytes, delivered: Loaded, scores: Mapping[str, float | None]) -> bytes:
        """The same file, whose manifest now names its scores.

        Raises:
            LabelError: its pixels are no longer those that the scores are of.
        """
        if self.sealer is None:
            return data
        signed = self._labelled(data, scores)
        if not _same(images.read(signed), delivered):
            raise LabelError(f"signing changed the pixels of job {self.job_id}")
        return signed

    def _labelled(self, data: bytes, scores: Mapping[str, float | None]) -> bytes:
        return labels.write(
            data,
            format=self.output.format,
            source_kind=self.kind,
            job_id=self.job_id,
            source_mark=self.mark,
            seal=self._seal(scores),
        )

    def _seal(self, scores: Mapping[str, float | None]) -> Seal | None:
        if self.sealer is None:
            return None
        source_type = labels.source_type(self.kind)
        story = self.sealer.story(source_type, job_id=self.job_id, scores=scores)
        return Seal(self.sealer.signer, story)


def _same(one: Loaded, other: Loaded) -> bool:
    if one.alpha is None or other.alpha is None:
        return one.alpha is other.alpha and torch.equal(one.image, other.image)
    return torch.equal(one.image, other.image) and torch.equal(one.alpha, other.alpha)
