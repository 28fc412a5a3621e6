"""Secrets are told once: no later answer, record or description holds one, whatever is asked."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from db import key_text
from db.engine import reading
from db.tables.all import Row
from tests import everything, issued
from tests.described import DOCUMENT, JSON, ROUTES

# It signs what goes to `webhook_url`, and its holder may ask for it again.
SHOWN_AGAIN = {"/v1/webhooks/secret", "/v1/webhooks/secret/rotate"}


@pytest.fixture
def shop(client: TestClient) -> tuple[dict[str, str], list[str]]:
    """The names of everything, and each secret that was shown while it was made or rotated."""
    names, secrets = everything.shown(client)
    rotated = client.post(f"/v1/webhooks/{names['webhooks']}/rotate").json()["secret"]
    second = client.post(f"/v1/keys/{names['keys']}/rotate").json()["key"]
    of_jobs = client.get("/v1/webhooks/secret").json()["secret"]
    given = issued.key(scopes=["train"])
    return names, [telling(one) for one in (*secrets.values(), rotated, second, of_jobs, given)]


def telling(secret: str) -> str:
    """What of a secret nobody may learn: not the prefix, and not which key it is."""
    known = key_text.read(secret)
    return secret.removeprefix("whsec_") if known is None else known.secret


def answers(client: TestClient, names: dict[str, str]) -> Iterator[tuple[str, Any]]:
    for route in ROUTES:
        is_read = route.method == "GET" and not route.path.endswith("/events")
        if is_read and route.path not in SHOWN_AGAIN:
            yield route.path, client.get(everything.at(route, names))


def test_no_answer_tells_a_secret_again(
    client: TestClient, shop: tuple[dict[str, str], list[str]]
) -> None:
    names, secrets = shop
    told = [(path, f"{one.headers} {one.text}") for path, one in answers(client, names)]

    assert [path for path, text in told if any(secret in text for secret in secrets)] == []
    assert len(told) > 40


def test_a_change_tells_no_secret_of_what_is_changed(
    client: TestClient, shop: tuple[dict[str, str], list[str]]
) -> None:
    names, secrets = shop
    webhook, key = names["webhooks"], names["keys"]

    told = [
        client.patch(f"/v1/webhooks/{webhook}", json={"description": "new"}),
        client.post(f"/v1/webhooks/{webhook}/test"),
        client.post(f"/v1/webhooks/deliveries/{names['deliveries']}/replay"),
        client.delete(f"/v1/keys/{key}"),
        client.post("/v1/webhooks", json={"url": "https://a.example", "secret": secrets[0]}),
        client.post("/v1/keys", json={"name": "a", "scopes": [secrets[0]]}),
    ]

    assert [one for one in told if any(secret in one.text for secret in secrets)] == []


def test_a_key_sent_where_none_belongs_is_neither_echoed_nor_kept(client: TestClient) -> None:
    text = issued.key()
    secret = telling(text)

    told = [
        client.delete(f"/v1/keys/{text}"),
        client.post(f"/v1/keys/{text}/rotate"),
        client.delete(f"/v1/webhooks/{text}"),
        client.patch(f"/v1/tenants/{text}", content=b"{}", headers=JSON),
        client.post("/v1/keys", params={"tenant": text}, json={"name": "a", "scopes": ["train"]}),
        client.get("/v1/jobs", params={"state": text, "cursor": text}),
        client.post("/v1/jobs", content=f'{{"operation": "{text}"}}', headers=JSON),
    ]

    assert [one.status_code for one in told if one.is_success] == []
    assert [one.text for one in told if secret in one.text] == []
    assert secret not in client.get("/v1/audit").text
    assert [name for name, rows in everything_kept() if secret in rows] == []


def test_no_row_holds_what_was_shown(
    client: TestClient, shop: tuple[dict[str, str], list[str]]
) -> None:
    _, secrets = shop

    kept = dict(everything_kept())

    assert client.get("/healthz").status_code == 200
    assert [name for name, rows in kept.items() if any(one in rows for one in secrets)] == []


def test_the_description_holds_no_key_and_no_secret() -> None:
    texts = str(DOCUMENT).split("'")

    assert [text for text in texts if key_text.read(text) or text.startswith("whsec_")] == []


def everything_kept() -> Iterator[tuple[str, str]]:
    """Each table's rows as text."""
    with reading() as session:
        for name, table in Row.metadata.tables.items():
            yield name, str(session.execute(select(table)).all())
