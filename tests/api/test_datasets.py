"""Datasets through the door: what is taken, what is left out, and what comes of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from db import datasets
from db.blobs import SHIPPED
from db.engine import reading, transaction
from tests import factories, opinions, rows, stored
from tests.factories import NOWHERE

JSON = {"Content-Type": "application/json"}


def upload(client: TestClient, image: Image.Image, kind: str = "PNG") -> dict[str, Any]:
    data = factories.encoded(image, kind)
    made: dict[str, Any] = client.post("/v1/pictures", files={"file": data}).json()
    return made


def shots(client: TestClient, *numbers: int) -> list[str]:
    """The ids of pictures that are all different."""
    return [upload(client, factories.shot(number))["id"] for number in numbers]


def register(client: TestClient, **body: Any) -> Any:
    return client.post("/v1/datasets", content=json.dumps(body).encode(), headers=JSON)


def of(category: str, ids: list[str], **more: Any) -> list[dict[str, Any]]:
    return [{"picture": one, "category": category, **more} for one in ids]


def test_a_dataset_is_registered_with_the_bytes_it_stands_for(client: TestClient) -> None:
    shoe, hat = upload(client, factories.shot(1)), upload(client, factories.shot(2))

    made = register(
        client,
        name="mine",
        licence="CC0-1.0",
        pictures=[
            {"picture": shoe["id"], "category": "shoe", "product": "sku-1"},
            {"picture": hat["id"], "category": "hat"},
        ],
    )

    told = made.json()
    assert made.status_code == 201
    assert made.headers["Location"] == f"/v1/datasets/{told['id']}"
    assert (told["name"], told["version"], told["pictures"]) == ("mine", 1, 2)
    assert (told["licence"], told["categories"]) == ("CC0-1.0", ["hat", "shoe"])
    assert not told["shipped"]
    with reading() as session:
        row = datasets.find(session, "shop", "mine")
    assert [
        (entry["picture"], entry["sha256"], entry["category"], entry["product"])
        for entry in row.manifest
    ] == [
        (shoe["id"], shoe["sha256"], "shoe", "sku-1"),
        (hat["id"], hat["sha256"], "hat", hat["id"]),
    ]


def test_a_dataset_is_read_by_id_by_name_and_by_version(client: TestClient) -> None:
    one, two, three = shots(client, 1, 2, 3)
    first = register(client, name="mine", pictures=of("a", [one, two])).json()
    second = register(client, name="mine", pictures=of("a", [one, two, three])).json()

    assert (first["version"], second["version"]) == (1, 2)
    assert client.get(f"/v1/datasets/{first['id']}").json() == first
    assert client.get("/v1/datasets/mine@1").json() == first
    assert client.get("/v1/datasets/mine").json() == second
    assert client.get("/v1/datasets/mine@3").json()["code"] == "dataset_not_found"


def test_the_same_pictures_again_are_the_dataset_that_is_there(client: TestClient) -> None:
    pictures = of("a", shots(client, 1, 2, 3))
    first = register(client, name="mine", pictures=pictures)

    again = register(client, name="mine", pictures=pictures)

    assert again.json() == first.json()
    assert len(client.get("/v1/datasets").json()["items"]) == 1


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
    register(client, name="mine", pictures=of("a", shots(client, 1)))

    mine = client.get("/v1/datasets").json()["items"]
    theirs = other_shop.get("/v1/datasets").json()["items"]

    assert [(row["name"], row["shipped"]) for row in mine] == [("garments", True), ("mine", False)]
    assert [row["name"] for row in theirs] == ["garments"]
    report = other_shop.get("/v1/datasets/garments").json()["report"]
    assert {"gan", "vae"} <= trained_by(report)


# The report


def trained_by(report: dict[str, Any]) -> set[str]:
    return {one["network"] for one in report["trains"] if one["trains"]}


def why_not(report: dict[str, Any], network: str) -> str:
    (found,) = [one["why_not"] for one in report["trains"] if one["network"] == network]
    assert isinstance(found, str)
    return found


def test_the_report_counts_what_is_learned_from_and_what_is_held_out(client: TestClient) -> None:
    shoes, hats = shots(client, *range(12)), shots(client, *range(12, 16))
    pictures = of("shoe", shoes[:9]) + of("shoe", shoes[9:], product="sku") + of("hat", hats)

    report = register(client, name="mine", pictures=pictures).json()["report"]

    with reading() as session:
        manifest = datasets.find(session, "shop", "mine").manifest
    assert (report["asked"], report["taken"], report["products"]) == (16, 16, 14)
    assert [(one["name"], one["products"]) for one in report["categories"]] == [
        ("hat", 4),
        ("shoe", 10),
    ]
    for one in report["categories"]:
        splits = [entry["split"] for entry in manifest if entry["category"] == one["name"]]
        assert one["train"] == splits.count("train") > 0
        assert one["validation"] == splits.count("validation") > 0
    assert trained_by(report) == {"gan", "vae", "classifier", "translator"}
    assert report["trains"][0] == {"network": "gan", "trains": True, "why_not": None}
    assert "has 0 pictures of 128 px a side" in why_not(report, "denoiser")


def test_the_report_names_what_was_left_out_and_why(client: TestClient) -> None:
    (fit,) = shots(client, 1)
    twin = upload(client, factories.shot(1), "WEBP")["id"]
    small = upload(client, factories.shot(2, side=20))["id"]
    flat = upload(client, Image.new("RGB", (40, 40), "red"))["id"]
    pictures = of("shoe", [fit, twin, small]) + of("hat", [flat])

    told = register(client, name="mine", pictures=pictures).json()

    report = told["report"]
    assert (told["pictures"], report["asked"], report["taken"]) == (1, 4, 1)
    assert [
        (one["reason"], one["count"], [(p["picture"], p["like"]) for p in one["pictures"]])
        for one in report["left_out"]
    ] == [
        ("too_small", 1, [(small, None)]),
        ("one_colour", 1, [(flat, None)]),
        ("near_duplicate", 1, [(twin, fit)]),
    ]
    assert (told["categories"], report["empty_categories"]) == (["shoe"], ["hat"])


def test_a_dataset_of_three_pictures_says_what_it_cannot_train(client: TestClient) -> None:
    # By its name a product is learnt from or held out; the names of these are always the same.
    pictures = [
        {"picture": one, "category": "shoe", "product": f"sku-{number}"}
        for number, one in enumerate(shots(client, 1, 2, 3))
    ]

    report = register(client, name="few", pictures=pictures).json()["report"]

    assert trained_by(report) == set()
    assert why_not(report, "gan") == "it has 2 pictures to learn from; gan needs at least 8"


def test_many_pictures_of_one_product_train_what_needs_no_other(client: TestClient) -> None:
    pictures = of("mug", shots(client, *range(9)), product="the mug")

    report = register(client, name="mug", pictures=pictures).json()["report"]
    order = {"operation": {"op": "train", "dataset": "mug", "network": "vae"}}
    refused = client.post("/v1/jobs", json=order)

    assert trained_by(report) == {"gan"}
    assert (refused.status_code, refused.json()["code"]) == (422, "dataset_unfit")
    assert refused.json()["errors"][0]["pointer"] == "/operation/dataset"
    assert "no product that is held out" in refused.json()["detail"]


# What is refused


def test_a_dataset_of_one_colour_is_refused_with_the_reason(client: TestClient, home: Path) -> None:
    ids = [upload(client, Image.new("RGB", (40, 40), name))["id"] for name in ("red", "green")]

    refused = register(client, name="flat", pictures=of("paint", ids))

    assert (refused.status_code, refused.json()["code"]) == (422, "dataset_empty")
    assert "2 × one_colour" in refused.json()["detail"]
    assert stored.counted(home)["dataset"] == 0


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "../x"}, "/name"),
        ({"name": "mine@2"}, "/name"),
        ({"name": 1}, "/name"),
        ({"pictures": []}, "/pictures"),
        ({"pictures": [{"picture": NOWHERE}]}, "/pictures/0/category"),
        ({"pictures": [{"picture": "1", "category": "a"}]}, "/pictures/0/picture"),
        ({"pictures": [{"picture": NOWHERE, "category": ""}]}, "/pictures/0/category"),
        ({"pictures": [{"picture": NOWHERE, "category": " "}]}, "/pictures/0/category"),
        ({"pictures": [{"picture": NOWHERE, "category": None}]}, "/pictures/0/category"),
        (
            {"pictures": [{"picture": NOWHERE, "category": "a", "product": ""}]},
            "/pictures/0/product",
        ),
        (
            {"pictures": [{"picture": NOWHERE, "category": "a", "consent": "yes"}]},
            "/pictures/0/consent",
        ),
        ({"include_generated": "yes"}, "/include_generated"),
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
    refused = register(client, name="mine", pictures=of("a", [*shots(client, 1), NOWHERE]))

    assert (refused.status_code, refused.json()["code"]) == (404, "picture_not_found")
    assert refused.json()["errors"][0]["pointer"] == "/pictures/1/picture"
    assert stored.counted(home)["dataset"] == 0


def test_a_persons_picture_is_taken_where_its_line_says_that_they_agreed(
    client: TestClient,
) -> None:
    body, garment = shots(client, 1, 2)
    opinions.made(3, op="try_on", asked={"picture": body, "garment": garment})

    refused = register(client, name="mine", pictures=of("shirt", [body]))
    taken = register(client, name="mine", pictures=of("shirt", [body], consent=True))

    assert (refused.status_code, refused.json()["code"]) == (422, "dataset_empty")
    assert (taken.status_code, taken.json()["report"]["persons"]) == (201, 1)


def test_a_picture_that_is_named_twice_is_taken_once(client: TestClient) -> None:
    (one,) = shots(client, 1)

    told = register(client, name="mine", pictures=of("a", [one, one])).json()

    assert told["pictures"] == 1
    assert told["report"]["left_out"][0]["pictures"] == [{"picture": one, "like": one}]


def test_a_picture_has_one_category(client: TestClient, home: Path) -> None:
    (one,) = shots(client, 1)

    refused = register(client, name="mine", pictures=of("shoe", [one]) + of("boot", [one]))

    assert (refused.status_code, refused.json()["code"]) == (422, "validation_error")
    assert refused.json()["errors"][0]["pointer"] == "/pictures/1/category"
    assert refused.json()["errors"][0]["code"] == "two_categories"
    assert stored.counted(home)["dataset"] == 0


def test_a_dataset_that_is_no_json_is_refused(client: TestClient) -> None:
    refused = client.post("/v1/datasets", content=b'{"name": 1, "name": 2}', headers=JSON)

    assert (refused.status_code, refused.json()["code"]) == (400, "malformed_json")


# By what people thought


def rejected(client: TestClient, picture: str) -> None:
    """A picture was given back badly, and somebody says so."""
    asked = {"picture": picture, "category": "boot"}
    job = rows.queued("reconstruct", envelope={"operation": asked})
    rows.claim()
    made = rows.result(rows.lease_of(rows.read(job)), op="reconstruct", tenant=rows.TENANT)
    with transaction() as session:
        session.add(made)
    said = {"result_id": made.id, "rating": -1}
    assert client.post("/v1/feedback", json=said).status_code == 201


def test_ratings_make_the_next_version_of_a_dataset(client: TestClient) -> None:
    shoe, boot = shots(client, 1, 2)
    register(client, name="mine", licence="ours", pictures=of("shoe", [shoe]))
    rejected(client, boot)

    made = client.post("/v1/datasets/mine/feedback")

    assert made.status_code == 201, made.json()
    told = made.json()
    assert made.headers["Location"] == f"/v1/datasets/{told['id']}"
    assert (told["name"], told["version"], told["licence"]) == ("mine", 2, "ours")
    assert told["categories"] == ["boot", "shoe"]


def test_a_dataset_that_no_rating_changes_has_no_next_version(client: TestClient) -> None:
    register(client, name="mine", pictures=of("shoe", shots(client, 1)))

    refused = client.post("/v1/datasets/mine/feedback")

    assert (refused.status_code, refused.json()["code"]) == (422, "nothing_rated")


def test_a_dataset_that_is_not_there_is_changed_by_no_rating(client: TestClient) -> None:
    refused = client.post("/v1/datasets/nobody/feedback")

    assert (refused.status_code, refused.json()["code"]) == (404, "dataset_not_found")
