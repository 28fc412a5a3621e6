"""Batches through the door: ten thousand orders at once, each answered by itself."""

import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from api.errors import PROBLEMS
from db import admission, batches, clock, engine, settings, tenants
from db.engine import transaction
from db.ids import new_id
from db.tables.jobs import SUCCEEDED
from db.tables.pictures import Picture
from tests import issued, rows, stored
from tests.api import registered
from tests.factories import NOWHERE

NDJSON = "application/x-ndjson"
URL = "/v1/batches"


@pytest.fixture
def picture(client: TestClient) -> str:
    return registered.picture(24, 16)


def upscale(picture: str, **envelope: Any) -> dict[str, Any]:
    return {"operation": {"op": "upscale", "picture": picture}, **envelope}


def lines_of(orders: Iterable[Any]) -> bytes:
    """JSON Lines; bytes stand for themselves."""
    texts = (one if isinstance(one, bytes) else json.dumps(one).encode() for one in orders)
    return b"\n".join(texts) + b"\n"


def send(client: TestClient, body: bytes, *, kind: str = NDJSON, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(URL, content=body, headers={"Content-Type": kind, **named})


def send_json(client: TestClient, body: Any, **headers: str) -> Any:
    return send(client, json.dumps(body).encode(), kind="application/json", **headers)


def get_lines(client: TestClient, batch: Any, query: str = "?limit=1000") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(f"{batch['links']['lines']}{query}").json()["items"]
    return items


def close() -> None:
    """What the sweeper does."""
    with transaction() as session:
        batches.close_finished(session)


def counted(answer: Any) -> dict[str, int]:
    """What is not zero."""
    return {name: count for name, count in answer.json()["counts"].items() if count}


def test_each_line_becomes_a_job_and_each_queue_is_rung_once(
    client: TestClient, picture: str, rung: list[str]
) -> None:
    orders = [upscale(picture, sku=f"S-{number}", external_id=f"e{number}") for number in range(3)]

    placed = send(client, lines_of([*orders, {"operation": {"op": "sample"}}]))

    batch = placed.json()
    assert placed.status_code == 202
    assert placed.headers["location"] == f"{URL}/{batch['id']}"
    assert placed.headers["retry-after"] == "2"
    assert (batch["state"], batch["finished_at"]) == ("running", None)
    assert counted(placed) == {"lines": 4, "queued": 3, "refused": 1}
    lines = get_lines(client, batch)
    assert [line["line"] for line in lines] == [1, 2, 3, 4]
    assert [line["sku"] for line in lines] == ["S-0", "S-1", "S-2", None]
    job = client.get(f"/v1/jobs/{lines[1]['job_id']}").json()
    assert (job["external_id"], job["state"], job["batch_id"]) == ("e1", "queued", batch["id"])
    assert rung == ["gpu"]


def test_a_json_body_says_the_same_and_names_the_batch(client: TestClient, picture: str) -> None:
    placed = send_json(
        client,
        {"external_id": "autumn", "jobs": [upscale(picture), upscale(NOWHERE)]},
    )

    assert placed.status_code == 202
    assert placed.json()["external_id"] == "autumn"
    assert counted(placed) == {"lines": 2, "queued": 1, "refused": 1}


WRONG = [
    b'{"operation":',
    b'{"operation": {"op": "sample", "n": 1, "n": 2}}',
    b'{"operation": ' + b"[" * 100 + b"]" * 100 + b"}",
    b'{"operation": {"op": "sample"}, "sku": "a\\u0000b"}',
    b'{"operation": {"op": "sample"}, "sku": "a\x00b"}',
    b'{"operation": {"op": "sample", "truncation": NaN}}',
    b'{"operation": {"op": "sample", "truncation": 1e400}}',
    b'{"operation": {"op": "sample", "n": ' + b"9" * 5000 + b"}}",
    b"\xff\xfe",
    b"[]",
    b"1",
    b'{"operation": {"op": "melt"}}',
    json.dumps({"operation": {"op": "upscale", "picture": NOWHERE, "scale": 5}}).encode(),
    json.dumps(upscale(NOWHERE)).encode(),
    json.dumps(upscale(NOWHERE, deadline_at="2020-01-01T00:00:00Z")).encode(),
    json.dumps({"operation": {"op": "sample", "version": "none@1"}}).encode(),
    json.dumps({"operation": {"op": "train", "dataset": "none", "network": "vae"}}).encode(),
    json.dumps({"operation": {"op": "sample"}, "gates": {"ssim": {"min": 1, "max": 0}}}).encode(),
]


@pytest.mark.parametrize("line", WRONG, ids=range(len(WRONG)))
def test_a_wrong_line_is_refused_as_a_job_would_be_and_stops_no_other(
    client: TestClient, picture: str, line: bytes
) -> None:
    alone = client.post("/v1/jobs", content=line, headers={"Content-Type": "application/json"})

    placed = send(client, lines_of([upscale(picture), line, upscale(picture)]))

    told = get_lines(client, placed.json())
    expected = {name: value for name, value in alone.json().items() if name != "request_id"}
    assert alone.status_code >= 400
    assert [one["state"] for one in told] == ["queued", "refused", "queued"]
    assert told[1]["problem"] == expected


def test_a_line_that_is_too_long_is_refused_alone(client: TestClient, picture: str) -> None:
    long = upscale(picture, sku="x" * 3_000_000)

    placed = send(client, lines_of([long, upscale(picture)]))

    first, second = get_lines(client, placed.json())
    assert first["problem"]["code"] == "content_too_large"
    assert second["state"] == "queued"


def test_a_key_without_the_scope_to_train_has_its_training_lines_refused(
    serve: Callable[..., TestClient],
) -> None:
    client = serve(key=issued.key(scopes=["jobs:read", "jobs:write"]))
    train = {"operation": {"op": "train", "dataset": "d", "network": "vae"}}

    placed = send(client, lines_of([train, upscale(registered.picture(24, 16))]))

    first, second = get_lines(client, placed.json())
    assert (first["problem"]["code"], first["problem"]["status"]) == ("insufficient_scope", 403)
    assert second["state"] == "queued"


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"", NDJSON, "batch_empty"),
        (b"\n \r\n\n", NDJSON, "batch_empty"),
        (b"{\n{\n", NDJSON, "malformed_json"),
        (b'{"a": ' * 100_000, NDJSON, "malformed_json"),
        (lines_of([upscale(NOWHERE)] * 10_001), NDJSON, "batch_too_long"),
        (b"\n" * 50_000 + b"{}", NDJSON, "batch_too_long"),
        (b'{"sku": "' + b"x" * 3_000_000 + b'"}', NDJSON, "content_too_large"),
        (b"", "application/json", "malformed_json"),
        (b"{", "application/json", "malformed_json"),
        (b'{"jobs": [', "application/json", "malformed_json"),
        (b'{"jobs": [{} {}]}', "application/json", "malformed_json"),
        (b'{"jobs": [{}]', "application/json", "malformed_json"),
        (b'{"jobs": [{}]} {}', "application/json", "malformed_json"),
        (b'{"jobs": [{}], "jobs": [{}]}', "application/json", "malformed_json"),
        (b'{"jobs": [' + b"[" * 100_000, "application/json", "malformed_json"),
        (b'{"jobs": [], "external_id": "a\\u0000b"}', "application/json", "malformed_json"),
        (b"\xef\xbb\xbf" + b'{"jobs": [{}]}', "application/json", "malformed_json"),
        (b'{"external_id": "' + b"x" * 3_000_000, "application/json", "malformed_json"),
        (b'{"external_id": "' + b"x" * 3_000_000 + b'"}', "application/json", "content_too_large"),
        (b'{"jobs": []}', "application/json", "batch_empty"),
        (json.dumps({"jobs": [1] * 10_001}).encode(), "application/json", "batch_too_long"),
        (b'{"jobs": {}}', "application/json", "validation_error"),
        (b'{"jobs": [{}], "external_id": ""}', "application/json", "validation_error"),
        (b'{"jobs": [{}], "hue": 1}', "application/json", "validation_error"),
        (b'{"jobs": [{}], "webhook_url": "ftp://a"}', "application/json", "url_scheme"),
        (
            b'{"jobs": [{}], "webhook_url": "https://127.0.0.1/"}',
            "application/json",
            "url_forbidden_address",
        ),
        (b"{}", "application/json", "validation_error"),
        (b"[]", "application/json", "validation_error"),
        (b"{}", "text/plain", "unsupported_media_type"),
    ],
    ids=range(29),
)
def test_what_is_no_batch_is_refused_whole(
    client: TestClient, home: Path, body: bytes, kind: str, code: str
) -> None:
    refused = send(client, body, kind=kind)

    assert (refused.status_code, refused.json()["code"]) == (PROBLEMS[code].status, code)
    assert stored.counted(home) == stored.NOTHING


