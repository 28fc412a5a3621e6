"""Which calls wait and which go next, without a thread and with a clock of the test's own."""

import pytest
import torch
from torch import Tensor

from db.fence import Lease
from workers.buckets import RARE_S, Batch, Buckets
from workers.calls import USUAL_PRIORITY, Call, Caller
from workers.caps import Caps

WAIT_S = 0.005


def _door(x: Tensor) -> Tensor:
    return x


def _call(
    *, n: int = 1, width: int = 3, at: float = 0.0, priority: int | None = None, **tensor: object
) -> Call:
    """A call that came at this moment."""
    caller = None if priority is None else Caller(Lease("job", "worker", 1), priority)
    return Call((torch.zeros(n, width, **tensor),), since=at, caller=caller)  # type: ignore[call-overload]


@pytest.fixture
def buckets() -> Buckets:
    return _buckets()


def _buckets(*, max_batch: int = 4, wait_s: float = WAIT_S) -> Buckets:
    return Buckets(Caps(max_batch), wait_s=wait_s)


def _next(buckets: Buckets, now: float, *, nobody_else_comes: bool = False) -> Batch | None:
    bucket = buckets.ready(now, nobody_else_comes=nobody_else_comes)
    return None if bucket is None else buckets.take(bucket)


def _network(batch: Batch | None) -> object:
    return None if batch is None else batch.key[0]


# What shares a bucket


def test_calls_of_one_door_and_one_shape_share_a_batch(buckets: Buckets):
    calls = [_call(n=n) for n in (1, 2, 1)]
    for call in calls:
        buckets.add("net", _door, call)

    batch = _next(buckets, 0.0)

    assert batch is not None
    assert batch.calls == calls
    assert batch.door is _door


@pytest.mark.parametrize(
    ("network", "other"),
    [
        ("another", _call()),
        ("net", _call(width=4)),
        ("net", _call(dtype=torch.float64)),
        ("net", Call((torch.zeros(1, 3), torch.zeros(1)), since=0.0)),
        ("net", Call((torch.zeros(1, 3, 1),), since=0.0)),
    ],
    ids=["network", "shape", "type", "arguments", "dimensions"],
)
def test_another_kind_of_call_is_a_batch_of_its_own(buckets: Buckets, network: str, other: Call):
    buckets.add("net", _door, one := _call())
    buckets.add(network, _door, other)

    batches = [_next(buckets, 1.0), _next(buckets, 1.0)]

    assert sorted(len(batch.calls) for batch in batches if batch) == [1, 1]
    assert {id(batch.calls[0]) for batch in batches if batch} == {id(one), id(other)}


def test_how_many_images_a_call_brings_makes_no_difference(buckets: Buckets):
    buckets.add("net", _door, _call(n=1))
    buckets.add("net", _door, _call(n=3))

    batch = _next(buckets, 0.0)

    assert batch is not None
    assert [call.n for call in batch.calls] == [1, 3]


# When a batch goes


def test_nothing_is_ready_where_nobody_waits(buckets: Buckets):
    assert buckets.ready(1.0, nobody_else_comes=True) is None
    assert buckets.due_at() is None


def test_what_has_not_waited_enough_is_not_ready_and_it_is_known_when_it_will_be(buckets: Buckets):
    buckets.add("net", _door, _call(at=1.0))

    assert buckets.ready(1.004, nobody_else_comes=False) is None
    assert buckets.due_at() == pytest.approx(1.005)
    assert buckets.ready(1.0051, nobody_else_comes=False) is not None


def test_the_oldest_of_all_says_when_somebody_is_due(buckets: Buckets):
    for network, at in (("young", 3.0), ("old", 1.0), ("middle", 2.0)):
        buckets.add(network, _door, _call(at=at))

    assert buckets.due_at() == pytest.approx(1.005)


def test_a_full_bucket_waits_for_nothing(buckets: Buckets):
    for _ in range(4):
        buckets.add("net", _door, _call(at=1.0))

    assert _network(_next(buckets, 1.0)) == "net"


def test_a_bucket_is_full_by_its_images_not_by_its_calls(buckets: Buckets):
    buckets.add("net", _door, _call(n=4, at=1.0))

    assert _network(_next(buckets, 1.0)) == "net"


def test_when_nobody_else_comes_nobody_waits(buckets: Buckets):
    buckets.add("net", _door, _call(at=1.0))

    assert buckets.ready(1.0, nobody_else_comes=False) is None
    assert _network(_next(buckets, 1.0, nobody_else_comes=True)) == "net"


@pytest.mark.parametrize("wait_s", [1.0, 60.0])
def test_who_may_wait_longer_than_a_rare_shape_waits_as_long(wait_s: float):
    buckets = _buckets(wait_s=wait_s)
    buckets.add("net", _door, _call(at=0.0))

    assert buckets.ready(wait_s - 0.1, nobody_else_comes=False) is None
    assert buckets.due_at() == wait_s
    assert _network(_next(buckets, wait_s)) == "net"


# Who goes first


def test_a_full_bucket_goes_before_one_that_has_waited(buckets: Buckets):
    buckets.add("waited", _door, _call(at=0.9))
    for _ in range(4):
        buckets.add("full", _door, _call(at=0.99))

    assert _network(_next(buckets, 1.0)) == "full"
    assert _network(_next(buckets, 1.0)) == "waited"


def test_whoever_is_overdue_goes_before_a_full_bucket(buckets: Buckets):
    buckets.add("rare", _door, _call(at=0.0))
    for _ in range(8):
        buckets.add("full", _door, _call(at=0.2))

    assert _network(_next(buckets, RARE_S - 0.001)) == "full"
    assert _network(_next(buckets, RARE_S)) == "rare"
    assert _network(_next(buckets, RARE_S)) == "full"


