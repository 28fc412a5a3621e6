"""Impressions, clicks and orders: each counted once, whoever tells it and however often."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from db import campaigns, clock, erasure, retention, shop_events, tally
from db.engine import reading, transaction
from db.refusals import Refused
from db.shop_events import Happened, Outcome
from db.tables.campaigns import NO_CAMPAIGN, ShopEvent, Tally
from db.tally import Counts
from tests import counted, rows
from tests.factories import NOWHERE
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")
NOW = datetime.now(UTC)


def _codes(outcomes: list[Outcome]) -> list[str]:
    return [one.code if isinstance(one, Refused) else one for one in outcomes]


def test_what_happened_is_counted_by_kind_and_campaign() -> None:
    shoe, boot = counted.shown(), counted.shown()
    campaign = counted.campaign(shoe, boot)

    outcomes = counted.told(
        [
            *counted.happened(shoe, times=5),
            *counted.happened(shoe, times=7, campaign_id=campaign),
            *counted.happened(shoe, "click", times=2, campaign_id=campaign),
            *counted.happened(boot, "order", campaign_id=campaign),
        ]
    )

    assert outcomes == ["counted"] * 15
    assert counted.counts(shoe) == {
        NO_CAMPAIGN: Counts(impressions=5),
        campaign: Counts(impressions=7, clicks=2),
    }
    assert counted.counts(boot) == {campaign: Counts(orders=1)}


def test_an_event_that_is_told_again_is_counted_once() -> None:
    shoe = counted.shown()
    events = counted.happened(shoe, times=20)

    assert counted.told(events) == ["counted"] * 20
    assert counted.told(events) == ["repeated"] * 20
    assert counted.told([*events[:3], *events[:3], *counted.happened(shoe)])[-1] == "counted"
    assert counted.counts(shoe) == {NO_CAMPAIGN: Counts(impressions=21)}


def test_an_id_twice_in_one_call_is_counted_once() -> None:
    shoe = counted.shown()
    (event,) = counted.happened(shoe, "click")

    assert counted.told([event, event, event]) == ["counted", "repeated", "repeated"]
    assert counted.counts(shoe) == {NO_CAMPAIGN: Counts(clicks=1)}


def test_two_tenants_may_give_the_same_id() -> None:
    mine, theirs = counted.shown(), counted.shown(tenant="other")

    for result, tenant in ((mine, TENANT), (theirs, "other")):
        told = [Happened("1", "click", result)]
        assert counted.told(told, tenant=tenant) == ["counted"]

    assert counted.counts(mine) == counted.counts(theirs) == {NO_CAMPAIGN: Counts(clicks=1)}


def test_a_line_that_is_refused_stops_no_other_and_leaves_no_trace() -> None:
    shoe, boot = counted.shown(), counted.shown()
    theirs = counted.shown(tenant="other")
    campaign = counted.campaign(shoe)
    good, again = counted.happened(shoe, times=2)
    bad = [
        Happened("a", "click", theirs),
        Happened("b", "click", NOWHERE),
        Happened("c", "click", "no id' OR 1=1"),
        Happened("d", "click", shoe, campaign_id=NOWHERE),
        Happened("e", "click", boot, campaign_id=campaign),
        Happened("f", "click", shoe, occurred_at=NOW - timedelta(days=8)),
        Happened("g", "click", shoe, occurred_at=NOW + timedelta(hours=2)),
    ]

    outcomes = counted.told([good, *bad, again])

    assert _codes(outcomes) == [
        "counted",
        *["result_not_found"] * 3,
        "campaign_not_found",
        "arm_not_found",
        "event_too_old",
        "event_not_yet",
        "counted",
    ]
    assert counted.counts(shoe) == {NO_CAMPAIGN: Counts(impressions=2)}
    assert not counted.counts(boot)
    # Mended, it is counted under the very id that was refused.
    assert counted.told([Happened("a", "click", shoe)]) == ["counted"]


def test_another_tenants_result_is_refused_as_one_that_never_was() -> None:
    theirs = counted.shown(tenant="other")

    known, never = counted.told([Happened("a", "click", theirs), Happened("b", "click", NOWHERE)])

    assert isinstance(known, Refused)
    assert isinstance(never, Refused)
    assert (known.code, known.detail, known.errors) == (never.code, never.detail, never.errors)


def test_a_campaign_of_another_tenant_counts_nothing() -> None:
    shoe, theirs = counted.shown(), counted.shown(tenant="other")
    campaign = counted.campaign(shoe)

    told = counted.told([Happened("a", "click", theirs, campaign_id=campaign)], tenant="other")

    assert _codes(told) == ["campaign_not_found"]
    assert not counted.counts(theirs)


def test_erasing_a_result_takes_its_arms_and_its_counts() -> None:
    shoe, boot = counted.shown(), counted.shown()
    campaign = counted.campaign(shoe, boot)
    counted.told(counted.happened(shoe, times=3, campaign_id=campaign))
    counted.told(counted.happened(boot, times=2, campaign_id=campaign))

    with transaction() as session:
        erasure.erase_result(session, TENANT, shoe)

    assert set(counted.arms(campaign)) == {boot}
    assert not counted.counts(shoe)
    assert _codes(counted.told(counted.happened(shoe))) == ["result_not_found"]
    assert counted.counts(boot) == {campaign: Counts(impressions=2)}


def test_who_counts_while_a_result_is_erased_is_told_that_it_is_gone() -> None:
    """And waits for that: neither a count without its result is left, nor does anybody fail."""
    shoe = counted.shown()
    campaign = counted.campaign(shoe)
    counted.told(counted.happened(shoe, campaign_id=campaign))
    outcomes: list[Outcome] = []
    late = counted.happened(shoe, times=3, campaign_id=campaign)
    counting = threading.Thread(target=lambda: outcomes.extend(counted.told(late)))

    with transaction() as session:
        erasure.erase_result(session, TENANT, shoe)
        counting.start()
        counting.join(0.3)
        assert counting.is_alive()
    counting.join(10)

    assert _codes(outcomes) == ["result_not_found"] * 3
    assert not counted.counts(shoe)


def test_who_chooses_while_a_result_is_erased_is_given_another() -> None:
    shoe, boot = counted.shown(), counted.shown()
    campaign = counted.campaign(shoe, boot)
    counted.told(counted.happened(shoe, "click", times=500, campaign_id=campaign))
    counted.told(counted.happened(boot, times=500, campaign_id=campaign))
    chosen: list[str] = []

    def choose() -> None:
        with transaction() as session:
            told = campaigns.choose(session, TENANT, campaign, Random(0), impression="counted")
            chosen.append(told)

    choosing = threading.Thread(target=choose)
    with transaction() as session:
        erasure.erase_result(session, TENANT, shoe)
        choosing.start()
        choosing.join(0.3)
        assert choosing.is_alive()
    choosing.join(10)

    assert chosen == [boot]


def test_an_id_is_kept_for_as_long_as_what_it_names_may_be_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An event that says when it happened is counted once for ever: by its id, then by its age."""
    shoe = counted.shown()
    (event,) = counted.happened(shoe, occurred_at=NOW)
    counted.told([event])

    def pruned() -> int:
        with transaction() as session:
            return retention.prune_event_ids(session, days=7)

    assert (_in_days(monkeypatch, 6.9), pruned(), counted.told([event])) == (None, 0, ["repeated"])
    assert (_in_days(monkeypatch, 7.1), pruned()) == (None, 1)
    assert _codes(counted.told([event])) == ["event_too_old"]
    assert counted.counts(shoe) == {NO_CAMPAIGN: Counts(impressions=1)}


