"""Policies and the block list over HTTP, and bytes that are kept from everybody."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from starlette.testclient import TestClient

from db import quarantine
from db.engine import transaction
from db.operations.policies import default
from db.operations.reasons import SENTENCES, reason
from db.operations.union import OPERATIONS
from tests import everything, factories, issued

RULES: dict[str, Any] = {"title": "Ours", "always_review": ["upscale"]}


def sent(client: TestClient, number: int = 1) -> str:
    file = {"file": ("a.png", factories.encoded(factories.shot(number), "PNG"))}
    return str(client.post("/v1/pictures", files=file).json()["id"])


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_the_policy_that_ships_holds_until_a_shop_sets_its_own(client: TestClient) -> None:
    before = client.get("/v1/policies").json()["items"]
    first = client.put("/v1/policies", json={"rules": RULES})
    again = client.put("/v1/policies", json={"rules": RULES})
    second = client.put("/v1/policies", json={"rules": RULES | {"title": "Ours, stricter"}})
    web = client.put("/v1/policies", json={"rules": RULES, "channel": "web"})

    assert [one["label"] for one in before] == ["default@1"]
    assert before[0]["rules"] == default().model_dump(mode="json")
    assert [one.status_code for one in (first, again, second, web)] == [201, 200, 201, 201]
    assert [one["label"] for one in client.get("/v1/policies").json()["items"]] == [
        "shop@2",
        "channel:web@1",
    ]
    history = client.get("/v1/policies/history").json()["items"]
    assert [one["label"] for one in history] == ["shop@2", "shop@1"]
    of_web = client.get("/v1/policies/history", params={"channel": "web"}).json()["items"]
    assert of_web == [web.json()]


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "Ours", "loudness": 3},
        {"title": "Ours", "hashes": {"radius_bits": 17}},
        {"title": "Ours", "hashes": {"exact": "maybe"}},
        {"title": "Ours", "heuristics": {"skin": "block"}},
        {"title": "Ours", "unfamiliar": {"most": 0}},
        {"title": "Ours", "nsfw": {"answer": "block"}},
        {"title": "Ours", "nsfw": {"answer": "review", "threshold": 0.79}},
        {"title": "Ours", "nsfw": {"answer": "review", "threshold": 1.01}},
        {"title": "Ours", "always_review": ["Try On"]},
        {"title": "Ours", "always_review": ["tryon"]},
        {"title": "Ours", "always_review": ["moderate"]},
    ],
)
def test_rules_that_cannot_be_are_refused(client: TestClient, wrong: dict[str, Any]) -> None:
    answer = client.put("/v1/policies", json={"rules": wrong})

    assert code(answer) == (422, "validation_error")
    assert client.get("/v1/policies").json()["items"][0]["label"] == "default@1"


def test_the_results_of_any_operation_that_delivers_pictures_may_be_seen_first(
    client: TestClient,
) -> None:
    delivering = [name for name, kind in OPERATIONS.items() if kind.outcome == "pictures"]

    rules = {"title": "Ours", "always_review": delivering}

    assert {"try_on", "spin", "personalize"} <= set(delivering)
    assert client.put("/v1/policies", json={"rules": rules}).status_code == 201


def test_only_an_operator_sets_a_policy_or_touches_the_list(
    serve: Callable[..., TestClient],
) -> None:
    reader = serve(key=issued.key(scopes=["jobs:read", "jobs:write"]))

    assert reader.get("/v1/policies").status_code == 200
    assert code(reader.put("/v1/policies", json={"rules": RULES})) == (403, "insufficient_scope")
    assert code(reader.get("/v1/blocklist")) == (403, "insufficient_scope")


def test_a_policy_is_nobody_elses_and_is_on_record(
    client: TestClient, other_shop: TestClient
) -> None:
    client.put("/v1/policies", json={"rules": RULES})

    assert other_shop.get("/v1/policies").json()["items"][0]["label"] == "default@1"
    acts = client.get("/v1/audit").json()["items"]
    assert [(one["verb"], one["route"]) for one in acts] == [("PUT", "/v1/policies")]


def test_a_picture_on_the_list_is_served_to_nobody(client: TestClient) -> None:
    picture, other = sent(client, 1), sent(client, 2)

    added = client.post("/v1/blocklist", json={"picture": picture, "note": "not ours"})
    again = client.post("/v1/blocklist", json={"picture": picture})

    told = client.get(f"/v1/pictures/{picture}").json()
    assert (added.status_code, again.status_code) == (201, 200)
    assert (added.json()["quarantined"], added.json()["sha256"]) == (1, told["sha256"])
    assert len(added.json()["phash"]) == 16
    assert told["quarantine"]["reasons"][0]["code"] == "listed_exactly"
    assert code(client.get(f"/v1/pictures/{picture}/content")) == (451, "quarantined")
    assert code(client.post(f"/v1/pictures/{picture}/link", json={})) == (451, "quarantined")
    assert client.get(f"/v1/pictures/{other}/content").status_code == 200


def test_bytes_on_the_list_are_served_to_nobody_once_they_are_sent(client: TestClient) -> None:
    digest = sha256(factories.encoded(factories.shot(3), "PNG")).hexdigest()
    client.post("/v1/blocklist", json={"sha256": digest})

    picture = sent(client, 3)

    told = client.get(f"/v1/pictures/{picture}").json()
    assert (told["sha256"], told["quarantine"]["policy"]) == (digest, "default@1")
    assert code(client.get(f"/v1/pictures/{picture}/content")) == (451, "quarantined")


def test_where_exact_copies_do_not_block_nothing_is_quarantined(client: TestClient) -> None:
    rules = {"title": "A person looks", "hashes": {"exact": "review"}}
    client.put("/v1/policies", json={"rules": rules})
    picture = sent(client, 3)

    added = client.post("/v1/blocklist", json={"picture": picture}).json()

    assert added["quarantined"] == 0
    assert client.get(f"/v1/pictures/{picture}/content").status_code == 200


def test_an_entry_is_listed_and_taken_off(client: TestClient, other_shop: TestClient) -> None:
    entry = client.post("/v1/blocklist", json={"phash": "0123456789abcdef"}).json()

    listed = client.get("/v1/blocklist").json()["items"]
    theirs = other_shop.delete(f"/v1/blocklist/{entry['id']}")
    gone = client.delete(f"/v1/blocklist/{entry['id']}")

    assert [(one["id"], one["sha256"], one["phash"]) for one in listed] == [
        (entry["id"], None, "0123456789abcdef")
    ]
    assert theirs.status_code in (403, 404)
    assert gone.status_code == 204
    assert code(client.delete(f"/v1/blocklist/{entry['id']}")) == (404, "entry_not_found")
    assert client.get("/v1/blocklist").json()["items"] == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, (422, "validation_error")),
        ({"sha256": "0" * 63}, (422, "validation_error")),
        ({"phash": "G" * 16}, (422, "validation_error")),
        ({"picture": factories.NOWHERE, "sha256": "0" * 64}, (422, "validation_error")),
        ({"picture": factories.NOWHERE}, (404, "picture_not_found")),
    ],
)
def test_an_entry_of_nothing_is_refused(
    client: TestClient, body: dict[str, Any], told: tuple[int, str]
) -> None:
    assert code(client.post("/v1/blocklist", json=body)) == told
    assert client.get("/v1/blocklist").json()["items"] == []


def test_a_picture_of_one_colour_is_listed_by_its_bytes_alone(client: TestClient) -> None:
    file = {
        "file": (
            "a.png",
            factories.encoded(factories.picture().convert("L").point(lambda _: 9), "PNG"),
        )
    }
    picture = client.post("/v1/pictures", files=file).json()["id"]

    entry = client.post("/v1/blocklist", json={"picture": picture}).json()

    assert entry["phash"] is None


def test_a_quarantined_result_is_served_by_no_door(client: TestClient) -> None:
    names = everything.named(client)
    result, job = names["results"], names["jobs"]
    link = client.post(f"/v1/results/{result}/link", json={}).json()["url"]
    content = f"/v1/results/{result}/content"
    assert [client.get(one).status_code for one in (content, link)] == [200, 200]

    with transaction() as session:
        said = [reason("always_reviewed", "block", of="result")]
        quarantine.keep(session, "shop", result, policy="shop@1", reasons=said)

    assert [code(client.get(one)) for one in (content, link)] == [(451, "quarantined")] * 2
    etag = {"If-None-Match": "*"}
    assert client.get(content, headers=etag).status_code == 451
    assert client.head(content).status_code == 451
    assert code(client.post(f"/v1/results/{result}/link", json={})) == (451, "quarantined")
    order = {"operation": {"op": "upscale", "picture": result}}
    assert code(client.post("/v1/jobs", json=order)) == (404, "picture_not_found")
    told = client.get(f"/v1/results/{result}").json()
    assert (told["visibility"], told["policy_version"]) == ("quarantined", "shop@1")
    assert told["reasons"][0]["says"] == SENTENCES["always_reviewed"]
    shown = client.get(f"/v1/jobs/{job}").json()["results"]
    assert [one["visibility"] for one in shown] == ["quarantined"]


def test_the_admin_page_shows_reasons_and_no_bytes(client: TestClient, browser: Any) -> None:
    result = everything.named(client)["results"]
    with transaction() as session:
        said = [reason("always_reviewed", "block", of="result")]
        quarantine.keep(session, "shop", result, policy="shop@1", reasons=said)

    page = browser.get(f"/admin/results/{result}")
    picture = browser.get(f"/admin/results/{result}/content")

    assert SENTENCES["always_reviewed"] in page.text
    assert "shop@1" in page.text
    assert f'/admin/results/{result}/content" alt' not in page.text
    assert picture.status_code == 451
