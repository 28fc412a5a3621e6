"""Two tenants before every route: of what is one's, the other sees, learns and moves nothing."""

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.testclient import TestClient

from api.main import build_app
from api.settings import ApiSettings
from db import keys, secrets, versions
from db.engine import reading, transaction
from db.tables.all import Row
from tests import factories, rows

JSON = {"Content-Type": "application/json"}
MARK = "only-ours"  # in every free text of the shop
PATHS = build_app(ApiSettings()).openapi()["paths"]
ROUTES = [
    (method.upper(), path, said)
    for path, methods in PATHS.items()
    for method, said in methods.items()
    if said.get("security")
]
TAKES_JSON = [(m, p) for m, p, said in ROUTES if "json" in str(said.get("requestBody", ""))]
# What tells of the build and not of anybody.
OF_THE_BUILD = ("/v1/operations/{name}", "/v1/problems/{code}")
# A stream does not end by itself: tests/api/test_events.py listens to it.
ENDLESS = ("/v1/events",)
Ids = dict[str, str]


@pytest.fixture
def ids(client: TestClient) -> Ids:
    """A shop with one of everything, and what each is called."""
    secrets.ensure_local_key()
    picture = client.post(
        "/v1/pictures", files={"file": (f"{MARK}.png", factories.png(64, 64))}
    ).json()["id"]
    order = {"operation": {"op": "upscale", "picture": picture}}
    named = {"sku": MARK, "external_id": MARK, "channel": MARK}
    job = _post(client, "/v1/jobs", {**order, **named})["id"]
    (claimed,) = rows.claim()
    result = rows.result(rows.lease_of(claimed), sku=MARK, visibility="published")
    with transaction() as session:
        session.add(result)
        version = versions.add(
            session,
            tenant="shop",
            name=MARK,
            network="gan",
            state="serving",
            weights_key="0" * 64,
            card="{}",
        )
    shown = [{"picture": picture, "category": MARK}]
    _post(client, "/v1/datasets", {"name": MARK, "pictures": shown})
    batch = _post(client, "/v1/batches", {"jobs": [{**order, **named}], "external_id": MARK})
    webhook = _post(client, "/v1/webhooks", {"url": f"https://hooks.example/{MARK}"})
    delivery = _post(client, f"/v1/webhooks/{webhook['id']}/test", {})
    key = _post(client, "/v1/keys", {"name": MARK, "scopes": ["train"]})
    campaign = _post(client, "/v1/campaigns", {"name": MARK, "results": [result.id]})
    return {
        "picture": picture,
        "job": job,
        "result": result.id,
        "batch": batch["id"],
        "campaign": campaign["id"],
        "webhook": webhook["id"],
        "delivery": delivery["id"],
        "key": key["id"],
        "version": version.id,
        "label": version.label,
        "dataset": MARK,
        "tenant": "shop",
    }


def test_one_sees_all_of_what_is_ones_own(client: TestClient, ids: Ids) -> None:
    """Else the other's seeing nothing would show nothing."""
    for path, name in {
        "/v1/jobs": "job",
        "/v1/results": "result",
        "/v1/batches": "batch",
        "/v1/campaigns": "campaign",
        "/v1/webhooks": "webhook",
        "/v1/webhooks/deliveries": "delivery",
        "/v1/versions": "version",
        "/v1/datasets": "dataset",
        "/v1/keys": "key",
    }.items():
        assert ids[name] in client.get(path).text, path


def test_lists_hold_nothing_of_another_tenant(other_shop: TestClient, ids: Ids) -> None:
    lists = [
        path
        for method, path, _ in ROUTES
        if method == "GET" and "{" not in path and path not in ENDLESS
    ]
    assert len(lists) > 8

    for path in lists:
        assert _gives_away(other_shop.get(path).text, ids) == [], path


def test_no_question_brings_another_tenants_rows(other_shop: TestClient, ids: Ids) -> None:
    for method, path, said in ROUTES:
        if method != "GET" or "{" in path or path in ENDLESS:
            continue
        for one, value in product(said.get("parameters", ()), {*ids.values(), MARK}):
            if one["in"] == "query":
                told = other_shop.get(path, params={one["name"]: value})
                assert told.status_code in (200, 400, 403, 404, 422)
                assert _gives_away(told.text, ids, besides=value) == [], (path, one["name"])
                if told.status_code == 200:
                    assert not [row for row in told.json().get("items", ()) if _owned(row)]


