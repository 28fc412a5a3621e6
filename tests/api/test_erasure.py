"""DELETE through the door: what is erased says so afterwards, and is another's business never."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from db import blobs, versions
from db.blobs import StoreUnavailable
from db.engine import transaction
from tests import factories, issued, kept, rows
from tests.factories import NOWHERE


def _uploaded(client: TestClient, data: bytes | None = None) -> str:
    headers = {"Content-Type": "image/png"}
    answer = client.post("/v1/pictures", content=data or factories.png(), headers=headers)
    picture: str = answer.json()["id"]
    return picture


def _places(client: TestClient, picture: str) -> tuple[str, str, str]:
    """The addresses of a picture, and of a job and its result that were made from it."""
    job_id, result_id = kept.made(picture)
    return f"/v1/pictures/{picture}", f"/v1/jobs/{job_id}", f"/v1/results/{result_id}"


def _codes(client: TestClient, *paths: str) -> list[tuple[int, str]]:
    answers = [client.get(path) for path in paths]
    return [(answer.status_code, answer.json().get("code", "")) for answer in answers]


def test_an_erased_picture_is_gone_with_everything_that_was_made_from_it(client: TestClient):
    places = _places(client, _uploaded(client))

    erased = client.delete(places[0])

    assert (erased.status_code, erased.content) == (204, b"")
    assert _codes(client, *places) == [(410, "erased")] * 3
    assert _codes(client, f"{places[0]}/content", f"{places[2]}/content") == [(410, "erased")] * 2
    assert client.delete(places[0]).status_code == 410


def test_the_bytes_of_an_erased_picture_leave_the_disk(client: TestClient, home: Path) -> None:
    picture = _uploaded(client)
    before = [path for path in (home / "blobs").rglob("*") if path.is_file()]

    client.delete(f"/v1/pictures/{picture}")

    assert len(before) == 1
    assert not [path for path in (home / "blobs").rglob("*") if path.is_file()]


def test_a_job_and_a_result_can_be_erased_by_themselves(client: TestClient):
    picture, job, result = _places(client, _uploaded(client))

    assert client.delete(result).status_code == 204
    assert _codes(client, picture, job, result) == [(200, ""), (200, ""), (410, "erased")]

    assert client.delete(job).status_code == 204
    assert _codes(client, picture, job, result) == [(200, ""), (410, "erased"), (410, "erased")]


def test_an_open_job_is_not_erased_until_it_is_over(client: TestClient):
    job = f"/v1/jobs/{rows.queued()}"

    refused = client.delete(job)
    assert (refused.status_code, refused.json()["code"]) == (409, "job_open")

    client.post(f"{job}/cancel")
    assert client.delete(job).status_code == 204


def test_a_job_whose_picture_is_erased_says_that_it_ended_so(client: TestClient):
    picture = _uploaded(client)
    job_id = kept.job(picture)

    client.delete(f"/v1/pictures/{picture}")

    told = client.get(f"/v1/jobs/{job_id}").json()
    assert (told["state"], told["error"]["code"]) == ("failed", "source_erased")


@pytest.mark.parametrize("kind", ["pictures", "jobs", "results"])
@pytest.mark.parametrize("row_id", [NOWHERE, "x", "%00"])
def test_what_never_was_is_not_found(client: TestClient, kind: str, row_id: str):
    refused = client.delete(f"/v1/{kind}/{row_id}")

    assert (refused.status_code, refused.json()["code"]) == (404, f"{kind[:-1]}_not_found")


def test_another_shop_can_erase_nothing_and_does_not_learn_what_was_erased(
    client: TestClient, other_shop: TestClient
):
    places = _places(client, _uploaded(client))

    assert [other_shop.delete(place).status_code for place in places] == [404, 404, 404]
    assert _codes(client, *places) == [(200, "")] * 3

    client.delete(places[0])
    assert [other_shop.get(place).status_code for place in places] == [404, 404, 404]


def test_the_same_picture_can_be_taken_in_again_as_a_new_one(client: TestClient):
    first = _uploaded(client)
    client.delete(f"/v1/pictures/{first}")

    second = _uploaded(client)

    assert second != first
    assert client.get(f"/v1/pictures/{second}/content").content == factories.png()


def test_a_picture_in_a_dataset_is_erased_only_if_that_is_asked_for(client: TestClient):
    shots = [factories.encoded(factories.shot(number), "PNG") for number in range(3)]
    ids = [_uploaded(client, shot) for shot in shots]
    entries = [{"picture": one, "category": "shoe"} for one in ids]
    client.post("/v1/datasets", json={"name": "shoes", "pictures": entries})

    refused = client.delete(f"/v1/pictures/{ids[0]}")
    assert (refused.status_code, refused.json()["code"]) == (409, "picture_in_dataset")
    assert "shoes" in refused.json()["detail"]

    assert client.delete(f"/v1/pictures/{ids[0]}?from_datasets=true").status_code == 204
    (dataset,) = client.get("/v1/datasets").json()["items"]
    assert (dataset["pictures"], dataset["erased"]) == (2, 1)


@pytest.mark.parametrize(
    ("kind", "scope"),
    [("pictures", "pictures:read"), ("jobs", "jobs:read"), ("results", "jobs:read")],
)
def test_a_key_that_may_only_read_erases_nothing(
    serve: Callable[..., TestClient], kind: str, scope: str
):
    reader = serve(key=issued.key(scopes=[scope]))

    refused = reader.delete(f"/v1/{kind}/{NOWHERE}")

    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")


def test_bytes_of_a_store_that_is_away_go_later_and_the_caller_is_told(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
):
    picture = _uploaded(client)

    def away(_: object) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(blobs.store(), "delete", away)
        refused = client.delete(f"/v1/pictures/{picture}")

    assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
    assert refused.headers["Retry-After"] == "5"
    assert client.get(f"/v1/pictures/{picture}").status_code == 410


def test_an_upload_beside_an_erasure_of_the_same_bytes_ends_with_a_picture_that_can_be_read(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
):
    first = _uploaded(client)
    put, between = blobs.put, iter([True])

    def put_and_see_it_erased(tenant: str, data: bytes) -> str:
        key = put(tenant, data)
        if next(between, False):
            client.delete(f"/v1/pictures/{first}")
        return key

    with monkeypatch.context() as patch:
        patch.setattr(blobs, "put", put_and_see_it_erased)
        second = _uploaded(client)

    assert client.get(f"/v1/pictures/{second}/content").content == factories.png()


def test_the_answer_names_the_versions_that_learnt_from_it(client: TestClient) -> None:
    file = {"file": ("a.png", factories.png(40, 40))}
    picture = client.post("/v1/pictures", files=file).json()["id"]
    named = {"name": "shoes", "pictures": [{"picture": picture, "category": "shoe"}]}
    dataset = client.post("/v1/datasets", json=named).json()["id"]
    values = {"network": "gan", "state": "candidate", "weights_key": "0" * 64, "card": "{}"}
    with transaction() as session:
        versions.add(session, tenant="shop", name="shoes", dataset_id=dataset, **values)

    erased = client.delete(f"/v1/pictures/{picture}?from_datasets=true")

    assert (erased.status_code, erased.json()) == (200, {"trained_versions": ["shoes@1"]})
    assert client.get("/v1/datasets/shoes").json()["pictures"] == 0
    assert client.get(f"/v1/pictures/{picture}").status_code == 410
