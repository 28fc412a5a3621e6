"""How often a device was lost of late, as its lock file tells."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workers import locks
from workers.locks import LockFile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "locks"


def _file(folder: Path, **other: str) -> LockFile:
    return LockFile(folder, **{"host": "web1", "device": "cuda:0", "work": "gpu", **other})


def test_a_device_that_was_never_lost_is_not_broken_and_leaves_no_file(folder: Path):
    assert not _file(folder).is_broken()
    assert not folder.exists()


def test_at_the_third_loss_it_is_broken_for_every_process_that_comes_after(folder: Path):
    broken = []
    for number in range(3):
        _file(folder).note_loss([f"job-{number}"])
        broken.append(_file(folder).is_broken())

    assert broken == [False, False, True]


def test_one_job_that_is_there_each_time_is_to_blame_and_not_the_device(folder: Path):
    for jobs in (["poison", "a", "b"], ["poison", "a"], ["poison"], ["poison"]):
        _file(folder).note_loss(jobs)
        assert not _file(folder).is_broken()

    _file(folder).note_loss(["a"])

    assert _file(folder).is_broken()


def test_another_device_queue_or_host_is_not_touched_by_it(folder: Path):
    for _ in range(3):
        _file(folder).note_loss([])

    for other in ({"device": "cuda:1"}, {"work": "train"}, {"host": "web2"}):
        assert not _file(folder, **other).is_broken()


def test_losses_are_forgotten_after_ten_minutes(folder: Path, monkeypatch: pytest.MonkeyPatch):
    for _ in range(3):
        _file(folder).note_loss([])
    later = time.time() + locks.WITHIN_S + 1
    monkeypatch.setattr(locks.time, "time", lambda: later)

    assert not _file(folder).is_broken()
    _file(folder).note_loss([])
    assert len(_file(folder).path.read_text().splitlines()) == 1


def test_losses_at_the_same_moment_are_all_counted(folder: Path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _file(folder).note_loss([]), range(8)))

    assert len(_file(folder).path.read_text().splitlines()) == 8


def test_what_is_no_moment_counts_for_nothing(folder: Path):
    one = _file(folder)
    one.note_loss([])
    one.path.write_text("yesterday\n\n99999999999999\n" * 5 + one.path.read_text())

    assert not one.is_broken()


def test_its_name_stays_in_its_folder_whatever_a_worker_is_called(folder: Path):
    one = _file(folder, work="gpu.../../../etc/passwd@web 1")

    one.note_loss([])

    assert list(folder.iterdir()) == [one.path]
