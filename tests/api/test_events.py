"""Server-sent events from the API's own process: in order, resumed, bounded, and ended with it."""

import asyncio
import contextlib
import json
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from api import listeners, watching
from api.client import Client, Event
from api.watching import Listening, Topic, Watch
from db import batches, datasets, erasure, transitions
from db.changes import Gone
from db.engine import transaction
from tests import issued, rows
from tests.api.test_stopping import free_port, serving
from tests.factories import NOWHERE

EPOCH = {
    "losses": {"kl": 0.5}, "val_psnr_db": 20.0, "val_ssim": 0.5, "identical": 0,
    "learning_rate": 1e-3, "seconds": 2.0, "images_per_s": 99.0, "peak_memory_mb": 300.0,
}  # fmt: skip
LISTENERS = 200


class Stream:
    """An open stream, event by event."""

    def __init__(self, url: str, key: str, path: str, *, last: str | None = None) -> None:
        headers = issued.headers(key) | ({"Last-Event-ID": last} if last else {})
        self._http = httpx2.Client(timeout=20, trust_env=False)
        self._open = self._http.stream("GET", f"{url}{path}", headers=headers)
        self.answer = self._open.__enter__()
        self.events = self._events()

    def next(self) -> tuple[str, str, Any]:
        return next(self.events)

    def close(self) -> None:
        self._open.__exit__(None, None, None)
        self._http.close()

    def _events(self) -> Iterator[tuple[str, str, Any]]:
        told: dict[str, str] = {}
        for line in self.answer.iter_lines():
            name, _, value = line.partition(": ")
            if name and value:
                told[name] = value
            elif not line and "event" in told:
                yield told["event"], told.get("id", ""), json.loads(told["data"])
                told = {}


def test_a_job_is_told_as_it_is_and_then_each_change_until_its_end(
    home: Path, api_key: str
) -> None:
    job_id = rows.queued()
    with serving(home) as (url, _):
        stream = Stream(url, api_key, f"/v1/jobs/{job_id}/events")
        told = [stream.next()]
        (job,) = rows.claim()
        told.append(stream.next())
        _progress(job, step=30)
        told.append(stream.next())
        _succeed(job)
        told += list(stream.events)
        headers = stream.answer.headers
        stream.close()

    assert [(kind, name) for kind, name, _ in told] == [
        ("state", "1"), ("state", "2"), ("progress", "3"), ("end", "4"),
    ]  # fmt: skip
    assert [data["state"] for *_, data in told] == ["queued", "running", "running", "succeeded"]
    assert (told[2][2]["step"], told[2][2]["total"]) == (30, 120)
    assert told[2][2]["eta_s"] >= 0
    assert headers["content-type"].startswith("text/event-stream")
    assert "no-store" in headers["cache-control"]
    assert headers["x-accel-buffering"] == "no"


def test_who_comes_again_hears_on_from_there_without_a_gap_or_a_double(
    home: Path, api_key: str
) -> None:
    job_id = rows.queued("train", envelope={"operation": {"dataset": "d", "network": "gan"}})
    path = f"/v1/jobs/{job_id}/events"
    with serving(home) as (url, _):
        (job,) = rows.claim(queue="train")
        _epochs(job_id, 1, 2)
        first = Stream(url, api_key, path)
        heard = [first.next(), first.next()]
        first.close()
        _epochs(job_id, 3)
        second = Stream(url, api_key, path, last=heard[-1][1])
        heard += [second.next(), second.next()]
        _epochs(job_id, 4)
        heard.append(second.next())
        second.close()
        _epochs(job_id, 5)
        _succeed(job)
        third = Stream(url, api_key, path, last=heard[-1][1])
        heard += list(third.events)
        third.close()
        after = httpx2.get(
            f"{url}{path}",
            headers={**issued.headers(api_key), "Last-Event-ID": heard[-1][1]},
            trust_env=False,
        )

    epochs = [data["epoch"]["number"] for _, _, data in heard if data["epoch"]]
    assert epochs == [1, 2, 3, 4, 5]
    assert [kind for kind, *_ in heard].count("end") == 1
    assert len({name for _, name, _ in heard}) == len(heard)
    assert heard[-1][0] == "end"
    assert after.status_code == 204


