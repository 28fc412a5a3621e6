"""Rules over HTTP: made, seen with what came of them, removed; and who may."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from db import keys, registration, retrainings
from db.engine import transaction
from db.selection import Wanted
from tests.opinions import made, rate, upload
from tests.rows import TENANT

ROUTE = "/v1/retraining-rules"
TRAINING = {"op": "train", "network": "vae", "dataset": "shop", "epochs": 3}
ASKED = {"operation": TRAINING, "when": {"ratings": 2}}


@pytest.fixture(autouse=True)
def shop(home: object) -> None:
    wanted = [Wanted(upload(number), "shoe") for number in range(20)]
    registration.register(TENANT, "shop", wanted, licence=None)


def test_a_rule_is_made_and_seen(client: TestClient) -> None:
    placed = client.post(ROUTE, json=ASKED | {"when": {"ratings": 30, "drop_db": 1.5}})

    rule = placed.json()
    assert placed.status_code == 201
    assert placed.headers["location"] == f"{ROUTE}/{rule['id']}"
    assert (rule["network"], rule["dataset"], rule["promotes"]) == ("vae", "shop", True)
    assert (rule["ratings"], rule["drop_db"], rule["over_results"]) == (30, 1.5, 100)
    assert rule["operation"] == TRAINING
    assert client.get(ROUTE).json()["items"] == [rule]
    assert client.get(f"{ROUTE}/{rule['id']}").json() == {**rule, "retrainings": []}


def test_what_came_of_it_is_told_with_its_job(client: TestClient) -> None:
    rule = client.post(ROUTE, json=ASKED).json()["id"]
    for number in (50, 51):
        source = upload(number)
        rate(made(1000 + number, op="reconstruct", asked={"picture": source}), -1)

    retrainings.begin(rule)

    (told,) = client.get(f"{ROUTE}/{rule}").json()["retrainings"]
    assert (told["cause"], told["outcome"]) == ("ratings", None)
    assert told["told"] == {"ratings": 2, "sentence": "2 new ratings"}
    assert client.get(f"/v1/jobs/{told['job_id']}").json()["op"] == "train"


def test_a_rule_that_was_removed_is_gone(client: TestClient) -> None:
    rule = client.post(ROUTE, json=ASKED).json()["id"]

    assert client.delete(f"{ROUTE}/{rule}").status_code == 204

    assert client.get(f"{ROUTE}/{rule}").json()["code"] == "rule_not_found"
    assert client.delete(f"{ROUTE}/{rule}").status_code == 404
    assert client.get(ROUTE).json() == {"items": []}


def test_a_second_rule_for_the_same_two_is_refused(client: TestClient) -> None:
    client.post(ROUTE, json=ASKED)

    second = client.post(ROUTE, json=ASKED)

    assert (second.status_code, second.json()["code"]) == (409, "rule_exists")


@pytest.mark.parametrize(
    ("changed", "status", "pointer"),
    [
        ({"when": {}}, 422, "/when"),
        ({"when": {"ratings": 0}}, 422, "/when/ratings"),
        ({"when": {"drop_db": -1.0}}, 422, "/when/drop_db"),
        ({"operation": {**TRAINING, "dataset": "shop@1"}}, 422, "/operation/dataset"),
        ({"operation": {**TRAINING, "epochs": 0}}, 422, "/operation/epochs"),
        ({"operation": {**TRAINING, "op": "evaluate"}}, 422, "/operation/op"),
        ({"promote": "yes"}, 422, "/promote"),
    ],
    ids=["never", "no ratings", "a rise", "one version", "no epochs", "another op", "no bool"],
)
def test_what_makes_no_rule_is_refused_by_its_field(
    client: TestClient, changed: dict[str, Any], status: int, pointer: str
) -> None:
    refused = client.post(ROUTE, json=ASKED | changed)

    assert refused.status_code == status
    assert pointer in [one["pointer"] for one in refused.json()["errors"]]
    assert client.get(ROUTE).json() == {"items": []}


def test_results_without_a_psnr_have_none_that_could_fall(client: TestClient) -> None:
    asked = {"operation": {**TRAINING, "network": "gan"}, "when": {"drop_db": 1.0}}

    refused = client.post(ROUTE, json=asked)

    assert refused.status_code == 422
    assert "no PSNR" in refused.json()["errors"][0]["detail"]


def test_a_dataset_that_ships_or_is_not_there_has_no_rule(client: TestClient) -> None:
    refused = client.post(ROUTE, json=ASKED | {"operation": {**TRAINING, "dataset": "nothing"}})

    assert (refused.status_code, refused.json()["code"]) == (404, "dataset_not_found")


def test_another_shop_sees_and_removes_nothing(client: TestClient, other_shop: TestClient) -> None:
    rule = client.post(ROUTE, json=ASKED).json()["id"]

    assert other_shop.get(ROUTE).json() == {"items": []}
    assert other_shop.get(f"{ROUTE}/{rule}").status_code == 404
    assert other_shop.delete(f"{ROUTE}/{rule}").status_code == 404
    assert client.get(f"{ROUTE}/{rule}").status_code == 200


def test_whoever_may_train_and_not_promote_makes_rules_that_only_train(
    serve: Callable[..., TestClient],
) -> None:
    with transaction() as session:
        key = keys.issue(session, TENANT, name="trains", scopes=["train"]).text
    trains = serve(key=key)

    refused = trains.post(ROUTE, json=ASKED)
    taken = trains.post(ROUTE, json=ASKED | {"promote": False})

    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert (taken.status_code, taken.json()["promotes"]) == (201, False)
