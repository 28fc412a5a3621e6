"""A picture that something was tried on in teaches by consent alone, and goes soon."""

from collections.abc import Collection

import pytest
from sqlalchemy import select

from db import clock, collector, dataset_reports, persons, registration, retention
from db.engine import reading, transaction
from db.registration import NothingLeft
from db.selection import Wanted
from db.settings import DbSettings
from db.tables.all import Dataset, Job, Picture, Result
from tests import explained, factories, kept, rows
from tests.opinions import made, rate, upload
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")
DAY_S = retention.DAY_S


def _tried(number: int, *, body: str, garment: str) -> str:
    """The id of a result of `try_on`."""
    return made(number, op="try_on", asked={"picture": body, "garment": garment})


def _among(*ids: str) -> set[str]:
    with reading() as session:
        return persons.among(session, TENANT, ids)


def _ended(result: str, *, days_ago: float) -> None:
    with reading() as session:
        job_id = session.scalars(select(Result.job_id).where(Result.id == result)).one()
    when = clock.seconds_from_now(-days_ago * DAY_S)
    rows.change(job_id, state="succeeded", lease_owner=None, finished_at=when)


def _prune(days: float = 7.0) -> int:
    with transaction() as session:
        return persons.prune(session, days=days)


def _left(table: type[Picture] | type[Result] | type[Job]) -> set[str]:
    with reading() as session:
        return set(session.scalars(select(table.id)))


def _register(*ids: str, agreed: Collection[str] = ()) -> Dataset:
    wanted = [Wanted(one, "shirt", consent=one in agreed) for one in ids]
    return registration.register(TENANT, "shirts", wanted, licence=None)


def test_the_body_and_what_came_of_it_show_a_person_and_the_garment_does_not() -> None:
    body, garment = upload(1), upload(2)
    result = _tried(3, body=body, garment=garment)

    assert _among(body, garment, result) == {body, result}


def test_what_was_made_from_a_persons_picture_shows_a_person() -> None:
    body, garment = upload(1), upload(2)
    before = made(3, asked={"picture": body})
    after = made(5, asked={"picture": _tried(4, body=body, garment=garment)})
    later = made(6, asked={"picture": after})
    other = made(7, asked={"picture": garment})

    assert _among(before, after, later, other) == {before, after, later}


def test_a_result_that_comes_back_as_a_picture_shows_a_person() -> None:
    _tried(3, body=upload(1), garment=upload(2))

    assert _among(back := upload(3)) == {back}


def test_another_shops_try_on_says_nothing_of_mine() -> None:
    body, garment = upload(1), upload(2)
    _tried(3, body=body, garment=garment)

    with reading() as session:
        assert persons.among(session, "another", [body]) == set()


def test_no_dataset_takes_a_persons_picture() -> None:
    body, garment = upload(1), upload(2)
    result = _tried(3, body=body, garment=garment)

    found = _register(body, garment, result)

    assert [entry["picture"] for entry in found.manifest] == [garment]
    (reason,) = found.left_out["reasons"]
    assert (reason["reason"], reason["count"]) == ("person", 2)
    with pytest.raises(NothingLeft, match="tried on"):
        _register(body)


def test_a_rating_brings_no_persons_picture_into_a_dataset() -> None:
    body, garment = upload(1), upload(2)
    _register(garment)
    liked = _tried(3, body=body, garment=garment)
    shoe = upload(4)
    rate(liked, 1)
    rate(made(5, asked={"picture": shoe}), 1)

    found = registration.register_rated(TENANT, "shirts")

    pictures = {entry["picture"] for entry in found.manifest}
    assert shoe in pictures
    assert not {body, liked} & pictures


def test_a_persons_picture_enters_by_that_persons_consent() -> None:
    body, other, garment = upload(1), upload(4), upload(2)
    result = _tried(3, body=body, garment=garment)
    _tried(5, body=other, garment=garment)

    found = _register(body, other, garment, result, agreed={body, garment})

    entries = {entry["picture"]: entry for entry in found.manifest}
    assert set(entries) == {body, garment}
    assert (entries[body].get("consent"), entries[body].get("person")) == (True, True)
    assert "person" not in entries[garment]
    report = dataset_reports.of(found)
    assert report.persons == 1
    assert [(one.reason, one.count) for one in report.left_out] == [("person", 2)]


