"""Jobs on the page: narrowed, searched, told with every try, cancelled and tried again."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from db import clock, job_search
from db.engine import reading
from tests import issued, rows
from tests.api import registered
from tests.browsing import Browser
from tests.explained import plans, reads_whole

HOSTILE = "<img src=x onerror=alert(1)>"


def test_jobs_are_narrowed_by_state_and_operation(browser: Browser) -> None:
    waiting = rows.queued()
    failed = rows.queued(state="failed", finished_at=clock.now())
    denoised = rows.queued("denoise")

    assert _listed(browser, "") == {waiting, failed, denoised}
    assert _listed(browser, "?state=failed&op=&q=") == {failed}
    assert _listed(browser, "?op=denoise") == {denoised}


def test_a_job_is_found_by_how_its_id_begins_its_sku_or_its_external_id(browser: Browser) -> None:
    one = rows.queued(sku="SKU-1")
    two = rows.queued(external_id="till 7")
    rows.queued(sku="SKU-10")

    assert _listed(browser, "?q=SKU-1") == {one}
    assert _listed(browser, "?q=till+7") == {two}
    assert _listed(browser, f"?q={one[:20].upper()}") == {one}
    assert _listed(browser, f"?q={one}&state=failed") == set()
    assert _listed(browser, "?q=%25") == set()


def test_a_search_reads_no_table_whole(home: Path) -> None:
    rows.queued()
    with reading() as session:
        asked = plans(session, lambda s: job_search.of(s, "shop", "0190a0b0-00", most=50))

    assert asked
    assert not [plan for plan in asked if reads_whole(plan, "job")]


def test_pages_go_on_to_older_jobs(browser: Browser) -> None:
    jobs = rows.history(5)

    first = browser.get("/admin/jobs?limit=3&did=retried").text
    (link,) = [part for part in first.split('"') if "cursor=" in part]
    second = browser.get(link.replace("&amp;", "&")).text

    assert {job for job in jobs if f"/admin/jobs/{job}" in second} == set(jobs[:2])
    assert "did=" not in link


def test_a_job_is_told_with_every_try(browser: Browser) -> None:
    job_id = rows.queued(max_attempts=3)
    rows.claim()

    page = browser.get(f"/admin/jobs/{job_id}").text

    assert job_id in page
    assert "1</th>" in page
    assert 'hx-trigger="every 1s"' in page


def test_what_a_shop_wrote_is_shown_and_never_done(browser: Browser) -> None:
    job_id = rows.queued(sku=HOSTILE, external_id=HOSTILE, channel=HOSTILE)

    for path in ("/admin/jobs", f"/admin/jobs/{job_id}", f"/admin/jobs?q={HOSTILE}"):
        page = browser.get(path).text
        assert HOSTILE not in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_a_waiting_job_is_cancelled_and_tried_again(browser: Browser, api_key: str) -> None:
    operation = {"picture": registered.picture(64, 64)}
    job_id = rows.queued("recolor", envelope={"operation": {**operation, "to_hex": "#aa0000"}})

    cancelled = browser.post(f"/admin/jobs/{job_id}/cancel")
    again = browser.post(f"/admin/jobs/{job_id}/retry")

    assert cancelled.status_code == 303, cancelled.text
    assert cancelled.headers["location"] == f"/admin/jobs/{job_id}?did=cancelled"
    assert rows.read(job_id).state == "cancelled"
    assert again.status_code == 303, again.text[-900:]
    new = again.headers["location"].removeprefix("/admin/jobs/").partition("?")[0]
    assert rows.read(new).retry_of == job_id
    told = browser.get(again.headers["location"]).text
    assert "Placed again" in told
    record = browser.client.get("/v1/audit", headers=issued.headers(api_key)).json()["items"]
    assert [row["route"] for row in record[:2]] == [
        "/admin/jobs/{job_id}/retry",
        "/admin/jobs/{job_id}/cancel",
    ]


def test_what_cannot_be_done_is_told_as_a_page(browser: Browser) -> None:
    job_id = rows.queued(state="succeeded", finished_at=clock.now())

    told = browser.post(f"/admin/jobs/{job_id}/cancel")

    assert told.status_code == 409
    assert "job_finished" in told.text
    assert "<main" in told.text


@pytest.mark.parametrize("query", ["state=lost", "op=fly", "limit=0", "cursor=x", "sort=up"])
def test_a_question_that_is_not_understood_is_told_as_a_page(browser: Browser, query: str) -> None:
    told = browser.get(f"/admin/jobs?{query}")

    assert told.status_code in (400, 422)
    assert "<main" in told.text


def test_what_is_wrong_with_one_field_is_told_once(browser: Browser) -> None:
    page = browser.get("/admin/jobs?state=lost").text

    assert page.count("Input should be") == 1
    assert "<code>/state</code>" in page
    assert "Go back" not in page


def test_another_shops_job_is_not_there(
    browser: Browser, other_shop: TestClient, open_browser: Callable[..., Browser]
) -> None:
    theirs = rows.queued(tenant="other", sku="theirs")

    assert browser.get(f"/admin/jobs/{theirs}").status_code == 404
    assert browser.post(f"/admin/jobs/{theirs}/cancel").status_code == 404
    assert browser.post(f"/admin/jobs/{theirs}/retry").status_code == 404
    assert _listed(browser, "?q=theirs") == set()
    assert _listed(browser, f"?q={theirs}") == set()
    assert rows.read(theirs).state == "queued"


def _listed(browser: Browser, query: str) -> set[str]:
    page = browser.get(f"/admin/jobs{query}").text
    parts = page.split('href="/admin/jobs/')[1:]
    return {part.partition('"')[0] for part in parts}
