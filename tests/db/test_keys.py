"""Keys: one secret each, checked before the database is asked, and closed for good."""

import string
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from db import clock, key_text, keys, tenants
from db.engine import reading, transaction
from db.keys import Issued, KeyNotLive
from db.tables.tenants import ApiKey

BASE62 = set(string.ascii_letters + string.digits)
SHOP = "shop"
READ = ("jobs:read",)


def issue(
    tenant: str = SHOP, *, scopes: tuple[str, ...] = READ, lasts_s: float | None = None
) -> Issued:
    with transaction() as session:
        tenants.ensure(session, tenant)
        return keys.issue(session, tenant, name="till", scopes=scopes, lasts_s=lasts_s)


def verified(text: str) -> ApiKey | None:
    with reading() as session:
        return keys.verify(session, text)


def found(issued: Issued, tenant: str = SHOP) -> ApiKey | None:
    with reading() as session:
        return keys.find(session, tenant, issued.key.id)


def rotate(issued: Issued, tenant: str = SHOP) -> Issued | None:
    with transaction() as session:
        return keys.rotate(session, tenant, issued.key.id)


def revoke(issued: Issued, tenant: str = SHOP) -> ApiKey | None:
    with transaction() as session:
        return keys.revoke(session, tenant, issued.key.id)


def expires_in(issued: Issued, seconds: float) -> None:
    with transaction() as session:
        session.execute(
            update(ApiKey)
            .where(ApiKey.id == issued.key.id)
            .values(expires_at=clock.seconds_from_now(seconds))
        )


def test_a_key_is_written_as_it_is_read() -> None:
    text = key_text.new()

    written = text.written()

    prefix, key_id, rest = written.split("_")
    assert (prefix, len(key_id), len(rest)) == ("psk", 12, 32 + 6)
    assert set(key_id + rest) <= BASE62
    assert key_text.read(written) == text


def test_no_two_keys_are_alike() -> None:
    assert len({key_text.new().written() for _ in range(1_000)}) == 1_000


def test_a_key_is_not_shown_by_accident() -> None:
    text = key_text.new()

    assert text.secret not in repr(text)


def test_what_others_read_says_only_which_key_it_was() -> None:
    text, other = key_text.new(), key_text.new()

    told = key_text.hidden(f"/v1/keys/{text.written()}/rotate {other.written()[:40]}")

    assert told == f"/v1/keys/psk_{text.id}_…/rotate psk_{other.id}_…"


@given(place=st.integers(4, 53), other=st.sampled_from(sorted(BASE62)))
def test_one_wrong_letter_is_seen_by_the_checksum(place: int, other: str) -> None:
    written = "psk_0123456789AB_" + "x" * 32
    written += key_text._check(written)

    slipped = written[:place] + other + written[place + 1 :]

    assert (key_text.read(slipped) is not None) == (slipped == written)


@given(text=st.text(max_size=70) | st.from_regex(r"psk_[A-Za-z0-9]{12}_[A-Za-z0-9]{38}"))
def test_what_is_no_key_is_read_as_none(text: str) -> None:
    assert key_text.read(text) is None


@pytest.mark.parametrize("key_id", ["0123456789A\x00", "0123456789Aé", "0123456789A_", "short"])
def test_a_right_checksum_makes_no_key_of_what_no_key_can_be_called(key_id: str) -> None:
    written = key_text.KeyText(key_id, "x" * 32).written()

    assert key_text.read(written) is None
    assert not key_text.is_id(key_id)


@pytest.mark.usefixtures("archive")
def test_a_key_opens_for_its_tenant_and_its_scopes() -> None:
    issued = issue(scopes=("train", "jobs:read"))

    key = verified(issued.text)

    assert key is not None
    assert (key.tenant, key.name, key.scopes) == (SHOP, "till", ["jobs:read", "train"])


def test_the_secret_is_nowhere_in_the_archive(sqlite_archive: Path) -> None:
    issued = issue()
    text = key_text.read(issued.text)

    stored = b"".join(file.read_bytes() for file in sqlite_archive.glob("packshot.db*"))

    assert text is not None
    assert text.id.encode() in stored
    assert text.secret.encode() not in stored


@pytest.mark.usefixtures("archive")
def test_nothing_opens_that_is_unknown_or_of_another_secret() -> None:
    issued = issue()
    stranger = key_text.new()
    guess = key_text.KeyText(issued.key.id, stranger.secret)

    assert verified(stranger.written()) is None
    assert verified(guess.written()) is None
    assert verified(issued.text) is not None


def test_a_bad_checksum_is_refused_without_asking_the_database() -> None:
    written = key_text.new().written()
    wrong = written[:-1] + ("0" if written[-1] != "0" else "1")

    assert keys.verify(None, wrong) is None  # type: ignore[arg-type]  # there is no database


