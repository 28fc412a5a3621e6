"""Every route of the page: behind a session, its forms behind a token, and nothing of others'."""

from collections.abc import Callable, Iterator

import pytest
from fastapi.routing import APIRoute

from api.main import build_app
from api.settings import ApiSettings
from tests.browsing import Browser
from tests.factories import NOWHERE

PUBLIC = {"/admin/sign-in", "/admin/static/{name:path}"}
ENDLESS = {"/admin/live"}
Route = tuple[str, str]


def _routes() -> Iterator[Route]:
    for mounted in build_app(ApiSettings()).routes:
        for route in getattr(getattr(mounted, "original_router", None), "routes", ()):
            assert isinstance(route, APIRoute)
            if route.path.startswith("/admin") and route.path not in PUBLIC:
                yield from ((method, route.path) for method in sorted(route.methods))


ROUTES = list(_routes())
FORMS = [path for method, path in ROUTES if method == "POST"]
PAGES = [path for method, path in ROUTES if method == "GET" and path not in ENDLESS]


def filled(path: str) -> str:
    return "/".join(NOWHERE if "{" in part else part for part in path.split("/"))


def test_pages_are_read_and_forms_are_posted() -> None:
    assert {method for method, _ in ROUTES} == {"GET", "POST"}
    assert FORMS
    assert PAGES


def test_nothing_opens_without_a_session(open_browser: Callable[..., Browser]) -> None:
    browser = open_browser()

    for method, path in ROUTES:
        told = browser.client.request(method, filled(path), follow_redirects=False)
        assert (told.status_code, path) == (401, path)


def test_no_form_does_anything_without_the_pages_token(browser: Browser) -> None:
    for path in FORMS:
        told = browser.client.post(filled(path), data={"csrf": "guessed"})
        assert (told.status_code, path) == (403, path)
        assert "forged_form" in told.text


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_in_html_or_in_pictures_under_the_policy(
    browser: Browser, path: str
) -> None:
    told = browser.get(filled(path))

    assert told.status_code == (404 if "{" in path else 200)
    assert told.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in told.headers["content-security-policy"]
