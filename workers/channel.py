"""What is made for a sales channel: a file no larger than it takes, checked as it is delivered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from db.operations.order import Output
from db.operations.presets import Preset
from models import images
from models.failures import CannotDo
from models.images import Loaded
from models.metrics.ssim import ssim
from workers.checking import look, summary
from workers.compliance import judge, scores
from workers.sources import File

Write = Callable[[int], bytes]
"""The finished file at a quality, label and all."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A file that is small enough, and what that cost.

    Attributes:
        encoding: its `quality`, `asked_quality`, and where that was lowered the `ssim` that is left
            of the picture.
    """

    data: bytes
    encoding: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answered:
    """The check of a delivered file: for its scores, its details and the job's report."""

    scores: Mapping[str, float]
    details: Mapping[str, Any]
    report: Mapping[str, Any]


def fitted(image: Tensor, preset: Preset, output: Output, write: Write) -> Fitted:
    """At the quality that is asked for, or the highest below at which the channel takes the file.

    Raises:
        CannotDo: `file_too_large_for_channel`, at the least quality that the preset goes to.
    """
    asked, most = output.quality, preset.file.most_bytes
    data = write(asked)
    if len(data) <= most:
        return Fitted(data, {"quality": asked, "asked_quality": asked})
    least = preset.make.least_quality
    if output.format == "png" or asked <= least:
        raise _too_large(preset, data, f"as {output.format}")
    quality, data = _highest(write, least, asked - 1, most=most)
    if len(data) > most:
        raise _too_large(preset, data, f"at quality {quality}")
    left = float(ssim(images.read(data).image, images.quantise(image.clone())))
    return Fitted(data, {"quality": quality, "asked_quality": asked, "ssim": left})


def answered(preset: Preset, data: bytes, delivered: Loaded, coverage: Tensor | None) -> Answered:
    """Each rule's answer of a file that was made here.

    Args:
        preset: whose rules.
        data: the file as it is delivered.
        delivered: the same, decoded.
        coverage: [1, 1, H, W], where the product was put.
    """
    looked = look(File("", data), delivered, coverage=coverage)
    verdict = judge(preset, looked.facts)
    return Answered(scores(looked.facts), {"delivered": verdict.told()}, summary(verdict))


def _highest(write: Write, low: int, high: int, *, most: int) -> tuple[int, bytes]:
    """The highest quality that is small enough; the lowest where none is."""
    best = low, write(low)
    if len(best[1]) > most:
        return best
    low += 1
    while low <= high:
        middle = (low + high) // 2
        data = write(middle)
        if len(data) <= most:
            best, low = (middle, data), middle + 1
        else:
            high = middle - 1
    return best


def _too_large(preset: Preset, data: bytes, how: str) -> CannotDo:
    size = f"{len(data):,} bytes {how}; {preset.label} takes {preset.file.most_bytes:,}"
    return CannotDo("file_too_large_for_channel", f"The file has {size}.")
