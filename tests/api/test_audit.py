"""The record: each act that changes something is in it once, with its outcome and no secret."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from api import acts as api_acts
from api.main import build_app
from api.settings import ApiSettings
from db import blobs, origin, secrets, transitions
from db.engine import transaction
from db.transitions import Outcome
from tests import factories, issued, rows
from tests.factories import NOWHERE

JSON = {"Content-Type": "application/json"}
PATHS = build_app(ApiSettings()).openapi()["paths"]
ON_RECORD = [
    (method.upper(), path)
    for path, methods in PATHS.items()
    for method in methods
    if api_acts.is_on_record(method.upper(), path)
]


def send(client: TestClient, method: str, path: str, body: Any = None) -> Any:
    content = json.dumps({} if body is None else body)
    return client.request(method, path, content=content, headers=JSON)


def record(client: TestClient, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(f"/v1/audit{query}").json()["items"]
    return items


def test_an_act_is_on_record_with_who_did_what(client: TestClient) -> None:
    made = send(client, "POST", "/v1/keys", {"name": "till", "scopes": ["train"]})

    (told,) = record(client)
    assert (told["verb"], told["route"], told["resource"]) == ("POST", "/v1/keys", "/v1/keys")
    assert (told["tenant"], told["actor_tenant"]) == ("shop", "shop")
    assert told["request_id"] == made.headers["x-request-id"]
    assert (told["outcome"], told["status"]) == ("done", None)
    keys = {row["id"] for row in client.get("/v1/keys").json()["items"]}
    assert told["key_id"] in keys - {made.json()["id"]}
    assert made.json()["key"] not in json.dumps(told)


def test_each_kind_of_act_is_on_record(client: TestClient) -> None:
    secrets.ensure_local_key()
    webhook = send(client, "POST", "/v1/webhooks", {"url": "https://hooks.example/a"}).json()["id"]
    for method, path, body in (
        ("POST", "/v1/tenants", {"name": "atelier"}),
        ("POST", "/v1/queues/gpu/pause", None),
        ("POST", "/v1/queues/gpu/resume", None),
        ("PATCH", f"/v1/webhooks/{webhook}", {"enabled": False}),
        ("POST", "/v1/webhooks/secret/rotate", None),
        ("DELETE", f"/v1/webhooks/{webhook}", None),
    ):
        assert send(client, method, path, body).is_success, path

    told = [(row["verb"], row["route"], row["outcome"]) for row in reversed(record(client))]

    assert told == [
        ("POST", "/v1/webhooks", "done"),
        ("POST", "/v1/tenants", "done"),
        ("POST", "/v1/queues/{name}/pause", "done"),
        ("POST", "/v1/queues/{name}/resume", "done"),
        ("PATCH", "/v1/webhooks/{webhook_id}", "done"),
        ("POST", "/v1/webhooks/secret/rotate", "done"),
        ("DELETE", "/v1/webhooks/{webhook_id}", "done"),
    ]


@pytest.mark.parametrize("route", ON_RECORD, ids=" ".join)
def test_an_act_that_came_to_nothing_is_on_record_as_refused(
    client: TestClient, route: tuple[str, str]
) -> None:
    method, path = route
    filled = "/".join(NOWHERE if "{" in part else part for part in path.split("/"))

    told = client.request(method, filled, content=b"[]", headers=JSON)

    (row,) = record(client)
    if told.is_success:
        assert (row["outcome"], row["status"]) == ("done", None)
    else:
        assert (row["outcome"], row["status"]) == ("refused", told.status_code)
    assert (row["verb"], row["route"]) == route


def test_an_act_that_failed_by_our_fault_is_on_record_too(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.routes import tenants

    monkeypatch.setattr(tenants, "transaction", lambda: 1 / 0)
    outside = TestClient(client.app, raise_server_exceptions=False, headers=client.headers)

    told = outside.post("/v1/tenants", content=b'{"name": "new"}', headers=JSON)

    (row,) = record(client)
    assert (told.status_code, row["outcome"], row["status"]) == (500, "refused", 500)


def test_what_a_key_does_not_open_is_on_record_for_its_own_tenant(
    client: TestClient, other_shop: TestClient
) -> None:
    other_shop.post("/v1/keys?tenant=shop", content=b"{}", headers=JSON)

    (told,) = record(client, "?tenant=other")
    assert (told["outcome"], told["status"], told["tenant"]) == ("refused", 403, "other")
    assert record(client) == []


def test_an_operators_act_is_on_record_where_it_was_done(client: TestClient) -> None:
    send(client, "POST", "/v1/tenants", {"name": "atelier"})
    send(client, "POST", "/v1/keys?tenant=atelier", {"name": "a", "scopes": ["train"]})
    send(client, "PATCH", "/v1/tenants/atelier", {"max_queued": 3})

    theirs = record(client, "?tenant=atelier")

    assert [row["verb"] for row in theirs] == ["PATCH", "POST"]
    assert {row["actor_tenant"] for row in theirs} == {"shop"}
    assert [row["resource"] for row in record(client)] == ["/v1/tenants"]


def test_everyday_work_and_reading_are_not_on_record(client: TestClient) -> None:
    client.get("/v1/keys")
    send(client, "POST", "/v1/jobs", {"operation": {"op": "sample"}})
    send(client, "POST", "/v1/feedback")

    assert record(client) == []


def test_nobody_but_an_operator_reads_the_record(client: TestClient) -> None:
    for scope in issued.SHOPS:
        headers = issued.headers(issued.key(scopes=[scope]))
        assert client.get("/v1/audit", headers=headers).status_code == 403


def test_the_record_is_read_in_pages(client: TestClient) -> None:
    for number in range(5):
        send(client, "POST", "/v1/tenants", {"name": f"t{number}"})

    first = client.get("/v1/audit?limit=3").json()
    rest = client.get("/v1/audit", params={"limit": 3, "cursor": first["next_cursor"]}).json()

    ids = [row["id"] for row in (*first["items"], *rest["items"])]
    assert len(ids) == len(set(ids)) == 5
    assert rest["next_cursor"] is None


def upload(client: TestClient, hue: int = 0) -> str:
    file = {"file": ("a.png", factories.png(hue=hue))}
    made: str = client.post("/v1/pictures", files=file).json()["id"]
    return made


def place(client: TestClient, picture: str) -> str:
    order = {"operation": {"op": "upscale", "picture": picture}}
    made: str = send(client, "POST", "/v1/jobs", order).json()["id"]
    return made


def deliver(**columns: Any) -> str:
    """The id of the result of the one job that is queued."""
    (claimed,) = rows.claim()
    key = blobs.put("shop", factories.png(hue=9))
    result = rows.result(rows.lease_of(claimed), blob_key=key, sha256=key, **columns)
    with transaction() as session:
        transitions.finish(
            session, [Outcome(rows.lease_of(claimed), "succeeded", results=[result])]
        )
    return result.id


def story(client: TestClient, one: str) -> list[dict[str, Any]]:
    """What is told of a picture or result, the oldest first."""
    return record(client, f"?picture={one}&limit=200")[::-1]


@pytest.fixture
def till(client: TestClient) -> tuple[TestClient, str]:
    """A program of the shop with a key of its own, and that key's id."""
    text = issued.key(scopes=issued.SHOPS)
    return TestClient(client.app, headers=issued.headers(text)), text.split("_")[1]


