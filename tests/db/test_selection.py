"""Which of the named pictures a dataset takes, and in which split."""

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import left_out, selection
from db.candidates import Candidate
from db.likeness import Look
from db.selection import Selection, Wanted
from db.splits import Split

GREY = "80" * 48


def _look(number: int) -> Look:
    """Of each number one that is like no other's: seven bits and more apart."""
    return Look(f"{number % 0xFFFF * 0x1000100010001:016x}", bytes([number % 251] * 48).hex())


def _candidate(picture: str, number: int, **given: Any) -> Candidate:
    values: dict[str, Any] = {
        "source": "upload",
        "key": f"{number:064x}",
        "side_px": 64,
        "look": _look(number),
        **given,
    }
    return Candidate(picture, **values)


def _select(
    *named: tuple[Candidate, str, str | None],
    known: dict[str, Split] | None = None,
    include_generated: bool = False,
) -> Selection:
    """From candidates with their category and product."""
    return selection.select(
        [Wanted(one.id, category, product) for one, category, product in named],
        {one.id: one for one, _, _ in named},
        known=known or {},
        include_generated=include_generated,
    )


def _taken(found: Selection) -> list[str]:
    return [entry["picture"] for entry in found.manifest]


def _reasons(found: Selection) -> dict[str, list[tuple[str, str | None]]]:
    return {
        reason["reason"]: [(one["picture"], one["like"]) for one in reason["pictures"]]
        for reason in found.left_out["reasons"]
    }


def test_an_entry_says_what_it_is_where_it_came_from_and_where_it_goes():
    shoe = _candidate("a", 1)
    boot = _candidate("b", 2, source="result", sku="sku-7")

    found = _select((shoe, "shoe", None), (boot, "boot", None))

    assert found.manifest == [
        {
            "picture": "a",
            "sha256": f"{1:064x}",
            "category": "shoe",
            "product": "a",
            "source": "upload",
            "split": "train",
            "phash": "0001000100010001",
            "side_px": 64,
            "cut_out": False,
        },
        {**found.manifest[1], "product": "sku-7", "source": "result"},
    ]
    assert found.categories == ["boot", "shoe"]
    assert found.left_out == {"reasons": [], "empty_categories": []}


UNFIT: dict[str, dict[str, Any]] = {
    "broken": {"look": None},
    "too_small": {"side_px": 23},
    "one_colour": {"look": Look("0" * 16, "ffffff")},
    "generated": {"source": "result", "is_generated": True},
    "unpublished": {"source": "result", "is_published": False},
}


@pytest.mark.parametrize("reason", UNFIT)
def test_what_cannot_be_learned_from_is_left_out_and_named(reason: str):
    fit, unfit = _candidate("fit", 1), _candidate("unfit", 2, **UNFIT[reason])

    found = _select((fit, "shoe", None), (unfit, "shoe", None))

    assert _taken(found) == ["fit"]
    assert _reasons(found) == {reason: [("unfit", None)]}


def test_generated_pictures_are_taken_if_that_is_asked_for():
    made = _candidate("made", 1, source="result", is_generated=True)

    found = _select((made, "shoe", None), include_generated=True)

    assert _taken(found) == ["made"]


def test_the_same_bytes_are_taken_once():
    upload, result = _candidate("a", 1), _candidate("b", 1, source="result")

    found = _select((upload, "shoe", "x"), (result, "shoe", "y"), (upload, "shoe", "x"))

    assert _taken(found) == ["a"]
    assert _reasons(found) == {"duplicate": [("b", "a"), ("a", "a")]}


def test_what_is_the_same_to_the_eye_is_taken_once():
    first = _candidate("a", 1, look=Look(f"{0:016x}", GREY))
    second = _candidate("b", 2, look=Look(f"{0b1011:016x}", GREY))
    third = _candidate("c", 3, look=Look(f"{0b1111_0000_1011:016x}", GREY))  # like b, not like a

    found = _select((first, "shoe", None), (second, "boot", "x"), (third, "shoe", None))

    assert _taken(found) == ["a", "c"]
    assert _reasons(found) == {"near_duplicate": [("b", "a")]}
    assert found.left_out["empty_categories"] == ["boot"]


