"""Networks kept warm: loaded once, within a budget, tried again, and met by the next job."""

import json
import math
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from sqlalchemy import update
from torch import Tensor

from db import transitions
from db.blobs import NotStored
from db.engine import reading, transaction
from db.ids import new_id
from db.tables.jobs import Job
from db.tables.versions import Version
from db.tables.workers import Worker
from tests import rows, tiny
from workers import serving
from workers import warm as warm_module
from workers.batcher import Batcher
from workers.feeder import Feeder
from workers.leases import Leases
from workers.process import boot
from workers.register import register
from workers.served import Served, Tuned
from workers.warm import Warm

pytestmark = pytest.mark.usefixtures("home")

IMAGE = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(5))
SIGMA = torch.tensor([25.0])


@pytest.fixture
def batcher() -> Iterator[Batcher]:
    made = Batcher(torch.device("cpu"), max_batch=4, wait_s=0.001)
    yield made
    made.stop()
    made._thread.join(5)


@pytest.fixture
def warm(batcher: Batcher) -> Warm:
    return Warm(batcher, precision="float32")


@dataclass
class Loads:
    """Which versions were loaded, in order; one of them may be made to wait, or to fail."""

    labels: list[str] = field(default_factory=list)
    slow: dict[str, threading.Event] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    begun: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Loads:
    noted, load = Loads(), warm_module.served

    def noting(row: Version, *given: Any, **how: bool) -> Served:
        noted.labels.append(row.label)
        noted.begun.set()
        if row.label in noted.slow:
            assert noted.slow[row.label].wait(10)
        if row.label in noted.failing:
            raise MemoryError("no room for it")
        return load(row, *given, **how)

    monkeypatch.setattr(warm_module, "served", noting)
    return noted


def _ask(warm: Warm, version: Version) -> Served:
    """As a job asks whose row names this version."""
    return warm.networks({"denoiser": version.id}, may_go_on=lambda: None)("denoiser")


def _denoised(one: Served) -> Tensor:
    answer = one.doors["denoise"](IMAGE, SIGMA)
    assert isinstance(answer, Tensor)
    return answer


# Once


def test_a_version_is_loaded_once_however_many_ask_at_the_same_time(
    warm: Warm, loads: Loads, tmp_path: Path
):
    version = tiny.denoiser(tmp_path)
    together = threading.Barrier(8)

    def ask(_: int) -> Tensor:
        together.wait()
        return _denoised(_ask(warm, version))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))

    assert loads.labels == ["tiny@1"]
    assert all(torch.equal(answer, answers[0]) for answer in answers)


def test_while_one_loads_another_that_is_warm_is_there_at_once(
    warm: Warm, loads: Loads, tmp_path: Path
):
    ready, slow = tiny.denoiser(tmp_path, "ready"), tiny.denoiser(tmp_path, "slow", seed=1)
    _ask(warm, ready)
    loads.slow["slow@1"] = threading.Event()
    loads.begun.clear()

    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(_ask, warm, slow)
        assert loads.begun.wait(5)
        answer = _denoised(_ask(warm, ready))
        was_loading, told = not loading.done(), warm.told()
        loads.slow["slow@1"].set()

    assert was_loading
    assert answer.shape == IMAGE.shape
    assert set(told) == {"ready@1"}
    assert set(warm.told()) == {"ready@1", "slow@1"}


def test_a_job_is_asked_before_each_call_whether_it_may_go_on(warm: Warm, tmp_path: Path):
    version = tiny.denoiser(tmp_path)
    left = iter([None, None])

    def may_go_on() -> None:
        if next(left, "stop") == "stop":
            raise InterruptedError

    one = warm.networks({"denoiser": version.id}, may_go_on=may_go_on)("denoiser")
    _denoised(one)
    _denoised(one)

    with pytest.raises(InterruptedError):
        _denoised(one)
    assert _denoised(_ask(warm, version)).shape == IMAGE.shape  # the others may


# What fails


def test_a_version_that_did_not_load_is_tried_again_by_who_asks_next(
    warm: Warm, loads: Loads, tmp_path: Path
):
    version = tiny.denoiser(tmp_path)
    loads.failing = {"tiny@1"}
    with pytest.raises(MemoryError):
        _ask(warm, version)
    assert warm.told() == {}

    loads.failing = set()

    assert _denoised(_ask(warm, version)).shape == IMAGE.shape
    assert loads.labels == ["tiny@1"] * 2


def test_all_who_wait_for_it_learn_that_it_did_not_load(warm: Warm, loads: Loads, tmp_path: Path):
    version = tiny.denoiser(tmp_path)
    loads.failing, loads.slow = {"tiny@1"}, {"tiny@1": threading.Event()}

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(_ask, warm, version) for _ in range(4)]
        assert loads.begun.wait(5)
        loads.slow["tiny@1"].set()
        errors = [one.exception() for one in asking]

    assert [type(error) for error in errors] == [MemoryError] * 4


