"""What counting and choosing cost, on a fresh SQLite behind a real API; a JSON row a line."""

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any, Final

import uvicorn

from api.client import Client
from api.main import build_app
from api.settings import ApiSettings
from benchmarks import engine_archives
from benchmarks.scenarios.row import Row
from db import clock, jobs, keys, logs, shop_events, tenants
from db.engine import transaction
from db.ids import new_id
from db.operations.order import parse
from db.tables.results import Result

TENANT: Final = "shop"
ARMS: Final = 16


def main() -> None:
    quick = "--quick" in sys.argv
    logs.configure("api")  # on standard error, as wherever it serves
    with tempfile.TemporaryDirectory() as folder, engine_archives.sqlite(Path(folder)) as kept:
        kept.new("campaigns")
        results = [_result(number) for number in range(ARMS)]
        with _served(_key()) as client:
            for row in _measured(client, results, calls=20 if quick else 200):
                print(json.dumps(asdict(row)), flush=True)


def _measured(client: Client, results: list[str], *, calls: int) -> Iterator[Row]:
    campaign = client.add_campaign("boots", results)["id"]
    told = [_events(call, campaign, results) for call in range(calls)]
    began = time.perf_counter()
    counted = sum(client.tell_events(events)["counted"] for events in told)
    rate = counted / (time.perf_counter() - began)
    sent = calls * shop_events.MOST
    yield _row("events counted, 1,000 a call, one caller over HTTP", rate, "events/s", "≥ 1000")
    yield _row("events counted of those told", counted / sent, "", "= 1")
    again = sum(client.tell_events(events)["repeated"] for events in told[: calls // 10])
    yield _row("told again, known", again / (calls // 10 * shop_events.MOST), "", "= 1")
    began = time.process_time()
    choice_ms = _median_ms(lambda: client.choose(campaign, impression="counted"), calls)
    spent_ms = 1000 * (time.process_time() - began) / calls
    choice = f"a choice among {ARMS}, counted, over HTTP"
    yield _row(f"{choice}, median", choice_ms, "ms", "< 10")
    yield _row(f"{choice}, processor time of caller and API", spent_ms, "ms", "< 10")
    page_ms = _median_ms(lambda: client.campaign(campaign), max(5, calls // 10))
    yield _row(f"a campaign of {ARMS} arms with all that is believed, median", page_ms, "ms", "")


def _row(claim: str, value: float, unit: str, wanted: str) -> Row:
    return Row("campaigns", claim, value, unit, wanted)


def _median_ms(ask: Callable[[], Any], times: int) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        took.append(1000 * (time.perf_counter() - began))
    return median(took)


def _events(call: int, campaign: str, results: list[str]) -> list[dict[str, str]]:
    return [
        {
            "id": f"{call}-{number}",
            "kind": "impression" if number % 10 else "click",
            "result_id": results[number % len(results)],
            "campaign_id": campaign,
        }
        for number in range(shop_events.MOST)
    ]


def _key() -> str:
    with transaction() as session:
        tenants.ensure(session, TENANT)
        return keys.issue(session, TENANT, name="bench", scopes=keys.SCOPES).text


def _result(number: int) -> str:
    """The id of a published result whose bytes nobody will ask for."""
    order = parse(json.dumps({"operation": {"op": "sample", "seed": number}}).encode())
    with transaction() as session:
        job = jobs.create(session, TENANT, order).job
        session.flush()
        row = Result(
            id=new_id(), job_id=job.id, ordinal=0, tenant=TENANT, lease_token=1,
            visibility="published", blob_key="0" * 64, sha256="0" * 64, format="png", bytes=1,
            width=1, height=1, op="ad", source_kind="generated", scores={}, metric_version=1,
            seed=0, created_at=clock.now(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


@contextmanager
def _served(key: str) -> Iterator[Client]:
    """The API on a port of its own, in a thread; gives a client of the shop."""
    server = uvicorn.Server(
        uvicorn.Config(build_app(ApiSettings()), port=0, log_level="error", lifespan="on")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        with Client(f"http://127.0.0.1:{port}", key) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


if __name__ == "__main__":
    main()