def test_a_batch_over_the_limit_is_not_read(serve: Callable[..., TestClient]) -> None:
    refused = send(serve(max_batch_bytes=1_000), lines_of([upscale(NOWHERE)] * 100))

    assert (refused.status_code, refused.json()["code"]) == (413, "content_too_large")


def test_blank_lines_are_passed_over_and_the_others_keep_their_numbers(
    client: TestClient, picture: str
) -> None:
    order = json.dumps(upscale(picture)).encode()

    placed = send(client, b"\r\n" + order + b"\r\n\n" + order)

    assert counted(placed) == {"lines": 2, "queued": 2}
    assert [line["line"] for line in get_lines(client, placed.json())] == [2, 4]


def test_ten_thousand_lines_over_ten_thousand_pictures_are_ten_thousand_jobs(
    client: TestClient, home: Path
) -> None:
    pictures = [new_id() for _ in range(10_000)]
    with transaction() as session:
        now = session.scalar(select(clock.now()))
        shape = {"format": "png", "bytes": 1, "width": 24, "height": 16, "mode": "RGB"}
        shape |= {"tenant": "shop", "created_at": now}
        each = enumerate(pictures)
        rows_ = [{"id": key, "sha256": f"{number:064d}", **shape} for number, key in each]
        session.execute(insert(Picture), rows_)

    placed = send(client, lines_of(upscale(key) for key in pictures))

    assert placed.status_code == 202
    assert counted(placed) == {"lines": 10_000, "queued": 10_000}
    there = stored.counted(home)
    assert (there["job"], there["job_input"], there["batch_line"]) == (10_000, 10_000, 10_000)


