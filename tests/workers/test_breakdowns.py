"""How often a device was lost of late, as the file beside its lock file tells."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workers import breakdowns, locks
from workers.breakdowns import Breakdowns


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "locks"


def _of(
    folder: Path, *, device: str = "GPU-a", queue: str = "gpu", host: str = "web1"
) -> Breakdowns:
    return Breakdowns(locks.path(folder, host=host, device=device, queues=[queue]))


def test_a_device_that_was_never_lost_is_not_broken_and_leaves_no_file(folder: Path):
    assert not _of(folder).tell_of_a_broken_device()
    assert not folder.exists()


def test_at_the_third_breakdown_it_is_broken_for_every_process_that_comes_after(folder: Path):
    broken = []
    for number in range(3):
        _of(folder).note([f"job-{number}"])
        broken.append(_of(folder).tell_of_a_broken_device())

    assert broken == [False, False, True]


def test_one_job_that_is_there_each_time_is_to_blame_and_not_the_device(folder: Path):
    for jobs in (["poison", "a", "b"], ["poison", "a"], ["poison"], ["poison"]):
        _of(folder).note(jobs)
        assert not _of(folder).tell_of_a_broken_device()

    _of(folder).note(["a"])

    assert _of(folder).tell_of_a_broken_device()


def test_another_device_queue_or_host_is_not_touched_by_it(folder: Path):
    for _ in range(3):
        _of(folder).note([])

    others = [_of(folder, device="GPU-b"), _of(folder, queue="train"), _of(folder, host="web2")]

    assert not any(other.tell_of_a_broken_device() for other in others)


def test_breakdowns_are_forgotten_after_ten_minutes(folder: Path, monkeypatch: pytest.MonkeyPatch):
    for _ in range(3):
        _of(folder).note([])
    later = time.time() + breakdowns.WITHIN_S + 1
    monkeypatch.setattr(breakdowns.time, "time", lambda: later)

    assert not _of(folder).tell_of_a_broken_device()
    _of(folder).note([])
    assert len(_of(folder).path.read_text().splitlines()) == 1


def test_breakdowns_at_the_same_moment_are_all_counted(folder: Path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _of(folder).note([]), range(8)))

    assert len(_of(folder).path.read_text().splitlines()) == 8


def test_what_is_no_moment_counts_for_nothing(folder: Path):
    one = _of(folder)
    one.note([])
    one.path.write_text("yesterday\n\n99999999999999\n" * 5 + one.path.read_text())

    assert not one.tell_of_a_broken_device()


def test_who_holds_the_device_notes_its_breakdowns_and_who_comes_later_reads_them(folder: Path):
    path = locks.path(folder, host="web1", device="GPU-a", queues=["gpu"])
    assert locks.LockFile(path).hold("gpu@web1")

    for _ in range(3):
        Breakdowns(path).note([])

    assert Breakdowns(path).tell_of_a_broken_device()
    assert "gpu@web1" in locks.LockFile(path).holder()
