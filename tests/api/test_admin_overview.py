"""The first page: what waits, runs and failed, now and as it changes; a tenant's own only."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from api.admin.overview import Busy
from api.schemas.discovery import WorkerOut
from db import clock, keys, pulse, secrets
from db.engine import reading, transaction
from tests import rows
from tests.api.test_stopping import serving
from tests.browsing import Browser

HOSTILE = "<script>alert(1)</script>\"'&"


def test_it_tells_of_queues_workers_failures_and_results(browser: Browser) -> None:
    rows.worker(device="cuda:0", state="ready", numbers={"busy_s": 5.0, "up_s": 10.0})
    rows.queued()
    rows.queued(state="failed", finished_at=clock.now(), error_code="not_finite")

    page = browser.get("/admin").text

    assert "cuda:0" in page
    assert "not_finite" in page
    assert "50 %" in page
    assert "1 failed" in page


def test_what_strangers_wrote_is_shown_and_never_done(browser: Browser) -> None:
    told = {"error_code": "x", "error_detail": HOSTILE}
    rows.queued(state="failed", finished_at=clock.now(), **told)
    rows.worker(host=HOSTILE)

    page = browser.get("/admin").text

    assert HOSTILE not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2


def test_of_another_shops_jobs_it_says_nothing_but_that_they_wait(browser: Browser) -> None:
    theirs = {"tenant": "other", "error_code": "only_theirs"}
    rows.queued(state="failed", finished_at=clock.now(), **theirs)

    page = browser.get("/admin").text

    assert "only_theirs" not in page
    assert "0 failed" in page


def test_jobs_are_counted_in_the_minute_in_which_they_ended(home: Path) -> None:
    for age_s, state in ((1, "succeeded"), (1, "failed"), (200, "succeeded"), (4000, "dead")):
        rows.queued(state=state, finished_at=clock.seconds_from_now(-age_s))
    rows.queued(state="cancelled", finished_at=clock.now())

    with reading() as session:
        minutes = pulse.of(session, "shop")

    assert len(minutes) == pulse.MINUTES
    assert sum(one.succeeded for one in minutes) == 2
    assert sum(one.failed for one in minutes) == 1
    assert sum(one.succeeded for one in minutes[-2:]) == 1


@pytest.mark.postgres
def test_postgresql_counts_the_same_minutes(postgresql_archive: Path) -> None:
    for age_s in (1, 200):
        rows.queued(state="succeeded", finished_at=clock.seconds_from_now(-age_s))

    with reading() as session:
        minutes = pulse.of(session, "shop")

    assert sum(one.succeeded for one in minutes) == 2
    assert sum(one.succeeded for one in minutes[-2:]) == 1


def test_how_busy_a_device_is_is_told_since_the_last_look(home: Path) -> None:
    busy = Busy()

    shares = [
        busy.of([_worker(busy_s, up_s)])["w"] for busy_s, up_s in ((50, 100), (52, 104), (52, 104))
    ]

    assert shares == [0.5, 0.5, 0.5]
    assert busy.of([_worker(52, 108)])["w"] == 0
    assert busy.of([]) == {}


def _worker(busy_s: float, up_s: float) -> WorkerOut:
    with reading() as session:
        now = session.execute(clock.now().select()).scalar_one()
    told = dict.fromkeys(("started_at", "last_seen_at"), now)
    return WorkerOut(
        id="w", host="h", pid=1, device="cpu", queues=["gpu"], build="1", state="ready",
        in_flight=0, numbers={"busy_s": busy_s, "up_s": up_s}, drain_requested_at=None, **told,
    )  # fmt: skip


def test_it_moves_by_itself_until_the_key_is_revoked(
    home: Path, api_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets.ensure_local_key()
    monkeypatch.setenv("API_KEY_REMEMBERED_S", "0")
    with serving(home) as (url, _), _listening(url, api_key) as lines:
        first = _event(lines)
        rows.queued(state="failed", finished_at=clock.now(), error_code="just_now")
        second = _event(lines)
        with transaction() as session:
            keys.revoke(session, "shop", api_key.split("_")[1])
        rest = [line for line in lines if line.startswith("data:")]

    assert "Nothing yet" in first
    assert "just_now" not in first
    assert "just_now" in second
    assert len(rest) < 4000


@contextmanager
def _listening(url: str, key: str) -> Iterator[Iterator[str]]:
    with httpx2.Client(timeout=20, trust_env=False) as http:
        told = http.post(f"{url}/admin/sign-in", data={"key": key})
        cookie = told.headers["set-cookie"].partition(";")[0]
        with http.stream("GET", f"{url}/admin/live", headers={"Cookie": cookie}) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield answer.iter_lines()


def _event(lines: Iterator[str]) -> str:
    told: list[str] = []
    for line in lines:
        if line.startswith("data:"):
            told.append(line)
        elif told:
            break
    return "\n".join(told)
