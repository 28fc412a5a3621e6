"""The life of a worker's process: how it stops, falls and breaks, and what becomes of its jobs."""

import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
import torch
from sqlalchemy import select

from api import broker
from db import attempts, clock, fleet, transitions
from db.engine import reading, transaction
from db.tables.jobs import Attempt
from db.tables.workers import Worker
from tests import rows
from tests.workers import started
from tests.workers.started import SLEEPS, Started, is_in, until
from workers import life, settings
from workers.process import Process, boot
from workers.settings import WorkerSettings

pytestmark = pytest.mark.usefixtures("home")

# Some jobs go to the device in one batch, which kills it there; the others sleep beside it.
KILLS_THE_DEVICE = """
import time, torch
from workers import perform

def door(x):
    if (x == 666).any():
        time.sleep(0.5)  # until all are at work
        raise RuntimeError("CUDA error: device-side assert triggered")
    return x

def make(job, lease, bench):
    if job.seed < 10:
        bench.warm._batcher.call("network", door, torch.full((1, 1), 666.0))
    time.sleep(60)

perform._make = make
"""
# The same by CUDA itself: an index that is out of bounds on the device.
KILLS_CUDA = """
import time, torch
from workers import perform

def door(x):
    torch.zeros(1, device=x.device)[x.long()]
    torch.cuda.synchronize()
    return x

def make(job, lease, bench):
    if job.seed < 10:
        bench.warm._batcher.call("network", door, torch.full((1, 1), 666.0))
    time.sleep(60)

perform._make = make
"""
# One job is poison on the device, alone or in company; the others are done well.
POISON = """
import torch
from workers import perform

def door(x):
    if (x == 666).any():
        raise RuntimeError("CUDA error: an illegal memory access was encountered")
    return x

def make(job, lease, bench):
    bench.warm._batcher.call("network", door, torch.full((1, 1), float(job.seed)))
    bench.committer.succeed(lease, [], None)

perform._make = make
"""
# A hand in a call that no signal and no Python reaches.
HANGS = """
import ctypes
from workers import perform

perform._make = lambda job, lease, bench: ctypes.CDLL(None).sleep(600)
"""
HANGS_ON_THE_DEVICE = """
import ctypes, torch
from workers import on_device, perform

on_device.LOADING_S = 1.0

def make(job, lease, bench):
    def door(x):
        ctypes.CDLL(None).sleep(600)
    bench.warm._batcher.call("network", door, torch.zeros(1, 1))

perform._make = make
"""
BOOTS_FOR_EVER = """
import time
from workers import device

def wanted(asked):
    print("choosing", flush=True)
    time.sleep(600)

device.wanted = wanted
"""


def _jobs(*seeds: int) -> list[str]:
    return [rows.queued(seed=seed) for seed in seeds]


def _states(ids: list[str]) -> list[str]:
    return [rows.read(job_id).state for job_id in ids]


def _all_run(ids: list[str], one: Started) -> None:
    until(lambda: set(_states(ids)) == {"running"}, one)


def _last_outcomes(ids: list[str]) -> list[str | None]:
    with reading() as session:
        return [attempts.of(session, job_id)[-1].outcome for job_id in ids]


# Stop


def test_at_sigterm_what_ends_in_time_ends_and_the_rest_goes_back_untried(home: Path):
    short, long = _jobs(12, 15, 18), _jobs(300, 400, 600)
    with started.worker(home, program=SLEEPS, WORKER_HANDS="6") as one:
        _all_run([*short, *long], one)

        one.process.send_signal(signal.SIGTERM)
        code, took_s = one.ended(within_s=20)

        assert code == 0
        assert took_s <= 5.5
    assert _states(short) == ["succeeded"] * 3
    assert _states(long) == ["queued"] * 3
    assert [rows.read(job_id).attempt for job_id in long] == [0, 0, 0]
    assert [rows.read(job_id).crash_count for job_id in long] == [0, 0, 0]
    assert _last_outcomes(long) == ["release"] * 3
    assert started.row(one).state == "stopped"  # type: ignore[union-attr]


def test_an_idle_worker_is_gone_at_once_also_when_told_twice(home: Path):
    with started.worker(home) as one:
        until(lambda: is_in(one, "ready"), one)

        one.process.send_signal(signal.SIGTERM)
        one.process.send_signal(signal.SIGTERM)
        code, took_s = one.ended(within_s=10)

        assert code == 0
        assert took_s < 4.5


