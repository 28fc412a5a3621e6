"""Messages that come together are written together; each gets the answer that it would alone."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import select

from db import clock, jobs
from db.engine import reading, transaction
from db.ids import new_id
from db.jobs import Created
from db.operations.order import Order
from db.refusals import Refused
from db.tables.jobs import Job, JobInput
from db.tables.tenants import Tenant
from tests import rows
from tests.factories import NOWHERE
from tests.watched import AWAY, Watched
from workers import placing
from workers.placing import Placing

SHOP = "shop"


@pytest.fixture
def watched(home: object, monkeypatch: pytest.MonkeyPatch) -> Watched:
    rows.picture(NOWHERE, tenant=SHOP)
    made = Watched()
    monkeypatch.setattr(placing, "transaction", made)
    return made


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as made:
        yield made


def _order(*, sku: str = "shoe", picture: str = NOWHERE) -> Order:
    return Order.model_validate({"operation": {"op": "upscale", "picture": picture}, "sku": sku})


def _together(
    pool: ThreadPoolExecutor, watched: Watched, asked: list[tuple[Order, str]]
) -> list["Future[Created]"]:
    """One message that is being written, and these, which come meanwhile."""
    made = Placing(SHOP)
    first = pool.submit(made.place, _order(), key="first")
    assert watched.has_begun.wait(10)
    others = [pool.submit(made.place, order, key=key) for order, key in asked]
    while made._together.waiting() < len(asked):
        pass
    watched.may_go_on.set()
    assert first.result(10).new
    return others


def _keys() -> list[str | None]:
    with reading() as session:
        return sorted(job.idempotency_key or "" for job in session.scalars(select(Job)))


def test_what_comes_while_one_is_written_is_one_transaction(
    pool: ThreadPoolExecutor, watched: Watched
):
    asked = [(_order(sku=f"shoe-{number}"), f"message-{number}") for number in range(8)]

    placed = [one.result(10) for one in _together(pool, watched, asked)]

    assert watched.count == 2
    assert all(one.new for one in placed)
    assert {one.job.made_by for one in placed} == {"message"}
    assert [one.job.sku for one in placed] == [f"shoe-{number}" for number in range(8)]
    with reading() as session:
        assert len(session.scalars(select(JobInput)).all()) == 9


def test_one_that_is_refused_is_refused_alone(pool: ThreadPoolExecutor, watched: Watched):
    asked = [(_order(), "good"), (_order(picture=new_id()), "bad"), (_order(), "better")]

    good, bad, better = _together(pool, watched, asked)

    assert good.result(10).new
    assert better.result(10).new
    assert isinstance(bad.exception(10), Refused)
    assert _keys() == ["better", "first", "good"]


def test_a_message_that_comes_twice_is_one_job(pool: ThreadPoolExecutor, watched: Watched):
    asked = [(_order(), "same"), (_order(), "same"), (_order(), "first")]

    one, two, first = (each.result(10) for each in _together(pool, watched, asked))

    assert sorted([one.new, two.new]) == [False, True]
    assert one.job.id == two.job.id
    assert not first.new
    assert _keys() == ["first", "same"]


def test_a_key_of_another_request_is_told_to_who_used_it_and_the_others_are_placed(
    pool: ThreadPoolExecutor, watched: Watched
):
    asked = [(_order(), "good"), (_order(sku="boot"), "first"), (_order(), "better")]

    good, reused, better = _together(pool, watched, asked)

    assert isinstance(reused.exception(10), jobs.IdempotencyKeyReused)
    assert good.result(10).new
    assert better.result(10).new
    assert _keys() == ["better", "first", "good"]


def test_a_tenants_cap_holds_for_those_beyond_it(pool: ThreadPoolExecutor, watched: Watched):
    with transaction() as session:
        session.add(Tenant(name=SHOP, max_queued=3, created_at=clock.now()))
    asked = [(_order(), f"message-{number}") for number in range(4)]

    found = [one.exception(10) for one in _together(pool, watched, asked)]

    assert sum(isinstance(error, jobs.QueueQuota) for error in found) == 2
    assert len(_keys()) == 3


def test_a_database_that_is_away_is_told_to_each_and_none_is_written(
    pool: ThreadPoolExecutor, watched: Watched
):
    watched.fails_at = 2
    asked = [(_order(), f"message-{number}") for number in range(4)]

    found = [one.exception(10) for one in _together(pool, watched, asked)]

    assert found == [AWAY] * 4
    assert _keys() == ["first"]
