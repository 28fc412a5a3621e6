"""What sales channels want of a picture, over HTTP and on the command line."""

import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.examples import PRESET
from db.engine import reading
from db.operations import presets
from db.operations.checking import Check
from db.operations.order import Order
from db.operations.presets import PRESET_NAMES, Preset
from db.tables.jobs import Job
from tests import issued
from tests.api import registered, scripted
from tests.api.scripted import Answer, Asked, Server

Run = Callable[..., int]
MADE_UP = {"name": "bazaar", "version": 3, "confidence": "unverified", "checked_on": "2026-01-02",
           "title": "A bazaar"}  # fmt: skip


def test_every_preset_is_told_with_its_source(client: TestClient) -> None:
    told = client.get("/v1/presets").json()["items"]

    assert [one["name"] for one in told] == list(PRESET_NAMES)
    assert all(one["source"] and one["confidence"] and one["checked_on"] for one in told)


def test_one_preset_is_told_by_its_name(client: TestClient) -> None:
    told = client.get("/v1/presets/amazon_main").json()

    assert told["version"] >= 1
    assert told["background"] == {"white": "required"}
    assert told["fill"]["least"] == 0.85


def test_a_preset_that_is_not_there_is_not_found(client: TestClient) -> None:
    answer = client.get("/v1/presets/bazaar")

    assert (answer.status_code, answer.json()["code"]) == (404, "preset_not_found")


OWN: dict[str, Any] = {**PRESET, "make": {**PRESET["make"], "side_px": 480}}


def test_a_shop_has_presets_of_its_own_with_versions_and_nobody_else_sees_them(
    client: TestClient, other_shop: TestClient
) -> None:
    first = client.post("/v1/presets", json=OWN)
    again = client.post("/v1/presets", json=OWN)
    second = client.post("/v1/presets", json=OWN | {"title": "Our shop, since autumn"})

    assert [one.status_code for one in (first, again, second)] == [201, 200, 201]
    assert [one.json()["version"] for one in (first, again, second)] == [1, 1, 2]
    assert second.headers["Location"] == "/v1/presets/our_shop@2"
    assert client.get("/v1/presets/our_shop").json()["title"] == "Our shop, since autumn"
    assert client.get("/v1/presets/our_shop@1").json() == first.json()
    names = [one["name"] for one in client.get("/v1/presets").json()["items"]]
    assert names == [*PRESET_NAMES, "our_shop"]
    assert other_shop.get("/v1/presets/our_shop").status_code == 404
    assert other_shop.delete("/v1/presets/our_shop").status_code == 404


def test_an_order_names_the_shop_s_own_and_its_job_keeps_that_version(
    client: TestClient,
) -> None:
    client.post("/v1/presets", json=OWN)
    picture = registered.picture(900, 900)
    asked = {"operation": {"op": "check", "picture": picture, "preset": "our_shop", "fix": True}}
    headers = {"Idempotency-Key": "once"}

    placed = client.post("/v1/jobs", json=asked, headers=headers)
    client.post("/v1/presets", json=OWN | {"title": "Another"})
    replayed = client.post("/v1/jobs", json=asked, headers=headers)

    assert (placed.status_code, replayed.status_code) == (202, 200), replayed.text
    assert placed.json()["id"] == replayed.json()["id"]
    with reading() as session:
        order = Order.model_validate_json(session.get_one(Job, placed.json()["id"]).request)
    assert isinstance(order.operation, Check)
    assert isinstance(order.operation.preset, Preset)
    assert order.operation.preset.label == "our_shop@1"
    assert (order.output.format, order.output.quality) == ("webp", 90)


@pytest.mark.parametrize("op", ["check", "pipeline"])
@pytest.mark.parametrize("name", ["bazaar", "our_shop@7", "amazon_main@999"])
def test_an_order_for_a_preset_that_is_not_there_is_refused(
    client: TestClient, op: str, name: str
) -> None:
    client.post("/v1/presets", json=OWN)
    operation = {"op": op, "picture": registered.picture(64, 64), "preset": name}

    answer = client.post("/v1/jobs", json={"operation": operation})

    assert (answer.status_code, answer.json()["code"]) == (404, "preset_not_found")
    assert answer.json()["errors"][0]["pointer"] == "/operation/preset"
    assert client.get("/v1/jobs").json()["items"] == []


