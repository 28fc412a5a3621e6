"""From a version's row to doors on this process's device: loaded, placed, tuned and compared."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Final

import structlog
import torch
from torch import Tensor, nn

from db import blobs
from db.tables.versions import Version
from models import calling, weights
from models.compiling import WORTH_IT, Way, in_way, seconds, ways_on
from models.precision import Precision, agreement_db, autocast, is_bfloat16
from models.weights import Card
from workers.batcher import Batcher
from workers.calls import Answer, Door
from workers.on_device import device_is_lost

LEAST_AGREEMENT_DB: Final = 35.0
"""Between a network's answers in bfloat16 and in float32; below it stays with float32."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tuned:
    """How a network runs on this device.

    Attributes:
        agreement_db: of bfloat16 with float32, the least of its doors; None where it is not used.
        speedup: of the way it runs in over the plain one; None where nothing else was tried.
    """

    precision: Precision
    agreement_db: float | None
    way: Way = "plain"
    speedup: float | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """A version as operations see it: its card, and its network's doors through the batcher."""

    label: str
    card: Card
    doors: dict[str, Door]
    bytes: int
    tuned: Tuned


def served(
    row: Version, batcher: Batcher, precision: Precision, *, compiles: bool = False
) -> Served:
    """A network ready to be called; every door of it has been called once.

    With `compiles` other ways are tried, too, and one is kept where it is faster on this device.
    """
    card = Card.from_json(row.card)
    module: nn.Module = weights.read(blobs.get(row.tenant, row.weights_key), card)
    tuned, placed = batcher.do(
        lambda: _tuned(module, batcher.device, precision, batcher.max_batch if compiles else 0)
    )
    _log.info("a network is warm", version=row.label, **asdict(tuned))
    doors: dict[str, Door] = {
        name: partial(batcher.call, (row.id, name), door) for name, door in placed.items()
    }
    size = sum(one.nbytes for one in (*module.parameters(), *module.buffers()))
    return Served(row.label, card, doors, size, tuned)


def _tuned(
    module: nn.Module, device: torch.device, precision: Precision, compiled_for: int
) -> tuple[Tuned, dict[str, Door]]:
    """On the device, every door called once; in bfloat16 where that says nearly the same."""
    # Convolutions take half as long in this order on a CPU (benchmarks/variants.py).
    module.to(device).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        exact = _answers(module, _doors(module, device, "float32"), device)
        tuned = _in_nearly_the_same(module, device, precision, exact)
        if compiled_for:
            try:
                tuned = _faster(module, device, tuned, exact, images=compiled_for)
            except Exception as error:
                if device_is_lost(error):
                    raise
                _log.warning("a network could not be compiled, and runs plain", error=str(error))
        doors = _doors(module, device, tuned.precision, tuned.way)
        _answers(module, doors, device)
    return tuned, doors


def _in_nearly_the_same(
    module: nn.Module, device: torch.device, precision: Precision, exact: list[Tensor]
) -> Tuned:
    if not is_bfloat16(device, precision):
        return Tuned("float32", None)
    answers = _answers(module, _doors(module, device, precision), device)
    found = min(map(agreement_db, exact, answers))
    if found < LEAST_AGREEMENT_DB:
        _log.warning("a network stays with float32", agreement_db=found)
        return Tuned("float32", found)
    return Tuned("bfloat16", found)


def _faster(
    module: nn.Module, device: torch.device, tuned: Tuned, exact: list[Tensor], *, images: int
) -> Tuned:
    """The fastest way for full batches, if it is worth its price and says nearly the same."""
    ways = {way: _doors(module, device, tuned.precision, way) for way in ways_on(device)}
    took: Counter[Way] = Counter()
    for name, arguments in calling.examples(module).items():
        full = [argument.to(device).repeat_interleave(images, 0) for argument in arguments]
        took.update(seconds({way: doors[name] for way, doors in ways.items()}, full))
    way = min(took, key=took.__getitem__)
    speedup = took["plain"] / took[way]
    agrees = min(map(agreement_db, exact, _answers(module, ways[way], device)))
    if speedup < WORTH_IT or agrees < LEAST_AGREEMENT_DB:
        return replace(tuned, speedup=1.0)
    return replace(tuned, way=way, speedup=round(speedup, 2))


def _answers(module: nn.Module, doors: dict[str, Door], device: torch.device) -> list[Tensor]:
    found: list[Tensor] = []
    for name, arguments in calling.examples(module).items():
        answer = doors[name](*(argument.to(device) for argument in arguments))
        # A graph's next call writes where this one's answer lies.
        found += [one.clone() for one in ((answer,) if isinstance(answer, Tensor) else answer)]
    return found


def _doors(
    module: nn.Module, device: torch.device, precision: Precision, way: Way = "plain"
) -> dict[str, Door]:
    return {
        name: _in_precision(in_way(door, way), device, precision)
        for name, door in calling.doors(module).items()
    }


def _in_precision(door: Door, device: torch.device, precision: Precision) -> Door:
    def called(*arguments: Tensor) -> Answer:
        with autocast(device, precision):
            answer = door(*arguments)
        return answer.float() if isinstance(answer, Tensor) else tuple(a.float() for a in answer)

    return called


Networks = Callable[[str], Served]
"""The version of a network ("gan", "vae", …) that this job's row names."""