def test_a_pictures_story_says_who_did_what(
    client: TestClient, till: tuple[TestClient, str]
) -> None:
    shop, key = till
    picture = upload(shop)
    job = place(shop, picture)
    result = deliver(visibility="held")
    client.post(f"/v1/results/{result}/review", json={"verdict": "approve"})
    client.post("/v1/feedback", json={"result_id": result, "rating": 1, "rater": "anna"})

    told = story(client, picture)

    mine = next(row["id"] for row in client.get("/v1/keys").json()["items"] if row["id"] != key)
    assert [(one["key_id"], one["what"] or one["verb"], one["resource"]) for one in told] == [
        (key, "taken in", f"/v1/pictures/{picture}"),
        (key, f"upscale of {picture} placed", f"/v1/jobs/{job}"),
        (None, f"made by job {job}: upscale", f"/v1/results/{result}"),
        (mine, "POST", f"/v1/results/{result}/review"),
        (None, "rated 1 by anna", f"/v1/results/{result}"),
    ]
    assert told[1]["request_id"] == rows.read(job).request_id


def test_a_results_story_begins_with_who_placed_its_job(
    client: TestClient, till: tuple[TestClient, str]
) -> None:
    shop, key = till
    picture = upload(client)
    place(shop, picture)
    result = deliver()

    told = story(client, result)

    assert [(one["key_id"], one["what"].split()[0]) for one in told] == [
        (key, "upscale"),
        (None, "made"),
    ]


