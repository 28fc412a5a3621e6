"""From a version's row to doors: which number format it runs in, and what its doors give."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from models import calling, weights
from models.weights import Card, WeightsError
from tests import tiny
from workers import served as served_module
from workers.batcher import Batcher
from workers.served import Served, served

pytestmark = pytest.mark.usefixtures("home")

SHIPPED = [pytest.param(*one, id=one[1].name) for one in weights.shipped()]


@pytest.fixture
def batcher() -> Iterator[Batcher]:
    made = Batcher(torch.device("cpu"), max_batch=4, wait_s=0.001)
    yield made
    made.stop()
    made._thread.join(5)


@pytest.fixture
def denoiser(batcher: Batcher, tmp_path: Path) -> Callable[..., Served]:
    """A tiny denoiser in a precision that a test asks for."""
    row = tiny.denoiser(tmp_path)
    return lambda precision: served(row, batcher, precision)


def _noisy() -> tuple[Tensor, Tensor]:
    image = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(5))
    return image, torch.tensor([25.0])


# What is served


def test_a_door_gives_what_the_network_on_disk_gives(batcher: Batcher, tmp_path: Path):
    row = tiny.denoiser(tmp_path)
    card = Card.from_json(row.card)
    module = weights.read((tmp_path / "tiny" / weights.MODEL_FILE).read_bytes(), card)

    one = served(row, batcher, "float32")

    with torch.inference_mode():
        expected = calling.doors(module)["denoise"](*_noisy())
    torch.testing.assert_close(one.doors["denoise"](*_noisy()), expected, atol=1e-6, rtol=0)
    assert (one.label, one.card) == ("tiny@1", card)


def test_two_versions_of_one_network_never_share_a_batch(batcher: Batcher, tmp_path: Path):
    versions = [
        served(tiny.denoiser(tmp_path, f"tiny-{seed}", seed=seed), batcher, "float32")
        for seed in (1, 2)
    ]
    alone = [one.doors["denoise"](*_noisy()) for one in versions]
    go = threading.Event()

    with ThreadPoolExecutor(3) as pool:
        busy = pool.submit(batcher.do, lambda: go.wait(10))
        calls = [pool.submit(one.doors["denoise"], *_noisy()) for one in versions]
        while batcher._buckets.calls < 2:
            time.sleep(0.001)
        go.set()
        together = [call.result(10) for call in calls]

    assert busy.result()
    assert not torch.equal(*alone)  # type: ignore[arg-type]
    assert all(map(torch.equal, together, alone))  # type: ignore[arg-type]


def test_the_bytes_of_a_version_are_those_of_its_numbers(
    denoiser: Callable[..., Served], tmp_path: Path
):
    one = denoiser("float32")

    module = weights.read((tmp_path / "tiny" / weights.MODEL_FILE).read_bytes(), one.card)
    assert one.bytes == 4 * sum(p.numel() for p in module.parameters()) > 1_000


def test_weights_that_are_not_those_of_the_card_are_not_served(batcher: Batcher, tmp_path: Path):
    row = tiny.denoiser(tmp_path)
    row.card = row.card.replace(Card.from_json(row.card).sha256, "0" * 64)

    with pytest.raises(WeightsError, match="not the one its card was written for"):
        served(row, batcher, "float32")


@pytest.mark.parametrize(("path", "card"), SHIPPED)
def test_there_are_examples_that_fit_every_door_of_every_network(path: Path, card: Card):
    module = weights.read(path.read_bytes(), card)
    doors, examples = calling.doors(module), calling.examples(module)

    assert examples.keys() == doors.keys()
    with torch.inference_mode():
        for name, door in doors.items():
            answer = door(*examples[name])
            parts = (answer,) if isinstance(answer, Tensor) else answer
            assert all(len(part) == 1 and part.isfinite().all() for part in parts)


@pytest.mark.parametrize(("path", "card"), SHIPPED)
def test_examples_are_always_the_same(path: Path, card: Card):
    module = weights.read(path.read_bytes(), card)
    torch.manual_seed(1)
    first = calling.examples(module)
    torch.manual_seed(2)

    again = calling.examples(module)

    for name, arguments in first.items():
        assert all(map(torch.equal, arguments, again[name]))


# In which number format


def test_bfloat16_is_used_where_it_is_asked_for_and_says_nearly_the_same(
    denoiser: Callable[..., Served],
):
    tuned = denoiser("bfloat16").tuned

    assert tuned.precision == "bfloat16"
    assert tuned.agreement_db is not None
    assert served_module.LEAST_AGREEMENT_DB < tuned.agreement_db < 100


@pytest.mark.parametrize(("has_it", "used"), [(True, "bfloat16"), (False, "float32")])
def test_left_to_itself_bfloat16_is_used_where_the_device_has_it(
    denoiser: Callable[..., Served], monkeypatch: pytest.MonkeyPatch, *, has_it: bool, used: str
):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": has_it})

    tuned = denoiser("auto").tuned

    assert tuned.precision == used
    assert (tuned.agreement_db is None) is not has_it


def test_float32_is_not_compared_with_anything(denoiser: Callable[..., Served]):
    tuned = denoiser("float32").tuned

    assert (tuned.precision, tuned.agreement_db) == ("float32", None)


def test_its_doors_compute_in_the_format_that_was_chosen(
    batcher: Batcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    row = tiny.denoiser(tmp_path)
    seen: list[torch.dtype] = []
    convolve = nn.Conv2d.forward

    def noting(self: nn.Conv2d, x: Tensor) -> Tensor:
        answer = convolve(self, x)
        seen.append(answer.dtype)
        return answer

    monkeypatch.setattr(nn.Conv2d, "forward", noting)
    for precision, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        one = served(row, batcher, precision)  # type: ignore[arg-type]
        seen.clear()

        answer = one.doors["denoise"](*_noisy())

        assert set(seen) == {dtype}
        assert answer.dtype == torch.float32  # type: ignore[union-attr]


def test_a_network_whose_agreement_is_below_the_limit_stays_with_float32(
    denoiser: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(served_module, "LEAST_AGREEMENT_DB", 1_000.0)

    one = denoiser("bfloat16")

    assert one.tuned.precision == "float32"
    assert one.tuned.agreement_db is not None  # it is known why


class _Cancelling(nn.Module):
    """Its answer is the small difference of two large numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.difference = nn.Conv2d(2, 1, 1, bias=False)
        with torch.no_grad():
            self.difference.weight.copy_(torch.tensor([1.0, -1.0]).view(1, 2, 1, 1))

    def door(self, x: Tensor) -> Tensor:
        return self.difference(x)


