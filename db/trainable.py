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

SHIPPED_CUT_OUT: Final = ("catalogue",)
"""Of what ships with us, the kinds whose pictures are cut out."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a network must have to learn from.

    Attributes:
        held_out: whether its best epoch is chosen on held-out pictures.
        side_px: pictures with a shorter side below this do not count.
        cut_out: whether only pictures that are cut out count.
    """

    network: str
    held_out: bool
    pictures: int = MIN_PICTURES
    categories: int = 1
    side_px: int = MIN_SIDE_PX
    cut_out: bool = False

    @property
    def what(self) -> str:
        """The pictures that count, in words."""
        cut_out = " that are cut out" if self.cut_out else ""
        return f"pictures{cut_out}" + (
            f" of {self.side_px} px a side" if self.side_px > MIN_SIDE_PX else ""
        )

    def counts(self, entry: Mapping[str, Any]) -> bool:
        """Of a row from before it was noted, whether it is cut out is seen when it is read."""
        return entry["side_px"] >= self.side_px and (entry["cut_out"] or not self.cut_out)


NEEDS: Final = {
    need.network: need
    for need in (
        Need("gan", held_out=False),  # without it nothing is measured, and only force promotes
        Need("vae", held_out=True),
        Need("classifier", held_out=True, categories=2),
        Need("denoiser", held_out=True, side_px=WINDOW_PX),
        Need("deblocker", held_out=True, side_px=WINDOW_PX),
        Need("deblurrer", held_out=True, side_px=WINDOW_PX),
        Need("translator", held_out=True),
        Need("matte", held_out=True, cut_out=True),
        Need("warp", held_out=True, cut_out=True),
        Need("upscaler", held_out=True, side_px=WINDOW_PX),
        Need("style", held_out=True, side_px=WINDOW_PX),
        Need("inpainter", held_out=True, side_px=WINDOW_PX),
    )
}


@dataclass(frozen=True, slots=True)
class Lacking:
    """Why a network cannot be trained."""

    detail: str
    is_too_small: bool = False


def lacking(need: Need, manifest: Iterable[Mapping[str, Any]]) -> Lacking | None:
    """What these pictures lack for a network; None if they are enough."""
    fit = [one for one in with_splits(manifest) if need.counts(one)]
    learning = [one for one in fit if one["split"] == TRAIN]
    if len(learning) < need.pictures:
        return Lacking(
            f"has {len(learning)} {need.what} to learn from; "
            f"{need.network} needs at least {need.pictures}",
            is_too_small=True,
        )
    categories = len({one["category"] for one in learning})
    if categories < need.categories:
        return Lacking(
            f"has {categories} of the {need.categories} categories that {need.network} needs"
        )
    if need.held_out and len(learning) == len(fit):
        return Lacking(
            f"has no product that is held out; {need.network} is measured on one: name a second "
            "product"
        )
    return None


def lacking_as_shipped(need: Need, kind: str) -> Lacking | None:
    """What a dataset that ships with us lacks for a network."""
    if need.cut_out and kind not in SHIPPED_CUT_OUT:
        return Lacking(f"has no pictures that are cut out, which {need.network} learns from")
    return None


def with_splits(manifest: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Its entries; of a row from before splits were kept, every tenth of a category is held out.

    Where it was not noted whether a picture is cut out, it may be.
    """
    place: Counter[str] = Counter()
    entries = []
    for one in manifest:
        old = VALIDATION if place[one["category"]] % VALIDATION_SHARE == 0 else TRAIN
        place[one["category"]] += 1
        entries.append({"split": old, "side_px": MIN_SIDE_PX, "cut_out": True, **one})
    return entries
