"""Usage as a shop asks for it: its own days, and every tenant's for an operator."""

from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from db import transitions
from db.engine import transaction
from db.transitions import Outcome
from tests import rows

TODAY = datetime.now(UTC).date()


def _succeed() -> None:
    rows.queued()
    (job,) = rows.claim()
    lease = rows.lease_of(job)
    made = rows.result(lease, bytes=1_000, device_ms=250.0)
    with transaction() as session:
        assert transitions.finish(session, [Outcome(lease, "succeeded", results=(made,))])


def test_a_shop_sees_what_it_used_today(client: TestClient) -> None:
    _succeed()
    cancelled = rows.queued()
    client.post(f"/v1/jobs/{cancelled}/cancel")

    told = client.get("/v1/usage").json()

    assert (told["tenant"], told["last"]) == ("shop", TODAY.isoformat())
    assert told["first"] == (TODAY - timedelta(days=29)).isoformat()
    (day,) = told["items"]
    assert day["jobs"] == {"succeeded": 1, "cancelled": 1}
    assert (day["device_s"], day["bytes_out"], day["bytes_in"]) == (0.25, 1_000, 0)
    (upscale,) = day["operations"]
    assert (upscale["op"], upscale["jobs"]) == ("upscale", day["jobs"])


def test_an_operator_sees_anybody_s_and_a_shop_only_its_own(
    client: TestClient, other_shop: TestClient
) -> None:
    _succeed()

    refused = other_shop.get("/v1/usage?tenant=shop")
    own = other_shop.get("/v1/usage?tenant=other").json()
    operator = client.get("/v1/usage?tenant=other")

    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert (own["tenant"], own["items"]) == ("other", [])
    assert operator.json()["tenant"] == "other"
    assert client.get("/v1/usage?tenant=nobody").json()["code"] == "tenant_not_found"


@pytest.mark.parametrize(
    "asked",
    ["from=2026-02-30", "from=2026-02-02&to=2026-02-01", "from=2020-01-01&to=2026-01-01",
     "from=0001-01-01", "to=0001-01-01", "since=2026-01-01"],
)  # fmt: skip
def test_days_that_make_no_sense_are_refused(client: TestClient, asked: str) -> None:
    answer = client.get(f"/v1/usage?{asked}")

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")


def test_the_last_day_that_there_can_be_is_no_trouble(client: TestClient) -> None:
    answer = client.get("/v1/usage?from=9999-12-01&to=9999-12-31")

    assert (answer.status_code, answer.json()["items"]) == (200, [])