def test_a_batchs_jobs_carry_its_key(client: TestClient, till: tuple[TestClient, str]) -> None:
    shop, key = till
    picture = upload(client)
    order = {"operation": {"op": "upscale", "picture": picture}}
    batch = send(shop, "POST", "/v1/batches", {"jobs": [order, order]}).json()["id"]
    client.post(f"/v1/batches/{batch}/cancel")

    _, *placed, cancelled = story(client, picture)

    what = f"upscale of {picture} placed in batch {batch}"
    assert [(one["key_id"], one["what"]) for one in placed] == [(key, what)] * 2
    assert cancelled["resource"] == f"/v1/batches/{batch}/cancel"


@pytest.mark.parametrize(
    ("made_by", "words"),
    [
        (origin.MESSAGE, "placed by a message"),
        (origin.OURSELVES, "placed by Packshot itself"),
        (None, "placed; nobody noted then by whom"),
    ],
)
def test_a_job_that_no_key_placed_says_so_in_words(
    client: TestClient, made_by: str | None, words: str
) -> None:
    picture = upload(client)
    job = rows.queued(envelope={"operation": {"picture": picture}}, made_by=made_by)

    told = story(client, picture)[-1]

    assert (told["key_id"], told["resource"]) == (None, f"/v1/jobs/{job}")
    assert told["what"] == f"upscale of {picture} {words}"


def test_what_was_tried_again_says_so(client: TestClient, till: tuple[TestClient, str]) -> None:
    shop, key = till
    picture = upload(client)
    job = place(client, picture)
    shop.post(f"/v1/jobs/{job}/cancel")
    shop.post(f"/v1/jobs/{job}/retry")

    *_, cancelled, again = story(client, picture)

    assert (cancelled["key_id"], cancelled["resource"]) == (key, f"/v1/jobs/{job}/cancel")
    assert (again["key_id"], again["what"]) == (key, f"upscale of {picture} placed again")


def test_a_dataset_that_holds_it_is_in_its_story(client: TestClient) -> None:
    held, other = (
        client.post(
            "/v1/pictures",
            files={"file": ("a.png", factories.encoded(factories.shot(number), "PNG"))},
        ).json()["id"]
        for number in (1, 2)
    )
    body = {"name": "shoes", "pictures": [{"picture": held, "category": "shoe"}]}
    made = send(client, "POST", "/v1/datasets", body).json()["id"]

    told = story(client, held)[-1]

    assert (told["what"], told["resource"]) == (
        "put into dataset shoes@1",
        f"/v1/datasets/{made}",
    )
    assert told["key_id"] == record(client)[0]["key_id"]
    assert [one["what"] for one in story(client, other)] == ["taken in"]


def test_an_act_whose_body_names_the_picture_is_in_its_story(client: TestClient) -> None:
    picture = upload(client)
    send(client, "POST", "/v1/blocklist", {"picture": picture})
    send(client, "POST", "/v1/labels", {"picture": picture, "verdict": "confirm"})

    told = [(one["resource"], one["status"]) for one in story(client, picture)[1:]]

    assert told == [
        (f"/v1/blocklist?picture={picture}", None),
        (f"/v1/labels?picture={picture}", 404),
    ]


def test_a_long_story_is_read_in_pages(client: TestClient) -> None:
    picture = upload(client)
    for _ in range(3):
        client.post(f"/v1/jobs/{place(client, picture)}/cancel")

    whole = record(client, f"?picture={picture}")
    read, cursor = list[str](), None
    while cursor is not None or not read:
        asked = {"picture": picture, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/audit", params=asked).json()
        read += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]

    assert read == [one["id"] for one in whole]
    assert len(set(read)) == 7


def test_another_tenants_picture_has_no_story(client: TestClient, other_shop: TestClient) -> None:
    picture = upload(other_shop)
    place(other_shop, picture)

    assert story(client, picture) == []
    assert len(record(client, f"?tenant=other&picture={picture}")) == 2
    assert client.get("/v1/audit", params={"picture": "x"}).status_code == 422


def test_what_was_erased_is_told_by_its_erasure(client: TestClient) -> None:
    erased, other = upload(client, 1), upload(client, 2)
    for one in (erased, other):
        client.delete(f"/v1/pictures/{one}")

    (told,) = story(client, erased)

    assert (told["verb"], told["resource"]) == ("DELETE", f"/v1/pictures/{erased}")
