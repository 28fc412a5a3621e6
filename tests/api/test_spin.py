"""Orders of a spin: what is wrong with one view is told by its place, and nothing else is made."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import factories, issued
from tests.factories import NOWHERE

JSON = {"Content-Type": "application/json"}


def _sent(client: TestClient, number: int = 0) -> str:
    file = factories.png(40 + number, 30)
    return str(client.post("/v1/pictures", files={"file": ("a.png", file)}).json()["id"])


def _ordered(client: TestClient, envelope: dict[str, Any] | None = None, **spin: Any) -> Any:
    body = {"operation": {"op": "spin", **spin}, **(envelope or {})}
    return client.post("/v1/jobs", content=json.dumps(body), headers=JSON)


def _pointers(answer: Any) -> list[str]:
    return [one["pointer"] for one in answer.json()["errors"]]


def test_a_spin_is_taken_in_and_all_its_views_are_its_inputs(client: TestClient) -> None:
    views = [_sent(client, number) for number in range(3)]

    answer = _ordered(client, views=views)

    assert answer.status_code == 202
    assert answer.json()["operation"]["views"] == views
    assert client.delete(f"/v1/pictures/{views[1]}").status_code in (200, 202, 204)
    ended = client.get(f"/v1/jobs/{answer.json()['id']}")
    assert ended.status_code in (404, 410) or ended.json()["state"] == "failed"


def test_one_picture_may_stand_for_two_views(client: TestClient) -> None:
    view = _sent(client)

    assert _ordered(client, views=[view, view]).status_code == 202


def test_a_view_that_is_not_there_is_told_by_its_place(client: TestClient) -> None:
    answer = _ordered(client, views=[_sent(client), NOWHERE])

    assert (answer.status_code, answer.json()["code"]) == (404, "picture_not_found")
    assert _pointers(answer) == ["/operation/views/1"]


def test_a_view_of_another_shop_is_told_as_one_that_never_was(client: TestClient) -> None:
    other = TestClient(client.app, headers=issued.headers(issued.key("other")))
    theirs = _sent(other)

    answer = _ordered(client, views=[theirs, _sent(client)])

    assert (answer.status_code, answer.json()["code"]) == (404, "picture_not_found")
    assert _pointers(answer) == ["/operation/views/0"]


@pytest.mark.parametrize(
    ("spin", "where"),
    [
        ({"views": 1}, "/operation/views"),
        ({"views": 73}, "/operation/views"),
        ({"views": 2, "angles_deg": [0.0]}, "/operation/angles_deg"),
        ({"views": 2, "angles_deg": [10.0, 0.0]}, "/operation/angles_deg"),
        ({"views": 2, "fill": 1.5}, "/operation/fill"),
        ({"views": 2, "frame_width": 31}, "/operation/frame_width"),
        ({"views": 2, "columns": 0}, "/operation/columns"),
        ({"views": 2, "rgb": [0, 0]}, "/operation/rgb"),
    ],
    ids=lambda value: json.dumps(value)[:40],
)
def test_what_cannot_be_is_refused_with_its_field(
    client: TestClient, spin: dict[str, Any], where: str
) -> None:
    answer = _ordered(client, **{**spin, "views": [NOWHERE] * spin["views"]})

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")
    assert all(one.startswith(where) for one in _pointers(answer))


def test_views_that_are_no_list_of_ids_are_refused(client: TestClient) -> None:
    for views in (NOWHERE, [1, 2], [NOWHERE, "shoe.png"], {"0": NOWHERE}, None):
        answer = _ordered(client, views=views)
        assert answer.status_code == 422
        assert all(one.startswith("/operation/views") for one in _pointers(answer))


@pytest.mark.parametrize(
    ("spin", "output", "where"),
    [
        ({"frame_width": 2000, "frame_height": 1000}, {}, "/operation/frame_width"),
        ({"frame_width": 1000, "frame_height": 2000}, {}, "/operation/frame_height"),
        (
            {"frame_width": 500, "frame_height": 40, "columns": 40},
            {"output": {"format": "webp"}},
            "/output/format",
        ),
    ],
    ids=["wide", "high", "long"],
)
def test_a_sheet_that_is_too_large_is_refused_before_there_is_a_job(
    client: TestClient, spin: dict[str, Any], output: dict[str, Any], where: str
) -> None:
    answer = _ordered(client, output, views=[_sent(client)] * 40, **spin)

    assert (answer.status_code, answer.json()["code"]) == (422, "output_too_large")
    assert _pointers(answer) == [where]
    assert client.get("/v1/jobs").json()["items"] == []
