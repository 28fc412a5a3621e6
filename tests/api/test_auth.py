"""Keys at the door: who is let in, what each key opens, and what is never told."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from api import auth
from api.main import build_app
from api.settings import ApiSettings
from db import clock, engine, key_text, keys
from db.engine import reading, transaction
from db.tables.tenants import ApiKey
from tests import factories, issued, rows
from tests.factories import NOWHERE

JSON = {"Content-Type": "application/json"}
PUBLIC = {"/healthz", "/readyz", "/v1/links/{tenant}/{kind}/{row_id}"}
Opener = tuple[str, str, str | None]
"""Method, path, and the scope that it opens to; None: any key."""


def _scopes(dependant: Dependant) -> set[str]:
    own = set(dependant.own_oauth_scopes or ())
    return own.union(*(_scopes(one) for one in dependant.dependencies))


def _routes() -> Iterator[Opener]:
    for mounted in build_app(ApiSettings()).routes:
        for route in getattr(getattr(mounted, "original_router", None), "routes", ()):
            assert isinstance(route, APIRoute)
            if route.path.startswith("/admin"):  # asks for a session: test_admin_routes.py
                continue
            (scope,) = _scopes(route.dependant) or {None}
            yield from ((method, route.path, scope) for method in sorted(route.methods))


ROUTES = list(_routes())


def ask(client: TestClient, route: Opener) -> Any:
    """The route as a stranger would try it: ids that nothing has, and an empty object."""
    method, path, _ = route
    filled = "/".join(NOWHERE if "{" in part else part for part in path.split("/"))
    body = {"content": b"{}", "headers": JSON} if method in {"POST", "PATCH", "PUT"} else {}
    if path.endswith("/events"):
        body = {"headers": {"Last-Event-ID": "none of ours"}}  # or the answer would not end
    return client.request(method, filled, **body)


@pytest.fixture
def app_of(serve: Callable[..., TestClient]) -> Callable[[str], TestClient]:
    """Clients of one app, each with a key of its own."""
    first = serve(key_remembered_s=0)

    def client(key: str) -> TestClient:
        return TestClient(first.app, base_url="http://localhost", headers=issued.headers(key))

    return client


def test_the_walk_sees_every_route_that_the_description_has() -> None:
    described = {
        (method.upper(), path)
        for path, methods in build_app(ApiSettings()).openapi()["paths"].items()
        for method in methods
    }

    walked = {(method, path) for method, path, _ in ROUTES}

    assert {path for _, path in walked - described} <= {path for _, path in described}
    assert described <= walked


def test_every_route_but_those_of_health_and_signed_links_asks_for_a_key(
    client: TestClient,
) -> None:
    stranger = TestClient(client.app, base_url="http://localhost")

    open_to_all = {route[1] for route in ROUTES if ask(stranger, route).status_code != 401}

    # A link is a key by itself: without its signature it opens nothing either.
    assert open_to_all == PUBLIC
    assert stranger.get("/openapi.json").status_code == 200


def revoked(text: str = "") -> str:
    return ended(text or issued.key(), revoked_at=clock.now())


def expired() -> str:
    return ended(issued.key(), expires_at=clock.seconds_from_now(-1))


def ended(text: str, **columns: Any) -> str:
    known = key_text.read(text)
    assert known is not None
    with transaction() as session:
        session.execute(update(ApiKey).where(ApiKey.id == known.id).values(**columns))
    return text


def guessed() -> str:
    """The id of a key, with another secret."""
    known = key_text.read(issued.key())
    assert known is not None
    return key_text.KeyText(known.id, key_text.new().secret).written()


@pytest.mark.parametrize(
    "header",
    [
        lambda: "",
        lambda: "Basic dXNlcjpwYXNz",
        lambda: issued.key(),
        lambda: f"bearer{issued.key()}",
        lambda: "Bearer ",
        lambda: "Bearer psk",
        lambda: "Bearer " + "x" * 5_000,
        lambda: "Bearer psk_\xe9\xe9\xe9",
        lambda: "Bearer sk_" + issued.key().removeprefix("psk_"),
        lambda: f"Bearer {issued.key()[:-1]}!",
        lambda: f"Bearer {issued.key()} {issued.key()}",
        lambda: f"Bearer {key_text.new().written()}",
        lambda: f"Bearer {guessed()}",
        lambda: f"Bearer {revoked()}",
        lambda: f"Bearer {expired()}",
    ],
)
def test_what_opens_nothing_is_answered_in_one_way(
    client: TestClient, header: Callable[[], str]
) -> None:
    value = header().encode("latin-1")

    refused = client.get("/v1/jobs", headers={"Authorization": value})

    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert refused.headers["www-authenticate"] == "Bearer"


def test_why_a_key_opens_nothing_is_not_told(client: TestClient) -> None:
    told = set()
    for text in (key_text.new().written(), guessed(), revoked(), expired(), "psk_wrong"):
        problem = client.get("/v1/jobs", headers=issued.headers(text)).json()
        told.add((problem["title"], problem["detail"], str(problem["errors"])))

    assert len(told) == 1


def test_a_key_without_a_word_of_its_scheme_in_capitals_opens_too(
    client: TestClient, api_key: str
) -> None:
    told = client.get("/v1/jobs", headers={"Authorization": f"bearer {api_key}"})

    assert told.status_code == 200


def test_a_stranger_is_turned_away_before_the_body_is_read(client: TestClient) -> None:
    read = 0

    def body() -> Iterator[bytes]:
        nonlocal read
        for _ in range(50):
            read += 1
            yield b"x" * 1_000

    stranger = TestClient(client.app, base_url="http://localhost")

    refused = stranger.post("/v1/pictures", content=body(), headers={"Content-Type": "image/png"})

    assert refused.status_code == 401


def test_several_keys_of_one_tenant_open_at_once(app_of: Callable[[str], TestClient]) -> None:
    texts = [issued.key() for _ in range(3)]

    assert [app_of(text).get("/v1/jobs").status_code for text in texts] == [200, 200, 200]


def test_a_key_that_was_found_live_is_not_looked_up_again(
    serve: Callable[..., TestClient],
) -> None:
    client = serve(key_remembered_s=3600)
    client.get("/v1/problems")

    with statements() as asked:
        for _ in range(20):
            assert client.get("/v1/problems").status_code == 200

    assert asked == []


def test_a_bad_checksum_costs_no_look_up(client: TestClient) -> None:
    written = key_text.new().written()
    wrong = written[:-1] + ("0" if written[-1] != "0" else "1")

    with statements() as asked:
        assert client.get("/v1/jobs", headers=issued.headers(wrong)).status_code == 401

    assert asked == []


def test_a_revoked_key_opens_nothing_once_it_is_no_longer_remembered(
    serve: Callable[..., TestClient], api_key: str
) -> None:
    client = serve(key_remembered_s=0.2)
    assert client.get("/v1/jobs").status_code == 200

    revoked(api_key)
    time.sleep(0.25)

    assert client.get("/v1/jobs").status_code == 401


def test_the_keyring_does_not_grow_without_end(
    serve: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "_MOST_REMEMBERED", 3)
    client = serve(key_remembered_s=3600)

    for _ in range(8):
        text = issued.key()
        assert client.get("/v1/jobs", headers=issued.headers(text)).status_code == 200

    assert len(client.app.state.keyring._known) <= 3  # type: ignore[attr-defined]


def test_no_key_lies_in_the_keyring(client: TestClient, api_key: str) -> None:
    client.get("/v1/jobs")

    secret = api_key.rpartition("_")[2][:32]
    assert secret not in repr(vars(client.app.state.keyring))  # type: ignore[attr-defined]


def test_the_last_use_of_a_key_is_noted_once_a_minute(client: TestClient) -> None:
    client.get("/v1/jobs")
    with reading() as session:
        (first,) = session.scalars(select(ApiKey.last_used_at)).all()

    with statements("UPDATE") as written:
        for _ in range(10):
            client.get("/v1/jobs")

    assert first is not None
    assert written == []


def test_a_use_that_cannot_be_noted_harms_nobody(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def busy(*_: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    monkeypatch.setattr(keys, "used", busy)

    assert client.get("/v1/jobs").status_code == 200
    assert "the last use of a key was not noted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("scopes", "body", "lacking"),
    [
        (("jobs:write",), factories.order(envelope={"priority": 0}), "admin"),
        (issued.SHOPS, factories.order(envelope={"priority": 0}), "admin"),
        (("jobs:write",), factories.order("train", network="gan", dataset="x"), "train"),
    ],
)
def test_what_an_order_asks_for_beyond_its_scope_is_refused(
    client: TestClient, scopes: tuple[str, ...], body: bytes, lacking: str
) -> None:
    headers = {**JSON, **issued.headers(issued.key(scopes=scopes))}

    refused = client.post("/v1/jobs", content=body, headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert lacking in refused.json()["detail"]


def test_an_operator_may_go_before_everybody(client: TestClient) -> None:
    picture = client.post("/v1/pictures", files={"file": factories.png()}).json()["id"]
    body = factories.order("upscale", picture=picture, envelope={"priority": 0})

    placed = client.post("/v1/jobs", content=body, headers=JSON)

    assert (placed.status_code, placed.json()["priority"]) == (202, 0)


def test_an_operators_job_is_not_tried_again_in_its_place_by_others(client: TestClient) -> None:
    job_id = rows.queued(envelope={"priority": 0})
    client.post(f"/v1/jobs/{job_id}/cancel")
    headers = issued.headers(issued.key(scopes=issued.SHOPS))

    refused = client.post(f"/v1/jobs/{job_id}/retry", headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")


def test_in_a_batch_the_line_that_asks_for_too_much_is_refused_alone(client: TestClient) -> None:
    headers = {**JSON, **issued.headers(issued.key(scopes=issued.SHOPS))}
    picture = client.post("/v1/pictures", files={"file": factories.png()}).json()["id"]
    order = {"operation": {"op": "upscale", "picture": picture}}
    body = json.dumps({"jobs": [order, {**order, "priority": 0}]})

    batch = client.post("/v1/batches", content=body, headers=headers).json()

    lines = client.get(f"/v1/batches/{batch['id']}/lines").json()["items"]
    assert [line["state"] for line in lines] == ["queued", "refused"]
    assert "insufficient_scope" in json.dumps(lines[1])
    assert [job["priority"] for job in client.get("/v1/jobs").json()["items"]] == [5]


def test_no_key_is_in_any_log(
    client: TestClient,
    api_key: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    from api.routes import jobs

    caplog.set_level(logging.DEBUG)
    outside = TestClient(client.app, raise_server_exceptions=False, headers=client.headers)
    texts = [api_key, key_text.new().written(), revoked(), "psk_not_a_key_but_secret"]

    made = outside.post(
        "/v1/keys",
        json={"name": "till", "scopes": ["train"]},
    ).json()["key"]
    for text in texts:
        outside.get("/v1/jobs", headers=issued.headers(text))
        outside.post("/v1/jobs", content=b"{", headers={**JSON, **issued.headers(text)})
    monkeypatch.setattr(jobs, "reading", lambda: 1 / 0)
    assert outside.get("/v1/jobs").status_code == 500

    said = caplog.text + "".join(capfd.readouterr())
    assert said
    for text in (*texts, made):
        assert text.rpartition("_")[2][:32] not in said


@contextmanager
def statements(kind: str = "") -> Iterator[list[str]]:
    """What the database is asked inside the block, that begins with a word."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(kind):
            seen.append(statement)

    engines = [engine.writer(), engine._reader(engine.settings.get().database_url())]
    for one in engines:
        event.listen(one, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for one in engines:
            event.remove(one, "before_cursor_execute", note)
