"""Deliveries: claimed once, fenced, tried by the schedule, given up, sent again."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from db import clock, deliveries, endpoints, engine, sending
from db.deliveries import EndpointDisabled
from db.engine import reading, transaction
from db.ids import new_id
from db.sending import SCHEDULE_S, Answer
from db.tables.deliveries import Delivery, DeliveryAttempt, Endpoint
from tests import explained, hooks
from tests.rows import TENANT


@pytest.fixture(autouse=True)
def _archive(archive: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks.keyed(monkeypatch)


def pause_s(delivery_id: str) -> float:
    """How long until the next attempt, by the database's clock."""
    with reading() as session:
        now = session.scalars(select(clock.now())).one()
        due: timedelta = session.get_one(Delivery, delivery_id).due_at - now
    return due.total_seconds()


def test_a_delivery_is_claimed_by_one_sender() -> None:
    made = hooks.ping(hooks.endpoint())

    first, second = hooks.claim(owner="one"), hooks.claim(owner="two")

    assert [one.id for one in first] == [made.id]
    assert second == []


def test_an_answer_of_two_hundred_delivers_and_is_logged() -> None:
    made = hooks.ping(hooks.endpoint())
    (claimed,) = hooks.claim()

    assert hooks.answer(claimed, 204, text="thanks") == "delivered"

    assert hooks.read(made.id).finished_at is not None
    with reading() as session:
        (attempt,) = deliveries.attempts(session, made.id)
    assert (attempt.number, attempt.status, attempt.answer) == (1, 204, "thanks")
    assert (attempt.ended_at - attempt.started_at).total_seconds() == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("status", [None, 199, 301, 304, 400, 404, 500, 503])
def test_anything_else_is_tried_again(status: int | None) -> None:
    made = hooks.ping(hooks.endpoint())
    (claimed,) = hooks.claim()

    assert hooks.answer(claimed, status, error="x") == "pending"

    assert 3.5 < pause_s(made.id) < 6.5
    assert hooks.claim() == []


def test_the_schedule_is_kept_with_a_fifth_of_jitter_and_then_it_has_failed() -> None:
    made = hooks.ping(hooks.endpoint())
    pauses = []
    for _ in SCHEDULE_S[1:]:
        (claimed,) = hooks.claim()
        hooks.answer(claimed, 500)
        pauses.append(pause_s(made.id))
        hooks.is_due_now(made.id)
    (claimed,) = hooks.claim()

    last = hooks.answer(claimed, 500)

    assert last == "failed"
    assert hooks.claim() == []
    for pause, planned in zip(pauses, SCHEDULE_S[1:], strict=True):
        assert 0.8 * planned - 1 <= pause <= 1.2 * planned + 1
    with reading() as session:
        assert [one.number for one in deliveries.attempts(session, made.id)] == [*range(1, 11)]


@pytest.mark.parametrize(
    ("asked_s", "least_s", "most_s"), [(120, 119, 121), (10**8, 86_399, 86_401)]
)
def test_a_receiver_may_ask_for_more_patience_up_to_a_day(
    asked_s: float, least_s: float, most_s: float
) -> None:
    made = hooks.ping(hooks.endpoint())
    (claimed,) = hooks.claim()

    hooks.answer(claimed, 429, retry_after_s=asked_s)

    assert least_s < pause_s(made.id) < most_s


def test_a_slow_sender_that_lost_its_delivery_changes_nothing() -> None:
    made = hooks.ping(hooks.endpoint())
    (slow,) = hooks.claim(owner="slow", lease_s=-1)
    (fast,) = hooks.claim(owner="fast")

    late = hooks.answer(slow, 500)
    with transaction() as session:
        sending.release(session, slow)
    in_time = hooks.answer(fast, 200)

    assert (late, in_time) == (None, "delivered")
    assert hooks.answer(slow, 410) is None
    with reading() as session:
        assert [one.status for one in deliveries.attempts(session, made.id)] == [200]
        assert endpoints.of(session, TENANT)[0].disabled_at is None


