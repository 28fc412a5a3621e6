"""What names nothing, in the place of every name in a path: not found, on PostgreSQL too."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from api.main import build_app
from api.settings import ApiSettings
from tests import archives, issued

PATHS = build_app(ApiSettings()).openapi()["paths"]
NAMED = [(verb, path) for path, verbs in PATHS.items() if "{" in path for verb in verbs]

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("home")
    with (
        archives.postgresql() as url,
        pytest.MonkeyPatch.context() as patch,
        archives.opened(patch, home, url=archives.patient(url)),
    ):
        app = build_app(ApiSettings())
        headers = issued.headers(issued.key())
        with TestClient(app, base_url="http://localhost", headers=headers) as one:
            yield one


@pytest.mark.parametrize("name", ["%00", "a%00b", "%F0%9F%91%9F"])
@pytest.mark.parametrize(("verb", "path"), NAMED)
def test_no_row_is_looked_for_under_what_is_no_name(
    client: TestClient, verb: str, path: str, name: str
) -> None:
    answer = client.request(verb, re.sub(r"{\w+}", name, path), json={})

    if path.startswith("/v1/links/"):  # where every name without its signature is answered alike
        assert (answer.status_code, answer.json()["code"]) == (403, "invalid_signature")
        return
    assert answer.status_code == 404, answer.text
    assert answer.json()["code"].endswith("not_found")
