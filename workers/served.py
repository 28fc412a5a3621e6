"""From a version's row to doors on this process's device: loaded, placed, tuned and compared."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
import torch
from torch import Tensor, nn

from db import blobs
from db.tables.versions import Version
from models import weights
from models.precision import Precision, agreement_db, autocast, is_bfloat16
from models.weights import Card
from workers.batcher import Batcher
from workers.calls import Answer, Door

LEAST_AGREEMENT_DB: Final = 35.0
"""Between a network's answers in bfloat16 and in float32; below it stays with float32."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tuned:
    """How a network runs on this device.

    Attributes:
        agreement_db: of bfloat16 with float32, the least of its doors; None where it is not used.
    """

    precision: Precision
    agreement_db: float | None


@dataclass(frozen=True, slots=True)
class Served:
    """A version as operations see it: its card, and its network's doors through the batcher."""

    label: str
    card: Card
    doors: dict[str, Door]
    bytes: int
    tuned: Tuned


def served(row: Version, batcher: Batcher, precision: Precision) -> Served:
    """A network ready to be called; every door of it has been called once."""
    card = Card.from_json(row.card)
    module: nn.Module = weights.read(blobs.get(row.tenant, row.weights_key), card)
    tuned = batcher.do(lambda: _placed(module, batcher.device, precision))
    _log.info(
        "a network is warm",
        version=row.label,
        precision=tuned.precision,
        agreement_db=tuned.agreement_db,
    )
    doors: dict[str, Door] = {
        name: partial(
            batcher.call, (row.id, name), _in_precision(door, batcher.device, tuned.precision)
        )
        for name, door in weights.doors(module).items()
    }
    size = sum(one.nbytes for one in (*module.parameters(), *module.buffers()))
    return Served(row.label, card, doors, size, tuned)


def _placed(module: nn.Module, device: torch.device, precision: Precision) -> Tuned:
    """On the device, every door called once; in bfloat16 where that says nearly the same."""
    # Convolutions are a third faster in this order on a CPU, more on a GPU.
    module.to(device).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        exact = list(_answers(module, device, "float32"))
        if not is_bfloat16(device, precision):
            return Tuned("float32", None)
        found = min(map(agreement_db, exact, _answers(module, device, precision)))
    if found < LEAST_AGREEMENT_DB:
        _log.warning("a network stays with float32", agreement_db=found)
        return Tuned("float32", found)
    return Tuned("bfloat16", found)


def _answers(module: nn.Module, device: torch.device, precision: Precision) -> Iterator[Tensor]:
    doors = weights.doors(module)
    for name, arguments in weights.examples(module).items():
        door = _in_precision(doors[name], device, precision)
        answer = door(*(argument.to(device) for argument in arguments))
        yield from (answer,) if isinstance(answer, Tensor) else answer


def _in_precision(door: Door, device: torch.device, precision: Precision) -> Door:
    def called(*arguments: Tensor) -> Answer:
        with autocast(device, precision):
            answer = door(*arguments)
        return answer.float() if isinstance(answer, Tensor) else tuple(a.float() for a in answer)

    return called


Networks = Callable[[str], Served]
"""The version of a network ("gan", "vae", …) that this job's row names."""
