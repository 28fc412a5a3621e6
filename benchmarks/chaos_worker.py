"""The real worker, opened in three places: `celery -A benchmarks.chaos_worker worker -Q gpu`.

It lingers in every operation and again between output and commit, and there it freezes when it is
told to: the moment at which a lease that runs out must be noticed. And some blobs find the disk
full, once each.
"""

import errno
import random
import signal
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

from benchmarks import chaos_orders, settings
from db import engine, stores
from workers import perform
from workers.celery import app
from workers.committer import Committer

__all__ = ["app"]

LONG_SHARE: Final = 0.02


def _slow(apply: Callable[..., Any]) -> Callable[..., Any]:
    def slowly(*arguments: Any) -> Any:
        is_long = random.random() < LONG_SHARE  # noqa: S311
        time.sleep(settings.get().long_s if is_long else settings.get().dwell_s / 2)
        return apply(*arguments)

    return slowly


def _late(succeed: Callable[..., bool]) -> Callable[..., bool]:
    def later(*arguments: Any) -> bool:
        time.sleep(settings.get().dwell_s / 2)
        if chaos_orders.obeyed(chaos_orders.FREEZE):
            _freeze()
        return succeed(*arguments)

    return later


def _freeze() -> None:
    """Stop the whole process here, until somebody continues it."""
    with engine._ONE_WRITER:  # noqa: SLF001 — no other thread may stop with SQLite's write lock
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def _on_a_full_disk(write: Callable[..., None]) -> Callable[..., None]:
    def if_it_fits(folder: stores.Folder, path: str, data: bytes) -> None:
        digest = sha256(data)
        is_unlucky = digest.digest()[0] < 256 * settings.get().full_disk_share
        if is_unlucky and chaos_orders.first_time(digest.hexdigest()):
            raise OSError(errno.ENOSPC, "no space left on the device, says the chaos")
        write(folder, path, data)

    return if_it_fits


chaos_orders.open_up(perform, "apply", _slow)
chaos_orders.open_up(Committer, "succeed", _late)
chaos_orders.open_up(stores.Folder, "_write", _on_a_full_disk)  # below where errors get names
