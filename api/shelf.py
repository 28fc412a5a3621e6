"""The vectors of one tenant and space in memory, brought to what the archive has at each search."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from db import vectors
from db.engine import reading
from db.vectors import Rows, State

_ID_BYTES: Final = 250
"""What an id takes, with its places in a tuple and in a set."""
# Workers' clocks differ, and who is first to write is not always first to commit.
_OVERLAP: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some ids and their vectors [M, D], of length one."""

    ids: tuple[str, ...]
    vectors: NDArray[np.float32]


def size_bytes(count: int, dimension: int) -> int:
    """What so many vectors take in memory."""
    return count * (4 * dimension + _ID_BYTES)


def piece(rows: Rows) -> Piece:
    """As float32: to make half precision so at each search takes longer than to compare it."""
    halves = np.frombuffer(rows.vectors, "<f2")
    return Piece(rows.ids, halves.astype(np.float32).reshape(len(rows.ids), -1))


class Shelf:
    """Pieces that are never written again, so that who compares them needs no lock."""

    def __init__(self, tenant: str, space: str) -> None:
        self._of = (tenant, space)
        self._pieces: tuple[Piece, ...] = ()
        self._known: set[str] = set()
        self._newest: datetime | None = None
        self._lock = Lock()
        self.reserved_bytes = 0

    def pieces(self) -> tuple[Piece, ...]:
        """All that the archive has now."""
        with self._lock, reading() as session:
            now = vectors.state(session, *self._of)
            if (len(self._known), self._newest) != (now.count, now.newest):
                self._refresh(session, now)
            return self._pieces

    def forget(self, ids: Collection[str]) -> None:
        with self._lock:
            self._drop(set(ids))

    def _refresh(self, session: Session, now: State) -> None:
        if self._newest is None:
            for rows in vectors.everything(session, *self._of):
                self._add(rows)
        else:
            late = vectors.since(session, *self._of, self._newest - _OVERLAP)
            self._fetch(session, set(late) - self._known)
        self._newest = now.newest
        # Something was erased, or came later than its own time says.
        if len(self._known) != vectors.state(session, *self._of).count:
            there = set(vectors.ids(session, *self._of))
            self._drop(self._known - there)
            self._fetch(session, there - self._known)

    def _fetch(self, session: Session, ids: Collection[str]) -> None:
        for rows in vectors.some(session, *self._of, ids):
            self._add(rows)

    def _add(self, rows: Rows) -> None:
        """Behind the others; a last piece that is small is made one with it."""
        if not rows.ids:
            return
        more = piece(rows)
        last = self._pieces[-1] if self._pieces else None
        if last is not None and len(last.ids) + len(more.ids) <= vectors.ROWS:
            both = np.concatenate([last.vectors, more.vectors])
            self._pieces = (*self._pieces[:-1], Piece(last.ids + more.ids, both))
        else:
            self._pieces = (*self._pieces, more)
        self._known.update(rows.ids)

    def _drop(self, gone: set[str]) -> None:
        if gone:
            left = (_without(one, gone) for one in self._pieces)
            self._pieces = tuple(one for one in left if one.ids)
            self._known -= gone


def _without(one: Piece, gone: set[str]) -> Piece:
    stays = [row for row, name in enumerate(one.ids) if name not in gone]
    if len(stays) == len(one.ids):
        return one
    return Piece(tuple(one.ids[row] for row in stays), one.vectors[stays])
