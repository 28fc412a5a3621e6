"""Products drawn from label maps: `python -m benchmarks.scenarios.label_maps`.

What the maps are worth: whether they are read back as they were painted, and how much of a product
is found again in its real picture, which is the most that a drawn one can reach. Of the version
that ships, where there is one: how it draws models that nothing saw, beside the nearest map's
picture.
"""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from benchmarks import catalogue_pairs
from benchmarks.catalogue_recipes import with_maps_tested_on
from benchmarks.scenarios.row import Row
from models import weights
from models.data import label_maps, palette
from models.data.product_classes import CLASSES
from models.editing.translate_labels import labelled, regions
from models.metrics.label_iou import label_iou

NAME = "label_maps"
VERSION = "translator-labels"
SIDE_PX = 64


def rows(quick: bool) -> Iterator[Row]:  # noqa: FBT001 — every scenario's one switch
    """Of twelve boxes; of all tested models too, where time is given."""
    boxes, categories = _boxes(), torch.arange(len(CLASSES))
    yield Row(
        NAME, "boxes: pixels read otherwise than painted", _lost(boxes, categories), "", "≤ 0"
    )
    if quick:
        return
    tested = with_maps_tested_on()
    told, real = label_maps.told(tested.images / 255), label_maps.seen(tested.images) / 255
    claim = "tested models: pixels read otherwise than painted"
    yield Row(NAME, claim, _lost(told, tested.labels), "", "≤ 0")
    found = label_iou(real, 1 - told.amin(1, keepdim=True)).mean().item()
    yield Row(NAME, "tested models: real pictures found in their maps, IoU", found, "", "≥ 0.95")
    if (weights.SHIPPED / VERSION).exists():
        yield from _drawn(weights.SHIPPED / VERSION)


def _drawn(folder: Path) -> Iterator[Row]:
    _, network = weights.load(folder)
    ours, theirs = catalogue_pairs.mapped_scores(network, folder)
    pairs = (
        ("PSNR", "test_psnr_db", theirs["test_psnr_db"], "dB"),
        ("SSIM", "test_ssim", ours["test_ssim_nearest"], ""),
    )
    for what, name, nearest, unit in pairs:
        claim = f"{VERSION}: {what}, the nearest map's picture has {nearest}"
        yield Row(NAME, claim, float(ours[name] or 0), unit, f"> {nearest}")
    claim = f"{VERSION}: product where it was asked for, IoU"
    yield Row(NAME, claim, float(ours["test_label_iou"] or 0), "", "≥ 0.9")


def _lost(told: Tensor, categories: Tensor) -> float:
    """Share of the pixels that come back as another region."""
    off = 0.0
    for one, category in zip(told[:, None], categories.tolist(), strict=True):
        picture = palette.painted(one, torch.tensor([category]))
        read = regions(labelled(picture, categories=len(CLASSES)), category, size=one.shape[-1])
        off += (read - one).abs().amax(1).mean().item()
    return off / len(told)


def _boxes() -> Tensor:
    """One for each category: [12, R, S, S], each as much larger as it comes later."""
    told = torch.ones(len(CLASSES), len(label_maps.REGIONS), SIDE_PX, SIDE_PX)
    for number in range(len(CLASSES)):
        told[number, 0, 10 : 30 + number, 8 : 40 + number] = 0
        told[number, 1, 30 + number : 40 + number, 8 : 40 + number] = 0
    return told


if __name__ == "__main__":
    for row in rows(quick=False):
        print(f"{row.claim}: {row.value} {row.unit} {row.wanted}")