def test_one_that_does_not_load_keeps_nobody_from_another(warm: Warm, tmp_path: Path):
    good, broken = tiny.denoiser(tmp_path), _broken(tmp_path)

    with pytest.raises(NotStored):
        _ask(warm, broken)

    assert _denoised(_ask(warm, good)).shape == IMAGE.shape


def _broken(folder: Path) -> Version:
    """A version whose weights are not there."""
    version = tiny.denoiser(folder, "broken", seed=9)
    with transaction() as session:
        session.execute(
            update(Version).where(Version.id == version.id).values(weights_key="0" * 64)
        )
    return version


# Within a budget


def test_beyond_the_budget_the_version_goes_that_was_asked_for_longest_ago(
    batcher: Batcher, loads: Loads, tmp_path: Path
):
    a, b, c = (tiny.denoiser(tmp_path, name, seed=ord(name)) for name in "abc")
    size = _ask(Warm(batcher, precision="float32"), a).bytes
    warm = Warm(batcher, budget_bytes=2 * size, precision="float32")
    loads.labels.clear()

    for version in (a, b, a, c):
        _ask(warm, version)
    told = set(warm.told())
    for version in (a, c, b):
        _ask(warm, version)

    assert told == {"a@1", "c@1"}
    assert loads.labels == ["a@1", "b@1", "c@1", "b@1"]


def test_as_much_is_kept_as_the_budget_holds(batcher: Batcher, loads: Loads, tmp_path: Path):
    made = [tiny.denoiser(tmp_path, name, seed=ord(name)) for name in "abc"]
    size = _ask(Warm(batcher, precision="float32"), made[0]).bytes
    warm = Warm(batcher, budget_bytes=3 * size, precision="float32")
    loads.labels.clear()

    for version in (*made, *made):
        _ask(warm, version)

    assert loads.labels == ["a@1", "b@1", "c@1"]


def test_a_network_larger_than_the_budget_is_served_alone(batcher: Batcher, tmp_path: Path):
    a, b = (tiny.denoiser(tmp_path, name, seed=ord(name)) for name in "ab")
    warm = Warm(batcher, budget_bytes=1, precision="float32")

    for version in (a, b):
        assert _denoised(_ask(warm, version)).shape == IMAGE.shape

    assert set(warm.told()) == {"b@1"}


def test_a_job_that_holds_what_made_room_goes_on_with_it(batcher: Batcher, tmp_path: Path):
    a, b = (tiny.denoiser(tmp_path, name, seed=ord(name)) for name in "ab")
    warm = Warm(batcher, budget_bytes=1, precision="float32")
    in_hand = _ask(warm, a)
    before = _denoised(in_hand)

    other = _denoised(_ask(warm, b))

    assert set(warm.told()) == {"b@1"}
    assert torch.equal(_denoised(in_hand), before)
    assert not torch.equal(other, before)


# Before anybody asks


def test_what_is_prepared_is_warm_before_anybody_asks(warm: Warm, loads: Loads, tmp_path: Path):
    version = tiny.denoiser(tmp_path)

    warm.prepare([version.id])
    _ask(warm, version)

    assert loads.labels == ["tiny@1"]


def test_a_broken_version_keeps_nobody_from_being_prepared(warm: Warm, tmp_path: Path):
    broken, good = _broken(tmp_path), tiny.denoiser(tmp_path)

    warm.prepare([broken.id, new_id(), good.id])

    assert set(warm.told()) == {"tiny@1"}


def test_what_ships_is_warm_before_a_worker_is_ready():
    register()

    process = boot(["gpu"])

    told = process._warm.told()
    process.drain()
    ships = {
        "classifier-fashion@1",
        "denoise-photo@1",
        "gan-fashion@1",
        "deblock-photo@1",
        "deblur-photo@1",
        "style-photo@1",
        "translator-catalogue@1",
        "upscaler-photo-x2@1",
        "vae-fashion@1",
        "warp-garments@1",
    }
    assert set(told) == ships


def test_a_worker_whose_jobs_call_no_network_loads_none(tmp_path: Path):
    tiny.denoiser(tmp_path)

    process = boot(["cpu"])

    told = process._warm.told()
    process.drain()
    assert told == {}


# What is told of it


def test_precision_agreement_and_size_are_told(batcher: Batcher, tmp_path: Path):
    exact, rounded = (tiny.denoiser(tmp_path, name, seed=ord(name)) for name in "er")
    warm = Warm(batcher, precision="float32")
    _ask(warm, exact)
    warm._precision = "bfloat16"
    one = _ask(warm, rounded)

    told = warm.told()

    assert told["e@1"] == {
        "precision": "float32",
        "agreement_db": None,
        "way": "plain",
        "speedup": None,
        "megabytes": round(one.bytes / 1e6, 1),
    }
    assert told["r@1"]["precision"] == "bfloat16"
    assert told["r@1"]["agreement_db"] == pytest.approx(one.tuned.agreement_db, abs=0.05)


