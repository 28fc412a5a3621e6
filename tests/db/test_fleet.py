"""Who works, what they hold, and who is sent home."""

import pytest

from db import fleet
from db.engine import reading, transaction
from db.tables.workers import Worker
from tests import rows

pytestmark = pytest.mark.usefixtures("archive")


def _beat(worker_id: str, state: str = "ready", **told: object) -> None:
    with transaction() as session:
        fleet.beat(session, worker_id, state=state, in_flight=2, **told)


def _read(worker_id: str) -> Worker:
    with reading() as session:
        return session.get_one(Worker, worker_id)


def _ask(worker_id: str) -> Worker | None:
    with transaction() as session:
        return fleet.ask_to_drain(session, worker_id)


def test_a_beat_tells_how_a_worker_is():
    rows.worker("w1")

    _beat("w1", numbers={"batches": 3})

    told = _read("w1")
    assert (told.state, told.in_flight, told.numbers) == ("ready", 2, {"batches": 3})


def test_a_beat_without_numbers_leaves_the_last_ones():
    rows.worker("w1")
    _beat("w1", numbers={"batches": 3})

    _beat("w1")

    assert _read("w1").numbers == {"batches": 3}


def test_a_worker_that_is_asked_to_drain_hears_it_and_the_others_do_not():
    rows.worker("w1")
    rows.worker("w2")

    asked = _ask("w1")

    assert asked is not None
    assert asked.drain_requested_at is not None
    with reading() as session:
        assert fleet.is_to_drain(session, "w1")
        assert not fleet.is_to_drain(session, "w2")


def test_asked_twice_the_first_time_stands():
    rows.worker("w1")
    first = _ask("w1")
    assert first is not None

    again = _ask("w1")

    assert again is not None
    assert again.drain_requested_at == first.drain_requested_at


@pytest.mark.parametrize("state", ["lost", "stopped"])
def test_who_works_no_more_cannot_be_asked(state: str):
    rows.worker("w1")
    _beat("w1", state)

    assert _ask("w1") is None
    assert _ask("nobody") is None


def test_an_older_beat_behind_the_last_word_changes_nothing():
    rows.worker("w1")
    _beat("w1", "stopped")

    _beat("w1", "draining")

    assert _read("w1").state == "stopped"


def test_a_worker_that_was_taken_for_lost_comes_back_with_its_next_beat():
    rows.worker("w1")
    _beat("w1", "lost")

    _beat("w1", "ready")

    assert _read("w1").state == "ready"


def test_what_the_table_says_a_worker_holds():
    for _ in range(3):
        rows.queued()
    mine = rows.claim(owner="w1", room=2)
    rows.claim(owner="w2")

    with reading() as session:
        held = fleet.leases(session, "w1")

    assert set(held) == {rows.lease_of(job) for job in mine}
    assert held == sorted(held, key=lambda lease: lease.job_id)
