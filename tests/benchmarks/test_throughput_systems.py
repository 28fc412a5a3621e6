"""What Packshot is compared with really does the jobs, and leaves nothing behind."""

import json
from pathlib import Path

import psutil
import pytest
import torch

from benchmarks import (
    environments,
    throughput_celery,
    throughput_packshot,
    throughput_peers,
    throughput_raw,
    throughput_work,
    throughput_workloads,
)
from benchmarks.throughput_http import Http
from benchmarks.throughput_system import NotHere
from benchmarks.throughput_work import Desk
from models import labels


def test_the_raw_loop_ends_before_anything_else_could(tmp_path: Path) -> None:
    with throughput_raw.running(throughput_workloads.named("noop"), tmp_path) as raw:
        drained = raw.drain(1_000)

    assert 1_000 / drained.seconds > 20_000
    assert not raw.durable


def test_the_raw_loop_gives_a_fake_device_full_batches(tmp_path: Path) -> None:
    with throughput_raw.running(throughput_workloads.named("fake-8-1"), tmp_path) as raw:
        drained = raw.drain(320)

    assert 320 / drained.seconds == pytest.approx(1_000 * 16 / (8 + 16), rel=0.15)


@pytest.mark.parametrize("count", [1, 16, 17, 100])
def test_the_raw_loop_scores_every_picture(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workload = throughput_workloads.named("noop-pictures")
    seen = []
    monkeypatch.setattr(
        throughput_raw, "delivered", lambda source, clean, _: seen.append((source, clean))
    )

    drained = throughput_raw.with_pictures(workload, lambda images: images)(count)

    assert drained.seconds > 0
    assert len(seen) == count
    assert all(bool((source == clean).all()) for source, clean in seen)


def test_the_raw_loop_drains_pictures(tmp_path: Path) -> None:
    with throughput_raw.running(throughput_workloads.named("noop-pictures"), tmp_path) as raw:
        drained = raw.drain(32)

    assert 0 < drained.seconds < 30


def test_the_work_by_hand_is_that_of_a_worker() -> None:
    (data, *_) = throughput_packshot.pictures(128)
    source = throughput_work.decoded(data)

    written, numbers = throughput_work.delivered(source, source * 0.5, "a job")

    label = labels.read(written)
    assert label is not None
    assert (label.source_kind, label.job_id) == ("enhanced", "a job")
    assert set(numbers) == {"noise_sigma", "sharpness", "blockiness"}
    halved = throughput_work.decoded(written)
    assert torch.allclose(halved, source * 0.5, atol=0.5 / 255 + 1e-6)


def test_a_network_that_gives_its_own_argument_back_does_not_spoil_the_picture(
    tmp_path: Path,
) -> None:
    workload = throughput_workloads.named("noop-pictures")
    for name in ("pictures", "results"):
        (tmp_path / name).mkdir()
    (tmp_path / "pictures" / "000.png").write_bytes(throughput_packshot.pictures(128)[0])
    desk = Desk(workload, tmp_path)

    numbers = desk.done(5)

    before = (tmp_path / "pictures" / "000.png").read_bytes()
    after = (tmp_path / "results" / "5.png").read_bytes()
    assert torch.equal(throughput_work.decoded(before), throughput_work.decoded(after))
    assert all(value is not None for value in numbers.values())


@pytest.mark.journey
@pytest.mark.parametrize("start", [throughput_celery.solo, throughput_celery.prefork])
def test_plain_celery_drains_and_leaves_nobody_behind(
    start: throughput_peers.Start, tmp_path: Path
) -> None:
    before = set(psutil.Process().children(recursive=True))

    with start(throughput_workloads.named("noop"), tmp_path) as celery:
        drained = celery.drain(20)

    assert 0 < drained.seconds < 10
    assert set(psutil.Process().children(recursive=True)) <= before


def test_a_peer_without_an_environment_is_left_out_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "FOLDER", tmp_path)
    workload = throughput_workloads.named("noop")

    for system, start in throughput_peers.STARTERS.items():
        sentence = throughput_peers.missing(system)
        assert sentence.startswith(f"{system} is left out: ")
        assert "python -m benchmarks.throughput_peers setup" in sentence
        with pytest.raises(NotHere, match="is not installed"), start(workload, tmp_path):
            pass


def test_a_peer_that_does_not_answer_is_left_out_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throughput_peers, "missing", lambda _: "")
    # An environment without Python: nothing starts.
    monkeypatch.setattr(environments, "FOLDER", tmp_path)
    start = throughput_peers.STARTERS["litserve"]

    with (
        pytest.raises(NotHere, match="does not answer"),
        start(throughput_workloads.named("noop"), tmp_path),
    ):
        pass


def test_every_system_has_a_name_of_its_own() -> None:
    names = ["raw", "celery-solo", "celery-prefork", *throughput_peers.STARTERS]

    assert len(set(names)) == len(names)


def test_a_setup_that_fails_says_so_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "FOLDER", tmp_path / "file" / "below")
    (tmp_path / "file").write_text("no folder")

    sentence = environments.setup(throughput_peers.PEERS[0])

    assert "was not installed: " in sentence
    assert "\n" not in sentence


def test_a_request_is_small_and_complete() -> None:
    peer = Http("peer", 80, "/infer", lambda number: {"number": number})

    head, _, body = peer._request(7).partition(b"\r\n\r\n")

    assert json.loads(body) == {"number": 7}
    assert f"Content-Length: {len(body)}".encode() in head
    assert len(head) + len(body) < 200
