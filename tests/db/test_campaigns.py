"""Campaigns: made of published results, changed, and choosing what is better more often."""

from random import Random
from typing import Any

import pytest
from sqlalchemy import text, update

from db import campaigns, clock, erasure, retention
from db.campaigns import (
    MOST_ARMS,
    ArmNotFound,
    CampaignClosed,
    CampaignNameTaken,
    CampaignNotFound,
    NoArmLeft,
    TooManyArms,
)
from db.engine import reading, transaction
from db.refusals import Refused
from db.tables.campaign_arms import COLUMNS
from db.tables.jobs import Job
from db.tables.results import Result
from db.tally import Counts
from tests import counted
from tests.factories import NOWHERE
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")
CHANCE = Random()


@pytest.fixture(autouse=True)
def _same_chance() -> None:
    """Whichever tests ran before: these run in a random order."""
    CHANCE.seed(20_271)


def _choose(campaign: str, *, tenant: str = TENANT, impression: Any = "told") -> str:
    with transaction() as session:
        return campaigns.choose(session, tenant, campaign, CHANCE, impression=impression)


def _add(campaign: str, result: str) -> None:
    with transaction() as session:
        campaigns.add_arm(session, TENANT, campaign, result)


def _retire(campaign: str, result: str) -> None:
    with transaction() as session:
        campaigns.retire(session, TENANT, campaign, result)


def _close(campaign: str) -> None:
    with transaction() as session:
        campaigns.close(session, TENANT, campaign)


def _hold(result: str) -> None:
    with transaction() as session:
        session.execute(update(Result).where(Result.id == result).values(visibility="held"))


def test_a_choice_is_counted_and_its_impression_if_it_shall() -> None:
    shoe = counted.shown()
    campaign = counted.campaign(shoe)

    assert [_choose(campaign), _choose(campaign, impression="counted")] == [shoe, shoe]
    assert counted.arms(campaign)[shoe].counts == Counts(choices=2, impressions=1)


@pytest.mark.parametrize("goal", ["click", "order"])
def test_what_reaches_the_goal_more_often_is_chosen_more_often(goal: Any) -> None:
    good, bad = counted.shown(), counted.shown()
    campaign = counted.campaign(good, bad, goal=goal)
    other = "order" if goal == "click" else "click"
    for result, reached in ((good, 30), (bad, 5)):
        counted.told(counted.happened(result, times=100, campaign_id=campaign))
        counted.told(counted.happened(result, goal, times=reached, campaign_id=campaign))
    # What is not the goal moves nothing.
    counted.told(counted.happened(bad, other, times=90, campaign_id=campaign))

    chosen = [_choose(campaign) for _ in range(40)]

    assert chosen.count(good) > 35
    assert counted.arms(campaign)[good].belief.mean == pytest.approx(31 / 102)


def test_what_is_not_counted_in_the_campaign_moves_nothing() -> None:
    shoe = counted.shown()
    campaign = counted.campaign(shoe)
    elsewhere = counted.campaign(shoe, name="another")

    counted.told(counted.happened(shoe, "click", times=9))
    counted.told(counted.happened(shoe, "click", times=9, campaign_id=elsewhere))

    assert counted.arms(campaign)[shoe].counts == Counts()


def test_what_is_retired_held_or_erased_is_never_chosen() -> None:
    left, retired, held, erased = (counted.shown() for _ in range(4))
    campaign = counted.campaign(left, retired, held, erased)
    for result in (retired, held, erased):
        counted.told(counted.happened(result, "click", times=50, campaign_id=campaign))

    _retire(campaign, retired)
    _hold(held)
    with transaction() as session:
        erasure.erase_result(session, TENANT, erased)

    assert {_choose(campaign) for _ in range(30)} == {left}
    with reading() as session:
        found = campaigns.arms(session, campaigns.find(session, TENANT, campaign))
    assert set(campaigns.best(found, Random(0))) == {left}


def test_where_nothing_can_be_shown_nothing_is_chosen() -> None:
    shoe = counted.shown()
    campaign = counted.campaign(shoe)
    _hold(shoe)

    with pytest.raises(NoArmLeft):
        _choose(campaign)
    assert counted.arms(campaign)[shoe].counts == Counts()


def test_an_arm_that_comes_back_brings_its_counts() -> None:
    shoe, boot = counted.shown(), counted.shown()
    campaign = counted.campaign(shoe, boot)
    counted.told(counted.happened(shoe, times=3, campaign_id=campaign))

    _retire(campaign, shoe)
    # A click that comes late is of what was seen before.
    late = counted.told(counted.happened(shoe, "click", campaign_id=campaign))
    _add(campaign, shoe)
    _add(campaign, shoe)

    assert late == ["counted"]
    arms = counted.arms(campaign)
    assert arms[shoe].counts == Counts(impressions=3, clicks=1)
    assert arms[shoe].is_live
    assert len(arms) == 2


