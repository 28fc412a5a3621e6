"""Policies, block lists and quarantine as rows, on each database that we promise to work on."""

import pytest
from sqlalchemy import select

from db import blocklist, lineage, pictures, policies, quarantine, score_watch
from db.blocklist import BlocklistFull, EntryNotFound
from db.engine import reading, transaction
from db.operations.policies import PolicyRules, default
from db.operations.reasons import SENTENCES, gravest, reason
from db.tables.moderation import Policy
from db.tables.pictures import Picture
from db.tables.results import Result
from db.transitions import Outcome, finish
from tests import rows
from tests.factories import NOWHERE
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")
SHA, OTHER = "a" * 64, "b" * 64
OURS = PolicyRules(title="Ours")


def put(channel: str | None, title: str) -> str:
    with transaction() as session:
        rules = PolicyRules(title=title)
        return policies.put(session, TENANT, channel, rules, by="key")[0].label


def test_the_channel_s_policy_holds_before_the_shop_s_and_that_before_what_ships() -> None:
    with reading() as session:
        shipped = policies.in_effect(session, TENANT, "web")
    labels = [put(None, "one"), put(None, "two"), put("web", "one"), put(None, "two")]

    with reading() as session:
        found = [policies.in_effect(session, TENANT, one) for one in ("web", "print", None)]
        other = policies.in_effect(session, "other", "web")
        standing = [one.label for one in policies.of(session, TENANT)]
        history = [one.rules.title for one in policies.history(session, TENANT, None)]
    assert (shipped.label, shipped.rules) == ("default@1", default())
    assert labels == ["shop@1", "shop@2", "channel:web@1", "shop@2"]
    assert [one.label for one in found] == ["channel:web@1", "shop@2", "shop@2"]
    assert other.label == "default@1"
    assert standing == ["shop@2", "channel:web@1"]
    assert history == ["two", "one"]


def test_a_channel_s_policy_alone_leaves_the_one_that_ships() -> None:
    put("web", "one")

    with reading() as session:
        assert [one.label for one in policies.of(session, TENANT)] == ["default@1", "channel:web@1"]


def test_a_policy_from_before_there_was_a_rule_says_the_same_without_it() -> None:
    put(None, "one")
    with transaction() as session:
        row = session.scalars(select(Policy)).one()
        row.rules = {name: rule for name, rule in row.rules.items() if name != "nsfw"}

    assert put(None, "one") == "shop@1"


def test_an_entry_is_there_once_and_changes_the_stamp() -> None:
    entry = {"sha256": SHA, "phash": "0" * 16, "note": None, "by": None}
    with transaction() as session:
        empty = blocklist.stamp(session, TENANT)
        first, is_new = blocklist.add(session, TENANT, **entry)
        again, is_new_again = blocklist.add(session, TENANT, **entry)
        blocklist.add(session, TENANT, **{**entry, "sha256": ""})
    with reading() as session:
        full = blocklist.stamp(session, TENANT)
        assert blocklist.everything(session, TENANT) == (frozenset({SHA}), ("0" * 16,))
        assert [blocklist.has(session, TENANT, one) for one in (SHA, OTHER, "")] == [
            True,
            False,
            True,
        ]
    assert (first.id == again.id, is_new, is_new_again) == (True, True, False)
    assert (empty[0], full[0]) == (0, 2)
    with transaction() as session:
        blocklist.remove(session, TENANT, first.id)
        with pytest.raises(EntryNotFound):
            blocklist.remove(session, TENANT, first.id)
        with pytest.raises(EntryNotFound):
            blocklist.remove(session, "other", NOWHERE)


def test_a_list_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocklist, "MOST", 1)
    entry = {"phash": "", "note": None, "by": None}

    with transaction() as session:
        blocklist.add(session, TENANT, sha256=SHA, **entry)
        with pytest.raises(BlocklistFull):
            blocklist.add(session, TENANT, sha256=OTHER, **entry)
        assert blocklist.add(session, TENANT, sha256=SHA, **entry)[1] is False


def test_what_is_quarantined_says_why_and_a_picture_is_given_back() -> None:
    rows.picture(NOWHERE)
    said = [reason("listed_exactly", "block", of="picture")]
    with transaction() as session:
        count = quarantine.keep_bytes(session, TENANT, "0" * 64, policy="shop@1", reasons=said)
    with reading() as session:
        kept = session.get_one(Picture, NOWHERE).quarantine
    with transaction() as session:
        quarantine.give_back(session, TENANT, NOWHERE)
    with reading() as session:
        back = session.get_one(Picture, NOWHERE).quarantine

    assert count == 1
    assert kept is not None
    assert (kept["policy"], kept["reasons"][0]["code"]) == ("shop@1", "listed_exactly")
    assert back is None


def test_a_quarantined_result_is_no_job_s_picture_and_its_job_has_changed() -> None:
    rows.picture(NOWHERE)
    job_id = rows.queued(envelope={"operation": {"picture": NOWHERE}})
    (job,) = rows.claim()
    result = rows.result(rows.lease_of(job))
    with transaction() as session:
        finish(session, [Outcome(rows.lease_of(job), "succeeded", results=[result])])
    before = rows.read(job_id).revision

    with transaction() as session:
        made = lineage.of(session, TENANT, NOWHERE)
        said = [reason("listed_exactly", "block", of="result")]
        quarantine.keep(session, TENANT, result.id, policy="shop@1", reasons=said)

    with reading() as session:
        row = session.get_one(Result, result.id)
        assert pictures.resolve(session, TENANT, result.id) is None
    assert made == [NOWHERE, job_id, result.id]
    assert (row.visibility, row.policy_version) == ("quarantined", "shop@1")
    assert rows.read(job_id).revision == before + 1


def test_an_empty_house_has_nothing_to_watch() -> None:
    with transaction() as session:
        assert score_watch.look_everywhere(session) == 0
        assert score_watch.look(session, TENANT) == []


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_reason_is_an_english_sentence(code: str) -> None:
    said = [reason(code, "review", of=of, value=0.5, limit=0.25) for of in ("picture", "result")]  # type: ignore[arg-type]

    assert all(one.says[0].isupper() and one.says.endswith(".") for one in said)
    assert not any("{" in one.says or "None" in one.says for one in said)


def test_the_gravest_reason_counts() -> None:
    found = [
        reason("unfamiliar", "review", of="picture", value=2, limit=1),
        reason("listed_exactly", "block", of="picture"),
    ]

    assert [gravest(found), gravest(found[:1]), gravest([])] == ["block", "review", "allow"]
