"""Ratings put results and their pictures into the next version of a dataset, and take them out."""

from typing import Any

import pytest

from db import blobs, feedback, intake, pictures, registration
from db.datasets import DatasetNotFound
from db.engine import reading, transaction
from db.rated import NothingRated
from db.selection import Wanted
from db.tables.all import Dataset, Result
from tests import factories, rows
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")


def _upload(number: int) -> str:
    data = factories.encoded(factories.shot(number), "PNG")
    blobs.put(TENANT, data)
    with transaction() as session:
        return pictures.register(session, TENANT, intake.check(data), name=None).picture.id


def _made(number: int, *, op: str = "upscale", asked: dict[str, Any], **columns: Any) -> str:
    """The id of a result of a job, and bytes that were never seen before."""
    key = blobs.put(TENANT, factories.encoded(factories.shot(number), "PNG"))
    job_id = rows.queued(op, envelope={"operation": asked})
    rows.claim()
    lease = rows.lease_of(rows.read(job_id))
    size = {"width": 40, "height": 40, "blob_key": key, "sha256": key}
    with transaction() as session:
        session.add(row := rows.result(lease, op=op, **size | columns))
        return row.id


def _rate(result: str, *ratings: int) -> None:
    with transaction() as session:
        for number, rating in enumerate(ratings):
            feedback.rate(session, TENANT, result, rating=rating, rater=str(number))


def _shop(*ids: str, category: str = "shoe") -> Dataset:
    wanted = [Wanted(one, category) for one in ids]
    return registration.register(TENANT, "shop", wanted, licence="ours")


def _next() -> Dataset:
    return registration.register_rated(TENANT, "shop")


def _pictures(dataset: Dataset) -> set[str]:
    return {entry["picture"] for entry in dataset.manifest}


def test_an_accepted_result_enters_with_the_picture_it_was_made_from() -> None:
    first, source = _upload(1), _upload(2)
    _shop(first)
    result = _made(3, asked={"picture": source}, sku="sku-9")
    _rate(result, 1)

    found = _next()

    assert (found.version, found.licence) == (2, "ours")
    assert _pictures(found) == {first, source, result}
    assert {e["product"] for e in found.manifest if e["picture"] != first} == {"sku-9"}
    assert found.categories == ["shoe"]


def test_a_rejected_result_leaves_and_what_it_was_made_from_does_not_enter() -> None:
    first, source = _upload(1), _upload(2)
    result = _made(3, asked={"picture": source})
    _shop(first, result)
    _rate(result, -1)

    found = _next()

    assert _pictures(found) == {first}


def test_a_picture_that_was_not_given_back_well_is_to_be_learnt() -> None:
    first, source = _upload(1), _upload(2)
    _shop(first)
    asked = {"picture": source, "category": "boot"}
    result = _made(3, op="reconstruct", asked=asked, source_kind="generated")
    _rate(result, -1)

    found = _next()

    assert _pictures(found) == {first, source}
    assert found.categories == ["boot", "shoe"]


def test_what_was_generated_does_not_enter_however_it_is_liked() -> None:
    first, source = _upload(1), _upload(2)
    _shop(first)
    asked = {"picture": source, "category": "boot"}
    result = _made(3, op="reconstruct", asked=asked, source_kind="generated")
    _rate(result, 1)

    found = _next()

    assert _pictures(found) == {first, source}
    assert found.left_out is not None
    assert [one["reason"] for one in found.left_out["reasons"]] == ["generated"]


def test_the_sum_of_all_ratings_counts() -> None:
    first, liked, disliked = _upload(1), _upload(2), _upload(3)
    _shop(first)
    good, bad = _made(4, asked={"picture": liked}), _made(5, asked={"picture": disliked})
    _rate(good, 1, 1, -1)
    _rate(bad, 1, -1)

    assert _pictures(_next()) == {first, liked, good}


def test_a_result_without_a_category_is_not_guessed_at() -> None:
    shoe, hat, source = _upload(1), _upload(2), _upload(3)
    wanted = [Wanted(shoe, "shoe"), Wanted(hat, "hat")]
    registration.register(TENANT, "shop", wanted, licence=None)
    stranger, known = _made(4, asked={"picture": source}), _made(5, asked={"picture": hat})
    _rate(stranger, 1)
    _rate(known, 1)

    found = _next()

    assert {e["picture"]: e["category"] for e in found.manifest} == {
        shoe: "shoe",
        hat: "hat",
        known: "hat",
    }


def test_without_ratings_that_change_it_there_is_no_next_version() -> None:
    _shop(_upload(1))

    with pytest.raises(NothingRated):
        _next()


def test_the_same_ratings_are_not_counted_twice() -> None:
    _shop(_upload(1))
    _rate(_made(3, asked={"picture": _upload(2)}), 1)
    _next()

    with pytest.raises(NothingRated):
        _next()


def test_what_ships_with_us_stays_as_it_is() -> None:
    with pytest.raises(DatasetNotFound):
        registration.register_rated(TENANT, "fashion-mnist")


def test_a_rating_of_another_shop_changes_nothing() -> None:
    _shop(_upload(1))
    result = _made(3, asked={"picture": _upload(2)})
    with transaction() as session:
        session.get_one(Result, result).tenant = "another"
        session.flush()
        feedback.rate(session, "another", result, rating=1)

    with pytest.raises(NothingRated):
        _next()
    with reading() as session:
        assert session.get_one(Result, result).tenant == "another"
