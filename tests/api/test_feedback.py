"""Ratings and reviews over HTTP."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from db.engine import transaction
from tests import rows


@pytest.fixture
def result(home: object) -> str:
    return _result()


def _result(*, visibility: str = "published") -> str:
    made = rows.result(rows.running(), visibility=visibility, width=64, height=48)
    with transaction() as session:
        session.add(made)
        session.flush()
        return made.id


def _rate(client: TestClient, result: str, **said: Any) -> Any:
    return client.post("/v1/feedback", json={"result_id": result, "rating": 1, **said})


def test_a_rating_is_kept_and_shown(client: TestClient, result: str) -> None:
    said = {"rating": -1, "reason": "the handle is gone", "region": [0, 0, 4, 4], "rater": "c-7"}

    answer = _rate(client, result, **said)

    assert answer.status_code == 201, answer.json()
    assert answer.json() | said == answer.json()
    assert client.get(f"/v1/feedback?result_id={result}").json()["items"] == [answer.json()]


def test_whoever_does_not_say_who_they_are_is_nobody(client: TestClient, result: str) -> None:
    told = [_rate(client, result).json() for _ in range(2)]

    assert [one["rater"] for one in told] == [None, None]
    assert len(client.get("/v1/feedback").json()["items"]) == 2


def test_ratings_come_in_pages(client: TestClient, result: str) -> None:
    for number in range(5):
        _rate(client, result, rater=str(number))

    first = client.get("/v1/feedback?limit=3").json()
    second = client.get("/v1/feedback", params={"limit": 3, "cursor": first["next_cursor"]}).json()

    raters = [one["rater"] for page in (first, second) for one in page["items"]]
    assert raters == ["4", "3", "2", "1", "0"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"rating": 2}, "/rating"),
        ({"rating": "1"}, "/rating"),
        ({"rating": True}, "/rating"),
        ({"result_id": "x"}, "/result_id"),
        ({"region": [0, 0, 0, 4]}, "/region/2"),
        ({"region": [0, 0, 4]}, "/region/3"),
        ({"region": [0, 0, 4, 100_000]}, "/region"),
        ({"reason": "a" * 256}, "/reason"),
        ({"rater": ""}, "/rater"),
        ({"stars": 5}, "/stars"),
    ],
    ids=["much", "text", "truth", "id", "empty", "short", "outside", "long", "nobody", "unknown"],
)
def test_what_is_no_rating_names_its_field(
    client: TestClient, result: str, said: dict[str, Any], pointer: str
) -> None:
    answer = _rate(client, result, **said)

    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_another_shop_neither_rates_nor_reviews_nor_reads(
    client: TestClient, other_shop: TestClient
) -> None:
    held = _result(visibility="held")
    _rate(client, held)

    rated = _rate(other_shop, held)
    reviewed = other_shop.post(f"/v1/results/{held}/review", json={"verdict": "approve"})

    assert (rated.status_code, reviewed.status_code) == (404, 404)
    assert other_shop.get("/v1/feedback").json()["items"] == []


def test_what_a_gate_held_is_found_and_approved(client: TestClient) -> None:
    held = _result(visibility="held")

    waiting = client.get("/v1/results?visibility=held").json()["items"]
    answer = client.post(f"/v1/results/{held}/review", json={"verdict": "approve"})

    assert [one["id"] for one in waiting] == [held]
    assert answer.json()["visibility"] == "published"
    assert client.get("/v1/results?visibility=held").json()["items"] == []


def test_a_verdict_and_an_erasure_change_the_job_that_is_told_with_the_result(
    client: TestClient,
) -> None:
    held = _result(visibility="held")
    path = client.get(f"/v1/results/{held}").json()["links"]["job"]
    tags = [client.get(path).headers["etag"]]

    for verdict in ("approve", "approve"):
        client.post(f"/v1/results/{held}/review", json={"verdict": verdict})
        tags.append(client.get(path).headers["etag"])
    client.delete(f"/v1/results/{held}")
    last = client.get(path, headers={"If-None-Match": tags[-1]})

    assert tags[0] != tags[1] == tags[2]
    assert (last.status_code, last.json()["results"]) == (200, [])


def test_what_waits_for_nobody_is_a_conflict(client: TestClient, result: str) -> None:
    answer = client.post(f"/v1/results/{result}/review", json={"verdict": "reject"})

    assert (answer.status_code, answer.json()["code"]) == (409, "result_not_held")