def test_what_is_released_is_due_at_once_and_was_no_attempt() -> None:
    hooks.ping(hooks.endpoint())
    (claimed,) = hooks.claim()

    with transaction() as session:
        sending.release(session, claimed)

    (again,) = hooks.claim()
    assert again.attempt == 0
    assert again.lease_token == claimed.lease_token + 1


def test_gone_disables_the_endpoint_and_ends_all_that_waits_for_it() -> None:
    here, there = hooks.endpoint(), hooks.endpoint("https://other.example/")
    first, second, elsewhere = hooks.ping(here), hooks.ping(here), hooks.ping(there)
    claimed = next(one for one in hooks.claim() if one.id == first.id)

    assert hooks.answer(claimed, 410) == "failed"

    with reading() as session:
        gone, other = (endpoints.find(session, TENANT, one.id) for one in (here, there))
    assert gone.disabled_because == "it answered 410 Gone"
    assert other.disabled_at is None
    states = [hooks.read(one.id).state for one in (first, second, elsewhere)]
    assert states == ["failed", "failed", "pending"]
    with pytest.raises(EndpointDisabled):
        hooks.ping(gone)


def claim_at(host: str) -> Delivery:
    with transaction() as session:
        (claimed,) = sending.claim(
            session, tenant=TENANT, host=host, owner="x", room=5, lease_s=60.0
        )
    return claimed


def walk(*, after: str = "", most: int = 100) -> tuple[list[str], str]:
    with reading() as session:
        return sending.hosts(session, TENANT, after=after, most=most)


def test_hosts_are_walked_each_once_and_only_with_something_due() -> None:
    one = hooks.endpoint("https://b.example/1")
    same_host = hooks.endpoint("https://b.example/2")
    other = hooks.endpoint("https://a.example:8443/")
    later = hooks.endpoint("https://c.example/")
    for to in (one, one, same_host, other, later):
        hooks.ping(to)
    assert claim_at("c.example").url == later.url

    assert walk() == (["a.example:8443", "b.example"], "")


def test_many_hosts_are_walked_a_few_at_a_time_the_idle_ones_too() -> None:
    for number in range(5):
        hooks.ping(hooks.endpoint(f"https://h{number}.example/"))
    claim_at("h1.example")

    assert walk(most=2) == (["h0.example"], "h1.example")
    assert walk(most=2, after="h1.example") == (["h2.example", "h3.example"], "h3.example")
    assert walk(most=2, after="h3.example") == (["h4.example"], "")
    assert walk(most=2, after="h4.example") == ([], "")


def test_tenants_are_walked_each_once_and_see_and_claim_their_own_alone() -> None:
    for tenant in (TENANT, TENANT, "another", "third"):
        hooks.ping(hooks.endpoint(tenant=tenant))
    with transaction() as session:
        finished = update(Delivery).where(Delivery.tenant == "third")
        session.execute(finished.values(state="delivered"))

    with transaction() as session:
        assert sorted(sending.tenants(session)) == sorted(["another", TENANT])
        claimed = sending.claim(
            session, tenant="another", host="storefront.example", owner="x", room=5, lease_s=60.0
        )
        assert [one.tenant for one in claimed] == ["another"]
        assert sending.hosts(session, "another", most=5) == ([], "")
        assert sending.hosts(session, TENANT, most=5) == (["storefront.example"], "")


def test_a_claim_takes_what_has_waited_longest_and_no_more_than_its_room() -> None:
    to = hooks.endpoint()
    made = [hooks.ping(to).id for _ in range(3)]
    hooks.is_due_now(made[2])

    (claimed,) = hooks.claim(room=1)

    assert claimed.id == made[2]


def test_ten_thousand_events_for_a_dead_receiver_do_not_hide_one_for_another() -> None:
    dead, alive = hooks.endpoint("https://dead.example/"), hooks.endpoint("https://live.example/")
    pattern = hooks.ping(dead)
    with transaction() as session:
        values = {c.name: getattr(pattern, c.name) for c in Delivery.__table__.columns}
        session.execute(
            Delivery.__table__.insert(), [{**values, "id": f"{n:036d}"} for n in range(10_000)]
        )
    hooks.ping(alive)
    explained.analyse()

    took = []
    for _ in range(5):
        began = monotonic()
        with reading() as session:
            sending.tenants(session)
            waiting, _ = sending.hosts(session, TENANT, most=100)
        took.append(monotonic() - began)

    assert waiting == ["dead.example", "live.example"]
    assert min(took) < 0.05


