"""Endpoints and their secrets: told once, kept encrypted, rotated with a day of both."""

import base64
from typing import Any

import pytest
from sqlalchemy import update

from db import clock, endpoints, settings, signing, urls
from db.endpoints import TooManyEndpoints
from db.engine import reading, transaction
from db.secrets import SecretKeyMissing
from db.tables.deliveries import Endpoint
from db.tables.tenants import Tenant
from tests import hooks, rows
from tests.rows import TENANT


@pytest.fixture(autouse=True)
def _archive(archive: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks.keyed(monkeypatch)


def keys(delivery: Any) -> list[str]:
    with reading() as session:
        return signing.valid(session, delivery)


def test_a_secret_is_told_once_and_lies_encrypted() -> None:
    with transaction() as session:
        made, secret = endpoints.add(session, TENANT, url=hooks.URL)

    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret not in made.secret
    assert keys(hooks.ping(made)) == [secret]


def test_without_a_key_no_endpoint_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DB_SECRET_KEY")
    settings.get.cache_clear()

    with pytest.raises(SecretKeyMissing), transaction() as session:
        endpoints.add(session, TENANT, url=hooks.URL)

    with reading() as session:
        assert endpoints.of(session, TENANT) == []


def test_for_a_day_after_a_rotation_both_secrets_sign() -> None:
    with transaction() as session:
        made, old = endpoints.add(session, TENANT, url=hooks.URL)
        new = endpoints.rotate(session, TENANT, made.id)
    ping = hooks.ping(made)
    assert keys(ping) == [new, old]

    with transaction() as session:
        session.execute(update(Endpoint).values(rotated_at=clock.seconds_from_now(-86_401)))

    assert keys(ping) == [new]


def test_the_secret_of_a_tenants_jobs_is_made_once_and_rotated() -> None:
    with transaction() as session:
        old = signing.of_tenant(session, TENANT)
        assert signing.of_tenant(session, TENANT) == old
        new = signing.rotate_of_tenant(session, TENANT)
    own = hooks.Delivery(tenant=TENANT, endpoint_id=None)
    assert keys(own) == [new, old]

    with transaction() as session:
        session.execute(update(Tenant).values(webhook_rotated_at=clock.seconds_from_now(-86_401)))

    assert keys(own) == [new]
    with transaction() as session:
        assert signing.of_tenant(session, "another") not in (old, new)


def test_for_an_endpoint_that_is_gone_nothing_signs() -> None:
    made = hooks.endpoint()
    ping = hooks.ping(made)
    with transaction() as session:
        endpoints.remove(session, TENANT, made.id)

    assert keys(ping) == []


def test_a_url_that_may_not_be_called_makes_no_endpoint_and_changes_none() -> None:
    made = hooks.endpoint()

    with pytest.raises(urls.Refused), transaction() as session:
        endpoints.add(session, TENANT, url="https://127.0.0.1/")
    with pytest.raises(urls.Refused), transaction() as session:
        endpoints.change(session, TENANT, made.id, {"url": "http://shop.example/"})

    with reading() as session:
        assert [one.url for one in endpoints.of(session, TENANT)] == [hooks.URL]


def test_a_tenant_has_only_so_many() -> None:
    for number in range(endpoints.MOST_ENDPOINTS):
        hooks.endpoint(f"https://h{number}.example/")

    with pytest.raises(TooManyEndpoints):
        hooks.endpoint()
    assert hooks.endpoint(tenant="another")


def test_an_endpoint_that_is_enabled_again_hears_of_what_happens_from_then_on() -> None:
    made = hooks.endpoint()
    with transaction() as session:
        endpoints.disable(session, TENANT, made.id, because="switched off")
    unheard = rows.running()
    with transaction() as session:
        rows.transitions.succeed(session, unheard)
        enabled = endpoints.enable(session, TENANT, made.id)
    heard = rows.running()
    with transaction() as session:
        rows.transitions.succeed(session, heard)

    assert (enabled.disabled_at, enabled.disabled_because) == (None, None)
    assert hooks.all_of(unheard.job_id) == []
    assert len(hooks.all_of(heard.job_id)) == 1
