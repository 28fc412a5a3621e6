"""Which networks a dataset can train, and why not others: one line for each network."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from db.left_out import MIN_SIDE_PX
from db.splits import TRAIN, VALIDATION, VALIDATION_SHARE

WINDOW_PX: Final = 128
"""What restores sees windows of this side, at the picture's own scale."""
MIN_PICTURES: Final = 8
"""Less than one small batch teaches nothing."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a network must have to learn from.

    Attributes:
        held_out: whether its best epoch is chosen on held-out pictures.
        side_px: pictures with a shorter side below this do not count.
    """

    network: str
    held_out: bool
    pictures: int = MIN_PICTURES
    categories: int = 1
    side_px: int = MIN_SIDE_PX


NEEDS: Final = {
    need.network: need
    for need in (
        Need("gan", held_out=False),  # without it nothing is measured, and only force promotes
        Need("vae", held_out=True),
        Need("classifier", held_out=True, categories=2),
        Need("denoiser", held_out=True, side_px=WINDOW_PX),
        Need("translator", held_out=True),
        Need("matte", held_out=True),  # of pictures that are cut out, which training sees first
        Need("upscaler", held_out=True, side_px=WINDOW_PX),
    )
}


@dataclass(frozen=True, slots=True)
class Lacking:
    """Why a network cannot be trained."""

    detail: str
    is_too_small: bool = False


def lacking(need: Need, manifest: Iterable[Mapping[str, Any]]) -> Lacking | None:
    """What these pictures lack for a network; None if they are enough."""
    large = [one for one in with_splits(manifest) if one["side_px"] >= need.side_px]
    learning = [one for one in large if one["split"] == TRAIN]
    of_side = f" of {need.side_px} px a side" if need.side_px > MIN_SIDE_PX else ""
    if len(learning) < need.pictures:
        return Lacking(
            f"has {len(learning)} pictures{of_side} to learn from; "
            f"{need.network} needs at least {need.pictures}",
            is_too_small=True,
        )
    categories = len({one["category"] for one in learning})
    if categories < need.categories:
        return Lacking(
            f"has {categories} of the {need.categories} categories that {need.network} needs"
        )
    if need.held_out and len(learning) == len(large):
        return Lacking(
            f"has no product that is held out; {need.network} is measured on one: name a second "
            "product"
        )
    return None


def with_splits(manifest: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Its entries; of a row from before splits were kept, every tenth of a category is held out."""
    place: Counter[str] = Counter()
    entries = []
    for one in manifest:
        old = VALIDATION if place[one["category"]] % VALIDATION_SHARE == 0 else TRAIN
        place[one["category"]] += 1
        entries.append({"split": old, "side_px": MIN_SIDE_PX, **one})
    return entries
