"""Versions over HTTP: seen with what was measured of them, put into service, taken back."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from db import evaluations, versions
from db.blobs import SHIPPED
from db.engine import transaction
from db.ids import new_id
from db.tables.promotions import Evaluation


def _version(name: str = "shoes", *, tenant: str = "shop", state: str = "candidate") -> str:
    with transaction() as session:
        return versions.add(
            session,
            tenant=tenant,
            name=name,
            network="vae",
            state=state,
            weights_key="0" * 64 if tenant == SHIPPED else new_id(),
            card='{"name": "shoes"}',
        ).id


def _measured(version: str, *, is_better: bool = True) -> None:
    with transaction() as session:
        found = Evaluation(
            tenant="shop",
            version_id=version,
            incumbent_id=None,
            digest="0" * 16,
            pictures=40,
            measure="psnr_db",
            value=24.0,
            baseline=20.0,
            incumbent=None,
            beats_baseline=is_better,
            beats_incumbent=None,
            fallen=[],
            told={"scores": {"psnr_db": 24.0, "ssim": 0.8}},
        )
        evaluations.add(session, found)


def _promote(client: TestClient, version: str, **body: Any) -> Any:
    return client.post(f"/v1/versions/{version}/promote", json=body)


def test_a_version_is_shown_with_what_was_measured_of_it(client: TestClient) -> None:
    version = _version()
    _measured(version, is_better=False)
    _measured(version)

    by_id, by_label = (client.get(f"/v1/versions/{one}").json() for one in (version, "shoes@1"))

    assert by_id == by_label
    assert by_id["state"] == "candidate"
    assert [one["beats_baseline"] for one in by_id["evaluations"]] == [True, False]
    assert by_id["evaluations"][0]["told"]["scores"]["ssim"] == 0.8


@pytest.mark.parametrize("name", ["nobody@1", "0190a0b0-0000-7000-8000-000000000000", "%00"])
def test_what_is_not_there_is_not_found(client: TestClient, name: str) -> None:
    for answer in (client.get(f"/v1/versions/{name}"), _promote(client, name)):
        assert answer.status_code == 404
        assert answer.json()["code"] == "version_not_found"


def test_a_better_version_serves_and_is_taken_back(client: TestClient) -> None:
    version = _version()
    _measured(version)

    made = _promote(client, version, reason="autumn")
    serving = client.get(f"/v1/versions/{version}").json()
    undone = client.post("/v1/versions/rollback", json={"network": "vae"})
    after = client.get(f"/v1/versions/{version}").json()
    listed = client.get("/v1/versions/promotions?network=vae").json()["items"]

    assert made.status_code == 200, made.json()
    assert made.json()["reason"] == "autumn"
    assert made.json()["made_by"] in client.headers["Authorization"]
    assert (serving["state"], after["state"]) == ("serving", "retired")
    assert undone.json()["undone_at"] is not None
    assert listed == [undone.json()]


def test_a_canary_says_its_share(client: TestClient) -> None:
    version = _version()
    _measured(version)

    _promote(client, version, share=0.1)

    shown = client.get(f"/v1/versions/{version}").json()
    assert (shown["state"], shown["canary_share"]) == ("candidate", 0.1)


@pytest.mark.parametrize(
    ("is_better", "code", "words"),
    [(None, "not_evaluated", "evaluate"), (False, "not_better", "24.000 against 20.000")],
)
def test_what_is_not_better_is_refused_with_its_reason(
    client: TestClient, *, is_better: bool | None, code: str, words: str
) -> None:
    version = _version()
    if is_better is not None:
        _measured(version, is_better=is_better)

    answer = _promote(client, version)

    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert words in answer.json()["detail"]
    assert _promote(client, version, force=True).json()["refused"] == answer.json()["detail"]


def test_what_serves_already_and_what_was_never_promoted_are_conflicts(client: TestClient) -> None:
    version = _version(state="serving")

    again = _promote(client, version)
    back = client.post("/v1/versions/rollback", json={"network": "vae"})

    assert (again.status_code, again.json()["code"]) == (409, "version_serving")
    assert (back.status_code, back.json()["code"]) == (409, "nothing_to_roll_back")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"share": 0}, "/share"),
        ({"share": 1.5}, "/share"),
        ({"share": "half"}, "/share"),
        ({"force": "yes"}, "/force"),
        ({"reason": ""}, "/reason"),
        ({"until": "spring"}, "/until"),
    ],
    ids=["none", "too much", "text", "word", "empty", "unknown"],
)
def test_a_wish_that_says_nothing_we_can_do_names_its_field(
    client: TestClient, body: dict[str, Any], pointer: str
) -> None:
    answer = _promote(client, _version(), **body)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_another_shop_promotes_nothing_of_ours(client: TestClient, other_shop: TestClient) -> None:
    version = _version()
    _measured(version)

    answer = _promote(other_shop, version, force=True)

    assert answer.status_code == 404
    assert client.get(f"/v1/versions/{version}").json()["state"] == "candidate"
    assert other_shop.get("/v1/versions/promotions").json()["items"] == []


def test_what_another_shop_measured_of_what_ships_is_its_own(
    client: TestClient, other_shop: TestClient
) -> None:
    shipped = _version("photo", tenant=SHIPPED, state="serving")
    _measured(shipped)

    mine, theirs = (one.get(f"/v1/versions/{shipped}").json() for one in (client, other_shop))

    assert len(mine["evaluations"]) == 1
    assert theirs["evaluations"] == []
