"""Ratings put results and their pictures into the next version of a dataset, and take them out."""

import pytest

from db import feedback, registration
from db.datasets import DatasetNotFound
from db.engine import reading, transaction
from db.rated import NothingRated
from db.selection import Wanted
from db.tables.all import Dataset, Result
from tests.opinions import made, rate, upload
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")


def _shop(*ids: str, category: str = "shoe") -> Dataset:
    wanted = [Wanted(one, category) for one in ids]
    return registration.register(TENANT, "shop", wanted, licence="ours")


def _next() -> Dataset:
    return registration.register_rated(TENANT, "shop")


def _pictures(dataset: Dataset) -> set[str]:
    return {entry["picture"] for entry in dataset.manifest}


def test_an_accepted_result_enters_with_the_picture_it_was_made_from() -> None:
    first, source = upload(1), upload(2)
    _shop(first)
    result = made(3, asked={"picture": source}, sku="sku-9")
    rate(result, 1)

    found = _next()

    assert (found.version, found.licence) == (2, "ours")
    assert _pictures(found) == {first, source, result}
    assert {e["product"] for e in found.manifest if e["picture"] != first} == {"sku-9"}
    assert {e["picture"] for e in found.manifest if e.get("rated")} == {source, result}
    assert found.categories == ["shoe"]


def test_a_rejected_result_leaves_and_what_it_was_made_from_does_not_enter() -> None:
    first, source = upload(1), upload(2)
    result = made(3, asked={"picture": source})
    _shop(first, result)
    rate(result, -1)

    found = _next()

    assert _pictures(found) == {first}


def test_a_picture_that_was_not_given_back_well_is_to_be_learnt() -> None:
    first, source = upload(1), upload(2)
    _shop(first)
    asked = {"picture": source, "category": "boot"}
    result = made(3, op="reconstruct", asked=asked, source_kind="generated")
    rate(result, -1)

    found = _next()

    assert _pictures(found) == {first, source}
    assert found.categories == ["boot", "shoe"]


def test_what_was_generated_does_not_enter_however_it_is_liked() -> None:
    first, source = upload(1), upload(2)
    _shop(first)
    asked = {"picture": source, "category": "boot"}
    result = made(3, op="reconstruct", asked=asked, source_kind="generated")
    rate(result, 1)

    found = _next()

    assert _pictures(found) == {first, source}
    assert found.left_out is not None
    assert [one["reason"] for one in found.left_out["reasons"]] == ["generated"]


def test_a_sheet_of_a_product_from_all_sides_does_not_enter() -> None:
    first, source = upload(1), upload(2)
    _shop(first)
    rate(made(3, op="spin", asked={"views": [first, source]}, source_kind="original"), 1)

    with pytest.raises(NothingRated):
        _next()


def test_the_sum_of_all_ratings_counts() -> None:
    first, liked, disliked = upload(1), upload(2), upload(3)
    _shop(first)
    good, bad = made(4, asked={"picture": liked}), made(5, asked={"picture": disliked})
    rate(good, 1, 1, -1)
    rate(bad, 1, -1)

    assert _pictures(_next()) == {first, liked, good}


def test_a_result_without_a_category_is_not_guessed_at() -> None:
    shoe, hat, source = upload(1), upload(2), upload(3)
    wanted = [Wanted(shoe, "shoe"), Wanted(hat, "hat")]
    registration.register(TENANT, "shop", wanted, licence=None)
    stranger, known = made(4, asked={"picture": source}), made(5, asked={"picture": hat})
    rate(stranger, 1)
    rate(known, 1)

    found = _next()

    assert {e["picture"]: e["category"] for e in found.manifest} == {
        shoe: "shoe",
        hat: "hat",
        known: "hat",
    }
    assert found.left_out is not None
    (reason,) = found.left_out["reasons"]
    assert reason["reason"] == "uncategorised"
    assert {one["picture"] for one in reason["pictures"]} == {source, stranger}


def test_without_ratings_that_change_it_there_is_no_next_version() -> None:
    _shop(upload(1))

    with pytest.raises(NothingRated):
        _next()


def test_the_same_ratings_are_not_counted_twice() -> None:
    _shop(upload(1))
    rate(made(3, asked={"picture": upload(2)}), 1)
    _next()

    with pytest.raises(NothingRated):
        _next()


def test_what_ships_with_us_stays_as_it_is() -> None:
    with pytest.raises(DatasetNotFound):
        registration.register_rated(TENANT, "fashion-mnist")


def test_a_rating_of_another_shop_changes_nothing() -> None:
    _shop(upload(1))
    result = made(3, asked={"picture": upload(2)})
    with transaction() as session:
        session.get_one(Result, result).tenant = "another"
        session.flush()
        feedback.rate(session, "another", result, rating=1)

    with pytest.raises(NothingRated):
        _next()
    with reading() as session:
        assert session.get_one(Result, result).tenant == "another"