def test_a_batch_is_told_until_its_end(home: Path, api_key: str) -> None:
    batch_id = rows.batch_of([rows.queued(), rows.queued()])
    with serving(home) as (url, _):
        stream = Stream(url, api_key, f"/v1/batches/{batch_id}/events")
        first = stream.next()
        _succeed(*rows.claim(room=2))
        between = stream.next()
        with transaction() as session:
            batches.close_finished(session)
        rest = [between, *stream.events]
        stream.close()
        last = Stream(url, api_key, f"/v1/batches/{batch_id}/events", last=rest[-1][1])
        status = last.answer.status_code
        last.close()

    assert (first[0], first[2]["counts"]["queued"]) == ("state", 2)
    assert rest[-1][0] == "end"
    assert (rest[-1][2]["state"], rest[-1][2]["counts"]["succeeded"]) == ("completed", 2)
    assert {kind for kind, *_ in rest[:-1]} <= {"progress"}
    assert status == 204


def test_a_tenant_hears_of_all_its_jobs_and_of_no_others(home: Path, api_key: str) -> None:
    issued.key("other")
    with serving(home) as (url, _):
        stream = Stream(url, api_key, "/v1/events")
        theirs = rows.queued(tenant="other")
        mine = rows.queued()
        first = stream.next()
        (job,) = (one for one in rows.claim(room=2) if one.tenant == "shop")
        second = stream.next()
        stream.close()
        _succeed(job)
        other = rows.queued()
        again = Stream(url, api_key, "/v1/events", last=second[1])
        told = {(again_[2]["job_id"], again_[2]["revision"]) for again_ in _some(again, 2)}
        again.close()

    assert (first[0], first[2]["job_id"], first[2]["state"]) == ("state", mine, "queued")
    assert (second[0], second[2]["job_id"], second[2]["state"]) == ("state", mine, "running")
    assert {(mine, 3), (other, 1)} <= told
    assert theirs not in {job_id for job_id, _ in told}


def test_two_hundred_listen_with_few_threads_and_hear_the_same(home: Path, api_key: str) -> None:
    job_id = rows.queued()
    with serving(home) as (url, process):
        heard = asyncio.run(_all_hear(url, api_key, job_id))
        threads = len(list(Path(f"/proc/{process.pid}/task").iterdir()))

    assert len(heard) == LISTENERS
    assert {tuple(re.findall(r"^event: (\w+)$", told, re.M)) for told in heard} == {
        ("state", "state", "end")
    }
    assert threads < 60


async def _all_hear(url: str, key: str, job_id: str) -> list[str]:
    limits = httpx2.Limits(max_connections=LISTENERS)
    there = 0

    async def hear(client: httpx2.AsyncClient) -> str:
        nonlocal there
        said = ""
        async with client.stream("GET", f"{url}/v1/jobs/{job_id}/events") as answer:
            async for text in answer.aiter_text():
                there += "event: state" in text and "event: state" not in said
                said += text
        return said

    headers = issued.headers(key)
    async with httpx2.AsyncClient(
        headers=headers, timeout=30, limits=limits, trust_env=False
    ) as client:
        hearing = [asyncio.create_task(hear(client)) for _ in range(LISTENERS)]
        while there < LISTENERS:
            await asyncio.sleep(0.05)
        (job,) = await asyncio.to_thread(rows.claim)
        await asyncio.sleep(1)
        await asyncio.to_thread(_succeed, job)
        return await asyncio.gather(*hearing)


def test_a_server_that_is_told_to_stop_ends_its_streams(home: Path, api_key: str) -> None:
    job_id = rows.queued()
    with serving(home) as (url, process):
        stream = Stream(url, api_key, f"/v1/jobs/{job_id}/events")
        stream.next()
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        rest = list(stream.events)
        process.wait(10)
        took_s = time.monotonic() - began
        stream.close()

    assert rest == []
    assert took_s < 3


def test_a_client_hears_on_through_a_restart_of_the_api(home: Path, api_key: str) -> None:
    job_id, port, heard = rows.queued(), free_port(), list[Event]()
    with Client(f"http://127.0.0.1:{port}", api_key, pauses_s=(0.2,) * 100) as client:
        hearing = threading.Thread(target=lambda: heard.extend(client.events(job_id)), daemon=True)
        with serving(home, port=port):
            hearing.start()
            while not heard:
                time.sleep(0.05)
        with serving(home, port=port):
            (job,) = rows.claim()
            _succeed(job)
            hearing.join(30)

    kinds = [event.kind for event in heard]
    assert kinds in (["state", "end"], ["state", "state", "end"])
    assert len({event.id for event in heard}) == len(heard)