def test_a_second_sigterm_changes_nothing_while_jobs_end(home: Path):
    ids = _jobs(20)
    with started.worker(home, program=SLEEPS) as one:
        _all_run(ids, one)

        one.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        one.process.send_signal(signal.SIGTERM)

        assert one.ended(within_s=10)[0] == 0
    assert _states(ids) == ["succeeded"]


def test_a_hand_that_hangs_in_a_call_keeps_no_process_alive(home: Path):
    ids = _jobs(1, 2)
    with started.worker(home, program=HANGS, WORKER_DRAIN_S="1") as one:
        _all_run(ids, one)

        one.process.send_signal(signal.SIGTERM)
        code, took_s = one.ended(within_s=10)

        assert code == 0  # all was put back
        assert took_s < 4.5
    assert _states(ids) == ["queued", "queued"]


def test_without_its_database_a_worker_ends_in_time_and_says_that_jobs_are_left(home: Path):
    ids = _jobs(600)
    with started.worker(home, program=SLEEPS, WORKER_DRAIN_S="1") as one:
        _all_run(ids, one)
        away = sqlite3.connect(home / "packshot.db", isolation_level=None)
        away.execute("BEGIN IMMEDIATE")  # nobody else gets to write

        one.process.send_signal(signal.SIGTERM)
        code, took_s = one.ended(within_s=10)

        away.execute("ROLLBACK")
        away.close()
        assert code == 70
        assert took_s < 4.5
    assert _states(ids) == ["running"]  # until its lease runs out
    rows.lease_ran_out(ids[0])
    with transaction() as session:
        assert [job.id for job in transitions.sweep(session)] == ids


