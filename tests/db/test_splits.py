"""Which products are held out: never a part of one, and never again learned from."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from db import splits
from db.splits import TRAIN, VALIDATION, Groups, Split

Pairs = list[tuple[str, str]]

categories = st.sampled_from(["bags", "hats", "shoes"])
pairs = st.lists(st.tuples(categories, st.integers(0, 40).map(str)), max_size=60)
alike = st.lists(st.tuples(st.integers(0, 40).map(str), st.integers(0, 40).map(str)), max_size=8)


def _divide(
    pairs: Pairs, known: dict[str, Split] | None = None, alike: Pairs | None = None
) -> dict[str, Split]:
    groups = Groups(known or {})
    for one, other in alike or []:
        groups.join(one, other)
    return splits.divide(pairs, groups)


def _of_category(pairs: Pairs, category: str) -> set[str]:
    return {product for of, product in pairs if of == category}


def test_about_one_product_in_ten_is_held_out_by_the_hash_of_its_name():
    products = [f"sku-{number}" for number in range(2_000)]

    found = _divide([("shoes", product) for product in products])

    held_out = {product for product, split in found.items() if split == VALIDATION}
    expected = {p for p in products if int(sha256(p.encode()).hexdigest()[:16], 16) % 10 == 0}
    assert held_out == expected
    assert 150 < len(held_out) < 250


@given(pairs, alike)
def test_every_product_has_one_split_and_products_that_look_alike_the_same(
    pairs: Pairs, alike: Pairs
):
    found = _divide(pairs, alike=alike)

    assert found.keys() == {product for _, product in pairs}
    assert all(found[a] == found[b] for a, b in alike if a in found and b in found)


@given(pairs, pairs, pairs)
def test_a_product_keeps_its_split_in_every_later_version(one: Pairs, two: Pairs, three: Pairs):
    first = _divide(one)
    second = _divide(two, first)
    third = _divide(three, second | first)

    assert all(second[p] == first[p] for p in first.keys() & second.keys())
    assert all(third[p] == first[p] for p in first.keys() & third.keys())
    assert all(third[p] == second[p] for p in second.keys() & third.keys())


@given(pairs)
def test_no_category_is_left_with_nothing_to_learn_from(pairs: Pairs):
    found = _divide(pairs)

    for category in {category for category, _ in pairs}:
        assert TRAIN in {found[product] for product in _of_category(pairs, category)}


@given(st.lists(st.integers(0, 40).map(str), min_size=2, unique=True))
def test_of_two_products_or_more_one_is_held_out(products: list[str]):
    found = _divide([("shoes", product) for product in products])

    assert set(found.values()) == {TRAIN, VALIDATION}


def test_a_product_of_its_own_category_is_learned_from_whatever_its_hash_says():
    alone = next(p for p in map(str, range(99)) if int(_hash(p), 16) % 10 == 0)

    assert _divide([("shoes", alone)]) == {alone: TRAIN}


def _hash(product: str) -> str:
    return sha256(product.encode()).hexdigest()[:16]


def test_products_on_two_sides_cannot_be_joined():
    groups = Groups({"a": "train", "b": "validation"})

    assert groups.join("a", "new")
    assert not groups.join("new", "b")
    assert groups.split("new") == "train"


@given(st.lists(st.tuples(st.integers(0, 9).map(str), st.integers(0, 9).map(str)), max_size=30))
def test_groups_are_joined_as_they_come(joins: Pairs):
    groups = Groups({"3": "validation", "7": "train"})
    sets = [{str(number)} for number in range(10)]

    for one, other in joins:
        mine = next(s for s in sets if one in s)
        theirs = next(s for s in sets if other in s)
        together = mine | theirs
        allowed = not {"3", "7"} <= together
        assert groups.join(one, other) is allowed
        if allowed:
            sets = [s for s in sets if s not in (mine, theirs)] + [together]

    for one in sets:
        assert len({groups.of(product) for product in one}) == 1
        splits_of = {groups.split(product) for product in one}
        assert splits_of == {"validation" if "3" in one else "train" if "7" in one else None}
