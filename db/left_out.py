"""What a dataset did not take of the pictures that were named for it, as its row keeps it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

MIN_SIDE_PX: Final = 24
MOST_NAMED: Final = 100
"""So many of those left out for one reason are named; all are counted."""
REASONS: Final[Mapping[str, str]] = {
    "broken": "the bytes are gone, or decode no more",
    "too_small": f"the shorter side has less than {MIN_SIDE_PX} pixels",
    "one_colour": "all pixels have the same colour",
    "generated": "no camera saw it: a network drew it, or what it was made from",
    "person": (
        "a garment was tried on in it, or it was made from such a picture, and nobody said that "
        "the person agreed"
    ),
    "uncategorised": "people rated it, and nobody said its category",
    "unpublished": "a result that is held for review, or what is quarantined",
    "duplicate": "the same bytes are in the dataset",
    "near_duplicate": "to the eye, the same picture is in the dataset",
    "held_out": "to the eye, a picture of another product that is in the other split for good",
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A named picture that is not taken, why, and which one it is like."""

    picture: str
    reason: str
    like: str | None = None


def told(left_out: Iterable[LeftOut], *, empty_categories: Collection[str]) -> dict[str, Any]:
    """By reason: how many, and the first of them; and which categories nothing is left of."""
    by_reason: dict[str, list[LeftOut]] = {reason: [] for reason in REASONS}
    for one in left_out:
        by_reason[one.reason].append(one)
    reasons = [
        {
            "reason": reason,
            "count": len(ones),
            "pictures": [{"picture": one.picture, "like": one.like} for one in ones[:MOST_NAMED]],
        }
        for reason, ones in by_reason.items()
        if ones
    ]
    return {"reasons": reasons, "empty_categories": sorted(empty_categories)}


def forget(told: Mapping[str, Any], ids: Collection[str]) -> dict[str, Any]:
    """The same without the names of pictures that were erased; how many they were stays."""
    return {**told, "reasons": [_without(reason, ids) for reason in told["reasons"]]}


def _without(reason: Mapping[str, Any], ids: Collection[str]) -> dict[str, Any]:
    pictures = [
        {**one, "like": None if one["like"] in ids else one["like"]}
        for one in reason["pictures"]
        if one["picture"] not in ids
    ]
    return {**reason, "pictures": pictures}
