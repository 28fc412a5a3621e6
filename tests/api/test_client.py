"""The client a storefront imports: what it repeats, what it raises, and how it waits."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from api import client as client_file
from api.client import ApiError, Client, Unreachable
from tests.api import scripted
from tests.api.scripted import CUT, Answer, Asked

AT_ONCE = (0.0, 0.0, 0.0)


def test_a_cut_connection_is_tried_again_under_the_same_idempotency_key() -> None:
    answers = iter([CUT, CUT, {"id": "j1", "state": "queued"}])
    with (
        scripted.serving(lambda _: next(answers)) as server,
        Client(server.url, pauses_s=AT_ONCE) as shop,
    ):
        job = shop.submit({"operation": {"op": "sample"}})

    assert job["id"] == "j1"
    assert len(server.asked) == 3
    assert len({one.headers["Idempotency-Key"] for one in server.asked}) == 1


def test_two_submissions_have_two_idempotency_keys() -> None:
    with scripted.serving(lambda _: {"id": "j"}) as server, Client(server.url) as shop:
        shop.submit({"operation": {"op": "sample"}})
        shop.submit({"operation": {"op": "sample"}})

    first, second = (one.headers["Idempotency-Key"] for one in server.asked)
    assert first != second


def test_asking_for_a_retry_is_never_repeated_after_a_cut_connection() -> None:
    with (
        scripted.serving(lambda _: CUT) as server,
        Client(server.url, pauses_s=AT_ONCE) as shop,
        pytest.raises(Unreachable),
    ):
        shop.retry("j1")

    assert len(server.asked) == 1


def test_a_key_is_not_made_twice_after_a_cut_connection() -> None:
    with (
        scripted.serving(lambda _: CUT) as server,
        Client(server.url, pauses_s=AT_ONCE) as shop,
    ):
        with pytest.raises(Unreachable):
            shop.add_key("till", ["train"])
        with pytest.raises(Unreachable):
            shop.rotate_key("k1")

    assert len(server.asked) == 2


@pytest.mark.parametrize(("key", "sent"), [("psk_mine", "Bearer psk_mine"), (None, None)])
def test_every_request_carries_the_key(key: str | None, sent: str | None) -> None:
    with scripted.serving(lambda _: {"items": []}) as server, Client(server.url, key) as shop:
        shop.versions()
        shop.upload(b"picture")

    assert [one.headers.get("Authorization") for one in server.asked] == [sent, sent]


def test_a_busy_api_is_asked_again_when_it_says_so() -> None:
    answers = iter([Answer(503, {}, {"Retry-After": "0"}), {"items": [{"id": "v"}]}])
    with scripted.serving(lambda _: next(answers)) as server, Client(server.url) as shop:
        assert shop.versions() == [{"id": "v"}]


def test_a_key_over_its_rate_waits_as_long_as_it_is_told() -> None:
    answers = iter([Answer(429, {}, {"Retry-After": "1"}), {"items": [{"id": "v"}]}])
    started = time.monotonic()
    with scripted.serving(lambda _: next(answers)) as server, Client(server.url) as shop:
        assert shop.versions() == [{"id": "v"}]

    assert time.monotonic() - started >= 1.0


@pytest.mark.parametrize("again_s", ["86400", "9" * 5_000])
def test_nobody_sleeps_until_tomorrow(again_s: str) -> None:
    told = Answer(429, {"code": "upload_quota", "detail": "no more"}, {"Retry-After": again_s})
    with (
        scripted.serving(lambda _: told) as server,
        Client(server.url) as shop,
        pytest.raises(ApiError, match="upload_quota"),
    ):
        shop.versions()

    assert len(server.asked) == 1


def test_nobody_at_the_address_is_said_as_unreachable() -> None:
    with scripted.serving(lambda _: None) as server:
        gone = server.url

    with (
        Client(gone, pauses_s=AT_ONCE) as shop,
        pytest.raises(Unreachable, match="does not answer"),
    ):
        shop.job("j1")


def test_a_problem_document_is_raised_with_its_code_and_pointers() -> None:
    problem = {
        "code": "validation_error",
        "detail": "one field is wrong",
        "request_id": "r1",
        "errors": [{"pointer": "/operation/sigma", "code": "less_than_equal", "detail": "≤ 75"}],
    }
    with (
        scripted.serving(lambda _: Answer(422, problem)) as server,
        Client(server.url) as shop,
        pytest.raises(ApiError) as caught,
    ):
        shop.submit({})

    assert (caught.value.status, caught.value.code) == (422, "validation_error")
    assert caught.value.errors[0]["pointer"] == "/operation/sigma"


def test_a_page_that_is_no_problem_document_is_still_an_api_error() -> None:
    with (
        scripted.serving(lambda _: Answer(502, b"<h1>Bad gateway</h1>")) as server,
        Client(server.url) as shop,
        pytest.raises(ApiError, match="Bad gateway"),
    ):
        shop.versions()


def test_pages_are_followed_until_enough_is_there() -> None:
    def page(asked: Asked) -> Any:
        if "cursor=two" in asked.path:
            return {"items": [{"id": 3}, {"id": 4}], "next_cursor": "three"}
        return {"items": [{"id": 1}, {"id": 2}], "next_cursor": "two"}

    with scripted.serving(page) as server, Client(server.url) as shop:
        found = [row["id"] for row in shop.results({"op": "denoise", "sku": None}, limit=4)]

    assert found == [1, 2, 3, 4]
    assert all("op=denoise" in one.path and "sku" not in one.path for one in server.asked)


def test_waiting_asks_for_changes_only_and_gives_the_jobs_in_order() -> None:
    looks: dict[str, int] = {}

    def job(asked: Asked) -> Any:
        name = asked.path.rpartition("/")[2]
        looks[name] = looks.get(name, 0) + 1
        done = looks[name] > (3 if name == "slow" else 1)
        etag = '"2"' if done else '"1"'
        if asked.headers.get("If-None-Match") == etag:
            return Answer(304, b"")
        state = "succeeded" if done else "running"
        return Answer(200, {"id": name, "state": state}, {"ETag": etag})

    states = []
    with scripted.serving(job) as server, Client(server.url) as shop:
        watch = lambda seen: states.append((seen["id"], seen["state"]))  # noqa: E731
        ended = shop.wait(["slow", "fast"], pause_s=0.001, watch=watch)

    assert [one["id"] for one in ended] == ["slow", "fast"]
    assert states.count(("slow", "running")) == 1
    assert states[-1] == ("slow", "succeeded")


def test_waiting_gives_up_in_time() -> None:
    with (
        scripted.serving(lambda _: {"id": "j", "state": "running"}) as server,
        Client(server.url) as shop,
        pytest.raises(TimeoutError, match="1 jobs are still open"),
    ):
        shop.wait(["j"], timeout_s=0.01, pause_s=0.001)


def test_an_uploaded_file_keeps_its_name_and_bytes(tmp_path: Path) -> None:
    picture = tmp_path / "shoe.png"
    picture.write_bytes(b"\x89PNG bytes")
    with scripted.serving(lambda _: {"id": "p1"}) as server, Client(server.url) as shop:
        shop.upload(picture)

    assert b'filename="shoe.png"' in server.asked[0].body
    assert b"\x89PNG bytes" in server.asked[0].body


def test_the_client_is_one_file_that_needs_only_httpx2(tmp_path: Path) -> None:
    copy = tmp_path / "packshot_client.py"
    copy.write_text(Path(client_file.__file__).read_text(encoding="utf-8"), encoding="utf-8")

    ran = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import packshot_client; "
            "print([n for n in ('api', 'db', 'models', 'workers', 'torch') if n in sys.modules])",
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout.strip() == "[]"


def test_a_stage_is_fetched_by_its_job_and_name() -> None:
    with (
        scripted.serving(lambda asked: Answer(200, asked.path.encode())) as server,
        Client(server.url) as shop,
    ):
        assert shop.stage("j1", "0.matte") == b"/v1/jobs/j1/stages/0.matte"


def _stream(*events: tuple[str, str, dict[str, Any]]) -> Answer:
    said = (f": ping\n\nid: {i}\nevent: {k}\ndata: {json.dumps(d)}\n\n" for k, i, d in events)
    return Answer(body="".join(said).encode(), headers={"Content-Type": "text/event-stream"})


def test_a_stream_that_ends_early_goes_on_behind_the_last_event() -> None:
    begun = {"job_id": "j", "revision": 1, "state": "running"}
    over = {"job_id": "j", "revision": 2, "state": "succeeded"}
    answers = iter([_stream(("state", "1.3", begun)), CUT, Answer(503, {"code": "x"}),
                    _stream(("end", "2.3", over))])  # fmt: skip
    with (
        scripted.serving(lambda _: next(answers)) as server,
        Client(server.url, pauses_s=AT_ONCE) as shop,
    ):
        told = list(shop.events("j"))

    assert [(one.kind, one.id) for one in told] == [("state", "1.3"), ("end", "2.3")]
    asked = [one.headers.get("Last-Event-ID") for one in server.asked]
    assert asked == [None, "1.3", "1.3", "1.3"]


def test_a_stream_that_has_nothing_more_is_over() -> None:
    with (
        scripted.serving(lambda _: Answer(204, b"")) as server,
        Client(server.url, pauses_s=AT_ONCE) as shop,
    ):
        assert list(shop.events(batch_id="b")) == []

    assert server.asked[0].path == "/v1/batches/b/events"


def test_listening_to_what_is_not_there_is_an_error() -> None:
    gone = Answer(410, {"code": "erased", "detail": "it was erased"})
    with (
        scripted.serving(lambda _: gone) as server,
        Client(server.url, pauses_s=AT_ONCE) as shop,
        pytest.raises(ApiError, match="erased"),
    ):
        list(shop.events("j"))


def test_of_all_jobs_nothing_is_heard_twice() -> None:
    told = [{"job_id": job, "revision": revision} for job, revision in
            [("a", 1), ("b", 1), ("a", 1), ("a", 2)]]  # fmt: skip
    both = _stream(*(("state", str(n), one) for n, one in enumerate(told)))
    answers = iter([both, both, Answer(204, b"")])
    with (
        scripted.serving(lambda _: next(answers)) as server,
        Client(server.url, pauses_s=AT_ONCE) as shop,
    ):
        heard = [(one.data["job_id"], one.data["revision"]) for one in shop.events()]

    assert heard == [("a", 1), ("b", 1), ("a", 2)]


def test_trainings_epochs_and_usage_are_asked_for_by_their_names() -> None:
    with (
        scripted.serving(lambda _: {"items": [{"id": "j"}], "next_cursor": None}) as server,
        Client(server.url) as shop,
    ):
        found = [*shop.trainings({"op": "train"}), *shop.epochs("j"), shop.training("j")]
        shop.usage("2026-11-01", tenant="other")

    assert found[:2] == [{"id": "j"}, {"id": "j"}]
    assert [one.path for one in server.asked] == [
        "/v1/trainings?op=train&limit=50", "/v1/trainings/j/epochs?limit=1000",
        "/v1/trainings/j", "/v1/usage?from=2026-11-01&tenant=other",
    ]  # fmt: skip