def test_a_batch_s_line_may_name_it_too(client: TestClient) -> None:
    client.post("/v1/presets", json=OWN)
    picture = registered.picture(64, 64)
    lines = [
        {"operation": {"op": "pipeline", "picture": picture, "preset": name}}
        for name in ("our_shop", "bazaar")
    ]

    batch = client.post("/v1/batches", json={"jobs": lines}).json()

    told = client.get(f"/v1/batches/{batch['id']}/lines").json()["items"]
    assert [one["state"] for one in told] == ["queued", "refused"]
    assert told[1]["problem"]["code"] == "preset_not_found"


def test_rules_that_an_order_brings_along_are_refused(client: TestClient) -> None:
    whole = OWN | {"version": 1}
    operation = {"op": "check", "picture": registered.picture(64, 64), "preset": whole}

    answer = client.post("/v1/jobs", json={"operation": operation})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "preset_not_named"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"name": "ebay"}, 409, "preset_name_taken"),
        ({"name": "Our shop"}, 422, "validation_error"),
        ({"loudness": 3}, 422, "validation_error"),
        ({"make": OWN["make"] | {"format": "jpeg"}}, 422, "validation_error"),
        ({"make": OWN["make"] | {"side_px": 300}}, 422, "validation_error"),
        ({"make": OWN["make"] | {"fill_long_side": 0.99}}, 422, "validation_error"),
        ({"make": OWN["make"] | {"least_quality": 95}}, 422, "validation_error"),
    ],
)
def test_rules_that_cannot_be_are_refused(
    client: TestClient, changed: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post("/v1/presets", json=OWN | changed)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_what_is_taken_away_cannot_be_named_any_more(client: TestClient) -> None:
    client.post("/v1/presets", json=OWN)

    gone = client.delete("/v1/presets/our_shop")

    assert gone.status_code == 204
    assert client.get("/v1/presets/our_shop").status_code == 404
    assert client.delete("/v1/presets/ebay").status_code == 404


def test_a_reader_of_jobs_makes_no_presets(serve: Callable[..., TestClient]) -> None:
    reader = serve(key=issued.key(scopes=["jobs:read"]))

    answer = reader.post("/v1/presets", json=OWN)

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize("suffix", ["toml", "json"])
def test_the_command_sends_a_file(packshot: Run, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"rules.{suffix}"
    shipped = Path(presets.__file__).with_suffix("") / "ebay.toml"
    text = shipped.read_text(encoding="utf-8").replace('name = "ebay"', 'name = "ours"')
    told = tomllib.loads(text)
    file.write_text(text if suffix == "toml" else json.dumps(told, default=str), encoding="utf-8")
    sent: list[Any] = []

    def answer(asked: Asked) -> Answer:
        sent.append(asked.json())
        return Answer(201, MADE_UP)

    with scripted.serving(answer) as server:
        assert packshot("presets", "add", str(file), "--url", server.url) == 0

    del told["version"]  # which is counted by the API
    assert sent == [json.loads(json.dumps(told, default=str))]


@pytest.fixture
def server() -> Iterator[Server]:
    def answer(asked: Asked) -> Answer:
        match asked.path:
            case "/v1/presets":
                return Answer(body={"items": [MADE_UP]})
            case "/v1/presets/bazaar":
                return Answer(body=MADE_UP)
            case _:
                return Answer(404, {"code": "preset_not_found", "detail": asked.path})

    with scripted.serving(answer) as server:
        yield server


@pytest.mark.parametrize("verb", [[], ["list"]], ids=["bare", "list"])
def test_the_command_lists_them(
    packshot: Run, server: Server, capsys: pytest.CaptureFixture[str], verb: list[str]
) -> None:
    assert packshot("presets", *verb, "--url", server.url) == 0

    assert "bazaar" in capsys.readouterr().out


def test_the_command_shows_one_whole(
    packshot: Run, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert packshot("presets", "show", "bazaar", "--url", server.url) == 0

    assert json.loads(capsys.readouterr().out) == MADE_UP
