"""What shoppers and segments like over HTTP, and what they are shown first by it."""

from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from db import embeddings, tastes, versions
from db.blobs import SHIPPED
from db.engine import reading, transaction
from db.tables.tastes import Taste
from tests import issued, kept, rows
from tests.factories import NOWHERE
from tests.rows import TENANT

SKU = "S-1042"
WARM, COLD = np.eye(2, 8, dtype=np.float32)


@pytest.fixture
def version(home: object) -> str:
    told = {"network": "classifier", "state": "serving", "weights_key": "0" * 64, "card": "{}"}
    with transaction() as session:
        return versions.add(session, tenant=SHIPPED, name="eye", **told).id


@pytest.fixture
def variants(version: str) -> list[str]:
    """Two results of a product, the newest first: a warm one and a cold one."""
    cold, warm = (_result(one, version) for one in (COLD, WARM))
    return [warm, cold]


def _result(vector: Any, version: str, **columns: Any) -> str:
    made = rows.result(rows.running(), sku=SKU, **columns)
    with transaction() as session:
        session.add(made)
        session.flush()
    _embed(made.id, vector, version)
    return made.id


def _embed(one: str, vector: Any, version: str) -> None:
    data = vector.astype("<f2").tobytes()
    with transaction() as session:
        space = f"look-1:{version}"
        embeddings.keep(session, TENANT, one, space=space, vector=data, dimension=len(vector))


def _like(client: TestClient, picture: str, liked: int = 1, **who: str) -> Any:
    return client.post("/v1/tastes", json={"picture": picture, "liked": liked, **who})


