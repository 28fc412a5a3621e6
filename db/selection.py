"""From named pictures to a dataset's manifest: which are taken, and which are held out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from db import left_out, likeness, splits
from db.candidates import Candidate
from db.left_out import MIN_SIDE_PX, LeftOut
from db.likeness import Look
from db.splits import Groups, Split


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture that somebody names for a dataset.

    Attributes:
        product: None where nobody said.
        rated: it enters because people rated a result.
        consent: the person in it, if any, agreed that networks learn from it.
    """

    picture: str
    category: str
    product: str | None = None
    rated: bool = False
    consent: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """A manifest, and what became of the rest."""

    manifest: list[dict[str, Any]]
    left_out: dict[str, Any]

    @property
    def categories(self) -> list[str]:
        return sorted({entry["category"] for entry in self.manifest})


@dataclass(frozen=True, slots=True)
class _Fit:
    """A picture that can be learned from, if it is not in the dataset yet."""

    wanted: Wanted
    candidate: Candidate
    look: Look

    @property
    def said(self) -> str | None:
        """The product that it is said to show."""
        return self.wanted.product or self.candidate.sku

    @property
    def product(self) -> str:
        """Where nobody said so, a picture is a product of its own."""
        return self.said or self.wanted.picture


def select(
    wanted: Sequence[Wanted],
    found: Mapping[str, Candidate],
    *,
    known: Mapping[str, Split],
    include_generated: bool,
    unfit: Sequence[LeftOut] = (),
) -> Selection:
    """What to take of the pictures that are named; of two that are the same, the first.

    Args:
        wanted: every id of it is in `found`.
        found: what is known of each.
        known: the splits of products in earlier versions of the dataset, which they keep.
        include_generated: take what no camera saw, too.
        unfit: what was left out before it came here.
    """
    groups = Groups(known)
    fit, others = _filtered(wanted, found, include_generated=include_generated)
    taken, doubles = _without_doubles(fit, groups)
    split_of = splits.divide([(one.wanted.category, one.product) for one in taken], groups)
    kept = {one.wanted.category for one in taken}
    return Selection(
        manifest=[_entry(one, split_of[one.product]) for one in taken],
        left_out=left_out.told(
            [*unfit, *others, *doubles],
            empty_categories={one.category for one in wanted} - kept,
        ),
    )


def _filtered(
    wanted: Sequence[Wanted], found: Mapping[str, Candidate], *, include_generated: bool
) -> tuple[list[_Fit], list[LeftOut]]:
    fit: dict[str, _Fit] = {}
    unfit: list[LeftOut] = []
    for one in wanted:
        candidate = found[one.picture]
        look, same = candidate.look, fit.get(candidate.key)
        if look is None:
            unfit.append(LeftOut(one.picture, "broken"))
        elif reason := _unfit(one, candidate, look, include_generated=include_generated):
            unfit.append(LeftOut(one.picture, reason))
        elif same is not None:
            unfit.append(LeftOut(one.picture, "duplicate", same.wanted.picture))
        else:
            fit[candidate.key] = _Fit(one, candidate, look)
    return list(fit.values()), unfit


def _unfit(wanted: Wanted, one: Candidate, look: Look, *, include_generated: bool) -> str | None:
    """The first reason not to learn from it."""
    if one.side_px < MIN_SIDE_PX:
        return "too_small"
    if look.is_one_colour:
        return "one_colour"
    if one.is_generated and not include_generated:
        return "generated"
    if one.is_person and not wanted.consent:
        return "person"
    return None if one.is_published else "unpublished"


def _without_doubles(fit: Sequence[_Fit], groups: Groups) -> tuple[list[_Fit], list[LeftOut]]:
    """Those that no earlier one is like, unless both are said to show different products.

    Such products are joined, so that none is held out while the other is learned from.
    """
    earlier: dict[int, list[int]] = {}
    for first, second in likeness.near([one.look for one in fit]):
        earlier.setdefault(second, []).append(first)
    doubles: dict[int, LeftOut] = {}
    for place, one in enumerate(fit):
        for other in sorted(earlier.get(place, ())):
            reason = None if other in doubles else _double(one, fit[other], groups)
            if reason is not None:
                doubles[place] = LeftOut(one.wanted.picture, reason, fit[other].wanted.picture)
                break
    taken = [one for place, one in enumerate(fit) if place not in doubles]
    return taken, list(doubles.values())


def _double(one: _Fit, other: _Fit, groups: Groups) -> str | None:
    """Why the one cannot stand beside an earlier one that it is like."""
    if one.said is None or other.said is None or one.said == other.said:
        return "near_duplicate"
    return None if groups.join(one.said, other.said) else "held_out"


def _entry(one: _Fit, split: Split) -> dict[str, Any]:
    return {
        "picture": one.wanted.picture,
        "sha256": one.candidate.key,
        "category": one.wanted.category,
        "product": one.product,
        "source": one.candidate.source,
        "split": split,
        "phash": one.look.phash,
        "side_px": one.candidate.side_px,
        "cut_out": one.look.is_cut_out,
        **({"rated": True} if one.wanted.rated else {}),
        **({"consent": True} if one.wanted.consent else {}),
        **({"person": True} if one.candidate.is_person else {}),
    }
