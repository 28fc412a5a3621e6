"""Which version a job uses: named, serving, or for its share the canary."""

import pytest

from db import choosing, versions
from db.choosing import Choice
from db.engine import reading, transaction
from db.ids import new_id
from db.versions import VersionNotFound
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")


def _version(*, state: str = "serving", tenant: str = TENANT, share: float | None = None) -> str:
    with transaction() as session:
        version = versions.add(
            session,
            tenant=tenant,
            name="shoes",
            network="gan",
            state=state,
            weights_key=new_id(),
            card="{}",
        )
        version.canary_share = share
        return version.id


def _choice(name: str | None = None) -> Choice:
    with reading() as session:
        return choosing.choices(session, TENANT, {"gan": name})["gan"]


def test_without_a_canary_every_job_uses_what_serves():
    serving = _version()
    _version(state="candidate")

    assert {_choice().of_job(new_id()) for _ in range(50)} == {serving}


def test_a_canary_is_used_by_its_share_of_the_jobs():
    serving, canary = _version(), _version(state="candidate", share=0.3)
    choice = _choice()

    used = [choice.of_job(new_id()) for _ in range(4_000)]

    assert set(used) == {serving, canary}
    assert used.count(canary) / len(used) == pytest.approx(0.3, abs=0.03)


def test_a_job_uses_the_same_version_whoever_asks_and_how_often():
    _version()
    _version(state="candidate", share=0.5)
    jobs = [new_id() for _ in range(100)]

    assert [_choice().of_job(one) for one in jobs] == [_choice().of_job(one) for one in jobs]


def test_a_larger_share_keeps_the_jobs_of_the_smaller():
    few, more = Choice("serving", "canary", 0.2), Choice("serving", "canary", 0.6)
    jobs = [new_id() for _ in range(500)]

    assert all(more.of_job(one) == "canary" for one in jobs if few.of_job(one) == "canary")


def test_another_canary_is_tried_on_other_jobs():
    one, other = Choice("serving", "one", 0.5), Choice("serving", "other", 0.5)
    jobs = [new_id() for _ in range(500)]

    both = sum((one.of_job(job) == "one") == (other.of_job(job) == "other") for job in jobs)

    assert both / len(jobs) == pytest.approx(0.5, abs=0.1)


def test_whoever_names_a_version_gets_it():
    named = _version(state="retired")
    _version()
    _version(state="candidate", share=1.0)

    assert _choice("shoes@1") == Choice(named)


def test_another_shops_canary_is_not_used():
    serving = _version()
    _version(state="candidate", tenant="other", share=1.0)

    assert _choice() == Choice(serving)


def test_where_nothing_serves_there_is_nothing_to_choose():
    _version(state="candidate", share=0.5)

    with pytest.raises(VersionNotFound):
        _choice()
