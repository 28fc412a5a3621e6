"""Whether everything that a job needs answers: each is asked by itself, and named."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from api import broker
from db import blobs, fleet, migrate
from db.engine import reading
from workers.queues import QUEUES

_PROBE = "_ready/probe"
_log = structlog.get_logger(__name__)


def checks() -> dict[str, str]:
    """`ok`, or what is wrong, by name."""
    asked = {"database": migrate.check, "blobs": _write_and_read, "broker": broker.reach}
    with ThreadPoolExecutor(len(asked)) as together:
        return dict(zip(asked, together.map(_ask, asked, asked.values()), strict=True))


def workers() -> dict[str, int]:
    """How many take work from each queue; who drains or is broken takes none."""
    with reading() as session:
        working = [one for one in fleet.present(session) if one.state in {"starting", "ready"}]
    taken = [queue for worker in working for queue in worker.queues]
    return {queue: taken.count(queue) for queue in QUEUES}


def _ask(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as error:  # noqa: BLE001 — whatever it is, it is not ready
        # Not to the caller: messages of drivers name hosts and users.
        _log.warning("not ready", part=name, error=str(error))
        return type(error).__name__
    return "ok"


def _write_and_read() -> None:
    store = blobs.store()
    store.write(_PROBE, b"ready")
    if store.read(_PROBE) != b"ready":
        raise OSError("the store gives other bytes than it took")