def test_a_broker_that_answers_nobody_keeps_no_process_alive(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("WORKER_BROKER_URL")
    settings.get.cache_clear()
    ids = _jobs(600)
    with subprocess.Popen(broker.command(), stderr=subprocess.DEVNULL) as valkey:
        try:
            with started.worker(home, program=SLEEPS, WORKER_DRAIN_S="1") as one:
                _all_run(ids, one)
                valkey.send_signal(signal.SIGSTOP)

                one.process.send_signal(signal.SIGTERM)
                code, took_s = one.ended(within_s=10)

                assert code == 0
                assert took_s < 4.5
        finally:
            valkey.send_signal(signal.SIGCONT)
            valkey.terminate()
    assert _states(ids) == ["queued"]


def test_a_worker_that_is_stopped_while_it_boots_ends_and_takes_nothing(home: Path):
    ids = _jobs(1)
    with started.worker(home, program=BOOTS_FOR_EVER) as one:
        until(lambda: "choosing" in one.said(), one)

        one.process.send_signal(signal.SIGTERM)

        assert one.ended(within_s=5)[0] == 0
    assert _states(ids) == ["queued"]


def test_an_operator_sends_a_worker_home_and_it_ends_as_at_sigterm(home: Path):
    ids = _jobs(600)
    with started.worker(home, program=SLEEPS, WORKER_LEASE_S="1.5", WORKER_DRAIN_S="0.5") as one:
        _all_run(ids, one)
        with transaction() as session:
            fleet.ask_to_drain(session, rows.read(ids[0]).lease_owner or "")

        assert one.ended(within_s=15)[0] == 0
    assert _states(ids) == ["queued"]
    assert _last_outcomes(ids) == ["release"]


def test_who_was_drained_before_it_was_ready_never_says_that_it_is():
    process = boot(["gpu"])

    process.drain()
    process.start()

    assert process.state == "stopped"
    with reading() as session:
        assert session.get_one(Worker, process.id).state == "stopped"
    assert not process._feeder._thread.is_alive()


def test_a_process_has_one_life_and_one_that_is_no_worker_has_none(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(life, "_current", None)
    with pytest.raises(RuntimeError, match="no worker"):
        life.current()

    process = Process(["cpu"], WorkerSettings(device="cpu"))
    life.begin(process)

    assert life.current() is process
    process.drain()


# Fall


def test_a_lost_device_takes_its_batch_down_and_nobody_else(home: Path):
    on_device, beside = _jobs(1, 2, 3), _jobs(600, 600)
    together = {"WORKER_BATCH_WAIT_MS": "3000"}
    with started.worker(home, program=KILLS_THE_DEVICE, WORKER_HANDS="5", **together) as one:
        _all_run([*on_device, *beside], one)

        assert one.ended(within_s=20)[0] == 75

    assert _states([*on_device, *beside]) == ["queued"] * 5
    found = [rows.read(job_id) for job_id in (*on_device, *beside)]
    assert [job.attempt for job in found] == [0] * 5
    assert [job.crash_count for job in found] == [1, 1, 1, 0, 0]
    assert _last_outcomes(on_device) == ["crash"] * 3
    assert _last_outcomes(beside) == ["release"] * 2
    with reading() as session:
        told = session.scalars(select(Attempt.error).where(Attempt.job_id == on_device[0])).one()
    assert "device-side assert" in (told or "")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_cuda_error_that_sticks_ends_the_process_and_puts_its_jobs_back(home: Path):
    on_device, beside = _jobs(1), _jobs(600)
    with started.worker(home, program=KILLS_CUDA, WORKER_DEVICE="cuda:0") as one:
        assert one.ended(within_s=60)[0] == 75

    assert _states([*on_device, *beside]) == ["queued"] * 2
    assert _last_outcomes(on_device) == ["crash"]
    assert _last_outcomes(beside) == ["release"]


def test_a_device_lost_while_the_database_is_away_ends_the_process_all_the_same(home: Path):
    ids = _jobs(1)
    with started.worker(home, program=KILLS_THE_DEVICE.replace("0.5", "3")) as one:
        _all_run(ids, one)
        away = sqlite3.connect(home / "packshot.db", isolation_level=None)
        away.execute("BEGIN IMMEDIATE")

        code, took_s = one.ended(within_s=20)

        away.execute("ROLLBACK")
        away.close()
        assert code == 75
        assert took_s < 10
    assert _states(ids) == ["running"]


def test_at_the_third_loss_of_its_device_a_worker_stays_up_broken_and_takes_nothing(home: Path):
    for _ in range(3):
        another = rows.queued(seed=1)
        with started.worker(home, program=KILLS_THE_DEVICE) as one:
            assert one.ended(within_s=60)[0] == 75
        rows.change(another, state="cancelled", finished_at=clock.now())
    waiting = rows.queued(seed=1)

    with started.worker(home, WORKER_LEASE_S="1.5") as one:
        until(lambda: is_in(one, "broken"), one)
        time.sleep(1)
        assert is_in(one, "broken")
        assert rows.read(waiting).state == "queued"

        one.process.send_signal(signal.SIGTERM)
        assert one.ended(within_s=5)[0] == 0


def test_a_poison_job_dies_alone_in_the_end_and_its_neighbours_lose_no_attempt(home: Path):
    poison, *neighbours = ids = _jobs(666, 1, 2)
    codes = []
    while "queued" in _states(ids) and len(codes) < 6:
        with started.worker(home, program=POISON, WORKER_BATCH_WAIT_MS="1000") as one:
            over = {"succeeded", "dead"}
            while one.process.poll() is None and not set(_states(ids)) <= over:
                time.sleep(0.05)
            one.process.terminate()
            codes.append(one.ended(within_s=10)[0])

    assert codes.count(75) == 4  # two together, then two alone; no device was called broken
    assert rows.read(poison).state == "dead"
    assert _states(neighbours) == ["succeeded"] * 2
    assert [rows.read(job_id).attempt for job_id in neighbours] == [1, 1]
    with reading() as session:
        history = [attempt.outcome for attempt in attempts.of(session, poison)]
    assert history == ["crash"] * 4


def test_a_device_that_hangs_ends_the_process_and_says_where_it_stood(home: Path):
    ids = _jobs(1)
    with started.worker(home, program=HANGS_ON_THE_DEVICE) as one:
        _all_run(ids, one)

        assert one.ended(within_s=20)[0] == 70

        assert "does not get on with its batch" in one.said()
        assert "in door" in one.said()
    job = rows.read(ids[0])
    assert (job.state, job.attempt, job.crash_count) == ("queued", 0, 1)


def test_hands_that_stay_beyond_their_jobs_time_end_the_process(home: Path):
    ids = _jobs(1, 2)
    for job_id in ids:
        rows.change(job_id, timeout_s=0.5)
    with started.worker(home, program=HANGS, WORKER_LEASE_S="1", WORKER_HANDS="4") as one:
        assert one.ended(within_s=60)[0] == 70

        assert "2 of 4 hands are over their jobs' time" in one.said()