def test_of_several_that_are_overdue_the_oldest_goes_first_whatever_its_priority(
    buckets: Buckets,
):
    buckets.add("urgent", _door, _call(at=0.1, priority=0))
    buckets.add("old", _door, _call(at=0.0, priority=9))

    assert [_network(_next(buckets, 1.0)) for _ in range(2)] == ["old", "urgent"]


def test_of_two_full_buckets_the_more_urgent_goes_first(buckets: Buckets):
    for _ in range(4):
        buckets.add("older", _door, _call(at=0.9, priority=USUAL_PRIORITY))
        buckets.add("urgent", _door, _call(at=0.95, priority=1))

    assert [_network(_next(buckets, 1.0)) for _ in range(2)] == ["urgent", "older"]


def test_one_urgent_call_makes_its_bucket_urgent(buckets: Buckets):
    buckets.add("older", _door, _call(at=0.9))
    buckets.add("mixed", _door, _call(at=0.95, priority=9))
    buckets.add("mixed", _door, _call(at=0.96, priority=1))

    assert _network(_next(buckets, 1.0)) == "mixed"


def test_of_two_as_urgent_the_older_goes_first(buckets: Buckets):
    buckets.add("young", _door, _call(at=0.95, priority=3))
    buckets.add("old", _door, _call(at=0.9, priority=3))

    assert [_network(_next(buckets, 1.0)) for _ in range(2)] == ["old", "young"]


def test_a_call_that_is_no_jobs_is_as_urgent_as_a_usual_one(buckets: Buckets):
    buckets.add("usual", _door, _call(at=0.92, priority=USUAL_PRIORITY))
    buckets.add("nobodys", _door, _call(at=0.91))
    buckets.add("less", _door, _call(at=0.9, priority=USUAL_PRIORITY + 1))

    served = [_network(_next(buckets, 1.0)) for _ in range(3)]

    assert served == ["nobodys", "usual", "less"]


# What a batch takes


def test_no_more_is_taken_than_the_cap_and_the_rest_keeps_its_age(buckets: Buckets):
    for at in range(6):
        buckets.add("net", _door, _call(at=0.001 * at))

    first = _next(buckets, 0.005)

    assert first is not None
    assert [call.since for call in first.calls] == pytest.approx([0.0, 0.001, 0.002, 0.003])
    assert buckets.calls == 2
    assert buckets.due_at() == pytest.approx(0.004 + WAIT_S)


def test_the_urgent_are_taken_first_and_the_oldest_of_the_rest_leads_it(buckets: Buckets):
    came = [(0.0, 5), (0.001, 5), (0.002, 1), (0.003, 5), (0.004, 1), (0.0045, 5)]
    for at, priority in came:
        buckets.add("net", _door, _call(at=at, priority=priority))

    first = _next(buckets, 0.0046)
    second = _next(buckets, 1.0)

    assert first is not None
    assert [(c.since, c.priority) for c in first.calls] == [
        *((0.002, 1), (0.004, 1)),
        *((0.0, 5), (0.001, 5)),
    ]
    assert second is not None
    assert [call.since for call in second.calls] == [0.003, 0.0045]


def test_a_call_that_does_not_fit_beside_the_others_goes_next(buckets: Buckets):
    for n in (2, 3, 1):
        buckets.add("net", _door, _call(n=n))

    batches = [_next(buckets, 1.0), _next(buckets, 1.0)]

    assert [[call.n for call in batch.calls] for batch in batches if batch] == [[2], [3, 1]]


def test_a_call_larger_than_the_cap_goes_alone(buckets: Buckets):
    buckets.add("net", _door, _call(n=9, at=0.0))
    buckets.add("net", _door, _call(n=1, at=0.001))

    batches = [_next(buckets, 0.002), _next(buckets, 1.0)]

    assert [[call.n for call in batch.calls] for batch in batches if batch] == [[9], [1]]


def test_what_is_left_after_a_batch_is_full_only_if_there_is_enough_of_it(buckets: Buckets):
    for _ in range(7):
        buckets.add("net", _door, _call(at=1.0))
    _next(buckets, 1.0)

    assert buckets.ready(1.0, nobody_else_comes=False) is None

    buckets.add("net", _door, _call(at=1.001))
    assert _network(_next(buckets, 1.001)) == "net"


def test_everybody_can_be_sent_away(buckets: Buckets):
    calls = [_call(), _call(width=4), _call()]
    for call in calls:
        buckets.add("net", _door, call)

    left = buckets.clear()

    assert {id(call) for call in left} == {id(call) for call in calls}
    assert buckets.calls == 0
    assert buckets.ready(9.0, nobody_else_comes=True) is None


@pytest.mark.parametrize("wait_s", [0.0, WAIT_S, 0.1])
def test_in_a_storm_everybody_is_served_once_and_nobody_beyond_a_cap(wait_s: float):
    buckets = _buckets(max_batch=3, wait_s=wait_s)
    calls = [_call(n=1 + i % 3, width=1 + i % 5, at=i / 1000, priority=i % 10) for i in range(300)]
    for call in calls:
        buckets.add("net", _door, call)

    served: list[Call] = []
    while (batch := _next(buckets, 10.0)) is not None:
        assert sum(call.n for call in batch.calls) <= 3
        served += batch.calls

    assert len(served) == len(calls)
    assert {id(call) for call in served} == {id(call) for call in calls}
    assert buckets.calls == 0
