"""Signed links: a file for whoever has the link, for a while, and nothing else for anybody."""

import statistics
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from db import link_signing, secrets
from db.engine import transaction
from db.link_signing import Link
from tests import factories, issued, rows
from tests.factories import NOWHERE

JSON = {"Content-Type": "application/json"}
PICTURE = factories.png(64, 48)


@pytest.fixture
def picture(client: TestClient) -> str:
    secrets.ensure_local_key()
    told = client.post("/v1/pictures", files={"file": ("a.png", PICTURE)})
    return str(told.json()["id"])


@pytest.fixture
def stranger(client: TestClient) -> TestClient:
    """The same app, asked without a key."""
    return TestClient(client.app, base_url="http://localhost")


def ask(client: TestClient, path: str, body: str = "{}") -> Any:
    return client.post(f"/v1/{path}/link", content=body, headers=JSON)


def test_a_link_opens_the_picture_without_a_key(
    client: TestClient, stranger: TestClient, picture: str
) -> None:
    made = ask(client, f"pictures/{picture}")

    told = stranger.get(made.json()["url"])

    assert made.status_code == told.status_code == 200
    assert told.content == PICTURE
    assert told.headers["content-type"] == "image/png"
    assert told.headers["x-content-type-options"] == "nosniff"
    assert told.headers["content-disposition"] == f'attachment; filename="{picture}.png"'
    private, age, immutable = told.headers["cache-control"].split(", ")
    assert (private, immutable) == ("private", "immutable")
    assert 595 <= int(age.removeprefix("max-age=")) <= 600
    assert stranger.head(made.json()["url"]).status_code == 200


def test_a_link_opens_a_result(client: TestClient, stranger: TestClient, picture: str) -> None:
    client.post("/v1/jobs", json={"operation": {"op": "upscale", "picture": picture}})
    (claimed,) = rows.claim()
    result = rows.result(rows.lease_of(claimed), visibility="published")
    with transaction() as session:
        session.add(result)

    told = stranger.get(ask(client, f"results/{result.id}").json()["url"])

    assert told.status_code == 410  # the row is there; its bytes never were
    assert told.json()["code"] == "content_gone"


def test_a_link_that_is_to_be_shown_says_so_under_its_signature(
    client: TestClient, stranger: TestClient, picture: str
) -> None:
    shown = ask(client, f"pictures/{picture}", '{"inline": true}').json()["url"]
    saved = ask(client, f"pictures/{picture}").json()["url"]

    told = stranger.get(shown)

    assert told.headers["content-disposition"] == "inline"
    assert told.headers["cross-origin-resource-policy"] == "cross-origin"
    assert stranger.get(shown.replace("&inline=1", "")).status_code == 403
    assert stranger.get(f"{saved}&inline=1").status_code == 403


def changed(url: str, **query: str | None) -> str:
    parts = urlsplit(url)
    kept = {**dict(parse_qsl(parts.query)), **query}
    return parts._replace(
        query=urlencode({name: value for name, value in kept.items() if value is not None})
    ).geturl()


FORGERIES: dict[str, Callable[[str, str], str]] = {
    "truncated": lambda url, _: changed(
        url, signature=dict(parse_qsl(urlsplit(url).query))["signature"][:-1]
    ),
    "no signature": lambda url, _: changed(url, signature=None),
    "other signature": lambda url, _: changed(url, signature="0" * 64),
    "é": lambda url, _: changed(url, signature="é" * 64),
    "surrogate": lambda url, _: changed(url, signature=None) + "&signature=%ed%a0%80",
    "later": lambda url, _: changed(url, expires="99999999999"),
    "not a time": lambda url, _: changed(url, expires="soon"),
    "ten thousand digits": lambda url, _: changed(url, expires="9" * 10_000),
    "other digits": lambda url, _: changed(url, expires="٣" * 10),
    "other tenant": lambda url, _: url.replace("/links/shop/", "/links/other/"),
    "other kind": lambda url, _: url.replace("/pictures/", "/results/"),
    "no kind": lambda url, _: url.replace("/pictures/", "/keys/"),
    "other id": lambda url, id_: url.replace(id_, NOWHERE),
    "NUL": lambda url, id_: url.replace(id_, "%00"),
    "more": lambda url, _: f"{url}&download=1",
    "twice": lambda url, _: f"{url}&signature=0",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_link_that_was_changed_opens_nothing(
    client: TestClient, stranger: TestClient, picture: str, forge: Callable[[str, str], str]
) -> None:
    url = ask(client, f"pictures/{picture}").json()["url"]

    told = stranger.get(forge(url, picture))

    assert (told.status_code, told.json()["code"]) == (403, "invalid_signature")
    assert told.json()["detail"] == "ask for another link"


def test_a_link_ends(client: TestClient, stranger: TestClient, picture: str) -> None:
    expired = Link("shop", "pictures", picture, int(time.time()) - 1, shown=False)
    query = urlencode({"expires": expired.expires, "signature": link_signing.sign(expired)})

    told = stranger.get(f"/v1/links/shop/pictures/{picture}?{query}")

    assert (told.status_code, told.json()["code"]) == (403, "invalid_signature")


def test_an_erased_picture_is_gone_from_its_links(
    client: TestClient, stranger: TestClient, picture: str
) -> None:
    url = ask(client, f"pictures/{picture}").json()["url"]

    client.delete(f"/v1/pictures/{picture}")

    told = stranger.get(url)
    assert (told.status_code, told.json()["code"]) == (410, "erased")


def test_a_link_leads_to_where_callers_find_us(
    serve: Callable[..., TestClient], picture: str
) -> None:
    client = serve(url="https://studio.example/packshot/")

    url = ask(client, f"pictures/{picture}").json()["url"]

    assert url.startswith(f"https://studio.example/packshot/v1/links/shop/pictures/{picture}?")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ('{"lasts_s": 0}', "/lasts_s"),
        ('{"lasts_s": 604801}', "/lasts_s"),
        ('{"lasts_s": 1.5}', "/lasts_s"),
        ('{"inline": "yes"}', "/inline"),
        ('{"tenant": "other"}', "/tenant"),
    ],
)
def test_what_is_no_link_is_refused_by_its_field(
    client: TestClient, picture: str, body: str, pointer: str
) -> None:
    refused = ask(client, f"pictures/{picture}", body)

    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


def test_nobody_gets_a_link_to_what_is_anothers(
    client: TestClient, other_shop: TestClient, picture: str
) -> None:
    assert ask(other_shop, f"pictures/{picture}").status_code == 404
    headers = issued.headers(issued.key(scopes=["jobs:read"]))
    refused = client.post(
        f"/v1/pictures/{picture}/link", content=b"{}", headers={**JSON, **headers}
    )
    assert refused.status_code == 403


def test_a_wrong_signature_takes_as_long_wherever_it_is_wrong(home: object) -> None:
    secrets.ensure_local_key()
    link = Link("shop", "pictures", NOWHERE, 1, shown=False)
    right = link_signing.sign(link)
    wrong = ("0" + right[1:], right[:-1] + "g")
    took: tuple[list[float], ...] = ([], [])

    for _ in range(300):
        for given, times in zip(wrong, took, strict=True):
            started = time.perf_counter()
            link_signing.is_signed(link, given)
            times.append(time.perf_counter() - started)

    first, last = (statistics.median(times) for times in took)
    assert 0.5 < first / last < 2.0