def test_two_pictures_of_one_product_that_look_the_same_are_one():
    first = _candidate("a", 1, look=_look(9))
    second = _candidate("b", 2, look=_look(9))

    found = _select((first, "shoe", "x"), (second, "shoe", "x"))

    assert _reasons(found) == {"near_duplicate": [("b", "a")]}


def test_products_that_look_the_same_are_both_taken_and_on_the_same_side():
    twins = [(_candidate(f"a{n}", 2 * n, look=_look(n)), "shoe", f"left-{n}") for n in range(40)]
    others = [
        (_candidate(f"b{n}", 2 * n + 1, look=_look(n)), "shoe", f"right-{n}") for n in range(40)
    ]

    found = _select(*twins, *others)

    split_of = {entry["product"]: entry["split"] for entry in found.manifest}
    assert len(found.manifest) == 80
    assert all(split_of[f"left-{n}"] == split_of[f"right-{n}"] for n in range(40))
    assert set(split_of.values()) == {"train", "validation"}


def test_a_picture_that_would_bring_a_held_out_product_into_training_is_left_out():
    known: dict[str, Split] = {"x": "validation", "y": "train"}
    held_out = _candidate("a", 1, look=_look(9))
    like_it = _candidate("b", 2, look=_look(9))

    found = _select((held_out, "shoe", "x"), (like_it, "shoe", "y"), known=known)

    assert _taken(found) == ["a"]
    assert _reasons(found) == {"held_out": [("b", "a")]}


def test_all_that_is_left_out_is_counted_and_a_hundred_are_named():
    small = [(_candidate(f"p{n}", n, side_px=8), "shoe", None) for n in range(130)]

    found = _select((_candidate("fit", 999), "boot", None), *small)

    (reason,) = found.left_out["reasons"]
    assert (reason["reason"], reason["count"], len(reason["pictures"])) == ("too_small", 130, 100)
    assert found.left_out["empty_categories"] == ["shoe"]
    assert found.categories == ["boot"]


candidates = st.builds(
    lambda number, bits, category, product: (number, bits, category, product),
    number=st.integers(0, 30),
    bits=st.integers(0, 63),
    category=st.sampled_from(["bags", "hats", "shoes"]),
    product=st.one_of(st.none(), st.integers(0, 12).map(str)),
)


@given(st.lists(candidates, max_size=40), st.lists(candidates, max_size=40))
def test_no_product_and_no_look_is_in_two_splits_in_any_version(
    one: list[tuple[int, int, str, str | None]], two: list[tuple[int, int, str, str | None]]
):
    """Six bits for all looks: most pictures are near duplicates of some other's."""

    def version(
        drawn: list[tuple[int, int, str, str | None]], known: dict[str, Split]
    ) -> Selection:
        named = [
            (
                _candidate(
                    f"p{number}-{bits}", number * 64 + bits, look=Look(f"{bits:016x}", GREY)
                ),
                category,
                product,
            )
            for number, bits, category, product in drawn
        ]
        return _select(*named, known=known)

    first = version(one, {})
    split_of: dict[str, Split] = {e["product"]: e["split"] for e in first.manifest}
    second = version(two, split_of)

    for found in (first, second):
        of_product, sides = defaultdict(set), []
        for entry in found.manifest:
            of_product[entry["product"]].add(entry["split"])
            sides.append((int(entry["phash"], 16), entry["split"]))
        assert all(len(splits) == 1 for splits in of_product.values())
        assert all(
            a_split == b_split
            for a, a_split in sides
            for b, b_split in sides
            if (a ^ b).bit_count() <= 4
        )
        counted = sum(reason["count"] for reason in found.left_out["reasons"])
        assert counted + len(found.manifest) == len(one if found is first else two)
    for entry in second.manifest:
        assert entry["split"] == split_of.get(entry["product"], entry["split"])


def test_what_was_erased_is_no_longer_named():
    told = left_out.told(
        [
            left_out.LeftOut("a", "near_duplicate", "kept"),
            left_out.LeftOut("b", "near_duplicate", "gone"),
            left_out.LeftOut("gone", "too_small"),
        ],
        empty_categories=(),
    )

    reasons = {one["reason"]: one for one in left_out.forget(told, {"gone"})["reasons"]}

    assert reasons["near_duplicate"]["pictures"] == [
        {"picture": "a", "like": "kept"},
        {"picture": "b", "like": None},
    ]
    assert (reasons["too_small"]["pictures"], reasons["too_small"]["count"]) == ([], 1)
