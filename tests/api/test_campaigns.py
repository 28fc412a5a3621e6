"""Campaigns before their shop: made, shown, changed, closed, and a link to what is best to show."""

import json
import time
from statistics import median
from typing import Any

import pytest
from starlette.testclient import TestClient

from db import secrets
from tests import counted, issued
from tests.described import JSON
from tests.factories import NOWHERE


@pytest.fixture(autouse=True)
def signed(home: object) -> None:
    secrets.ensure_local_key()


def _post(client: TestClient, path: str, **body: Any) -> Any:
    return client.post(path, content=json.dumps(body), headers=JSON)


def _made(client: TestClient, *results: str, **more: Any) -> dict[str, Any]:
    answer = _post(client, "/v1/campaigns", name="boots", results=list(results), **more)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    assert answer.headers["location"] == told["links"]["self"]
    return told


def test_a_new_campaign_believes_nothing_yet(client: TestClient) -> None:
    shoe, boot = counted.shown(), counted.shown()

    told = _made(client, shoe, boot)

    assert (told["goal"], told["closed_at"]) == ("click", None)
    for arm in told["arms"]:
        assert (arm["state"], arm["choices"], arm["choice_share"]) == ("live", 0, None)
        assert arm["rate"] == {
            "mean": 0.5,
            "low": pytest.approx(0.025, abs=1e-3),
            "high": pytest.approx(0.975, abs=1e-3),
        }
        assert arm["best"] == pytest.approx(0.5, abs=0.06)
    assert client.get(told["links"]["self"]).json() == told
    (listed,) = client.get("/v1/campaigns").json()["items"]
    assert listed == {name: told[name] for name in listed}


def test_what_shoppers_did_moves_beliefs_and_choices(client: TestClient) -> None:
    good, bad = counted.shown(), counted.shown()
    campaign = _made(client, good, bad)
    for result, clicks in ((good, 30), (bad, 3)):
        counted.told(counted.happened(result, times=100, campaign_id=campaign["id"]))
        counted.told(counted.happened(result, "click", times=clicks, campaign_id=campaign["id"]))

    chosen = [_post(client, campaign["links"]["choice"]).json()["result_id"] for _ in range(20)]

    told = client.get(campaign["links"]["self"]).json()
    best, worst = told["arms"]
    assert chosen.count(good) >= 19
    assert (best["result_id"], best["impressions"], best["clicks"]) == (good, 100, 30)
    assert best["rate"]["low"] < best["rate"]["mean"] == pytest.approx(31 / 102)
    assert best["rate"]["low"] > worst["rate"]["high"]
    assert best["best"] > 0.99
    assert best["choice_share"] + worst["choice_share"] == 1
    # Asked again, the same counts are told in the same way.
    assert client.get(campaign["links"]["self"]).json() == told


def test_a_choice_is_a_link_to_its_file_and_may_count_as_seen(client: TestClient) -> None:
    shoe = counted.shown()
    campaign = _made(client, shoe)

    told = _post(client, campaign["links"]["choice"], impression="counted", lasts_s=60).json()

    assert (told["campaign_id"], told["result_id"]) == (campaign["id"], shoe)
    assert f"/v1/links/shop/results/{shoe}?" in told["link"]["url"]
    assert "inline=1" in told["link"]["url"]
    (arm,) = client.get(campaign["links"]["self"]).json()["arms"]
    assert (arm["choices"], arm["impressions"]) == (1, 1)


def test_a_storefronts_key_may_count_and_choose_and_nothing_else(client: TestClient) -> None:
    shoe = counted.shown()
    campaign = _made(client, shoe)
    weak = TestClient(client.app, headers=issued.headers(issued.key(scopes=["events"])))

    assert _post(weak, campaign["links"]["choice"]).status_code == 200
    assert _post(weak, "/v1/events", events=[_event(shoe)]).json()["counted"] == 1
    for path in ("/v1/campaigns", campaign["links"]["self"], "/v1/results"):
        assert weak.get(path).json()["code"] == "insufficient_scope"
    assert _post(weak, f"{campaign['links']['self']}/close").status_code == 403


