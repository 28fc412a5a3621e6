"""Datasets through the door: registered once, never changed."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from db import datasets
from db.blobs import SHIPPED
from db.engine import reading, transaction
from tests import factories, stored
from tests.factories import NOWHERE

JSON = {"Content-Type": "application/json"}


def upload(client: TestClient, hue: int) -> dict[str, Any]:
    data = factories.png(hue=hue)
    made: dict[str, Any] = client.post("/v1/pictures", files={"file": data}).json()
    return made


def register(client: TestClient, **body: Any) -> Any:
    return client.post("/v1/datasets", content=json.dumps(body).encode(), headers=JSON)


def test_a_dataset_is_registered_with_the_bytes_it_stands_for(client: TestClient) -> None:
    shoe, hat = upload(client, 1), upload(client, 2)

    made = register(
        client,
        name="mine",
        licence="CC0-1.0",
        pictures=[
            {"picture": shoe["id"], "category": "shoe"},
            {"picture": hat["id"], "category": "hat"},
        ],
    )

    told = made.json()
    assert made.status_code == 201
    assert (told["name"], told["pictures"], told["licence"]) == ("mine", 2, "CC0-1.0")
    assert told["categories"] == ["hat", "shoe"]
    assert not told["shipped"]
    with reading() as session:
        row = datasets.find(session, "shop", "mine")
    assert row.manifest == [
        {"picture": shoe["id"], "sha256": shoe["sha256"], "category": "shoe"},
        {"picture": hat["id"], "sha256": hat["sha256"], "category": "hat"},
    ]


def test_datasets_that_ship_are_listed_with_the_shops_own(
    client: TestClient, other_shop: TestClient
) -> None:
    with transaction() as session:
        datasets.add(
            session,
            tenant=SHIPPED,
            name="garments",
            kind="garments",
            pictures=200,
            categories=["shoe"],
            manifest=[],
            licence="MIT",
        )
    picture = upload(client, 1)
    register(client, name="mine", pictures=[{"picture": picture["id"], "category": "a"}])

    mine = client.get("/v1/datasets").json()["items"]
    theirs = other_shop.get("/v1/datasets").json()["items"]

    assert [(row["name"], row["shipped"]) for row in mine] == [("garments", True), ("mine", False)]
    assert [row["name"] for row in theirs] == ["garments"]


def test_the_same_dataset_again_is_the_same_and_another_of_its_name_is_refused(
    client: TestClient,
) -> None:
    one = [{"picture": upload(client, 1)["id"], "category": "a"}]
    two = [{"picture": upload(client, 2)["id"], "category": "a"}]
    first = register(client, name="mine", pictures=one)

    again = register(client, name="mine", pictures=one)
    other = register(client, name="mine", pictures=two)

    assert again.json() == first.json()
    assert (other.status_code, other.json()["code"]) == (409, "dataset_exists")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "../x"}, "/name"),
        ({"name": 1}, "/name"),
        ({"pictures": []}, "/pictures"),
        ({"pictures": [{"picture": NOWHERE}]}, "/pictures/0/category"),
        ({"pictures": [{"picture": "1", "category": "a"}]}, "/pictures/0/picture"),
        ({"pictures": [{"picture": NOWHERE, "category": ""}]}, "/pictures/0/category"),
        ({"colour": "red"}, "/colour"),
        ({"licence": "x" * 256}, "/licence"),
    ],
)
def test_what_is_no_dataset_is_refused_by_its_field(
    client: TestClient, home: Path, change: dict[str, Any], pointer: str
) -> None:
    body = {"name": "mine", "pictures": [{"picture": NOWHERE, "category": "a"}], **change}

    refused = register(client, **body)

    assert (refused.status_code, refused.json()["code"]) == (422, "validation_error")
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert stored.counted(home) == stored.NOTHING


def test_a_picture_that_is_not_there_is_named(client: TestClient, home: Path) -> None:
    picture = upload(client, 1)["id"]
    pictures = [{"picture": key, "category": "a"} for key in (picture, NOWHERE)]

    refused = register(client, name="mine", pictures=pictures)

    assert (refused.status_code, refused.json()["code"]) == (404, "picture_not_found")
    assert refused.json()["errors"][0]["pointer"] == "/pictures/1/picture"
    assert stored.counted(home)["dataset"] == 0


def test_a_picture_comes_only_once(client: TestClient, home: Path) -> None:
    entry = {"picture": upload(client, 1)["id"], "category": "a"}

    refused = register(client, name="mine", pictures=[entry, entry])

    assert (refused.status_code, refused.json()["code"]) == (422, "validation_error")
    assert refused.json()["errors"][0]["pointer"] == "/pictures/1/picture"
    assert refused.json()["errors"][0]["code"] == "duplicate_picture"
    assert stored.counted(home)["dataset"] == 0


def test_a_dataset_that_is_no_json_is_refused(client: TestClient) -> None:
    refused = client.post("/v1/datasets", content=b'{"name": 1, "name": 2}', headers=JSON)

    assert (refused.status_code, refused.json()["code"]) == (400, "malformed_json")
