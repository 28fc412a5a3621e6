"""A parameter behind the question mark that nobody reads is told, whatever the route."""

import pytest
from starlette.testclient import TestClient

from tests.factories import NOWHERE

PATHS = [
    ("get", f"/v1/jobs/{NOWHERE}"),
    ("get", "/v1/jobs"),
    ("get", "/v1/queues"),
    ("get", f"/v1/results/{NOWHERE}/content"),
    ("post", "/v1/jobs"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_a_parameter_that_nobody_reads_is_refused(
    client: TestClient, method: str, path: str
) -> None:
    body = {"json": {"operation": {"op": "denoise"}}} if method == "post" else {}

    answer = client.request(method, f"{path}?wait_s=30", **body)

    assert answer.status_code == 422
    named = {error["pointer"]: error["code"] for error in answer.json()["errors"]}
    assert named["/query/wait_s"] == "extra_forbidden"


def test_a_stranger_is_not_told_which_are_read(client: TestClient) -> None:
    answer = client.get("/v1/queues?x=1", headers={"Authorization": ""})

    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_may_add_what_it_likes(client: TestClient, path: str) -> None:
    assert client.get(f"{path}?t=1").status_code == client.get(path).status_code != 422