def told(many: int, to: Endpoint, **changed: Any) -> None:
    """A history of so many deliveries to one endpoint."""
    pattern = hooks.ping(to)
    columns = {c.name: getattr(pattern, c.name) for c in Delivery.__table__.columns}
    over = {**columns, "state": "delivered", "finished_at": pattern.created_at, **changed}
    with transaction() as session:
        session.execute(insert(Delivery), [{**over, "id": new_id()} for _ in range(many)])


@pytest.mark.parametrize("knows", [True, False], ids=["analysed", "not analysed"])
def test_the_walks_and_the_claim_use_the_index_over_what_waits(*, knows: bool) -> None:
    told(3_000, hooks.endpoint())
    told(300, hooks.endpoint("https://slow.example/"), state="pending", finished_at=None)
    if knows:
        explained.analyse()

    def ask(session: Session) -> None:
        sending.tenants(session)
        sending.hosts(session, TENANT, most=100)
        sending.claim(session, tenant=TENANT, host="slow.example", owner="x", room=2, lease_s=60.0)

    with transaction() as session:
        plans = explained.plans(session, ask)

    assert len(plans) == 3
    for plan in plans:
        used = set(re.findall(r"ix_delivery_\w+", plan))
        assert used == {"ix_delivery_due"}, plan
        assert not explained.reads_whole(plan, "delivery"), plan


@pytest.mark.parametrize("knows", [True, False], ids=["analysed", "not analysed"])
@pytest.mark.parametrize(
    ("state", "rare", "index"),
    [
        ("failed", False, "ix_delivery_state"),
        ("pending", False, "ix_delivery_state"),
        ("delivered", False, "ix_delivery_newest"),
        (None, True, "ix_delivery_told"),
        (None, False, "ix_delivery_newest"),
    ],
)
def test_a_page_of_the_log_is_read_from_its_index(
    *, state: str | None, rare: bool, index: str, knows: bool
) -> None:
    often, seldom = hooks.endpoint(), hooks.endpoint("https://seldom.example/")
    told(3_000, often)
    told(3, often, state="failed")
    told(3, seldom)
    if knows:
        explained.analyse()

    def ask(session: Session) -> None:
        endpoint_id = seldom.id if rare else None
        deliveries.page(session, TENANT, limit=50, state=state, endpoint_id=endpoint_id)

    with reading() as session:
        (plan,) = explained.plans(session, ask)

    # Of what waits there is a smaller index, which a database that knows nothing may think as good.
    good = {index} if knows or state != "pending" else {index, "ix_delivery_due"}
    assert any(name in plan for name in good), plan
    assert not explained.reads_whole(plan, "delivery"), plan


def test_two_answers_of_gone_at_once_wait_for_nobody() -> None:
    to = hooks.endpoint()
    for _ in range(4):
        hooks.ping(to)
    first, second = hooks.claim(room=2)
    both_hold = threading.Barrier(2, timeout=5)

    def gone(claimed: Delivery) -> str | None:
        if engine.writer().dialect.name == "sqlite":  # one writer at a time
            return hooks.answer(claimed, 410)
        with transaction() as session:
            session.get_one(Delivery, claimed.id, with_for_update=True)
            both_hold.wait()
            return sending.record(session, claimed, Answer(took_s=0.1, status=410))

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(gone, (first, second)))

    assert "failed" in outcomes
    with reading() as session:
        states = session.scalars(select(Delivery.state)).all()
    assert list(states) == ["failed"] * 4