@pytest.mark.parametrize("agreement_db", [math.inf, -math.inf])
def test_agreement_without_end_is_no_number_that_json_knows(
    warm: Warm, loads: Loads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, agreement_db: float
):
    load = warm_module.served
    monkeypatch.setattr(
        warm_module,
        "served",
        lambda *given, **how: replace(load(*given, **how), tuned=Tuned("bfloat16", agreement_db)),
    )
    _ask(warm, tiny.denoiser(tmp_path))

    told = warm.told()

    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_a_workers_row_tells_of_its_networks_and_its_batches(tmp_path: Path):
    tiny.denoiser(tmp_path)
    process = boot(["gpu"])

    process._leases._renew()

    process.drain()
    with reading() as session:
        numbers = session.get_one(Worker, process.id).numbers
    assert numbers is not None
    assert set(numbers["networks"]) == {"tiny@1"}
    assert numbers["bisections"] == 0
    assert 0 <= numbers["busy_share"] <= 1


# A promotion


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Feeder, list[Job]]]:
    """A real feeder, and what it gave to its hands; each job runs until the test ends it."""
    monkeypatch.setattr(serving, "SERVES_S", 0.1)
    taken: list[Job] = []
    feeder = Feeder(
        worker_id="worker",
        device="cpu",
        queues=["gpu"],
        hands=4,
        lease_s=60,
        poll_s=60,
        leases=Leases("worker", lease_s=60, state=lambda: "ready"),
        perform=taken.append,
    )
    yield feeder, taken
    feeder.stop_claiming()
    feeder._hands._pool.shutdown()


def _next_job(feed: tuple[Feeder, list[Job]]) -> Job:
    feeder, taken = feed
    count = len(taken)
    rows.queued("denoise")
    feeder._feed("gpu")
    while len(taken) == count:
        time.sleep(0.001)
    return taken[-1]


def _promote(version: Version) -> None:
    with transaction() as session:
        session.execute(update(Version).where(Version.id == version.id).values(state="serving"))


def test_jobs_claimed_after_a_promotion_use_the_new_version_and_one_that_runs_keeps_its_own(
    feed: tuple[Feeder, list[Job]], warm: Warm, tmp_path: Path
):
    old = tiny.denoiser(tmp_path, "shoes", seed=1)
    new = tiny.denoiser(tmp_path, "shoes-better", seed=2, state="candidate")
    running = _next_job(feed)
    networks = warm.networks(running.versions or {}, may_go_on=lambda: None)
    before = _denoised(networks("denoiser"))

    _promote(new)
    at_once = _next_job(feed)
    time.sleep(0.15)
    later = _next_job(feed)

    assert [job.versions for job in (running, later)] == [
        {"denoiser": old.id},
        {"denoiser": new.id},
    ]
    assert at_once.versions in ({"denoiser": old.id}, {"denoiser": new.id})
    assert rows.read(running.id).versions == {"denoiser": old.id}
    after = warm.networks(later.versions or {}, may_go_on=lambda: None)("denoiser")
    assert (networks("denoiser").label, after.label) == ("shoes@1", "shoes-better@1")
    assert torch.equal(_denoised(networks("denoiser")), before)
    assert not torch.equal(_denoised(after), before)


def test_another_attempt_at_a_job_keeps_the_version_that_served_at_the_first(
    feed: tuple[Feeder, list[Job]], tmp_path: Path
):
    old = tiny.denoiser(tmp_path, "shoes", seed=1)
    first = _next_job(feed)
    with transaction() as session:
        transitions.release(session, rows.lease_of(first))
    _promote(tiny.denoiser(tmp_path, "shoes-better", seed=2, state="candidate"))
    time.sleep(0.15)

    feeder, taken = feed
    feeder._feed("gpu")
    while len(taken) < 2:
        time.sleep(0.001)

    assert taken[1].id == first.id
    assert taken[1].versions == {"denoiser": old.id}


def test_each_tenant_is_given_what_serves_it(feed: tuple[Feeder, list[Job]], tmp_path: Path):
    mine = tiny.denoiser(tmp_path, "mine", seed=1)
    theirs = tiny.denoiser(tmp_path, "theirs", seed=2, tenant="another")
    feeder, taken = feed
    for tenant in (rows.TENANT, "another"):
        rows.queued("denoise", tenant=tenant)

    feeder._feed("gpu")
    while len(taken) < 2:
        time.sleep(0.001)

    assert {job.tenant: job.versions for job in taken} == {
        rows.TENANT: {"denoiser": mine.id},
        "another": {"denoiser": theirs.id},
    }