def test_no_path_leads_to_another_tenants_rows(
    other_shop: TestClient, ids: Ids, home: Path
) -> None:
    before = _rows_of("shop")
    tried = 0

    for method, path, said in ROUTES:
        if "{" not in path or path in OF_THE_BUILD:
            continue
        for value in ids.values():
            filled = "/".join(value if "{" in part else part for part in path.split("/"))
            body = {"content": b"{}", "headers": JSON} if "requestBody" in said else {}
            told = other_shop.request(method, filled, **body)
            assert told.status_code in (403, 404), (method, filled)
            assert (told.status_code == 403) == (_scope(said) == keys.ADMIN)
            assert _gives_away(told.text, ids, besides=value) == []
            tried += 1

    assert tried > 100
    assert _rows_of("shop") == before
    assert home.exists()


ORDERS: tuple[Callable[[str], Any], ...] = (
    lambda name: {"operation": {"op": "upscale", "picture": name}},
    lambda name: {"operation": {"op": "sample"}, "reference": name},
    lambda name: {"operation": {"op": "sample"}, "mask": name},
    lambda name: {"operation": {"op": "sample", "version": name}},
    lambda name: {"operation": {"op": "train", "network": "gan", "dataset": name}},
    lambda name: {"operation": {"op": "compare", "picture": name}, "reference": name},
    lambda name: {
        "operation": {"op": "pipeline", "picture": name, "steps": [{"op": "denoise"}]},
    },
)
BODIES: tuple[Callable[[str], Any], ...] = (
    *ORDERS,
    *(lambda name, order=order: {"jobs": [order(name)]} for order in ORDERS),  # type: ignore[misc]
    lambda name: {"name": "mine", "pictures": [{"picture": name, "category": "a"}]},
    lambda name: {"url": "https://hooks.example/mine", "description": name},
    lambda name: {"name": name, "scopes": ["admin"]},
    lambda name: {"name": name},
    lambda name: {"name": "mine", "results": [name]},
    lambda name: {"result_id": name},
    lambda name: {"events": [{"id": "1", "kind": "click", "result_id": name}]},
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    route=st.sampled_from(TAKES_JSON),
    body=st.sampled_from(BODIES),
    kind=st.sampled_from(["picture", "result", "version", "label", "dataset", "job", "batch"]),
    tenant=st.sampled_from(["", "?tenant=shop"]),
)
def test_nothing_of_another_tenant_comes_of_naming_it(
    other_shop: TestClient,
    ids: Ids,
    route: tuple[str, str],
    body: Callable[[str], Any],
    kind: str,
    tenant: str,
) -> None:
    method, path = route
    before = _rows_of("shop")
    filled = "/".join(ids["batch"] if "{" in part else part for part in path.split("/"))

    told = other_shop.request(
        method, filled + tenant, content=json.dumps(body(ids[kind])), headers=JSON
    )

    assert told.status_code < 500
    assert _gives_away(told.text, ids, besides=ids[kind], path=filled) == []
    assert _rows_of("shop") == before
    assert not [job for job in _rows_of("other")["job"] if _names(job, ids)]
    assert not [row for row in _rows_of("other")["dataset"] if ids["picture"] in row]


def _names(job: str, ids: Ids) -> bool:
    return any(ids[kind] in job for kind in ("picture", "result", "version", "label"))


def _owned(row: dict[str, Any]) -> bool:
    """Whether a row of a list is somebody's; what ships with us is everybody's."""
    return not row.get("shipped", False)


def _scope(said: dict[str, Any]) -> str:
    return next((scope for need in said["security"] for scope in need["key"]), "")


def _gives_away(text: str, ids: Ids, *, besides: str = "", path: str = "") -> list[str]:
    """What an answer holds of the shop's, other than what one has said oneself."""
    telling = {name: value for name, value in ids.items() if name != "tenant"}
    return [
        name
        for name, value in {**telling, "text": MARK}.items()
        if value in text and value not in besides and value not in path
    ]


def _rows_of(tenant: str) -> dict[str, list[str]]:
    """Every row that bears the tenant's name, as text."""
    with reading() as session:
        return {
            name: sorted(
                str({key: value for key, value in row._mapping.items() if key != "last_used_at"})
                for row in session.execute(select(table).where(table.c.tenant == tenant))
            )
            for name, table in Row.metadata.tables.items()
            if "tenant" in table.c
        }


def _post(client: TestClient, path: str, body: Any) -> dict[str, Any]:
    answer = client.post(path, content=json.dumps(body), headers=JSON)
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told
