"""`packshot batch` and the client's batches, against the real app behind a real socket."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from api import cli
from api.client import ApiError, Client
from db import batches, clock
from db.engine import transaction
from tests import rows
from tests.api import registered
from tests.factories import NOWHERE

Run = Callable[..., int]


@pytest.fixture
def address(home: Path, rung: list[str]) -> Iterator[str]:
    """Where the API answers."""
    from api.main import build_app
    from api.settings import ApiSettings

    server = uvicorn.Server(uvicorn.Config(build_app(ApiSettings()), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def shop(address: str, api_key: str) -> Iterator[Client]:
    with Client(address, api_key) as client:
        yield client


@pytest.fixture
def packshot(monkeypatch: pytest.MonkeyPatch, address: str, api_key: str) -> Run:
    monkeypatch.setenv("API_KEY", api_key)
    monkeypatch.setenv("API_URL", address)

    def run(*words: str) -> int:
        from api import settings

        settings.get.cache_clear()
        monkeypatch.setattr(sys, "argv", ["packshot", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        settings.get.cache_clear()
        return int(ended.value.code or 0)

    return run


@pytest.fixture
def orders(home: Path) -> list[dict[str, Any]]:
    """Two that can be done and one that cannot."""
    keys = (registered.picture(24, 16), registered.picture(24, 17), NOWHERE)
    return [{"operation": {"op": "upscale", "picture": key}} for key in keys]


@pytest.fixture
def file(orders: list[dict[str, Any]], tmp_path: Path) -> str:
    path = tmp_path / "catalogue.jsonl"
    path.write_text("".join(f"{json.dumps(order)}\n" for order in orders), encoding="utf-8")
    return str(path)


def work() -> None:
    """As workers and the sweeper would: every job succeeds, and what is over is closed."""
    for job in rows.claim(room=10):
        rows.change(job.id, state="succeeded", finished_at=clock.now(), lease_owner=None)
    with transaction() as session:
        batches.close_finished(session)


def test_a_client_submits_a_batch_and_reads_what_became_of_each_line(
    shop: Client, orders: list[dict[str, Any]]
) -> None:
    made = shop.submit_batch(orders, key="k")
    again = shop.submit_batch(orders, key="k")

    lines = list(shop.batch_lines(made["id"]))

    assert again["id"] == made["id"]
    assert [line["state"] for line in lines] == ["queued", "queued", "refused"]
    assert [one["id"] for one in shop.batches()] == [made["id"]]
    assert [one["line"] for one in shop.batch_lines(made["id"], {"state": "refused"})] == [3]


def test_a_client_waits_until_a_batch_is_over(shop: Client, orders: list[dict[str, Any]]) -> None:
    made = shop.submit_batch(orders)
    seen: list[str] = []

    def watch(batch: dict[str, Any]) -> None:
        seen.append(batch["state"])
        work()

    ended = shop.wait_batch(made["id"], pause_s=0.01, watch=watch)

    assert seen == ["running", "partially_completed"]
    assert ended["counts"]["succeeded"] == 2


def test_waiting_for_a_batch_gives_up_in_time(shop: Client, orders: list[dict[str, Any]]) -> None:
    made = shop.submit_batch(orders)

    with pytest.raises(TimeoutError, match="still running"):
        shop.wait_batch(made["id"], timeout_s=0.01, pause_s=0.01)


def test_a_client_cancels_a_batch_once(shop: Client, orders: list[dict[str, Any]]) -> None:
    made = shop.submit_batch(orders)

    assert shop.cancel_batch(made["id"])["counts"]["cancelled"] == 2
    with pytest.raises(ApiError, match="batch_finished"):
        shop.cancel_batch(made["id"])


def test_a_file_of_orders_is_submitted(
    packshot: Run, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = packshot("batch", file, "--json")

    (made,) = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (made["counts"]["queued"], made["counts"]["refused"]) == (2, 1)


def test_a_watched_batch_ends_with_1_when_not_every_line_succeeded(
    packshot: Run, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    over = threading.Event()

    def keep_working() -> None:
        while not over.wait(0.05):
            work()

    worker = threading.Thread(target=keep_working)
    worker.start()
    try:
        code = packshot("batch", file, "--watch")
    finally:
        over.set()
        worker.join()

    head, row = capsys.readouterr().out.splitlines()
    assert code == 1
    told = dict(zip(head.split("\t"), row.split("\t"), strict=True))
    assert told["state"] == "partially_completed"
    assert (told["lines"], told["succeeded"], told["refused"], told["open"]) == ("3", "2", "1", "0")


def test_a_batch_is_shown_line_by_line_with_what_was_wrong(
    packshot: Run, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    packshot("batch", file, "--json")
    (made,) = json.loads(capsys.readouterr().out)

    packshot("batches", made["id"], "--state", "refused")

    _, line = capsys.readouterr().out.splitlines()
    assert line.startswith("3\trefused\t–\t–\tpicture_not_found: ")


def test_a_batch_is_cancelled_by_its_id(
    packshot: Run, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    packshot("batch", file, "--json")
    (made,) = json.loads(capsys.readouterr().out)

    packshot("batches", made["id"], "--cancel", "--json")

    assert json.loads(capsys.readouterr().out)[0]["counts"]["cancelled"] == 2


@pytest.mark.parametrize("words", [["batch", "none.jsonl"], ["batches", "--cancel"]])
def test_words_that_make_no_request_are_refused(packshot: Run, words: list[str]) -> None:
    assert packshot(*words) == 2