def test_a_listener_who_leaves_gives_its_seat_back(
    home: Path, api_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_MAX_LISTENERS", "1")
    path = f"/v1/jobs/{rows.queued()}/events"
    with serving(home) as (url, _):
        first = Stream(url, api_key, path)
        first.next()
        refused = Stream(url, api_key, path)
        said = refused.answer.read()
        refused.close()
        first.close()
        give_up = time.monotonic() + 10
        while (again := Stream(url, api_key, path)).answer.status_code != 200:
            again.close()
            assert time.monotonic() < give_up
            time.sleep(0.05)
        told = again.next()
        again.close()

    assert refused.answer.status_code == 503
    assert json.loads(said)["code"] == "too_many_listeners"
    assert refused.answer.headers["retry-after"]
    assert told[0] == "state"


def test_a_stream_ends_when_its_key_opens_nothing_more(home: Path) -> None:
    job_id = rows.queued()

    async def no_more() -> bool:
        return False

    async def story() -> list[Any]:
        with Watch().listening(Topic("job", "shop", job_id)) as listening:
            listener = listeners.Listener(listening, no_more, 0.05)
            return [seen async for seen in listener.news()]

    assert len(asyncio.run(story())) <= 1


def test_another_shop_hears_nothing_of_a_job_or_batch(
    other_shop: TestClient, client: TestClient
) -> None:
    job_id = rows.queued()
    batch_id = rows.batch_of([job_id])

    told = [
        other_shop.get(path)
        for path in (f"/v1/jobs/{job_id}/events", f"/v1/batches/{batch_id}/events",
                     f"/v1/jobs/{NOWHERE}/events", "/v1/jobs/x/events", "/v1/batches/x/events")
    ]  # fmt: skip

    assert [one.status_code for one in told] == [404] * 5
    assert {one.json()["code"] for one in told} == {"job_not_found", "batch_not_found"}


def test_what_was_erased_is_gone(client: TestClient) -> None:
    rows.queued()
    (job,) = rows.claim()
    _succeed(job)
    with transaction() as session:
        erasure.erase_job(session, "shop", job.id)

    answer = client.get(f"/v1/jobs/{job.id}/events")

    assert (answer.status_code, answer.json()["code"]) == (410, "erased")


def test_a_key_that_reads_no_jobs_hears_nothing(serve: Any) -> None:
    shop = serve(key=issued.key(scopes=["pictures:read"]))

    for path in ("/v1/events", f"/v1/jobs/{NOWHERE}/events", f"/v1/batches/{NOWHERE}/events"):
        assert shop.get(path).json()["code"] == "insufficient_scope"


@pytest.mark.parametrize("last", ["x", "1.2.3", "-1", "٣", "9" * 40])
def test_an_id_that_is_none_of_ours_is_refused(client: TestClient, last: str) -> None:
    job_id = rows.queued()

    for path in (f"/v1/jobs/{job_id}/events", "/v1/events"):
        answer = client.get(path, headers=[(b"Last-Event-ID", last.encode())])
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_a_slow_listener_is_let_go_and_holds_no_more_than_it_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "MOST_BEHIND", 3)

    async def story() -> object:
        listening = Listening()
        for number in range(5):
            listening.tell(Gone(str(number)))
        return await listening.news(1)

    assert asyncio.run(story()) is None


def _progress(job: Any, *, step: int) -> None:
    with transaction() as session:
        told = {"step": step, "total": 120}
        assert transitions.report_progress(session, rows.lease_of(job), told)


def _succeed(*jobs: Any) -> None:
    with transaction() as session:
        for job in jobs:
            assert transitions.succeed(session, rows.lease_of(job))


def _epochs(job_id: str, *numbers: int) -> None:
    with transaction() as session:
        for number in numbers:
            datasets.record_epoch(session, job_id, number, EPOCH)


def _some(stream: Stream, least: int) -> list[tuple[str, str, Any]]:
    """At least so many events, and what comes within a second of them."""
    told = [stream.next() for _ in range(least)]
    timer = threading.Timer(1.5, _cut, args=(stream,))
    timer.start()
    with contextlib.suppress(httpx2.HTTPError, OSError):
        told += list(stream.events)
    timer.join()
    return told


def _cut(stream: Stream) -> None:
    network = stream.answer.extensions["network_stream"]
    network.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