def test_arms_come_go_and_come_back(client: TestClient) -> None:
    shoe, boot = counted.shown(), counted.shown()
    campaign = _made(client, shoe)
    self = campaign["links"]["self"]

    assert [
        a["result_id"] for a in _post(client, f"{self}/arms", result_id=boot).json()["arms"]
    ] == [
        shoe,
        boot,
    ]
    retired = _post(client, f"{self}/arms/{shoe}/retire").json()["arms"][0]
    assert (retired["state"], retired["best"]) == ("retired", None)
    assert {_post(client, campaign["links"]["choice"]).json()["result_id"] for _ in range(9)} == {
        boot
    }
    back = _post(client, f"{self}/arms", result_id=shoe).json()["arms"][0]
    assert (back["state"], back["retired_at"]) == ("live", None)


def test_a_closed_campaign_is_told_and_chooses_nothing(client: TestClient) -> None:
    campaign = _made(client, counted.shown())
    self = campaign["links"]["self"]

    assert _post(client, f"{self}/close").json()["closed_at"] is not None

    for path in (f"{self}/close", campaign["links"]["choice"]):
        answer = _post(client, path)
        assert (answer.status_code, answer.json()["code"]) == (409, "campaign_closed")
    assert client.get(self).json()["closed_at"] is not None


def test_what_is_erased_is_no_arm_any_more(client: TestClient) -> None:
    shoe, boot = counted.shown(), counted.shown()
    campaign = _made(client, shoe, boot)

    assert client.delete(f"/v1/results/{shoe}").status_code == 204
    assert client.delete(f"/v1/results/{boot}").status_code == 204

    assert client.get(campaign["links"]["self"]).json()["arms"] == []
    answer = _post(client, campaign["links"]["choice"])
    assert (answer.status_code, answer.json()["code"]) == (409, "no_arm_left")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": "", "results": [NOWHERE]}, "/name"),
        ({"name": "a", "results": []}, "/results"),
        ({"name": "a", "results": [NOWHERE, NOWHERE]}, "/results"),
        ({"name": "a", "results": ["x"]}, "/results/0"),
        ({"name": "a", "results": [NOWHERE] * 101}, "/results"),
        ({"name": "a", "results": [NOWHERE], "goal": "love"}, "/goal"),
        ({"name": "a", "results": [NOWHERE], "shopper": "me"}, "/shopper"),
    ],
)
def test_what_is_wrong_with_a_campaign_is_named(
    client: TestClient, body: dict[str, Any], pointer: str
) -> None:
    answer = _post(client, "/v1/campaigns", **body)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_what_cannot_be_an_arm_is_named_by_its_place(client: TestClient) -> None:
    shoe, held = counted.shown(), counted.shown(visibility="held")

    for result, status, code in (
        (NOWHERE, 404, "result_not_found"),
        (held, 409, "result_not_published"),
    ):
        answer = _post(client, "/v1/campaigns", name="a", results=[shoe, result])
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json()["errors"][0]["pointer"] == "/results/1"
    assert client.get("/v1/campaigns").json()["items"] == []


def test_a_name_is_given_once(client: TestClient) -> None:
    shoe = counted.shown()
    _made(client, shoe)

    answer = _post(client, "/v1/campaigns", name="boots", results=[shoe])

    assert (answer.status_code, answer.json()["code"]) == (409, "campaign_name_taken")


def test_who_changes_a_campaign_is_on_record_and_who_counts_is_not(client: TestClient) -> None:
    shoe = counted.shown()
    campaign = _made(client, shoe)
    _post(client, campaign["links"]["choice"])
    _post(client, "/v1/events", events=[_event(shoe)])
    _post(client, f"{campaign['links']['self']}/close")

    told = client.get("/v1/audit").json()["items"]

    assert [(one["verb"], one["route"]) for one in told] == [
        ("POST", "/v1/campaigns/{campaign_id}/close"),
        ("POST", "/v1/campaigns"),
    ]


def test_a_choice_among_sixteen_is_quick(client: TestClient) -> None:
    """With room for a machine that does other things; benchmarks/scenarios tells the figure."""
    results = [counted.shown() for _ in range(16)]
    campaign = _made(client, *results)
    for result in results:
        counted.told(counted.happened(result, times=50, campaign_id=campaign["id"]))
    took = []
    for _ in range(15):
        began = time.perf_counter()
        _post(client, campaign["links"]["choice"])
        took.append(time.perf_counter() - began)

    assert median(took) < 0.1


def _event(result: str, **more: Any) -> dict[str, Any]:
    return {"id": "1", "kind": "click", "result_id": result, **more}
