"""How a result came about: listed with it, and given out under its rules."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from db import blobs, transitions
from db.engine import transaction
from db.tables.jobs import SUCCEEDED
from db.transitions import Outcome
from tests import factories, rows
from tests.factories import NOWHERE
from tests.rows import TENANT

SCALE = {"name": "delta_e", "min": 0.0, "max": 10.0, "dark": 0.0}


def explained(*, visibility: str = "published", of_result: bool = True) -> tuple[str, str, str]:
    """The ids of a job that was to be explained and of its result, and its stages' bytes."""
    job_id = rows.queued(envelope={"explain": True})
    (job,) = rows.claim()
    lease, key = rows.lease_of(job), blobs.put(TENANT, factories.png(48, 32))
    result = rows.result(lease, visibility=visibility)
    made = {"picture_key": key, "result_id": result.id if of_result else None}
    stages = [
        rows.stage(lease, name="matte", width=48, height=32, **made),
        rows.stage(lease, name="delta_e", ordinal=1, scale=SCALE, **made),
    ]
    outcome = Outcome(lease, SUCCEEDED, results=[result], stages=stages)
    with transaction() as session:
        transitions.finish(session, [outcome])
    return job_id, result.id, key


def test_a_result_lists_its_stages_wherever_it_is_told(client: TestClient) -> None:
    job_id, result_id, key = explained()

    wanted = [
        {"name": "matte", "url": f"/v1/jobs/{job_id}/stages/matte", "sha256": key,
         "width": 48, "height": 32, "scale": None},
        {"name": "delta_e", "url": f"/v1/jobs/{job_id}/stages/delta_e", "sha256": key,
         "width": 1, "height": 1, "scale": SCALE},
    ]  # fmt: skip
    job = client.get(f"/v1/jobs/{job_id}").json()
    assert client.get(f"/v1/results/{result_id}").json()["stages"] == wanted
    assert client.get("/v1/results").json()["items"][0]["stages"] == wanted
    assert job["results"][0]["stages"] == wanted
    assert job["stages"] == []


def test_a_reviewed_result_still_lists_its_stages(client: TestClient) -> None:
    _, result_id, _ = explained(visibility="held")

    told = client.post(f"/v1/results/{result_id}/review", json={"verdict": "approve"}).json()

    assert [stage["name"] for stage in told["stages"]] == ["matte", "delta_e"]


def test_stages_of_no_result_are_the_jobs_own(client: TestClient) -> None:
    job_id, _, _ = explained(of_result=False)

    job = client.get(f"/v1/jobs/{job_id}").json()

    assert [stage["name"] for stage in job["stages"]] == ["matte", "delta_e"]
    assert job["results"][0]["stages"] == []


def test_a_stage_is_a_png_that_never_changes(client: TestClient) -> None:
    job_id, _, key = explained()

    answer = client.get(f"/v1/jobs/{job_id}/stages/matte")
    again = client.get(answer.url.path, headers={"If-None-Match": f'"{key}"'})

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.content == factories.png(48, 32)
    assert again.status_code == 304


@pytest.mark.parametrize("visibility", ["published", "held"])
def test_a_stage_says_whether_its_result_waits_for_review(
    client: TestClient, visibility: str
) -> None:
    job_id, _, _ = explained(visibility=visibility)

    answer = client.get(f"/v1/jobs/{job_id}/stages/matte")

    assert answer.headers["x-visibility"] == visibility


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("{job}/stages/plate", "stage_not_found"),
        ("{job}/stages/%00", "stage_not_found"),
        ("{job}/stages/" + "a" * 300, "stage_not_found"),
        (f"{NOWHERE}/stages/matte", "job_not_found"),
        ("x/stages/matte", "job_not_found"),
    ],
)
def test_what_is_not_there_is_said(client: TestClient, path: str, code: str) -> None:
    job_id, _, _ = explained()

    answer = client.get(f"/v1/jobs/{path.format(job=job_id)}")

    assert (answer.status_code, answer.json()["code"]) == (404, code)


def test_another_tenant_sees_no_stage(
    serve: Callable[..., TestClient], other_shop: TestClient
) -> None:
    job_id, _, _ = explained()

    answer = other_shop.get(f"/v1/jobs/{job_id}/stages/matte")

    assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")


def test_an_erased_job_has_had_its_stages(client: TestClient) -> None:
    job_id, _, key = explained()

    assert client.delete(f"/v1/jobs/{job_id}").status_code == 204

    assert client.get(f"/v1/jobs/{job_id}/stages/matte").status_code == 410
    with pytest.raises(blobs.NotStored):
        blobs.get(TENANT, key)


def test_a_stage_outlives_no_result(client: TestClient) -> None:
    job_id, result_id, _ = explained()

    assert client.delete(f"/v1/results/{result_id}").status_code == 204

    answer = client.get(f"/v1/jobs/{job_id}/stages/matte")
    assert (answer.status_code, answer.json()["code"]) == (404, "stage_not_found")