@pytest.mark.usefixtures("archive")
def test_an_expired_key_opens_nothing() -> None:
    issued = issue(lasts_s=60)
    assert verified(issued.text) is not None

    expires_in(issued, -1)

    assert verified(issued.text) is None


@pytest.mark.usefixtures("archive")
def test_a_revoked_key_opens_nothing_and_stays_as_it_is() -> None:
    issued = issue()

    first = revoke(issued)
    again = revoke(issued)

    assert verified(issued.text) is None
    assert first is not None
    assert again is not None
    assert first.revoked_at == again.revoked_at is not None


@pytest.mark.usefixtures("archive")
def test_a_rotated_key_and_its_successor_both_open_for_a_day() -> None:
    old = issue(scopes=("jobs:read", "train"))

    new = rotate(old)

    assert new is not None
    assert new.text != old.text
    assert (new.key.name, new.key.scopes) == ("till", ["jobs:read", "train"])
    assert verified(old.text) is not None
    assert verified(new.text) is not None
    row = found(old)
    assert row is not None
    assert row.replaced_by == new.key.id
    assert row.expires_at is not None
    assert row.expires_at - new.key.created_at == pytest.approx(
        timedelta(hours=24), abs=timedelta(seconds=5)
    )


@pytest.mark.usefixtures("archive")
def test_a_key_that_ends_sooner_is_not_kept_open_by_rotating_it() -> None:
    old = issue(lasts_s=3600)

    new = rotate(old)

    row = found(old)
    assert row is not None
    assert row.expires_at == old.key.expires_at
    assert new is not None
    assert new.key.expires_at is not None
    assert new.key.expires_at - new.key.created_at == pytest.approx(
        timedelta(hours=1), abs=timedelta(seconds=5)
    )


@pytest.mark.usefixtures("archive")
def test_a_key_is_rotated_once_and_only_while_it_is_live() -> None:
    rotated, revoked, expired = issue(), issue(), issue(lasts_s=60)
    rotate(rotated)
    revoke(revoked)
    expires_in(expired, -1)

    for key in (rotated, revoked, expired):
        with pytest.raises(KeyNotLive):
            rotate(key)

    with reading() as session:
        assert len(keys.page(session, SHOP, limit=10)) == 4


@pytest.mark.usefixtures("archive")
def test_of_two_who_rotate_a_key_at_once_one_makes_its_successor() -> None:
    old = issue()
    together = Barrier(2)

    def attempt(_: int) -> Issued | None:
        together.wait()
        try:
            return rotate(old)
        except KeyNotLive:
            return None

    with ThreadPoolExecutor(2) as pool:
        made = [new for new in pool.map(attempt, range(2)) if new is not None]

    row = found(old)
    assert row is not None
    assert [row.replaced_by] == [new.key.id for new in made]
    with reading() as session:
        assert len(keys.page(session, SHOP, limit=10)) == 2


@pytest.mark.usefixtures("archive")
def test_another_tenants_key_cannot_be_seen_or_touched() -> None:
    issued = issue()
    issue("other")

    assert found(issued, "other") is None
    assert rotate(issued, "other") is None
    assert revoke(issued, "other") is None
    assert verified(issued.text) is not None
    with reading() as session:
        assert [key.tenant for key in keys.page(session, "other", limit=10)] == ["other"]


@pytest.mark.usefixtures("archive")
def test_keys_are_paged_newest_first() -> None:
    ids = [issue().key.id for _ in range(5)]

    seen: list[str] = []
    after = None
    with reading() as session:
        while rows := keys.page(session, SHOP, limit=2, after=after):
            seen += [row.id for row in rows]
            after = (rows[-1].created_at, rows[-1].id)

    assert sorted(seen) == sorted(ids)
    assert len(seen) == 5


@pytest.mark.usefixtures("archive")
def test_use_is_noted_at_most_once_a_minute() -> None:
    issued = issue()

    def use() -> object:
        with transaction() as session:
            keys.used(session, issued.key.id)
        row = found(issued)
        return row and row.last_used_at

    first = use()
    assert first is not None
    assert use() == first
    with transaction() as session:
        session.execute(update(ApiKey).values(last_used_at=clock.seconds_from_now(-61)))
    long_ago = found(issued)
    assert long_ago is not None
    assert long_ago.last_used_at is not None
    assert use() > long_ago.last_used_at  # type: ignore[operator]


@pytest.mark.usefixtures("archive")
def test_nobody_gets_a_key_of_a_tenant_that_is_not_there() -> None:
    with pytest.raises(IntegrityError), transaction() as session:
        keys.issue(session, "nobody", name="x", scopes=READ)