def _ranking(client: TestClient, **query: str) -> Any:
    answer = client.get("/v1/rankings", params={"sku": SKU, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def _first(client: TestClient, **query: str) -> str:
    return str(_ranking(client, **query)["items"][0]["id"])


def _kept() -> int:
    with reading() as session:
        return len(session.query(Taste).all())


def test_two_segments_of_opposite_taste_are_shown_different_pictures_first(
    client: TestClient, variants: list[str]
) -> None:
    warm, cold = variants
    _like(client, warm, 1, segment="summer")
    _like(client, warm, -1, segment="winter")

    assert (_first(client, segment="summer"), _first(client, segment="winter")) == (warm, cold)


def test_a_shopper_begins_with_the_segment_and_comes_to_their_own(
    client: TestClient, variants: list[str]
) -> None:
    warm, cold = variants
    for _ in range(3):
        _like(client, warm, 1, segment="summer")
    asked = {"segment": "summer", "shopper": "c-7"}

    before = _first(client, **asked)
    _like(client, warm, -1, shopper="c-7")
    _like(client, cold, 1, shopper="c-7")
    after = _ranking(client, **asked)

    assert (before, after["items"][0]["id"]) == (warm, cold)
    assert after["opinions"] == {"segment": 3, "shopper": 2}
    assert _first(client, segment="summer") == warm


def test_without_an_opinion_the_newest_comes_first_and_nothing_is_expected(
    client: TestClient, variants: list[str]
) -> None:
    told = _ranking(client, segment="nobody")

    assert [one["id"] for one in told["items"]] == variants
    assert {one["expected"] for one in told["items"]} == {0.0}
    assert told["opinions"] == {"segment": 0, "shopper": 0}


def test_what_was_not_embedded_is_told_and_not_ranked(
    client: TestClient, variants: list[str]
) -> None:
    made = rows.result(rows.running(), sku=SKU)
    with transaction() as session:
        session.add(made)
        session.flush()

    told = _ranking(client, segment="summer")

    assert told["not_embedded"] == [made.id]
    assert len(told["items"]) == 2


def test_only_what_is_published_and_one_s_own_is_ranked(
    client: TestClient, other_shop: TestClient, version: str, variants: list[str]
) -> None:
    _result(WARM, version, visibility="held")

    assert [one["id"] for one in _ranking(client, segment="a")["items"]] == variants
    assert _ranking(other_shop, segment="a")["items"] == []


def test_a_shopper_s_later_opinion_counts_and_a_segment_s_all_do(
    client: TestClient, variants: list[str]
) -> None:
    for liked in (1, -1):
        _like(client, variants[0], liked, shopper="c-7")
        _like(client, variants[0], liked, segment="summer")

    mine = client.get("/v1/tastes", params={"shopper": "c-7"}).json()["items"]
    assert [one["liked"] for one in mine] == [-1]
    assert len(client.get("/v1/tastes", params={"segment": "summer"}).json()["items"]) == 2


def test_a_shopper_is_forgotten_at_once_and_on_no_record(
    client: TestClient, other_shop: TestClient, variants: list[str]
) -> None:
    warm, _ = variants
    _like(client, warm, -1, shopper="no-uuid-7", segment="summer")
    _like(client, warm, 1, shopper="c-8", segment="summer")
    _like(client, warm, 1, segment="summer")

    theirs = other_shop.delete("/v1/tastes", params={"shopper": "no-uuid-7"})
    unchanged = _kept()
    answers = [client.delete("/v1/tastes", params={"shopper": "no-uuid-7"}) for _ in range(2)]

    assert theirs.status_code == 204
    assert unchanged == 3
    assert [answer.status_code for answer in answers] == [204, 204]
    assert client.get("/v1/tastes", params={"shopper": "no-uuid-7"}).json()["items"] == []
    assert _ranking(client, segment="summer")["opinions"] == {"segment": 2, "shopper": 0}
    record = client.get("/v1/audit").text
    assert "/v1/tastes" in record
    assert "no-uuid-7" not in record


def test_what_is_erased_takes_its_opinions_along(client: TestClient, variants: list[str]) -> None:
    picture = kept.picture()
    for one in (*variants, picture):
        _like(client, one, segment="summer")

    client.delete(f"/v1/results/{variants[0]}")
    client.delete(f"/v1/pictures/{picture}")

    left = client.get("/v1/tastes").json()["items"]
    assert [one["picture"] for one in left] == [variants[1]]


def test_opinions_come_in_pages(client: TestClient, variants: list[str]) -> None:
    for number in range(5):
        _like(client, variants[0], shopper=f"c-{number}")

    first = client.get("/v1/tastes?limit=3").json()
    second = client.get("/v1/tastes", params={"limit": 3, "cursor": first["next_cursor"]}).json()

    shoppers = [one["shopper"] for page in (first, second) for one in page["items"]]
    assert shoppers == [f"c-{number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"segment": ""},
        {"shopper": "ann@shop.example"},
        {"shopper": "Ann Smith"},
        {"shopper": "+49 30 1234"},
        {"shopper": "ann.smith"},
        {"shopper": "a" * 65},
        {"shopper": "c-7\n"},
        {"segment": "sömmer"},
        {"segment": "summer", "liked": 0},
        {"segment": "summer", "liked": True},
        {"segment": "summer", "liked": "1"},
        {"segment": "summer", "picture": "x"},
        {"segment": "summer", "email": "ann@shop.example"},
    ],
    ids=[
        *("nobody", "empty", "email", "name", "phone", "dot", "long", "newline", "letters"),
        *("neither", "truth", "text", "no id", "more"),
    ],
)
def test_what_is_no_opinion_and_what_may_name_a_person_is_refused(
    client: TestClient, variants: list[str], said: dict[str, Any]
) -> None:
    answer = client.post("/v1/tastes", json={"picture": variants[0], "liked": 1, **said})

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")
    assert _kept() == 0


def test_of_what_is_not_there_nobody_thinks_anything(
    client: TestClient, other_shop: TestClient, variants: list[str]
) -> None:
    for shop, picture in ((client, NOWHERE), (other_shop, variants[0])):
        answer = _like(shop, picture, segment="summer")
        assert (answer.status_code, answer.json()["code"]) == (404, "picture_not_found")


@pytest.mark.parametrize(
    "query",
    [{"sku": SKU}, {"segment": "a"}, {"sku": SKU, "segment": "a b"}, {"sku": "", "segment": "a"}],
    ids=["whose", "of what", "segment", "sku"],
)
def test_a_ranking_of_nothing_or_for_nobody_is_refused(
    client: TestClient, version: str, query: dict[str, str]
) -> None:
    answer = client.get("/v1/rankings", params=query)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")


def test_where_no_version_serves_it_is_told(client: TestClient) -> None:
    answer = client.get("/v1/rankings", params={"sku": SKU, "segment": "a"})

    assert (answer.status_code, answer.json()["code"]) == (404, "version_not_found")


def test_old_opinions_leave(client: TestClient, variants: list[str]) -> None:
    from db import retention

    _like(client, variants[0], segment="summer")

    with transaction() as session:
        assert retention.prune_tastes(session, days=1.0) == 0
        assert retention.prune_tastes(session, days=-1.0) == 1
    assert _kept() == 0


def test_a_key_that_only_reads_says_nothing(client: TestClient, variants: list[str]) -> None:
    reader = TestClient(client.app, headers=issued.headers(issued.key(scopes=["jobs:read"])))

    assert _like(reader, variants[0], segment="a").status_code == 403
    assert reader.delete("/v1/tastes?shopper=c-7").status_code == 403
    assert reader.get("/v1/tastes").status_code == 200


def test_the_newest_thousand_opinions_count(
    client: TestClient, variants: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tastes, "MOST", 2)
    for _ in range(3):
        _like(client, variants[0], segment="summer")

    assert _ranking(client, segment="summer")["opinions"]["segment"] == 2