def _in_days(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    """From here on the database's clock is so much ahead."""
    from db import settings

    monkeypatch.setenv("DB_CLOCK_OFFSET_S", str(days * 24 * 3600))
    settings.get.cache_clear()


PROGRAM = """
import sys
from db import shop_events
from db.engine import transaction
from db.shop_events import Happened
from db.tables.all import Row

who, result = sys.argv[1:]
ours = [Happened(f"{who}-{n}", "impression", result) for n in range(300)]
shared = [Happened(f"both-{n}", "click", result) for n in range(300)]
print("ready", flush=True)
sys.stdin.readline()
for first in range(0, 300, 20):
    part = [*ours[first:first + 20], *shared[first:first + 20]]
    if who == "b":
        part.reverse()
    with transaction() as session:
        shop_events.count(session, "shop", part)
"""


def test_processes_that_count_at_once_lose_nothing_and_count_nothing_twice() -> None:
    shoe = counted.shown()
    command = [sys.executable, "-c", PROGRAM]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    root = Path(__file__).parents[2]

    with (
        subprocess.Popen([*command, "a", shoe], cwd=root, **pipes) as one,
        subprocess.Popen([*command, "b", shoe], cwd=root, **pipes) as other,
    ):
        for process in (one, other):
            assert process.stdout is not None
            assert process.stdin is not None
            assert process.stdout.readline() == "ready\n"
        for process in (one, other):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        assert (one.wait(60), other.wait(60)) == (0, 0)

    assert counted.counts(shoe) == {NO_CAMPAIGN: Counts(impressions=600, clicks=300)}


def test_one_count_is_in_few_rows_however_many_write() -> None:
    shoe = counted.shown()
    for _ in range(40):
        counted.told(counted.happened(shoe, times=3))

    with reading() as session:
        rows_of_it = session.scalars(select(func.count()).select_from(Tally)).one()
    assert 1 <= rows_of_it <= tally.SHARDS
    assert counted.counts(shoe) == {NO_CAMPAIGN: Counts(impressions=120)}


@pytest.mark.slow
def test_a_hundred_thousand_events_are_counted_to_the_last_one() -> None:
    results = [counted.shown() for _ in range(10)]
    for call in range(100):
        told = [
            Happened(f"{call}-{n}", "click" if n % 10 == 0 else "impression", results[n % 7])
            for n in range(shop_events.MOST)
        ]
        with transaction() as session:
            shop_events.count(session, TENANT, told)
        if call % 10 == 0:
            assert set(counted.told(told)) == {"repeated"}

    found = [counted.counts(one).get(NO_CAMPAIGN, Counts()) for one in results]
    assert sum(one.impressions for one in found) == 90_000
    assert sum(one.clicks for one in found) == 10_000
    with reading() as session:
        assert session.scalars(select(func.count()).select_from(ShopEvent)).one() == 100_000


def test_ids_are_pruned_a_few_at_a_time() -> None:
    shoe = counted.shown()
    counted.told(counted.happened(shoe, times=30))
    rows.queued()  # what has nothing to do with it

    with transaction() as session:
        session.execute(
            ShopEvent.__table__.update().values(received_at=clock.seconds_from_now(-9 * 86_400))
        )
        pruned = [retention.prune_event_ids(session, days=7, most=20) for _ in range(3)]
        session.execute(delete(ShopEvent))

    assert pruned == [20, 10, 0]
