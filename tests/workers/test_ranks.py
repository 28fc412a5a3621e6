"""A training in two real processes under torchrun: one version, as if one had made it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from db import datasets, versions
from db.engine import reading
from models.failures import CannotDo
from models.weights import Card
from tests import rows
from workers import ranks, register, training
from workers.training import EXIT_WRITTEN


@pytest.fixture(autouse=True)
def small_dataset(home: Path) -> None:
    register.register()


@pytest.fixture
def children() -> Iterator[list["subprocess.Popen[bytes]"]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for child in started:
        if child.poll() is None:
            child.kill()
        child.wait()


def claimed(**told: object) -> str:
    asked = {"dataset": "fashion-mnist-small", "network": "vae", "batch_size": 90, **told}
    job_id = rows.queued("train", envelope={"operation": asked})
    rows.claim(queue="train")
    return job_id


def start(job_id: str) -> "subprocess.Popen[bytes]":
    job = rows.read(job_id)
    return training._started(job, rows.lease_of(job))


def ranks_of(job_id: str) -> dict[int, int]:
    """The processes that train, by their rank."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                told = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            rank = next((one[5:] for one in told if one.startswith(b"RANK=")), None)
            if rank is not None and job_id.encode() in words:
                found[int(rank)] = int(entry.name)
    return found


def until_epochs(job_id: str, count: int, child: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + 90
    while time.monotonic() < give_up and child.poll() is None:
        with reading() as session:
            if len(datasets.epochs(session, job_id)) >= count:
                return
        time.sleep(0.1)
    pytest.fail("no epoch was told")


@pytest.mark.slow
def test_two_processes_make_one_version(children: list["subprocess.Popen[bytes]"]) -> None:
    job_id = claimed(epochs=2, processes=2)

    children.append(start(job_id))
    code = children[0].wait(120)

    with reading() as session:
        version = versions.of_job(session, job_id)
        epochs = datasets.epochs(session, job_id)
    assert (code, rows.read(job_id).state) == (EXIT_WRITTEN, "succeeded")
    assert version is not None
    assert Card.from_json(version.card).recipe["processes"] == 2
    assert [epoch.number for epoch in epochs] == [1, 2]
    assert not training.folder_of(job_id).exists()


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_a_process_that_is_killed_takes_the_others_along_and_the_job_goes_on_from_there(
    children: list["subprocess.Popen[bytes]"], rank: int
) -> None:
    job_id = claimed(epochs=6, processes=2)
    children.append(start(job_id))
    until_epochs(job_id, 1, children[0])
    both = ranks_of(job_id)

    os.kill(both[rank], signal.SIGKILL)
    code = children[0].wait(60)

    assert code != EXIT_WRITTEN or rows.read(job_id).error_code == "unexpected"
    assert set(both) == {0, 1}
    assert not ranks_of(job_id)
    if rows.read(job_id).state == "running":
        training._put_down(rows.lease_of(rows.read(job_id)), code, has_advanced=True)
    rows.is_due_now(job_id)
    rows.claim(queue="train")
    children.append(start(job_id))
    assert children[1].wait(120) == EXIT_WRITTEN
    assert rows.read(job_id).state == "succeeded"


@pytest.mark.slow
def test_a_worker_that_ends_them_leaves_none_and_a_whole_checkpoint(
    children: list["subprocess.Popen[bytes]"],
) -> None:
    job_id = claimed(epochs=500, processes=2)
    children.append(start(job_id))
    until_epochs(job_id, 1, children[0])

    training._end(children[0])
    time.sleep(0.5)

    assert not ranks_of(job_id)
    assert (training.folder_of(job_id) / "checkpoint.safetensors").exists()


@pytest.mark.slow
def test_processes_end_with_the_worker_that_started_them() -> None:
    job_id = claimed(epochs=500, processes=2)
    worker = (
        "import sys, time; from tests import rows; from workers import training\n"
        "job = rows.read(sys.argv[1]); training._started(job, rows.lease_of(job)); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", worker, job_id]) as started:
        until_epochs(job_id, 1, started)
        before = ranks_of(job_id)
        started.kill()

    give_up = time.monotonic() + 10
    while ranks_of(job_id) and time.monotonic() < give_up:
        time.sleep(0.1)
    assert set(before) == {0, 1}
    assert not ranks_of(job_id)


def test_alone_a_training_has_no_other_ranks() -> None:
    first = torch.device("cpu")

    with ranks.joined(first) as own:
        assert own is first
        assert ranks.in_turn(lambda: 3) == 3


def test_fewer_free_devices_than_processes_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "1")
    monkeypatch.setattr(ranks.device, "found", list)
    monkeypatch.setattr(ranks.device, "RETRY_S", 0.0)

    assert ranks._another(torch.device("cuda", 0)) is None
    assert ranks._another(torch.device("cpu")) == torch.device("cpu")


@pytest.mark.slow
def test_devices_that_are_missing_fail_the_job_by_name(
    children: list["subprocess.Popen[bytes]"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    patch = "from workers import ranks\nranks._another = lambda first: None\n"
    (site / "sitecustomize.py").write_text(
        "import os\nif os.environ.get('RANK') == '1':\n    import sys\n"
        f"    sys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        + "".join(f"    {line}\n" for line in patch.splitlines())
    )
    monkeypatch.setenv("PYTHONPATH", str(site))
    job_id = claimed(epochs=1, processes=2)

    children.append(start(job_id))
    children[0].wait(120)

    job = rows.read(job_id)
    assert (job.state, job.error_code) == ("failed", "devices_missing")
    assert job.error_detail == "fewer than 2 devices are free"


def test_a_lost_connection_is_told_without_addresses() -> None:
    with pytest.raises(ranks.RankLost, match="another process"), ranks._lost_is_said():
        raise RuntimeError("[/x/tcp/pair.cc:534] Connection closed by peer [10.0.0.7]:9")
    with pytest.raises(CannotDo), ranks._lost_is_said():
        raise CannotDo("x", "y")