def test_the_same_key_and_batch_are_one_batch_however_it_is_spelled(
    client: TestClient, home: Path, picture: str, rung: list[str]
) -> None:
    orders = [upscale(picture, sku="a"), upscale(NOWHERE)]
    first = send(client, lines_of(orders), Idempotency_Key="k")

    respelled = [json.dumps(one).replace(": ", " :  ").encode() for one in orders]
    again = send(client, lines_of(respelled), Idempotency_Key="k")
    as_json = send_json(client, {"jobs": orders}, Idempotency_Key="k")

    assert [one.status_code for one in (first, again, as_json)] == [202, 200, 200]
    assert first.json() == again.json() == as_json.json()
    assert stored.counted(home)["batch"] == 1
    assert rung == ["gpu"]


def test_the_same_key_for_another_batch_is_refused(
    client: TestClient, home: Path, picture: str
) -> None:
    send(client, lines_of([upscale(picture)]), Idempotency_Key="k")

    refused = send(client, lines_of([upscale(picture, sku="b")]), Idempotency_Key="k")

    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert stored.counted(home)["job"] == 1


@pytest.mark.parametrize("key", ["k" * 256, "ключ", ""])
def test_a_key_that_cannot_be_kept_is_refused(client: TestClient, home: Path, key: str) -> None:
    headers = {"Content-Type": NDJSON.encode(), "Idempotency-Key": key.encode()}

    refused = client.post(URL, content=lines_of([upscale(NOWHERE)]), headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_idempotency_key")
    assert stored.counted(home) == stored.NOTHING


def test_the_same_key_fifty_times_at_once_is_one_batch(
    client: TestClient, home: Path, picture: str, rung: list[str]
) -> None:
    body = lines_of([upscale(picture)] * 3)

    with ThreadPoolExecutor(50) as pool:
        asked = (pool.submit(send, client, body, Idempotency_Key="k") for _ in range(50))
        answers = [one.result() for one in list(asked)]

    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [202]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert stored.counted(home)["job"] == 3
    assert rung == ["gpu"]


def test_more_batches_than_there_are_threads_leave_others_their_answer(
    client: TestClient, picture: str
) -> None:
    client.get(URL)  # the key's use is noted now, which is a write
    body = lines_of([upscale(picture)])

    with ThreadPoolExecutor(46) as pool, transaction():  # nobody else writes: every batch waits
        batches_ = [pool.submit(send, client, body) for _ in range(45)]
        while not client.app.state.batches_at_once.locked():
            time.sleep(0.01)
        listed = pool.submit(client.get, URL).result(timeout=20)

    assert listed.json()["items"] == []
    assert {one.result().status_code for one in batches_} == {202}


def test_a_batch_over_the_tenants_quota_is_refused_whole(
    client: TestClient, home: Path, picture: str
) -> None:
    with transaction() as session:
        tenants.change(session, "shop", {"max_queued": 2})

    refused = send(client, lines_of([upscale(picture)] * 3))

    assert (refused.status_code, refused.json()["code"]) == (429, "queue_quota")
    assert int(refused.headers["retry-after"]) > 0
    assert stored.counted(home)["batch"] == stored.counted(home)["job"] == 0
    assert send(client, lines_of([upscale(picture)] * 2)).status_code == 202


def end(job_id: str, state: str) -> None:
    rows.change(job_id, state=state, finished_at=clock.now(), lease_owner=None)


@pytest.mark.parametrize(
    ("ends", "refused", "state"),
    [
        (["succeeded", "succeeded"], 0, "completed"),
        (["succeeded", "succeeded"], 1, "partially_completed"),
        (["succeeded", "failed"], 0, "partially_completed"),
        (["succeeded", "cancelled"], 0, "partially_completed"),
        (["failed", "dead"], 0, "failed"),
        (["failed", "cancelled"], 0, "cancelled"),
        (["cancelled"], 1, "cancelled"),
        ([], 2, "failed"),
        (["succeeded", "queued"], 0, "running"),
    ],
)
def test_the_state_of_a_batch_says_how_its_lines_ended(
    client: TestClient, picture: str, ends: list[str], refused: int, state: str
) -> None:
    orders = [*([upscale(picture)] * len(ends)), *([upscale(NOWHERE)] * refused)]
    batch = send(client, lines_of(orders)).json()
    for line, ended in zip(get_lines(client, batch), ends, strict=False):
        if ended != "queued":
            end(line["job_id"], ended)

    close()

    told = client.get(batch["links"]["self"])
    assert told.json()["state"] == state
    assert (told.json()["finished_at"] is None) == (state == "running")
    assert ("retry-after" in told.headers) == (state == "running")


def test_a_batch_that_did_not_change_is_not_sent_again(client: TestClient, picture: str) -> None:
    batch = send(client, lines_of([upscale(picture)])).json()
    first = client.get(batch["links"]["self"])
    etag = {"If-None-Match": first.headers["etag"]}

    same = client.get(batch["links"]["self"], headers=etag)
    end(get_lines(client, batch)[0]["job_id"], SUCCEEDED)
    changed = client.get(batch["links"]["self"], headers=etag)

    assert (same.status_code, changed.status_code) == (304, 200)
    assert changed.headers["etag"] != first.headers["etag"]


def test_cancelling_a_batch_ends_what_waits_and_is_refused_when_it_is_over(
    client: TestClient, picture: str
) -> None:
    batch = send(client, lines_of([upscale(picture)] * 3)).json()
    (running,) = rows.claim()
    cancel = f"{batch['links']['self']}/cancel"

    cancelled = client.post(cancel)

    assert cancelled.status_code == 202
    assert counted(cancelled) == {"lines": 3, "running": 1, "cancelled": 2}
    assert cancelled.json()["cancel_requested_at"] is not None
    assert rows.read(running.id).cancel_requested_at is not None
    end(running.id, "succeeded")
    again = client.post(cancel)
    assert (again.status_code, again.json()["code"]) == (409, "batch_finished")


def test_lines_come_in_pages_and_by_state(client: TestClient, picture: str) -> None:
    orders = [upscale(picture)] * 4 + [upscale(NOWHERE)]
    batch = send(client, lines_of(orders)).json()

    first = client.get(f"{batch['links']['lines']}?limit=3").json()
    rest = client.get(f"{batch['links']['lines']}?limit=3&cursor={first['next_cursor']}").json()

    assert [line["line"] for line in first["items"] + rest["items"]] == [1, 2, 3, 4, 5]
    assert rest["next_cursor"] is None
    assert [line["line"] for line in get_lines(client, batch, "?state=refused")] == [5]


def test_all_lines_are_downloaded_as_lines(client: TestClient, picture: str) -> None:
    batch = send(client, lines_of([upscale(picture)] * 1_200)).json()

    answer = client.get(batch["links"]["lines"], headers={"Accept": NDJSON})

    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["content-type"].startswith(NDJSON)
    assert [line["line"] for line in lines] == list(range(1, 1_201))
    assert lines[0] == get_lines(client, batch)[0]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?cursor=x", 400, "invalid_cursor"),
        ("?cursor=-1", 400, "invalid_cursor"),
        ("?cursor=٣", 400, "invalid_cursor"),
        ("?limit=0", 422, "validation_error"),
        ("?limit=1001", 422, "validation_error"),
        ("?state=melted", 422, "validation_error"),
        ("?colour=red", 422, "validation_error"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(
    client: TestClient, picture: str, query: str, status: int, code: str
) -> None:
    batch = send(client, lines_of([upscale(picture)])).json()

    refused = client.get(f"{batch['links']['lines']}{query}")

    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_batches_are_listed_newest_first_in_pages(client: TestClient, picture: str) -> None:
    made = [send(client, lines_of([upscale(picture)])).json()["id"] for _ in range(3)]

    first = client.get(f"{URL}?limit=2").json()
    rest = client.get(f"{URL}?limit=2&cursor={first['next_cursor']}").json()

    assert [batch["id"] for batch in first["items"] + rest["items"]] == made[::-1]
    assert first["items"][0]["counts"]["queued"] == 1


@pytest.mark.parametrize(
    ("method", "suffix"), [("GET", ""), ("GET", "/lines"), ("POST", "/cancel")]
)
@pytest.mark.parametrize("whose", ["another's", "nobody's"])
def test_a_batch_of_another_tenant_or_of_nobody_is_not_there(
    client: TestClient, other_shop: TestClient, picture: str, method: str, suffix: str, whose: str
) -> None:
    batch = send(client, lines_of([upscale(picture)])).json()
    batch_id = batch["id"] if whose == "another's" else "none"

    missing = other_shop.request(method, f"{URL}/{batch_id}{suffix}")

    assert (missing.status_code, missing.json()["code"]) == (404, "batch_not_found")
    assert other_shop.get(URL).json()["items"] == []
    assert counted(client.get(batch["links"]["self"])) == {"lines": 1, "queued": 1}


def test_another_tenants_picture_makes_no_job(other_shop: TestClient, picture: str) -> None:
    refused = send(other_shop, lines_of([upscale(picture)]))

    assert counted(refused) == {"lines": 1, "refused": 1}
    assert get_lines(other_shop, refused.json())[0]["problem"]["code"] == "picture_not_found"


def test_no_transaction_idles_while_the_lines_are_gone_through(
    client: TestClient, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # PostgreSQL ends one that idles for 5 s; ten thousand lines may take longer.
    in_use: list[int] = []
    checked = admission.check

    def noted(*given: Any) -> None:
        in_use.append(engine._reader(settings.get().database_url()).pool.checkedout())
        checked(*given)

    monkeypatch.setattr(admission, "check", noted)

    made = send(client, lines_of([upscale(picture)] * 2), Idempotency_Key="k")

    assert made.status_code == 202
    assert in_use == [0, 0]


def test_a_batch_that_was_placed_is_answered_though_the_database_goes_away_right_then(
    client: TestClient, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down() -> None:
        raise OperationalError("SELECT 1", {}, ConnectionError("connection refused"))

    with monkeypatch.context() as patch:
        patch.setattr("api.routes.batches.reading", down)
        made = send(client, lines_of([upscale(picture), upscale(NOWHERE)]))

    assert made.status_code == 202
    assert (made.json()["counts"]["queued"], made.json()["counts"]["refused"]) == (1, 1)
    again = client.get(made.headers["location"])
    assert (again.json(), again.headers["etag"]) == (made.json(), made.headers["etag"])
