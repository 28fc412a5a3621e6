"""What a classifier proposes is answered by a person, and the next dataset version learns it."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from db import datasets, quarantine
from db.engine import reading, transaction
from tests import opinions, proposed
from tests.factories import NOWHERE
from tests.rows import TENANT


def _proposals(client: TestClient) -> list[tuple[str, str]]:
    items = client.get("/v1/proposals").json()["items"]
    return [(one["picture"], one["category"]) for one in items]


def _answer(client: TestClient, picture: str, verdict: str, **said: str) -> Any:
    return client.post("/v1/labels", json={"picture": picture, "verdict": verdict, **said})


def _dataset(client: TestClient, **categories: str) -> None:
    """`shop@1` of these pictures."""
    entries = [{"picture": one, "category": category} for one, category in categories.items()]
    answer = client.post("/v1/datasets", json={"name": "shop", "pictures": entries})
    assert answer.status_code == 201, answer.text


def _manifest(client: TestClient) -> dict[str, str]:
    with reading() as session:
        found = datasets.find(session, TENANT, "shop")
    return {entry["picture"]: entry["category"] for entry in found.manifest}


def test_the_newest_proposal_of_each_picture_waits_until_it_is_answered(
    client: TestClient,
) -> None:
    boot, hat, bag = (opinions.upload(number) for number in range(3))
    proposed.classified(boot, "hat")
    for picture, category in ((boot, "boot"), (hat, "hat"), (bag, "hat")):
        proposed.classified(picture, category)

    waiting = _proposals(client)
    answers = [
        _answer(client, boot, "confirm"),
        _answer(client, bag, "correct", category="bag"),
        _answer(client, hat, "reject"),
    ]

    assert waiting == [(bag, "hat"), (hat, "hat"), (boot, "boot")]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert [answer.json()["category"] for answer in answers] == ["boot", "bag", None]
    assert _proposals(client) == []


def test_of_what_is_quarantined_nobody_is_asked_what_it_shows(client: TestClient) -> None:
    blocked, boot = opinions.upload(0), opinions.upload(1)
    for picture in (blocked, boot):
        proposed.classified(picture, "boot")
    with transaction() as session:
        quarantine.keep(session, TENANT, blocked, policy="shop@1", reasons=[])

    assert _proposals(client) == [(boot, "boot")]


def test_a_proposal_tells_how_likely_each_category_is(client: TestClient) -> None:
    picture = opinions.upload(0)
    job = proposed.classified(picture, "boot")

    (told,) = client.get("/v1/proposals").json()["items"]

    assert (told["job_id"], told["version"], told["probability"]) == (job, "eye@1", 0.8)
    assert [one["category"] for one in told["categories"]] == ["boot", "other"]


def test_what_was_answered_enters_the_next_version_of_a_dataset(client: TestClient) -> None:
    boot, hat, new, foreign, rejected = (opinions.upload(number) for number in range(5))
    _dataset(client, **{boot: "boot", hat: "boot"})
    for picture in (hat, new, foreign, rejected):
        proposed.classified(picture, "boot")
    _answer(client, hat, "correct", category="hat")
    _answer(client, new, "confirm")
    _answer(client, foreign, "correct", category="spoon")
    _answer(client, rejected, "reject")

    made = client.post("/v1/datasets/shop/feedback")
    again = client.post("/v1/datasets/shop/feedback")

    assert made.status_code == 201, made.text
    assert _manifest(client) == {boot: "boot", hat: "hat", new: "boot"}
    assert (again.status_code, again.json()["code"]) == (422, "nothing_rated")


def test_the_later_answer_counts_and_each_is_on_record(client: TestClient) -> None:
    picture = opinions.upload(0)
    proposed.classified(picture, "boot")

    for verdict in ("confirm", "reject"):
        told = _answer(client, picture, verdict).json()

    assert told["category"] is None
    assert [row["route"] for row in client.get("/v1/audit").json()["items"]] == ["/v1/labels"] * 2


def test_what_is_erased_takes_its_label_along(client: TestClient) -> None:
    from db import labels
    from db.engine import reading
    from tests.rows import TENANT

    picture = opinions.upload(0)
    result = opinions.made(1, asked={"picture": picture})
    for one in (picture, result):
        proposed.classified(one, "boot")
        _answer(client, one, "confirm")

    client.delete(f"/v1/results/{result}")
    with reading() as session:
        left = labels.of(session, TENANT)
    client.delete(f"/v1/pictures/{picture}")

    assert left == {picture: "boot"}
    with reading() as session:
        assert labels.of(session, TENANT) == {}


def test_another_shop_sees_and_answers_nothing(client: TestClient, other_shop: TestClient) -> None:
    picture = opinions.upload(0)
    proposed.classified(picture, "boot")

    answer = _answer(other_shop, picture, "confirm")

    assert _proposals(other_shop) == []
    assert (answer.status_code, answer.json()["code"]) == (404, "proposal_not_found")


def test_proposals_come_in_pages(client: TestClient) -> None:
    pictures = [opinions.upload(number) for number in range(5)]
    for picture in pictures:
        proposed.classified(picture, "boot")

    first = client.get("/v1/proposals?limit=3").json()
    asked = {"limit": 3, "cursor": first["next_cursor"]}
    second = client.get("/v1/proposals", params=asked).json()

    seen = [one["picture"] for page in (first, second) for one in page["items"]]
    assert seen == pictures[::-1]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"verdict": "confirm", "category": "boot"}, 422),
        ({"verdict": "correct"}, 422),
        ({"verdict": "correct", "category": " "}, 422),
        ({"verdict": "correct", "category": "a" * 65}, 422),
        ({"verdict": "perhaps"}, 422),
        ({"verdict": "confirm", "picture": "x"}, 422),
        ({"verdict": "confirm", "picture": NOWHERE}, 404),
    ],
    ids=["both", "none", "blank", "long", "unknown", "no id", "nowhere"],
)
def test_what_is_no_answer_is_refused(
    client: TestClient, said: dict[str, Any], status: int
) -> None:
    picture = opinions.upload(0)
    proposed.classified(picture, "boot")

    assert client.post("/v1/labels", json={"picture": picture, **said}).status_code == status
    assert len(_proposals(client)) == 1
