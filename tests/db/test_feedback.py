"""What people thought of results, kept once for each of them."""

from typing import Any

import pytest

from db import clock, erasure, feedback, reviewing
from db.engine import reading, transaction
from db.ids import new_id
from db.refusals import Refused
from db.results import ResultNotFound
from db.reviewing import NotHeld
from db.tables.feedback import Feedback
from db.tables.results import Result
from tests import rows
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")


def _result(*, visibility: str = "published") -> str:
    made = rows.result(rows.running(), visibility=visibility, width=64, height=48)
    with transaction() as session:
        session.add(made)
        session.flush()
        return made.id


def _rate(result: str, rating: int = 1, **said: Any) -> Feedback:
    with transaction() as session:
        return feedback.rate(session, TENANT, result, rating=rating, **said)


def _all(**wanted: Any) -> list[tuple[str, int]]:
    with reading() as session:
        found = feedback.page(session, TENANT, limit=100, **wanted)
        return [(one.result_id, one.rating) for one in found]


def _read(result: str) -> Result:
    with reading() as session:
        return session.get_one(Result, result)


def test_ratings_come_newest_first_and_can_be_asked_for() -> None:
    first, second = _result(), _result()
    _rate(first, 1)
    _rate(second, -1)
    _rate(first, 0)

    assert _all() == [(first, 0), (second, -1), (first, 1)]
    assert _all(result_id=first) == [(first, 0), (first, 1)]
    assert _all(rating=-1) == [(second, -1)]


def test_somebody_who_rates_again_has_changed_their_mind() -> None:
    result = _result()
    before = _rate(result, -1, rater="customer-7", reason="too dark", region=(0, 0, 2, 2))

    after = _rate(result, 1, rater="customer-7")

    assert _all() == [(result, 1)]
    assert after.id == before.id
    assert (after.reason, after.region) == (None, None)


def test_two_people_have_two_opinions() -> None:
    result = _result()

    _rate(result, 1, rater="one")
    _rate(result, -1, rater="other")

    assert sorted(_all()) == [(result, -1), (result, 1)]


def test_a_region_lies_in_the_picture() -> None:
    result = _result()
    width, height = _read(result).width, _read(result).height

    assert _rate(result, -1, region=(0, 0, width, height)).region == [0, 0, width, height]
    with pytest.raises(Refused, match="pixels") as caught:
        _rate(result, -1, region=(1, 0, width, height))
    assert caught.value.code == "region_outside_picture"


@pytest.mark.parametrize("which", [new_id(), "x"], ids=["id", "word"])
def test_what_is_not_there_cannot_be_rated(which: str) -> None:
    with pytest.raises(ResultNotFound):
        _rate(which)


def test_another_shops_result_cannot_be_rated() -> None:
    result = _result()

    with pytest.raises(ResultNotFound), transaction() as session:
        feedback.rate(session, "other", result, rating=1)


def test_what_was_thought_of_a_result_goes_with_it() -> None:
    kept, gone = _result(), _result()
    for one in (kept, gone):
        over = {"state": "succeeded", "finished_at": clock.now(), "lease_owner": None}
        rows.change(_read(one).job_id, **over)
        _rate(one)

    with transaction() as session:
        erasure.erase_result(session, TENANT, gone)

    assert _all() == [(kept, 1)]


@pytest.mark.parametrize(
    ("verdict", "becomes"), [("approve", "published"), ("reject", "quarantined")]
)
def test_what_was_held_is_let_go_or_kept_from_everybody(
    verdict: reviewing.Verdict, becomes: str
) -> None:
    result = _result(visibility="held")

    for _ in range(2):
        with transaction() as session:
            reviewing.decide(session, TENANT, result, verdict)

    assert _read(result).visibility == becomes


@pytest.mark.parametrize(
    ("is_now", "verdict"), [("published", "reject"), ("quarantined", "approve")]
)
def test_what_was_decided_stays_decided(is_now: str, verdict: reviewing.Verdict) -> None:
    result = _result(visibility=is_now)

    with pytest.raises(NotHeld, match=is_now), transaction() as session:
        reviewing.decide(session, TENANT, result, verdict)

    assert _read(result).visibility == is_now


def test_another_shop_reviews_nothing_of_ours() -> None:
    result = _result(visibility="held")

    with pytest.raises(ResultNotFound), transaction() as session:
        reviewing.decide(session, "other", result, "approve")

    assert _read(result).visibility == "held"
