"""Whether an order may become a job: the same answer for one, for many, and for a message."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, func, select

from db import admission, clock, datasets, pictures
from db.engine import reading, transaction
from db.ids import new_id
from db.operations.order import Order
from db.refusals import Refused
from db.tables.jobs import Job
from db.tables.pictures import Picture
from tests import rows
from tests.factories import NOWHERE
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")


def picture(tenant: str = TENANT, *, side: int = 16) -> str:
    """The id of a picture's row."""
    key = new_id()
    shape = {"format": "png", "bytes": 1, "width": side, "height": side, "mode": "RGB"}
    row = Picture(id=key, tenant=tenant, sha256=key, created_at=clock.now(), **shape)
    with transaction() as session:
        session.add(row)
    return key


def upscale(key: str, **envelope: Any) -> Order:
    return rows.order(operation={"picture": key}, **envelope)


def place(order: Order, *, key: str | None = None) -> str:
    with transaction() as session:
        return admission.place(session, TENANT, order, key=key).job.id


def count() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Job)) or 0


@contextmanager
def counted_questions() -> Iterator[list[str]]:
    """The statements that are asked in the block, on the engine that reads."""
    asked: list[str] = []

    def hear(*given: Any) -> None:
        asked.append(given[2])

    with reading() as session:
        bound = session.get_bind()
    event.listen(bound, "before_cursor_execute", hear)
    try:
        yield asked
    finally:
        event.remove(bound, "before_cursor_execute", hear)


def test_an_order_whose_pictures_are_there_becomes_a_job_as_large_as_what_is_made() -> None:
    job = rows.read(place(upscale(picture(side=16), reference=picture(side=8))))

    assert (job.state, job.pixels) == ("queued", 4 * (16 * 16 + 8 * 8))


def test_a_result_stands_for_a_picture() -> None:
    lease = rows.running()
    with transaction() as session:
        session.add(row := rows.result(lease, width=5, height=7))

    assert rows.read(place(upscale(row.id))).pixels == 4 * 35


def test_an_order_that_names_what_is_not_there_leaves_no_job() -> None:
    with pytest.raises(Refused) as refused:
        place(upscale(NOWHERE, mask=picture("another")))

    assert refused.value.code == "picture_not_found"
    assert [one["pointer"] for one in refused.value.errors] == ["/operation/picture", "/mask"]
    assert count() == 0


def test_a_replay_is_answered_although_its_picture_has_gone_since() -> None:
    key = picture()
    first = place(upscale(key), key="k")
    with transaction() as session:
        session.delete(session.get_one(Picture, key))

    assert place(upscale(key), key="k") == first


@pytest.mark.parametrize(
    ("order", "code", "pointer"),
    [
        (rows.order("sample"), "version_not_found", "/operation/version"),
        (
            rows.order("train", operation={"dataset": "none", "network": "vae"}),
            "dataset_not_found",
            "/operation/dataset",
        ),
        (
            rows.order("train", operation={"dataset": "few", "network": "vae"}),
            "dataset_too_small",
            "/operation/dataset",
        ),
        (
            rows.order(gates={"ssim": {"min": 1.0, "max": 0.5}}),
            "validation_error",
            "/gates/ssim",
        ),
        (rows.order(deadline_at="2020-01-01T00:00:00Z"), "validation_error", "/deadline_at"),
        (
            rows.order(run_after="2990-01-01T00:00:00Z", deadline_at="2980-01-01T00:00:00Z"),
            "validation_error",
            "/run_after",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_order_that_nothing_could_come_of_is_refused_by_its_field(
    order: Order, code: str, pointer: str
) -> None:
    with transaction() as session:
        few = {"kind": "pictures", "pictures": 1, "categories": [], "manifest": []}
        datasets.add(session, tenant=TENANT, name="few", licence=None, **few)

    with pytest.raises(Refused) as refused:
        place(order)

    assert (refused.value.code, refused.value.errors[0]["pointer"]) == (code, pointer)
    assert count() == 0


def test_many_orders_are_looked_up_in_as_many_questions_as_one() -> None:
    def asked_for(orders: list[Order]) -> int:
        with counted_questions() as asked, reading() as session:
            admission.look_up(session, TENANT, orders)
        return len([one for one in asked if one.startswith("SELECT")])

    many = [upscale(picture()) for _ in range(40)] + [rows.order("sample")] * 40

    assert asked_for(many) == asked_for(many[:1] + many[-1:]) <= 4


def test_more_pictures_than_a_statement_takes_are_found() -> None:
    known = picture()
    with reading() as session:
        found = pictures.resolve_many(session, TENANT, [*(new_id() for _ in range(40_000)), known])

    assert list(found) == [known]


def test_a_deadline_is_held_against_the_databases_own_clock() -> None:
    order = upscale(picture(), deadline_at="2990-01-01T00:00:00Z")

    with reading() as session:
        now = session.scalar(select(clock.now()))
        timed = admission.look_up(session, TENANT, [order])
        untimed = admission.look_up(session, TENANT, [upscale(NOWHERE)])

    assert abs((timed.now - now).total_seconds()) < 10
    assert untimed.now is None