class _Adding(_Cancelling):
    """Its answer is nearly the same in any format, and is in the format that it was made in."""

    def __init__(self) -> None:
        super().__init__()
        nn.init.ones_(self.difference.weight)


class _Overflowing(_Cancelling):
    """Its answer is no number, but only in bfloat16."""

    def door(self, x: Tensor) -> Tensor:
        answer = self.difference(x)
        return answer * math.nan if answer.dtype == torch.bfloat16 else answer


def _serve(
    module: nn.Module, batcher: Batcher, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Served:
    """A network of a kind that we do not ship; another door of it is as good in any format."""
    large = torch.full((1, 1, 8, 8), 100.0)
    example = torch.cat([large + 0.01 * torch.rand(1, 1, 8, 8), large], dim=1)
    monkeypatch.setattr(weights, "read", lambda *_: module)
    monkeypatch.setattr(
        calling,
        "doors",
        lambda one: {
            "fine": lambda x: x.float() + 1,
            "door": one.door,
            "pair": lambda x: (one.door(x), one.door(x)),
        },
    )
    given = {"fine": (large,), "door": (example,), "pair": (example,)}
    monkeypatch.setattr(calling, "examples", lambda _: given)
    return served(tiny.denoiser(folder), batcher, "bfloat16")


@pytest.mark.parametrize("kind", [_Cancelling, _Overflowing])
def test_a_network_that_says_something_else_in_bfloat16_stays_with_float32(
    batcher: Batcher,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[_Cancelling],
):
    one = _serve(kind(), batcher, tmp_path, monkeypatch)

    answer = one.doors["door"](torch.tensor([100.125, 100.0]).view(1, 2, 1, 1))

    assert one.tuned.precision == "float32"
    assert one.tuned.agreement_db is not None
    assert one.tuned.agreement_db < served_module.LEAST_AGREEMENT_DB  # the least of its doors
    assert float(answer) == 0.125  # type: ignore[arg-type]


def test_answers_are_float32_whatever_the_network_computes_in(
    batcher: Batcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    module = _Adding()
    one = _serve(module, batcher, tmp_path, monkeypatch)
    x = torch.rand(1, 2, 4, 4)

    answer, pair = one.doors["door"](x), one.doors["pair"](x)

    assert one.tuned.precision == "bfloat16"
    assert [part.dtype for part in (answer, *pair)] == [torch.float32] * 3  # type: ignore[misc]
    assert torch.equal(answer, answer.bfloat16().float())  # type: ignore[union-attr]


# Compiled


@pytest.mark.slow
def test_a_compiled_network_says_the_same_and_is_told_of(
    batcher: Batcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    row = tiny.denoiser(tmp_path)
    plain = served(row, batcher, "float32").doors["denoise"](*_noisy())
    monkeypatch.setattr(served_module, "seconds", lambda _ways, _: {"plain": 3.0, "compiled": 2.0})

    one = served(row, batcher, "float32", compiles=True)

    assert (one.tuned.way, one.tuned.speedup) == ("compiled", 1.5)
    torch.testing.assert_close(one.doors["denoise"](*_noisy()), plain, atol=1e-5, rtol=0)


def test_another_way_that_is_hardly_faster_is_not_taken(
    batcher: Batcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(served_module, "in_way", lambda door, _: door)
    monkeypatch.setattr(served_module, "seconds", lambda _ways, _: {"plain": 1.05, "compiled": 1.0})

    one = served(tiny.denoiser(tmp_path), batcher, "float32", compiles=True)

    assert (one.tuned.way, one.tuned.speedup) == ("plain", 1.0)


def test_another_way_that_says_something_else_is_not_taken(
    batcher: Batcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def in_way(door: Callable[..., Tensor], way: str) -> Callable[..., Tensor]:
        return door if way == "plain" else lambda *arguments: door(*arguments) + 1

    monkeypatch.setattr(served_module, "in_way", in_way)
    monkeypatch.setattr(served_module, "seconds", lambda _ways, _: {"plain": 3.0, "compiled": 1.0})
    row = tiny.denoiser(tmp_path)

    one = served(row, batcher, "float32", compiles=True)

    assert one.tuned.way == "plain"
    assert torch.equal(
        one.doors["denoise"](*_noisy()),
        served(row, batcher, "float32").doors["denoise"](*_noisy()),  # type: ignore[arg-type]
    )


def test_a_full_batch_is_what_is_timed(
    batcher: Batcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    timed: list[torch.Size] = []

    def seconds(_ways: object, arguments: list[Tensor]) -> dict[str, float]:
        timed.append(arguments[0].shape)
        return {"plain": 1.0, "compiled": 1.0}

    monkeypatch.setattr(served_module, "in_way", lambda door, _: door)
    monkeypatch.setattr(served_module, "seconds", seconds)

    served(tiny.denoiser(tmp_path), batcher, "float32", compiles=True)

    assert timed == [(batcher.max_batch, 3, 64, 64)]


def test_a_network_that_cannot_be_compiled_here_runs_plain(
    batcher: Batcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def seconds(_ways: object, _: object) -> dict[str, float]:
        raise RuntimeError("no C++ compiler")

    monkeypatch.setattr(served_module, "in_way", lambda door, _: door)
    monkeypatch.setattr(served_module, "seconds", seconds)

    one = served(tiny.denoiser(tmp_path), batcher, "float32", compiles=True)

    assert (one.tuned.way, one.tuned.speedup) == ("plain", None)
    assert isinstance(one.doors["denoise"](*_noisy()), Tensor)
