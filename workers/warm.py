"""Networks kept warm on this process's device, by version."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn

from db import blobs, versions
from db.engine import reading
from models import weights
from models.weights import Card
from workers.batcher import Batcher
from workers.calls import Answer, Door


@dataclass(frozen=True, slots=True)
class Served:
    """A version as operations see it: its card, and its network's doors through the batcher."""

    label: str
    card: Card
    doors: dict[str, Door]


Networks = Callable[[str], Served]
"""The version of a network ("gan", "vae", …) that this job's row names."""


class Warm:
    """Loads each version once; a version never changes, so a warm one never goes stale."""

    def __init__(self, batcher: Batcher) -> None:
        self._batcher = batcher
        self._served: dict[str, Served] = {}
        self._one_at_a_time = threading.Lock()

    def visit(self) -> AbstractContextManager[None]:
        """While a job may call a network: so long others may wait for its company."""
        return self._batcher.visit()

    def networks(self, chosen: dict[str, str], *, may_go_on: Callable[[], None]) -> Networks:
        """How a job reaches the networks whose versions its row names.

        Before each call, so before each tile of a large picture, `may_go_on` may raise.
        """

        def network(name: str) -> Served:
            served = self._get(chosen[name])
            doors = {name: _asking(may_go_on, door) for name, door in served.doors.items()}
            return replace(served, doors=doors)

        return network

    def _get(self, version_id: str) -> Served:
        with self._one_at_a_time:
            if version_id not in self._served:
                self._served[version_id] = self._load(version_id)
            return self._served[version_id]

    def _load(self, version_id: str) -> Served:
        with reading() as session:
            row = versions.get(session, version_id)
        card = Card.from_json(row.card)
        module: nn.Module = weights.read(blobs.get(row.tenant, row.weights_key), card)
        # Convolutions are a third faster in this order on a CPU, more on a GPU.
        module.to(self._batcher.device).to(memory_format=torch.channels_last)
        doors: dict[str, Door] = {
            name: partial(self._batcher.call, (version_id, name), door)
            for name, door in weights.doors(module).items()
        }
        return Served(row.label, card, doors)


def _asking(may_go_on: Callable[[], None], door: Door) -> Door:
    def asked(*arguments: Tensor) -> Answer:
        may_go_on()
        return door(*arguments)

    return asked
