"""The storefront among the examples: enqueued as it comes, swapped when it is told by us."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.client import Client
from examples.storefront.shelf import NotOnTheShelf, Shelf
from examples.storefront.shop import build_shop
from tests.api import scripted
from tests.api.scripted import Answer, Asked
from tests.examples import signed

PHOTOGRAPH = b"a photograph"


@dataclass
class Packshot:
    """Answers what the storefront asks; `broken` while its bytes cannot be had."""

    orders: list[Any] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    broken: bool = False

    def __call__(self, asked: Asked) -> Any:
        match asked.method, asked.path:
            case "POST", "/v1/pictures":
                return Answer(201, {"id": "p1"})
            case "POST", "/v1/jobs":
                self.orders.append(asked.json())
                self.keys.append(asked.headers["Idempotency-Key"])
                return Answer(202, {"id": "j1", "state": "queued"})
            case "GET", path if path.endswith("/content") and not self.broken:
                return Answer(200, b"on white")
            case "GET", path if path == f"/v1/results/{signed.RESULT}":
                return {"id": signed.RESULT, "format": "png"}
        return Answer(503, {"code": "storage_unavailable", "detail": "away"})


@pytest.fixture
def packshot() -> Packshot:
    return Packshot()


@pytest.fixture
def shop(packshot: Packshot, tmp_path: Path) -> Iterator[TestClient]:
    with scripted.serving(packshot) as server, Client(server.url, pauses_s=()) as client:
        app = build_shop(
            client, Shelf(tmp_path), address="http://shop.example", secret=signed.SECRET
        )
        yield TestClient(app, raise_server_exceptions=False)


def _added(shop: TestClient, photograph: bytes = PHOTOGRAPH) -> Any:
    file = ("shoe.jpg", photograph, "image/jpeg")
    answer = shop.post("/products", data={"sku": "SHOE-1"}, files={"picture": file})
    assert answer.status_code == 202, answer.text
    return answer.json()


def _shown(shop: TestClient) -> tuple[bytes, str]:
    answer = shop.get("/products/SHOE-1/picture")
    return answer.content, answer.headers["X-Made-By"]


def _tell(shop: TestClient, order: str, **told: str) -> int:
    body = signed.message(order, **told)
    return shop.post("/told", content=body, headers=signed.headers(body)).status_code


def test_a_photograph_is_shown_at_once_and_enqueued(shop: TestClient, packshot: Packshot) -> None:
    _added(shop)

    (order,) = packshot.orders
    assert _shown(shop) == (PHOTOGRAPH, "photograph")
    assert order["operation"]["picture"] == "p1"
    assert order["webhook_url"] == "http://shop.example/told"
    assert order["external_id"] == packshot.keys[0]


def test_the_picture_is_swapped_when_its_webhook_arrives_also_twice(
    shop: TestClient, packshot: Packshot
) -> None:
    _added(shop)
    order = packshot.keys[0]

    answers = [_tell(shop, order), _tell(shop, order)]
    _added(shop)  # the same photograph is the same order

    assert answers == [204, 204]
    assert _shown(shop) == (b"on white", "j1")
    assert packshot.keys == [order, order]


@pytest.mark.parametrize("wrong", signed.unbelievable(b""))
def test_nobody_else_swaps_a_picture(shop: TestClient, packshot: Packshot, wrong: str) -> None:
    _added(shop)
    body = signed.message(packshot.keys[0])

    answer = shop.post("/told", content=body, headers=signed.unbelievable(body)[wrong])

    assert answer.status_code == 401
    assert _shown(shop)[1] == "photograph"


def test_a_picture_of_an_older_photograph_comes_too_late(
    shop: TestClient, packshot: Packshot
) -> None:
    _added(shop)
    _added(shop, b"a newer photograph")

    assert _tell(shop, packshot.keys[0]) == 204
    assert _shown(shop)[0] == b"a newer photograph"
    assert _tell(shop, packshot.keys[1]) == 204
    assert _shown(shop)[0] == b"on white"


def test_what_fails_is_answered_with_an_error_and_comes_again(
    shop: TestClient, packshot: Packshot
) -> None:
    _added(shop)
    packshot.broken = True
    first = _tell(shop, packshot.keys[0])
    packshot.broken = False

    assert (first, _tell(shop, packshot.keys[0])) == (500, 204)
    assert _shown(shop)[0] == b"on white"


def test_what_is_told_of_strangers_failures_or_no_product_changes_nothing(
    shop: TestClient, packshot: Packshot
) -> None:
    _added(shop)
    order = packshot.keys[0]

    assert _tell(shop, order, kind="job.failed") == 204
    assert _tell(shop, order, sku="../escape") == 204
    assert _tell(shop, order, sku="HAT-1") == 204
    assert shop.post("/told", content=b" " * 70_000).status_code == 413
    assert shop.get("/products/HAT-1/picture").status_code == 404
    assert _shown(shop)[1] == "photograph"


def test_a_product_that_is_no_file_name_is_on_no_shelf(tmp_path: Path) -> None:
    with pytest.raises(NotOnTheShelf):
        Shelf(tmp_path).shown("../etc/passwd")
