"""Networks kept warm on this process's device, by version, within a budget of memory."""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import structlog
from torch import Tensor

from db import versions
from db.engine import reading
from models.precision import Precision
from workers.batcher import Batcher
from workers.calls import Answer, Door
from workers.served import Networks, Served, served

_log = structlog.get_logger(__name__)


class Warm:
    """Loads each version once; a version never changes, so a warm one never goes stale.

    Args:
        budget_bytes: of weights. Beyond it the version goes that was asked for longest ago; jobs
            that have it in hand keep it until they end.
        precision: the number format they compute in.
        compiles: try compiled ways, too, at each load.
    """

    def __init__(
        self,
        batcher: Batcher,
        *,
        budget_bytes: int = 1 << 31,
        precision: Precision = "auto",
        compiles: bool = False,
    ) -> None:
        self._batcher, self._budget_bytes = batcher, budget_bytes
        self._precision, self._compiles = precision, compiles
        self._known: OrderedDict[str, Future[Served]] = OrderedDict()
        self._guard = threading.Lock()

    def visit(self) -> AbstractContextManager[None]:
        """While a job may call a network: so long others may wait for its company."""
        return self._batcher.visit()

    def networks(self, chosen: dict[str, str], *, may_go_on: Callable[[], None]) -> Networks:
        """How a job reaches the networks whose versions its row names.

        Before each call, so before each tile of a large picture, `may_go_on` may raise.
        """

        def network(name: str) -> Served:
            found = self._get(chosen[name])
            doors = {name: _asking(may_go_on, door) for name, door in found.doors.items()}
            return replace(found, doors=doors)

        return network

    def prepare(self, version_ids: Iterable[str]) -> None:
        """Load these before anybody asks; one that does not load is for its first job to meet."""
        for version_id in version_ids:
            try:
                self._get(version_id)
            except Exception as error:  # noqa: BLE001 — whatever is wrong with one, others work
                _log.warning("a version was not warmed up", version=version_id, error=str(error))

    def told(self) -> dict[str, Any]:
        """What is warm, and how it runs, for the worker's row."""
        return {
            one.label: {
                "precision": one.tuned.precision,
                "agreement_db": _in_json(one.tuned.agreement_db),
                "way": one.tuned.way,
                "speedup": one.tuned.speedup,
                "megabytes": round(one.bytes / 1e6, 1),
            }
            for one in self._loaded().values()
        }

    def _get(self, version_id: str) -> Served:
        """Loaded by whoever asks first; others wait for it, and nobody for another version."""
        with self._guard:
            found = self._known.get(version_id)
            if is_mine := found is None:
                found = self._known[version_id] = Future()
            self._known.move_to_end(version_id)
        if is_mine:
            self._load(version_id, found)
        # Who waits for another's load may have the seat which that one needs to end it.
        with self._batcher.seats.lent():
            return found.result()

    def _load(self, version_id: str, found: "Future[Served]") -> None:
        try:
            with reading() as session:
                row = versions.get(session, version_id)
            found.set_result(served(row, self._batcher, self._precision, compiles=self._compiles))
        except BaseException as error:  # noqa: BLE001 — for all who wait; the next one tries again
            with self._guard:
                del self._known[version_id]
            found.set_exception(error)
        self._make_room()

    def _make_room(self) -> None:
        loaded = self._loaded()
        size = sum(one.bytes for one in loaded.values())
        with self._guard:
            for version_id, one in list(loaded.items())[:-1]:
                if size <= self._budget_bytes:
                    return
                size -= one.bytes
                self._known.pop(version_id, None)
                _log.info("a network makes room", version=one.label)

    def _loaded(self) -> dict[str, Served]:
        with self._guard:
            ended = {key: one for key, one in self._known.items() if one.done()}
        return {key: one.result() for key, one in ended.items() if one.exception() is None}


def _in_json(db: float | None) -> float | None:
    """JSON knows no infinity: no row of PostgreSQL and no answer of the API may hold one."""
    return None if db is None or math.isinf(db) else round(db, 1)


def _asking(may_go_on: Callable[[], None], door: Door) -> Door:
    def asked(*arguments: Tensor) -> Answer:
        may_go_on()
        return door(*arguments)

    return asked