def test_consent_stays_said_in_the_next_version_and_brings_nobody_else_in() -> None:
    body, garment = upload(1), upload(2)
    result = _tried(3, body=body, garment=garment)
    _register(body, agreed={body})
    rate(result, 1)
    rate(made(5, asked={"picture": (shoe := upload(4))}), 1)

    found = registration.register_rated(TENANT, "shirts")

    pictures = {entry["picture"] for entry in found.manifest}
    assert {body, shoe} <= pictures
    assert result not in pictures
    assert dataset_reports.of(found).persons == 1


def test_what_entered_by_consent_is_left_out_where_it_is_no_longer_said() -> None:
    body, garment = upload(1), upload(2)
    _tried(3, body=body, garment=garment)
    _register(body, garment, agreed={body})

    found = _register(body, garment)

    assert (found.version, [entry["picture"] for entry in found.manifest]) == (2, [garment])


def test_consent_to_teach_keeps_no_picture_longer() -> None:
    body, garment = upload(1), upload(2)
    _ended(_tried(3, body=body, garment=garment), days_ago=8)
    dataset = _register(body, garment, agreed={body})

    assert _prune() == 1

    with reading() as session:
        left = session.get_one(Dataset, dataset.id)
    assert [entry["picture"] for entry in left.manifest] == [garment]
    assert (left.pictures, left.erased, dataset_reports.of(left).persons) == (1, 1, 0)


def test_a_persons_picture_goes_some_days_after_something_was_last_tried_on() -> None:
    body, garment = upload(1), upload(2)
    result = _tried(3, body=body, garment=garment)
    _ended(result, days_ago=8)

    assert _prune() == 1

    assert _left(Picture) == {garment}
    assert _left(Result) == set()
    assert _left(Job) == set()


def test_bytes_of_a_persons_picture_go_with_it() -> None:
    body, garment = upload(1), upload(2)
    _ended(_tried(3, body=body, garment=garment), days_ago=8)
    data = {number: factories.encoded(factories.shot(number), "PNG") for number in (1, 2, 3)}

    _prune()
    kept.a_day_passes()
    collector.collect()

    assert [kept.is_kept(data[number]) for number in (1, 2, 3)] == [False, True, False]


def test_a_persons_picture_in_use_stays() -> None:
    body, garment = upload(1), upload(2)
    _ended(_tried(3, body=body, garment=garment), days_ago=8)
    _ended(_tried(4, body=body, garment=garment), days_ago=6)
    other = upload(5)
    rows.queued("try_on", envelope={"operation": {"picture": other, "garment": garment}})

    assert _prune() == 0
    assert _left(Picture) == {body, garment, other}


def test_a_person_in_a_result_goes_with_the_picture_that_it_was_made_from() -> None:
    body, garment = upload(1), upload(2)
    dressed = _tried(3, body=body, garment=garment)
    twice = _tried(4, body=dressed, garment=garment)
    for one in (dressed, twice):
        _ended(one, days_ago=9)

    _prune()

    assert _left(Picture) == {garment}
    assert _left(Result) == set()


def test_a_job_stays_by_which_a_picture_is_known_to_show_a_person() -> None:
    body, garment = upload(1), upload(2)
    _ended(_tried(3, body=body, garment=garment), days_ago=40)

    with transaction() as session:
        assert retention.prune_jobs(session, days=30) == 0

    assert _among(body) == {body}


def test_looking_for_old_pictures_of_persons_reads_no_table_whole() -> None:
    _ended(_tried(3, body=upload(1), garment=upload(2)), days_ago=8)

    with explained.heard() as asked:
        assert _prune() == 1

    assert not [one for one in explained.read_whole(asked) if "job" in one]


def test_pictures_of_persons_are_kept_for_a_week_unless_somebody_says_otherwise() -> None:
    assert DbSettings().keep_persons_days == 7