def test_many_senders_some_of_whom_vanish_deliver_each_message_and_record_it_once() -> None:
    made = {
        hooks.ping(to).id
        for to in [hooks.endpoint(f"https://h{number}.example/") for number in range(3)]
        for _ in range(8)
    }

    def work(number: int) -> list[str]:
        """Every third claim is let go of, as by a process that was frozen, and answered late."""
        recorded, late = [], []
        for turn in range(100):
            vanishes = (turn + number) % 3 == 0
            lease_s = -1.0 if vanishes else 60.0
            claimed = hooks.claim(owner=f"sender {number}", room=2, lease_s=lease_s)
            (late if vanishes else recorded).extend(claimed)
            if not claimed:
                break
        first = [one.id for one in recorded if hooks.answer(one, 200) == "delivered"]
        return first + [one.id for one in late if hooks.answer(one, 200) == "delivered"]

    with ThreadPoolExecutor(4) as pool:
        recorded = [one for part in pool.map(work, range(4)) for one in part]

    assert sorted(recorded) == sorted(made)
    with reading() as session:
        logged = session.scalars(select(DeliveryAttempt.delivery_id)).all()
    assert sorted(logged) == sorted(made)


def test_a_replay_is_the_same_message_to_where_the_endpoint_is_now() -> None:
    to = hooks.endpoint()
    made = hooks.ping(to)
    hooks.answer(hooks.claim()[0], 200)
    with transaction() as session:
        endpoints.change(session, TENANT, to.id, {"url": "https://new.example/hook"})

    with transaction() as session:
        again = deliveries.replay(session, TENANT, made.id)
        twice = deliveries.replay(session, TENANT, again.id)

    assert again.id != made.id
    assert (again.message_id, twice.message_id) == (made.id, made.id)
    assert (again.body, again.event, again.state) == (made.body, made.event, "pending")
    assert (again.url, again.host) == ("https://new.example/hook", "new.example")


def test_what_waits_follows_its_endpoint_to_a_new_url() -> None:
    to = hooks.endpoint()
    made = hooks.ping(to)

    with transaction() as session:
        endpoints.change(session, TENANT, to.id, {"url": "https://new.example/hook"})

    assert (hooks.read(made.id).url, hooks.read(made.id).host) == (
        "https://new.example/hook",
        "new.example",
    )


def test_nothing_is_replayed_to_an_endpoint_that_is_silent_or_gone() -> None:
    to = hooks.endpoint()
    made = hooks.ping(to)
    with transaction() as session:
        endpoints.disable(session, TENANT, to.id, because="switched off")
    with pytest.raises(EndpointDisabled, match="switched off"), transaction() as session:
        deliveries.replay(session, TENANT, made.id)

    with transaction() as session:
        assert endpoints.remove(session, TENANT, to.id)
    with pytest.raises(EndpointDisabled, match="removed"), transaction() as session:
        deliveries.replay(session, TENANT, made.id)

    assert hooks.read(made.id).state == "failed"


def test_the_dead_letters_are_a_filter_and_pages_follow_each_other() -> None:
    to = hooks.endpoint()
    made = [hooks.ping(to).id for _ in range(5)]
    with transaction() as session:
        endpoints.disable(session, TENANT, to.id, because="switched off")
        endpoints.enable(session, TENANT, to.id)
    hooks.ping(endpoint_again := hooks.endpoint("https://other.example/"))

    with reading() as session:
        first = deliveries.page(session, TENANT, limit=3, state="failed")
        last = first[-1]
        rest = deliveries.page(
            session, TENANT, limit=3, state="failed", after=(last.created_at, last.id)
        )
        (other,) = deliveries.page(session, TENANT, limit=3, endpoint_id=endpoint_again.id)

    assert {one.id for one in (*first, *rest)} == set(made)
    assert len(first) + len(rest) == 5
    assert other.state == "pending"


def test_another_tenant_sees_none_of_it() -> None:
    to = hooks.endpoint()
    made = hooks.ping(to)

    with transaction() as session:
        assert deliveries.find(session, "another", made.id) is None
        assert deliveries.replay(session, "another", made.id) is None
        assert deliveries.page(session, "another", limit=5) == []
        assert endpoints.find(session, "another", to.id) is None
        assert endpoints.change(session, "another", to.id, {"events": []}) is None
        assert endpoints.rotate(session, "another", to.id) is None
        assert not endpoints.remove(session, "another", to.id)
        assert endpoints.disable(session, "another", to.id, because="x") is None

    assert hooks.read(made.id).state == "pending"
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 1
