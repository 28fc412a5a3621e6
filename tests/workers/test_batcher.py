"""Many callers, one device thread: who is in a batch with whom, and who pays for a bad one."""

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import Tensor

from db.fence import Lease
from workers import batcher as batcher_module
from workers import on_device
from workers.batcher import Batcher
from workers.calls import USUAL_PRIORITY, Caller, current_caller
from workers.failures import Cancelled, LeaseLost, Permanent, judge
from workers.seats import Seats
from workers.transfer import Columns, Transfer, stacked

CPU = torch.device("cpu")
BAD = 666.0


@dataclass
class Network:
    """Doubles what it gets, remembers each batch's size, and has its weak points."""

    max_images: int = 10_000
    sizes: list[int] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    gate: threading.Event | None = None

    def double(self, x: Tensor) -> Tensor:
        self._note(x)
        if (x == BAD).any():
            raise ValueError("a marked picture")
        return x * 2

    def pair(self, x: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        self._note(x)
        return x + label.view(-1, 1), label * 10

    def divide(self, x: Tensor) -> Tensor:
        self._note(x)
        return 1 / (x - BAD)

    def beside(self, x: Tensor) -> tuple[Tensor, Tensor]:
        self._note(x)
        return x * 2, 1 / (x[:, :1] - BAD)

    def _note(self, x: Tensor) -> None:
        if self.gate is not None:
            self.gate.wait(10)
        self.sizes.append(len(x))
        self.threads.add(threading.current_thread().name)
        if len(x) > self.max_images:
            raise torch.OutOfMemoryError("too many")


@pytest.fixture
def start() -> Iterator[Callable[..., Batcher]]:
    started: list[Batcher] = []

    def begin(*, max_batch: int = 16, wait_s: float = 0.05, **given: Any) -> Batcher:
        started.append(Batcher(CPU, max_batch=max_batch, wait_s=wait_s, **given))
        return started[-1]

    yield begin
    for batcher in started:
        batcher.stop()
        batcher._thread.join(5)


def _at_once(calls: list[Callable[[], object]]) -> list[object]:
    """What each call gives or raises, all of them waiting at the same time."""
    together = threading.Barrier(len(calls))

    def one(call: Callable[[], object]) -> object:
        together.wait()
        try:
            return call()
        except Exception as error:  # noqa: BLE001 — the error is the answer here
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def _while_busy(batcher: Batcher, calls: list[Callable[[], object]]) -> list[object]:
    """The same, but the device gets to none of them before all of them wait."""
    go, before = threading.Event(), batcher.numbers.calls
    busy = threading.Thread(target=lambda: batcher.do(lambda: go.wait(10)))
    busy.start()

    def let_go() -> None:
        while batcher.numbers.calls < before + len(calls):
            time.sleep(0.001)
        go.set()

    opener = threading.Thread(target=let_go)
    opener.start()
    answers = _at_once(calls)
    busy.join(5)
    opener.join(5)
    return answers


def _row(value: float, n: int = 1) -> Tensor:
    return torch.full((n, 3), value)


# What shares a batch, and when it goes


def test_one_call_gives_what_the_network_gives(start: Callable[..., Batcher]):
    network = Network()

    answer = start().call("net", network.double, _row(3.0, n=2))

    assert torch.equal(answer, _row(6.0, n=2))


def test_calls_of_one_shape_share_a_batch(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=10), Network()

    answers = _at_once(
        [lambda v=value: batcher.call("net", network.double, _row(v)) for value in range(16)]
    )

    assert [float(answer[0, 0]) for answer in answers] == [2.0 * value for value in range(16)]
    assert network.sizes == [16]
    while not batcher.numbers.batches:
        time.sleep(0.001)  # who waited has its answer a moment before it is counted
    assert (batcher.numbers.calls, batcher.numbers.batches, batcher.numbers.images) == (16, 1, 16)


def test_a_full_batch_does_not_wait(start: Callable[..., Batcher]):
    batcher, network = start(max_batch=4, wait_s=60), Network()

    answers = _at_once([lambda: batcher.call("net", network.double, _row(1.0))] * 4)

    assert len(answers) == 4
    assert network.sizes == [4]


def test_no_batch_is_larger_than_the_cap(start: Callable[..., Batcher]):
    batcher, network = start(max_batch=5, wait_s=0.05), Network()

    _at_once([lambda: batcher.call("net", network.double, _row(1.0, n=2))] * 12)

    assert sum(network.sizes) == 24
    assert max(network.sizes) <= 5


def test_a_call_larger_than_the_cap_goes_alone(start: Callable[..., Batcher]):
    batcher, network = start(max_batch=4), Network()

    answer = batcher.call("net", network.double, _row(1.0, n=9))

    assert answer.shape == (9, 3)
    assert network.sizes == [9]


def test_a_lone_call_waits_no_longer_than_it_must(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=0.05), Network()
    batcher.call("net", network.double, _row(1.0))

    started = time.perf_counter()
    batcher.call("net", network.double, _row(1.0))

    assert 0.04 <= time.perf_counter() - started < 1


def test_other_shapes_types_and_networks_are_batches_of_their_own(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=0.2), Network()

    answers = _at_once(
        [
            lambda: batcher.call("net", network.double, torch.ones(1, 3)),
            lambda: batcher.call("net", network.double, torch.ones(1, 4)),
            lambda: batcher.call("net", network.double, torch.ones(1, 3, dtype=torch.float64)),
            lambda: batcher.call("other", network.double, torch.ones(1, 3)),
        ]
    )

    assert [answer.shape[1] for answer in answers] == [3, 4, 3, 3]
    assert [answer.dtype for answer in answers][2] == torch.float64
    assert network.sizes == [1, 1, 1, 1]


def test_a_rare_shape_is_served_beside_a_busy_one(start: Callable[..., Batcher]):
    batcher, network = start(max_batch=2, wait_s=0.001), Network()
    done = threading.Event()

    def keep_busy() -> None:
        while not done.is_set():
            batcher.call("net", network.double, torch.ones(2, 3))

    with ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(keep_busy)
        started = time.perf_counter()
        answer = batcher.call("net", network.double, torch.ones(1, 7))
        waited_s = time.perf_counter() - started
        done.set()

    assert answer.shape == (1, 7)
    assert waited_s < 1


def test_several_arguments_and_answers_stay_with_their_call(start: Callable[..., Batcher]):
    batcher, network = start(max_batch=12, wait_s=10), Network()

    answers = _at_once(
        [
            lambda v=value: batcher.call("net", network.pair, _row(v, n=2), torch.tensor([v, v]))
            for value in range(6)
        ]
    )

    for value, (total, label) in enumerate(answers):
        assert torch.equal(total, _row(2.0 * value, n=2))
        assert label.tolist() == [10 * value] * 2
    assert network.sizes == [12]


# One bad call


def test_one_bad_call_of_sixteen_fails_alone(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=10), Network()
    values = [float(value) for value in range(15)] + [BAD]

    answers = _at_once(
        [lambda v=value: batcher.call("net", network.double, _row(v)) for value in values]
    )

    assert [float(answer[0, 0]) for answer in answers[:15]] == [2.0 * v for v in values[:15]]
    assert isinstance(answers[15], ValueError)
    assert str(answers[15]) == "a marked picture"
    assert batcher.numbers.bisections == 4  # 16, 8, 4, 2: then it stands alone


def test_two_bad_calls_fail_and_fourteen_do_not(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=10), Network()
    values = [BAD if number in {3, 12} else float(number) for number in range(16)]

    answers = _at_once(
        [lambda v=value: batcher.call("net", network.double, _row(v)) for value in values]
    )

    failed = [number for number, answer in enumerate(answers) if isinstance(answer, Exception)]
    assert failed == [3, 12]


def test_numbers_that_are_not_finite_fail_their_own_call_only(start: Callable[..., Batcher]):
    batcher, network = start(max_batch=4, wait_s=10), Network()

    answers = _at_once(
        [
            lambda v=value: batcher.call("net", network.divide, _row(v))
            for value in (1.0, BAD, 2.0, BAD + 1)
        ]
    )

    assert isinstance(answers[1], Permanent)
    assert answers[1].code == "not_finite"
    assert [float(answers[n][0, 0]) for n in (0, 2, 3)] == pytest.approx(
        [1 / (1 - BAD), 1 / (2 - BAD), 1.0]
    )
    assert network.sizes == [4]  # nobody was worked on twice


def test_numbers_that_are_not_finite_in_one_of_several_answers_fail_their_own_call_only(
    start: Callable[..., Batcher],
):
    batcher, network = start(max_batch=4, wait_s=10), Network()

    answers = _at_once(
        [lambda v=value: batcher.call("net", network.beside, _row(v, n=2)) for value in (1.0, BAD)]
    )

    assert torch.equal(answers[0][0], _row(2.0, n=2))  # type: ignore[index]
    assert isinstance(answers[1], Permanent)
    assert answers[1].code == "not_finite"
    assert network.sizes == [4]


def test_a_sum_that_is_too_large_for_a_float_is_no_number_that_is_not_finite(
    start: Callable[..., Batcher],
):
    batcher, huge = start(max_batch=2, wait_s=10), torch.finfo(torch.float32).max

    answers = _at_once(
        [
            lambda v=value: batcher.call("net", lambda x: x * 1, torch.full((1, 3), v))
            for value in (huge, 1.0)
        ]
    )

    assert torch.equal(answers[0], torch.full((1, 3), huge))  # type: ignore[arg-type]
    assert torch.equal(answers[1], torch.ones(1, 3))  # type: ignore[arg-type]


def test_a_network_that_answers_with_too_few_rows_leaves_nobody_waiting(
    start: Callable[..., Batcher],
):
    batcher = start(max_batch=4, wait_s=10)

    answers = _at_once([lambda: batcher.call("net", lambda x: x[1:], _row(1.0))] * 4)

    assert [type(answer) for answer in answers] == [RuntimeError] * 4


def test_what_one_caller_does_with_its_answer_is_not_seen_by_the_others(
    start: Callable[..., Batcher],
):
    batcher, network = start(max_batch=4, wait_s=10), Network()

    answers = _at_once(
        [
            lambda v=value: batcher.call("net", network.double, _row(v, n=2)).add_(100 * v)  # type: ignore[union-attr]
            for value in (1.0, 2.0)
        ]
    )

    assert torch.equal(answers[0], _row(102.0, n=2))  # type: ignore[arg-type]
    assert torch.equal(answers[1], _row(204.0, n=2))  # type: ignore[arg-type]


def test_answers_go_with_their_callers_and_wait_for_no_garbage_collection(
    start: Callable[..., Batcher],
):
    batcher, network = start(max_batch=4, wait_s=10), Network()
    known: list[weakref.ref[Tensor]] = []

    def call(value: float) -> None:
        answer = batcher.call("net", network.double, _row(value))
        known.append(weakref.ref(answer))  # type: ignore[arg-type]

    gc.collect()
    gc.disable()
    try:
        _at_once([lambda v=value: call(v) for value in (1.0, 2.0, 3.0, 4.0)])
        batcher.do(lambda: None)  # by then the device thread is through with that batch
        alive = [one() for one in known if one() is not None]
    finally:
        gc.enable()

    assert len(known) == 4
    assert alive == []


@pytest.mark.parametrize("door", ["double", "divide"])
def test_a_call_of_several_images_of_which_one_is_bad_fails_whole_and_its_neighbours_do_not(
    start: Callable[..., Batcher], door: str
):
    batcher, network = start(max_batch=9, wait_s=10), Network()
    mixed = torch.cat([_row(1.0), _row(BAD), _row(2.0)])

    answers = _at_once(
        [
            lambda x=x: batcher.call("net", getattr(network, door), x)
            for x in (_row(3.0, n=3), mixed, _row(4.0, n=3))
        ]
    )

    assert isinstance(answers[1], ValueError)
    assert [len(answers[n]) for n in (0, 2)] == [3, 3]  # type: ignore[arg-type]


# Memory


def test_too_little_memory_halves_the_batch_and_is_remembered(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=10), Network(max_images=4)

    for _ in range(2):
        answers = _at_once([lambda: batcher.call("net", network.double, _row(1.0))] * 16)
        assert all(torch.equal(answer, _row(2.0)) for answer in answers)

    assert network.sizes[0] == 16
    assert max(network.sizes[7:]) <= 4
    assert batcher.numbers.out_of_memory == 3  # 16, 8, 8; never again


def test_one_network_out_of_memory_does_not_make_another_smaller(start: Callable[..., Batcher]):
    batcher, small, large = start(wait_s=10), Network(max_images=2), Network()
    _at_once([lambda: batcher.call("small", small.double, _row(1.0))] * 16)

    _at_once([lambda: batcher.call("large", large.double, _row(1.0))] * 16)

    assert large.sizes == [16]


def test_a_call_too_large_by_itself_is_out_of_memory(start: Callable[..., Batcher]):
    batcher, network = start(), Network(max_images=4)

    with pytest.raises(MemoryError) as raised:
        batcher.call("net", network.double, _row(1.0, n=5))

    judgement = judge(raised.value)
    assert (judgement.code, judgement.permanent) == ("out_of_memory", False)
    assert torch.equal(batcher.call("net", network.double, _row(1.0)), _row(2.0))


def test_a_call_too_large_for_memory_takes_none_of_its_neighbours_along(
    start: Callable[..., Batcher],
):
    batcher, network = start(max_batch=8, wait_s=10), Network(max_images=4)

    answers = _at_once(
        [lambda n=n: batcher.call("net", network.double, _row(1.0, n=n)) for n in (5, 1, 1, 1)]
    )

    assert isinstance(answers[0], MemoryError)
    assert [len(answer) for answer in answers[1:]] == [1, 1, 1]  # type: ignore[arg-type]


def test_a_batch_that_does_not_fit_is_tried_again_when_nothing_holds_its_tensors(
    start: Callable[..., Batcher],
):
    made: list[weakref.ref[Tensor]] = []
    held: list[int] = []

    def door(x: Tensor) -> Tensor:
        held.append(sum(one() is not None for one in made))
        work = x * 2
        made.append(weakref.ref(work))
        if len(x) > 2:
            raise torch.OutOfMemoryError("too many")
        return work.clone()

    batcher = start(max_batch=4, wait_s=10)
    _at_once([lambda: batcher.call("net", door, _row(1.0))] * 4)

    assert held == [0, 0, 0]


def test_after_fifty_batches_that_fit_one_more_image_is_dared(start: Callable[..., Batcher]):
    batcher, network = start(max_batch=8, wait_s=0), Network(max_images=4)
    with pytest.raises(MemoryError):
        batcher.call("net", network.double, _row(1.0, n=8))
    network.max_images = 8
    for _ in range(50):
        batcher.call("net", network.double, _row(1.0))
    network.sizes.clear()

    _while_busy(batcher, [lambda: batcher.call("net", network.double, _row(1.0)) for _ in range(8)])

    assert network.sizes[0] == 5


def test_an_error_holds_none_of_the_batchs_tensors(start: Callable[..., Batcher]):
    batcher, network = start(), Network()

    with pytest.raises(ValueError, match="marked") as raised:
        batcher.call("net", network.double, _row(BAD))

    frames = []
    at = raised.value.__traceback__
    while at is not None:
        frames.append(at.tb_frame.f_code.co_name)
        at = at.tb_next
    assert "_try" not in frames
    assert "double" not in frames


# The device thread, and what it does beside batches


def test_an_answer_may_be_changed_by_who_got_it(start: Callable[..., Batcher]):
    batcher, network = start(max_batch=2, wait_s=10), Network()

    first, second = _at_once([lambda: batcher.call("net", network.double, _row(1.0))] * 2)
    first.mul_(100).add_(1)

    assert torch.equal(second, _row(2.0))


def test_two_hundred_calls_in_a_storm_each_get_their_own_answer(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=0.002), Network()

    def call(number: int) -> bool:
        width = 3 + number % 3
        x = torch.full((1 + number % 2, width), float(number))
        return torch.equal(batcher.call("net", network.double, x), x * 2)

    with ThreadPoolExecutor(40) as pool:
        assert all(pool.map(call, range(200)))

    assert batcher.numbers.calls == 200
    assert batcher.numbers.batches < 200
    assert network.threads == {"device"}


def test_stopping_fails_who_waits_and_who_comes_later(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=60), Network()
    outcome: list[object] = []
    waiting = threading.Thread(
        target=lambda: outcome.extend(
            _at_once([lambda: batcher.call("net", network.double, _row(1.0))] * 2)
        )
    )
    waiting.start()
    while batcher.numbers.calls < 2:
        time.sleep(0.001)

    batcher.stop()
    waiting.join(5)

    assert [str(error) for error in outcome] == ["the device thread has stopped"] * 2
    with pytest.raises(RuntimeError, match="stopped"):
        batcher.call("net", network.double, _row(1.0))
    assert network.sizes == []


def test_stopping_lets_the_batch_that_runs_finish(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=0), Network(gate=threading.Event())
    answers: list[object] = []
    caller = threading.Thread(
        target=lambda: answers.append(batcher.call("net", network.double, _row(1.0)))
    )
    caller.start()
    while batcher._buckets.calls or not batcher.numbers.calls:
        time.sleep(0.001)

    batcher.stop()
    assert network.gate is not None
    network.gate.set()
    caller.join(5)

    assert torch.equal(answers[0], _row(2.0))  # type: ignore[arg-type]


def test_time_on_the_device_is_measured(start: Callable[..., Batcher]):
    batcher = start(wait_s=0)

    batcher.call("net", lambda x: (time.sleep(0.05), x)[1], _row(1.0))
    while not batcher.numbers.busy_s:
        time.sleep(0.001)

    assert 0.05 <= batcher.numbers.busy_s < 1


def test_a_dead_device_thread_lets_nobody_wait() -> None:
    deaths: list[BaseException] = []
    batcher = Batcher(
        torch.device("cpu"),
        max_batch=4,
        wait_s=0.001,
        on_death=lambda error, _suspects: deaths.append(error),
    )

    def sticky(x: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    with pytest.raises(RuntimeError, match="has stopped"):
        batcher.call("net", sticky, torch.zeros(1, 1))

    assert "CUDA error" in str(deaths[0])
    with pytest.raises(RuntimeError, match="has stopped"):
        batcher.call("net", sticky, torch.zeros(1, 1))


def test_large_images_fill_a_batch_sooner() -> None:
    sizes: list[int] = []

    def door(x: torch.Tensor) -> torch.Tensor:
        sizes.append(len(x))
        return x

    batcher = Batcher(torch.device("cpu"), max_batch=16, wait_s=0.05)
    with ThreadPoolExecutor(4) as callers:
        list(
            callers.map(lambda _: batcher.call("n", door, torch.zeros(1, 3, 1400, 1400)), range(4))
        )
    batcher.stop()

    assert max(sizes) == 1


# What the device is at


def _of(
    job_id: str, call: Callable[[], object], *, priority: int = USUAL_PRIORITY
) -> Callable[[], object]:
    """A call as a hand makes it that works on this job."""

    def made() -> object:
        known = current_caller.set(Caller(Lease(job_id, "worker", 1), priority))
        try:
            return call()
        finally:
            current_caller.reset(known)

    return made


def test_a_sticky_error_suspects_the_jobs_of_its_batch_and_no_other() -> None:
    suspected: list[set[Lease]] = []
    batcher = Batcher(
        CPU, max_batch=3, wait_s=0.2, on_death=lambda _error, suspects: suspected.append(suspects)
    )

    def sticky(x: Tensor) -> Tensor:
        raise RuntimeError("CUDA error: device-side assert triggered")

    answers = _at_once(
        [
            *(
                _of(f"batch-{number}", lambda: batcher.call("net", sticky, _row(1.0)))
                for number in range(3)
            ),
            _of("other", lambda: batcher.call("other", lambda x: x, torch.ones(1, 7))),
        ]
    )

    (suspects,) = suspected
    assert {lease.job_id for lease in suspects} == {"batch-0", "batch-1", "batch-2"}
    assert all(isinstance(answer, RuntimeError) for answer in answers)


def test_an_error_that_passes_leaves_nobody_suspect(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=0), Network()

    with pytest.raises(ValueError, match="marked"):
        _of("job", lambda: batcher.call("net", network.double, _row(BAD)))()

    assert batcher.on_device.suspects() == set()


def test_the_jobs_on_the_device_are_known_while_it_works(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=0), Network(gate=threading.Event())
    caller = threading.Thread(
        target=_of("job", lambda: batcher.call("net", network.double, _row(1.0)))
    )
    caller.start()
    while not batcher.on_device.suspects():
        time.sleep(0.001)

    assert {lease.job_id for lease in batcher.on_device.suspects()} == {"job"}
    assert network.gate is not None
    network.gate.set()
    caller.join(5)
    assert batcher.on_device.suspects() == set()


def _at_work(batcher: Batcher, network: Network) -> threading.Thread:
    caller = threading.Thread(target=lambda: batcher.call("net", network.double, _row(1.0)))
    caller.start()
    while (batch := batcher.on_device._batch) is None or not batch.unanswered():
        time.sleep(0.001)
    return caller


def test_a_device_is_stuck_when_a_batch_lasts_longer_than_any_should(
    start: Callable[..., Batcher], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(on_device, "STUCK_AFTER_S", 0.1)
    batcher, network = start(wait_s=0), Network()
    batcher.call("net", network.double, _row(1.0))
    network.gate = threading.Event()
    caller = _at_work(batcher, network)

    was_stuck = batcher.on_device.is_stuck()
    time.sleep(0.15)

    assert not was_stuck
    assert batcher.on_device.is_stuck()
    network.gate.set()
    caller.join(5)
    assert not batcher.on_device.is_stuck()


def test_where_batches_are_slow_a_slow_one_is_not_stuck(
    start: Callable[..., Batcher], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(on_device, "STUCK_AFTER_S", 0.01)
    batcher, network = start(wait_s=0), Network()
    for _ in range(2):
        batcher.call("net", lambda x: (time.sleep(0.1), x)[1], _row(1.0))
    network.gate = threading.Event()
    batcher.on_device._tuned.add(("net", ((3,), torch.float32)))
    caller = _at_work(batcher, network)

    time.sleep(0.1)

    assert not batcher.on_device.is_stuck()  # until ten times what the slowest took
    network.gate.set()
    caller.join(5)


def test_the_first_batch_of_a_shape_may_load_and_compile(
    start: Callable[..., Batcher], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(on_device, "STUCK_AFTER_S", 0.01)
    batcher, network = start(wait_s=0), Network(gate=threading.Event())
    caller = _at_work(batcher, network)

    time.sleep(0.1)

    assert not batcher.on_device.is_stuck()
    assert network.gate is not None
    network.gate.set()
    caller.join(5)


# Visits: who may still come


def test_a_visitor_who_is_alone_waits_for_nobody(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=60), Network()

    started = time.perf_counter()
    with batcher.visit():
        for _ in range(3):
            batcher.call("net", network.double, _row(1.0))

    assert time.perf_counter() - started < 5
    assert network.sizes == [1, 1, 1]


def test_a_call_waits_for_a_visitor_who_only_decodes_as_long_as_it_may(
    start: Callable[..., Batcher],
):
    batcher, network = start(wait_s=0.15), Network()

    started = time.perf_counter()
    with batcher.visit(), batcher.visit():
        batcher.call("net", network.double, _row(1.0))

    assert 0.14 <= time.perf_counter() - started < 5


def test_a_call_waits_for_nobody_once_the_visitor_who_decoded_has_left(
    start: Callable[..., Batcher],
):
    batcher, network = start(wait_s=60), Network()
    answers: list[object] = []

    def calls() -> None:
        with batcher.visit():
            answers.append(batcher.call("net", network.double, _row(1.0)))

    with batcher.visit():
        caller = threading.Thread(target=calls)
        caller.start()
        while not batcher.numbers.calls:
            time.sleep(0.001)
        time.sleep(0.05)
        answered_too_soon = list(answers)
    caller.join(5)

    assert answered_too_soon == []
    assert torch.equal(answers[0], _row(2.0))  # type: ignore[arg-type]


def test_when_all_visitors_wait_their_calls_are_one_batch_at_once(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=60), Network()
    all_here = threading.Barrier(3)

    def visits() -> object:
        with batcher.visit():
            all_here.wait()
            return batcher.call("net", network.double, _row(1.0))

    answers = _at_once([visits] * 3)

    assert [float(answer[0, 0]) for answer in answers] == [2.0] * 3  # type: ignore[index]
    assert network.sizes == [3]


def test_visitors_who_wait_for_different_networks_wait_no_longer(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=60), Network()
    all_here = threading.Barrier(2)

    def visits(name: str) -> object:
        with batcher.visit():
            all_here.wait()
            return batcher.call(name, network.double, _row(1.0))

    answers = _at_once([lambda: visits("one"), lambda: visits("other")])

    assert [float(answer[0, 0]) for answer in answers] == [2.0] * 2  # type: ignore[index]
    assert network.sizes == [1, 1]


def test_a_visit_that_ends_by_an_error_is_over(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=60), Network()
    with pytest.raises(ZeroDivisionError), batcher.visit():
        raise ZeroDivisionError

    with batcher.visit():
        answer = batcher.call("net", network.double, _row(1.0))

    assert torch.equal(answer, _row(2.0))


# Who need not be worked on any longer


def test_jobs_that_were_cancelled_lost_or_are_late_never_reach_the_network(
    start: Callable[..., Batcher],
):
    stops: dict[str, Exception] = {
        "cancelled": Cancelled("cancelled"),
        "lost": LeaseLost("lost"),
        "late": Permanent("deadline", "too late"),
    }

    def may_go_on(lease: Lease) -> None:
        if lease.job_id in stops:
            raise stops[lease.job_id]

    batcher, network = start(max_batch=5, wait_s=10, may_go_on=may_go_on), Network()

    names = ["fine", "cancelled", "lost", "late"]
    answers = _at_once(
        [
            *(_of(name, lambda: batcher.call("net", network.double, _row(1.0))) for name in names),
            lambda: batcher.call("net", network.double, _row(3.0)),  # nobody's job
        ]
    )

    assert torch.equal(answers[0], _row(2.0))  # type: ignore[arg-type]
    assert answers[1:4] == list(stops.values())
    assert torch.equal(answers[4], _row(6.0))  # type: ignore[arg-type]
    assert network.sizes == [2]


def test_a_batch_of_which_nobody_goes_on_does_not_reach_the_network(
    start: Callable[..., Batcher],
):
    def may_go_on(lease: Lease) -> None:
        raise Cancelled(lease.job_id)

    batcher, network = start(max_batch=2, wait_s=10, may_go_on=may_go_on), Network()

    answers = _at_once([_of("job", lambda: batcher.call("net", network.double, _row(1.0)))] * 2)

    assert [type(answer) for answer in answers] == [Cancelled, Cancelled]
    assert network.sizes == []
    assert batcher.numbers.batches == 0
    assert torch.equal(batcher.call("net", network.double, _row(1.0, n=2)), _row(2.0, n=2))


def test_it_is_asked_when_the_batch_begins_not_when_the_call_came(
    start: Callable[..., Batcher],
):
    stopped = threading.Event()

    def may_go_on(lease: Lease) -> None:
        if stopped.is_set():
            raise Cancelled(lease.job_id)

    batcher, network = start(wait_s=60, may_go_on=may_go_on), Network()
    outcome: list[object] = []

    def calls() -> None:
        with batcher.visit():
            call = _of("job", lambda: batcher.call("net", network.double, _row(1.0)))
            outcome.extend(_at_once([call]))

    with batcher.visit():
        caller = threading.Thread(target=calls)
        caller.start()
        while not batcher.numbers.calls:
            time.sleep(0.001)
        stopped.set()
    caller.join(5)

    assert [type(one) for one in outcome] == [Cancelled]
    assert network.sizes == []


def test_the_urgent_jobs_of_those_that_wait_are_in_the_first_batch(
    start: Callable[..., Batcher],
):
    batcher, first = start(max_batch=2, wait_s=0), []

    def door(x: Tensor) -> Tensor:
        first.extend(x[:, 0].tolist())
        return x

    priorities = (7, 1, 7, 1)
    _while_busy(
        batcher,
        [
            _of("job", lambda v=p: batcher.call("net", door, _row(float(v))), priority=p)
            for p in priorities
        ],
    )

    assert first == [1.0, 1.0, 7.0, 7.0]


# Chores


def test_a_chore_is_done_by_the_device_thread_and_gives_what_it_gives(
    start: Callable[..., Batcher],
):
    batcher = start()

    assert batcher.do(lambda: threading.current_thread().name) == "device"


def test_a_chore_within_a_chore_is_done_at_once(start: Callable[..., Batcher]):
    batcher = start()

    assert batcher.do(lambda: batcher.do(lambda: 7)) == 7


def test_a_chore_goes_before_the_next_batch(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=0), Network(gate=threading.Event())
    order: list[str] = []

    def door(x: Tensor) -> Tensor:
        order.append("batch")
        return x

    with ThreadPoolExecutor(3) as pool:
        pool.submit(batcher.call, "net", network.double, _row(1.0))
        while batcher.on_device._batch is None:
            time.sleep(0.001)
        pool.submit(batcher.call, "other", door, _row(1.0))
        while batcher.numbers.calls < 2:
            time.sleep(0.001)
        pool.submit(batcher.do, lambda: order.append("chore"))
        while not batcher._chores:
            time.sleep(0.001)
        assert network.gate is not None
        network.gate.set()

    assert order == ["chore", "batch"]


def test_what_a_chore_raises_is_its_callers_alone(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=0), Network()

    with pytest.raises(ZeroDivisionError):
        batcher.do(lambda: 1 / 0)

    assert torch.equal(batcher.call("net", network.double, _row(1.0)), _row(2.0))


def test_a_sticky_error_of_a_chore_ends_the_thread_and_nobody_waits_for_it(
    start: Callable[..., Batcher],
):
    deaths: list[str] = []
    answered: list[object] = []

    def on_death(error: BaseException, suspects: set[Lease]) -> None:
        # Whoever waits goes on when its job was put back, not before.
        deaths.append(f"{error}, {len(suspects)} suspects, {len(answered)} answered")

    def sticky() -> None:
        time.sleep(0.05)  # so that another waits behind it
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    batcher, network = start(wait_s=0, on_death=on_death), Network()
    waiting = [
        threading.Thread(target=lambda one=one: answered.extend(_at_once([one])), daemon=True)
        for one in (
            lambda: batcher.do(sticky),
            lambda: batcher.do(lambda: 7),
            lambda: batcher.call("net", network.double, _row(1.0)),
        )
    ]
    for one in waiting:
        one.start()
        time.sleep(0.01)
    for one in waiting:
        one.join(5)

    said = "CUDA error: an illegal memory access was encountered"
    assert deaths == [f"{said}, 0 suspects, 0 answered"]
    assert [str(one) for one in answered] == ["the device thread has stopped"] * 3
    assert network.sizes == []
    with pytest.raises(RuntimeError, match="stopped"):
        batcher.do(lambda: 7)


def test_memory_that_a_chore_did_not_find_ends_nothing(start: Callable[..., Batcher]):
    def too_large() -> None:
        raise torch.OutOfMemoryError("CUDA error: out of memory")

    batcher = start()

    with pytest.raises(torch.OutOfMemoryError):
        batcher.do(too_large)
    assert batcher.do(lambda: 7) == 7


def test_a_chore_may_last_as_long_as_loading_does(
    start: Callable[..., Batcher], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(on_device, "STUCK_AFTER_S", 0.01)
    monkeypatch.setattr(on_device, "LOADING_S", 0.1)
    batcher, go = start(), threading.Event()
    chore = threading.Thread(target=lambda: batcher.do(lambda: go.wait(5)))
    chore.start()
    while batcher.on_device._batch is None:
        time.sleep(0.001)
    time.sleep(0.03)

    was_stuck = batcher.on_device.is_stuck()
    time.sleep(0.1)

    assert not was_stuck
    assert batcher.on_device.is_stuck()
    go.set()
    chore.join(5)


def test_a_network_runs_without_gradients_and_its_answer_may_have_them(
    start: Callable[..., Batcher],
):
    modes: list[bool] = []

    def door(x: Tensor) -> Tensor:
        modes.append(torch.is_inference_mode_enabled())
        return x * 2

    answer = start(wait_s=0).call("net", door, _row(1.0))

    assert modes == [True]
    assert isinstance(answer, Tensor)
    assert not answer.is_inference()
    answer.requires_grad_()


# Numbers


def test_what_it_did_adds_up(start: Callable[..., Batcher]):
    batcher, network = start(max_batch=4, wait_s=10), Network()

    _while_busy(
        batcher,
        [
            lambda v=value: batcher.call("net", network.double, _row(v))
            for value in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, BAD)
        ],
    )
    while (told := batcher.numbers.told())["images"] < 7:
        time.sleep(0.001)  # who waited has its answer a moment before it is counted

    assert (told["calls"], told["images"], told["out_of_memory"]) == (8, 7, 0)
    assert told["splits"] == 1  # eight waited where four are a batch
    assert told["bisections"] == 2  # of four, then of two
    assert told["batches"] == 3  # four, two and one; those that failed are none
    assert told["mean_batch"] == pytest.approx(7 / 3, abs=0.01)


def test_memory_that_was_not_there_is_counted(start: Callable[..., Batcher]):
    batcher, network = start(max_batch=4, wait_s=10), Network(max_images=2)

    _at_once([lambda: batcher.call("net", network.double, _row(1.0))] * 4)

    told = batcher.numbers.told()
    assert (told["out_of_memory"], told["bisections"], told["splits"]) == (1, 1, 0)


def test_the_share_of_time_that_the_device_was_busy_is_one(start: Callable[..., Batcher]):
    batcher = start(wait_s=0)

    for _ in range(3):
        batcher.call("net", lambda x: (time.sleep(0.03), x)[1], _row(1.0))
        time.sleep(0.03)
    told = batcher.numbers.told()

    assert 0.1 < told["busy_share"] < 1
    assert told["busy_share"] == pytest.approx(told["busy_s"] / told["up_s"], abs=0.25)
    assert told["mean_execution_ms"] >= 30


def test_how_long_calls_waited_is_known(start: Callable[..., Batcher]):
    batcher, network = start(wait_s=0.05), Network()

    for _ in range(2):
        batcher.call("net", network.double, _row(1.0))

    assert 50 <= batcher.numbers.told()["mean_wait_ms"] < 5_000


def test_a_worker_that_has_done_nothing_has_numbers_too(start: Callable[..., Batcher]):
    told = start().numbers.told()

    up_s = told.pop("up_s")
    assert up_s >= 0
    assert set(told.values()) == {0}


# The next batch


class Watched(Transfer):
    """Notes whether somebody of the batch before has been answered when the next one is sent."""

    batcher: Batcher
    answered: list[bool]
    fails_at = 0
    says = "no room on the device"

    def to_device(self, batch: Sequence[Tensor]) -> tuple[Tensor, ...]:
        before = self.batcher._at_work
        self.answered.append(any(call.future.done() for call in before))
        if len(self.answered) == self.fails_at:
            raise RuntimeError(self.says)
        return super().to_device(batch)


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> type[Watched]:
    """Each batcher that is made from now on is watched."""

    class Fresh(Watched):
        answered: list[bool] = []  # noqa: RUF012 — of this test

    monkeypatch.setattr(batcher_module, "Transfer", Fresh)
    return Fresh


def _two_batches(batcher: Batcher, network: Network) -> list[object]:
    """What two calls of one batch get, and two that come while it runs."""
    network.gate = threading.Event()
    with ThreadPoolExecutor(4) as pool:

        def called(value: float) -> Future[Tensor]:
            return pool.submit(batcher.call, "net", network.double, _row(value))  # type: ignore[arg-type]

        first = [called(1.0), called(2.0)]
        while not batcher._at_work:
            time.sleep(0.001)
        second = [called(3.0), called(4.0)]
        while batcher._ahead is None and batcher._thread.is_alive():
            time.sleep(0.001)
        network.gate.set()
        return [one.exception(10) or one.result() for one in (*first, *second)]


def test_the_next_batch_is_sent_before_anybody_of_this_one_goes_on(
    start: Callable[..., Batcher], ahead: type[Watched]
):
    batcher, network = start(max_batch=2, wait_s=0.2), Network()
    ahead.batcher = batcher

    answers = _two_batches(batcher, network)

    assert [float(one[0, 0]) for one in answers] == [2.0, 4.0, 6.0, 8.0]  # type: ignore[index]
    assert network.sizes == [2, 2]
    assert ahead.answered == [False, False]


def test_a_batch_that_cannot_be_sent_ahead_is_tried_again_in_its_turn(
    start: Callable[..., Batcher], ahead: type[Watched]
):
    batcher, network = start(max_batch=2, wait_s=0.2), Network()
    ahead.batcher, ahead.fails_at = batcher, 2

    answers = _two_batches(batcher, network)

    assert [float(one[0, 0]) for one in answers] == [2.0, 4.0, 6.0, 8.0]  # type: ignore[index]


def test_a_device_that_is_lost_while_the_next_batch_is_sent_lets_nobody_wait(
    start: Callable[..., Batcher], ahead: type[Watched]
):
    batcher, network = start(max_batch=2, wait_s=0.2), Network()
    ahead.batcher, ahead.fails_at, ahead.says = batcher, 2, "CUDA error: an illegal memory access"

    answers = _two_batches(batcher, network)

    assert all(isinstance(one, RuntimeError) for one in answers)


def test_whoever_waits_in_the_batcher_lends_the_seat(start: Callable[..., Batcher]):
    seats = Seats(1, threads=1)
    batcher, network = start(max_batch=2, wait_s=10.0, seats=seats), Network()

    def call() -> object:
        with seats.taken(pixels=1):
            return batcher.call("net", network.double, _row(1.0))

    answers = _at_once([call, call])

    assert all(isinstance(answer, Tensor) for answer in answers)
    assert network.sizes == [2]


def test_whoever_fills_the_next_batch_stacks_it_while_the_device_is_busy(
    start: Callable[..., Batcher], monkeypatch: pytest.MonkeyPatch
):
    stacking: list[str] = []

    def noting(columns: Columns) -> tuple[Tensor, ...]:
        stacking.append(threading.current_thread().name)
        return stacked(columns)

    monkeypatch.setattr(batcher_module, "stacked", noting)
    batcher, network = start(max_batch=2, wait_s=0.2), Network()

    answers = _two_batches(batcher, network)

    assert [float(one[0, 0]) for one in answers] == [2.0, 4.0, 6.0, 8.0]  # type: ignore[index]
    assert stacking[0] == "device"
    assert stacking[1].startswith("ThreadPoolExecutor")


def test_a_batch_that_a_caller_could_not_stack_is_stacked_in_its_turn(
    start: Callable[..., Batcher], monkeypatch: pytest.MonkeyPatch
):
    def failing(columns: Columns) -> tuple[Tensor, ...]:
        if threading.current_thread().name != "device":
            raise MemoryError("no room")
        return stacked(columns)

    monkeypatch.setattr(batcher_module, "stacked", failing)
    batcher, network = start(max_batch=2, wait_s=0.2), Network()

    answers = _two_batches(batcher, network)

    assert [float(one[0, 0]) for one in answers] == [2.0, 4.0, 6.0, 8.0]  # type: ignore[index]


def test_a_batch_that_is_stacked_while_the_thread_stops_is_told_so(
    start: Callable[..., Batcher], monkeypatch: pytest.MonkeyPatch
):
    batcher, network = start(max_batch=2, wait_s=0.2), Network()

    def slow(columns: Columns) -> tuple[Tensor, ...]:
        if threading.current_thread().name != "device":
            batcher.stop()
            network.gate.set()  # type: ignore[union-attr]
            batcher._thread.join(10)
        return stacked(columns)

    monkeypatch.setattr(batcher_module, "stacked", slow)

    answers = _two_batches(batcher, network)

    assert [float(one[0, 0]) for one in answers[:2]] == [2.0, 4.0]  # type: ignore[index]
    assert all(isinstance(one, RuntimeError) for one in answers[2:])


def test_a_batch_that_was_sent_ahead_and_does_not_fit_is_not_held_while_its_halves_are_tried(
    start: Callable[..., Batcher], ahead: type[Watched]
):
    sent: list[weakref.ref[Tensor]] = []
    held: list[int] = []
    stack = ahead.to_device

    def noting(self: Watched, batch: Sequence[Tensor]) -> tuple[Tensor, ...]:
        held.append(sum(one() is not None for one in sent))
        arrived = tuple(one.clone() for one in stack(self, batch))
        sent.extend(weakref.ref(one) for one in arrived)
        return arrived

    ahead.to_device = noting  # type: ignore[method-assign]
    batcher, network = start(max_batch=2, wait_s=0.2), Network()
    ahead.batcher = batcher
    release = network.double

    def door(x: Tensor) -> Tensor:
        answer = release(x)
        if len(network.sizes) == 2:  # the second batch, which was sent ahead
            raise torch.OutOfMemoryError("too many")
        return answer

    network.double = door  # type: ignore[method-assign]

    answers = _two_batches(batcher, network)

    assert [float(one[0, 0]) for one in answers] == [2.0, 4.0, 6.0, 8.0]  # type: ignore[index]
    assert network.sizes == [2, 2, 1, 1]
    assert held == [0, 1, 0, 0]  # when it is sent ahead, the one at work is there
