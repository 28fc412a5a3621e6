"""Rows for bytes to come: what many announce at once is one transaction, or an error for each."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import select

from db import announcing
from db.engine import reading
from db.tables.pictures import Blob
from tests.watched import AWAY, Watched

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    made = Watched()
    monkeypatch.setattr(announcing, "transaction", made)
    return made


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


def _first_and_others(
    pool: ThreadPoolExecutor, watched: Watched
) -> tuple["Future[None]", list["Future[None]"]]:
    """Six announcements, five of which come while the first is being written."""
    first = pool.submit(announcing.announce, "shop", "a" * 64, size=1)
    assert watched.has_begun.wait(10)
    others = [
        pool.submit(announcing.announce, tenant, key * 64, size=1)
        for tenant, key in (("shop", "b"), ("shop", "c"), ("shop", "b"), ("other", "b"), ("a", "d"))
    ]
    while announcing._together.waiting() < 5:
        pass
    watched.may_go_on.set()
    return first, others


def _rows() -> list[tuple[str, str]]:
    with reading() as session:
        return sorted((blob.tenant, blob.sha256[0]) for blob in session.scalars(select(Blob)))


def test_who_comes_while_one_is_written_goes_together(pool: ThreadPoolExecutor, watched: Watched):
    first, others = _first_and_others(pool, watched)
    for one in (first, *others):
        one.result(10)

    assert watched.count == 2
    assert _rows() == [("a", "d"), ("other", "b"), ("shop", "a"), ("shop", "b"), ("shop", "c")]


def test_a_group_that_was_not_written_is_told_so_to_each(
    pool: ThreadPoolExecutor, watched: Watched
):
    watched.fails_at = 2
    first, others = _first_and_others(pool, watched)

    first.result(10)
    assert [one.exception(10) for one in others] == [AWAY] * 5
    assert _rows() == [("shop", "a")]

    announcing.announce("shop", "e" * 64, size=1)
    assert _rows() == [("shop", "a"), ("shop", "e")]


def test_where_there_is_company_it_is_waited_for(
    pool: ThreadPoolExecutor, watched: Watched, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(announcing, "GATHERS_S", 10.0)
    monkeypatch.setattr(announcing, "_company", lambda: 4)
    watched.may_go_on.set()

    for one in [pool.submit(announcing.announce, "shop", key * 64, size=1) for key in "abcd"]:
        one.result(10)

    assert watched.count == 1
    assert len(_rows()) == 4


def test_whoever_is_alone_waits_for_nobody(watched: Watched, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(announcing, "GATHERS_S", 10.0)
    watched.may_go_on.set()
    since = time.monotonic()

    announcing.announce("shop", "a" * 64, size=1)

    assert time.monotonic() - since < 5
    assert _rows() == [("shop", "a")]