def test_a_closed_campaign_chooses_no_more_and_still_counts() -> None:
    shoe = counted.shown()
    campaign = counted.campaign(shoe)
    _close(campaign)

    for change in (
        lambda: _choose(campaign),
        lambda: _close(campaign),
        lambda: _add(campaign, counted.shown()),
        lambda: _retire(campaign, shoe),
    ):
        with pytest.raises(CampaignClosed):
            change()
    assert counted.told(counted.happened(shoe, "order", campaign_id=campaign)) == ["counted"]


def test_only_ones_own_published_results_are_arms() -> None:
    shoe, held = counted.shown(), counted.shown(visibility="held")
    theirs = counted.shown(tenant="other")
    campaign = counted.campaign(shoe)

    for result, code in (
        (held, "result_not_published"),
        (theirs, "result_not_found"),
        (NOWHERE, "result_not_found"),
        ("x", "result_not_found"),
    ):
        with pytest.raises(Refused) as added:
            _add(campaign, result)
        with pytest.raises(Refused) as made:
            counted.campaign(shoe, result, name="another")
        assert (added.value.code, made.value.code) == (code, code)
        assert made.value.errors[0]["pointer"] == "/results/1"
    with reading() as session:
        assert [one.name for one in campaigns.page(session, TENANT, limit=9)] == ["boots"]


def test_another_tenant_has_no_such_campaign() -> None:
    shoe = counted.shown()
    campaign = counted.campaign(shoe)

    with pytest.raises(CampaignNotFound):
        _choose(campaign, tenant="other")
    with pytest.raises(CampaignNotFound), transaction() as session:
        campaigns.close(session, "other", campaign)
    with reading() as session:
        assert not campaigns.page(session, "other", limit=9)


def test_a_name_is_given_once() -> None:
    shoe = counted.shown()
    counted.campaign(shoe)

    with pytest.raises(CampaignNameTaken):
        counted.campaign(shoe)


def test_what_is_no_arm_cannot_be_retired() -> None:
    campaign = counted.campaign(counted.shown())

    with pytest.raises(ArmNotFound):
        _retire(campaign, counted.shown())


def test_a_campaign_has_so_many_arms_and_no_more() -> None:
    results = [counted.shown() for _ in range(3)]
    campaign = counted.campaign(results[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaigns, "MOST_ARMS", 2)
        _add(campaign, results[1])
        with pytest.raises(TooManyArms):
            _add(campaign, results[2])
    assert MOST_ARMS >= 16


def test_age_takes_no_result_that_an_open_campaign_may_choose() -> None:
    shoe, boot, retired = counted.shown(), counted.shown(), counted.shown()
    campaign = counted.campaign(shoe, retired)
    _retire(campaign, retired)
    counted.told(counted.happened(retired, times=3, campaign_id=campaign))
    with transaction() as session:
        ended = clock.seconds_from_now(-9 * 86_400)
        session.execute(update(Job).values(state="succeeded", finished_at=ended))

    def pruned() -> set[str]:
        with transaction() as session:
            before = set(session.scalars(text("SELECT id FROM result")))
            retention.prune_jobs(session, days=7)
            return before - set(session.scalars(text("SELECT id FROM result")))

    assert pruned() == {boot, retired}
    _close(campaign)
    assert pruned() == {shoe}
    assert counted.arms(campaign) == {}


def test_the_view_tells_what_the_campaign_does() -> None:
    shoe, boot = counted.shown(sku="S-1"), counted.shown(sku="S-2")
    campaign = counted.campaign(shoe, boot)
    counted.told(counted.happened(shoe, times=8, campaign_id=campaign))
    counted.told(counted.happened(shoe, "click", times=2, campaign_id=campaign))
    counted.told(counted.happened(boot, "click", times=2, campaign_id=campaign))
    chosen = [_choose(campaign) for _ in range(5)]

    with reading() as session:
        found = session.execute(text(f"SELECT {', '.join(COLUMNS)} FROM campaign_arms"))  # noqa: S608
        told = {row.result_id: row for row in found}

    arms = counted.arms(campaign)
    assert set(told) == {shoe, boot}
    assert (told[shoe].tenant, told[shoe].campaign, told[shoe].sku) == (TENANT, "boots", "S-1")
    assert (told[shoe].impressions, told[shoe].clicks, told[shoe].orders) == (8, 2, 0)
    for result in (shoe, boot):
        assert told[result].choices == chosen.count(result)
        assert told[result].choice_share == pytest.approx(chosen.count(result) / 5)
        assert told[result].goal_mean == pytest.approx(arms[result].belief.mean)


def test_the_better_creative_gets_the_larger_share_through_the_archive() -> None:
    rates = {counted.shown(): 0.6, counted.shown(): 0.2}
    campaign = counted.campaign(*rates)
    chance = Random(5)

    shown = []
    for _ in range(80):
        shown.append(_choose(campaign, impression="counted"))
        if chance.random() < rates[shown[-1]]:
            counted.told(counted.happened(shown[-1], "click", campaign_id=campaign))

    assert shown.count(next(iter(rates))) > 48
    found = counted.arms(campaign)
    assert sum(one.counts.impressions for one in found.values()) == 80
