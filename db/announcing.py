"""A row for bytes before there are bytes: what many threads announce at once is one transaction."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from db import clock
from db.engine import transaction
from db.portable import insert_of
from db.tables.pictures import Blob

GATHERS_S = 0.02
"""The longest that a row waits for others."""

_LOOK_EVERY_S = 0.005

_Waiting = tuple[dict[str, Any], "Future[None]"]


class _Announcements:
    """Who comes while others write waits for its turn, and then writes for all who came."""

    def __init__(self) -> None:
        self.company: Callable[[], int] = lambda: 1
        self._waiting: list[_Waiting] = []
        self._guard, self._turn = threading.Lock(), threading.Lock()

    def announce(self, row: dict[str, Any]) -> None:
        written: Future[None] = Future()
        with self._guard:
            self._waiting.append((row, written))
        with self._turn:
            if not written.done():
                self._gather()
                self._write()
        written.result()

    def _gather(self) -> None:
        """Until there is company, where that pays, but not for long."""
        enough, give_up = self.company(), time.monotonic() + GATHERS_S
        while len(self._waiting) < enough and time.monotonic() < give_up:
            time.sleep(_LOOK_EVERY_S)

    def _write(self) -> None:
        with self._guard:
            group, self._waiting = self._waiting, []
        try:
            with transaction() as session:
                _upsert(session, [row for row, _ in group])
        except BaseException as error:  # noqa: BLE001 — nobody's row was written; each is told
            for _, written in group:
                written.set_exception(error)
        else:
            for _, written in group:
                written.set_result(None)


def wait_for(company: Callable[[], int]) -> None:
    """From now on in this process, whoever writes waits a little for as many as this says."""
    _announcements.company = company


def announce(tenant: str, sha256: str, *, size: int) -> None:
    """Say that these bytes are about to be put; returns when that is committed."""
    _announcements.announce({"tenant": tenant, "sha256": sha256, "bytes": size})


def _upsert(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    # Each once, in the order in which everybody locks.
    by_key = {(row["tenant"], row["sha256"]): row for row in rows}
    ordered = [by_key[key] for key in sorted(by_key)]
    session.connection().execute(_statement(session.get_bind().dialect.name), ordered)


@cache
def _statement(dialect: str) -> Any:
    now = {"last_put_at": clock.now(), "needed_at": None}
    keys = [column.name for column in Blob.__table__.primary_key]
    return insert_of(dialect, Blob).values(now).on_conflict_do_update(index_elements=keys, set_=now)


_announcements = _Announcements()
