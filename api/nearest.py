"""Which stored vectors are nearest: exact, by their cosine.

A PostgreSQL with pgvector says which they can be; else they are compared here, from memory or from
the archive. What is kept in memory is only ever as much as may be: whose search was longest ago
goes first, and what alone is too much is read piece by piece at each search, so that memory decides
how long a search takes and never what it finds.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from api.shelf import Piece, Shelf, piece, size_bytes
from db import pgvector, vectors
from db.engine import reading

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Found:
    """Ids and the cosine of each with what was asked for, the highest first; of how many."""

    ids: tuple[str, ...]
    similarities: tuple[float, ...]
    compared: int


class Nearest:
    """What one process keeps, of all tenants together at most so many bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._shelves: OrderedDict[tuple[str, str], Shelf] = OrderedDict()
        self._lock = Lock()

    def search(self, tenant: str, space: str, queries: Floats, *, k: int, without: str) -> Found:
        """The k nearest to any of the queries [Q, D], of length one; `without` is not among them.

        What was erased is not found, also if it went while we compared.
        """
        with reading() as session:
            if pgvector.serves(session):
                rows = pgvector.candidates(session, tenant, space, queries.tolist(), limit=k + 1)
                best = _best([piece(rows)] if rows.ids else [], queries, k=k + 1)
                count = vectors.state(session, tenant, space).count
                return _but(replace(best, compared=count), without, k)
        return self.compared_here(tenant, space, queries, k=k, without=without)

    def compared_here(
        self, tenant: str, space: str, queries: Floats, *, k: int, without: str
    ) -> Found:
        """The same without pgvector."""
        while True:
            shelf = self._shelf(tenant, space, queries.shape[1])
            if shelf is None:
                with reading() as session:
                    rows = vectors.everything(session, tenant, space)
                    best = _best(map(piece, rows), queries, k=k + 1)
            else:
                best = _best(shelf.pieces(), queries, k=k + 1)
            with reading() as session:
                gone = set(best.ids) - vectors.present(session, tenant, space, best.ids)
            if not gone:
                return _but(best, without, k)
            if shelf is not None:
                shelf.forget(gone)

    def _shelf(self, tenant: str, space: str, dimension: int) -> Shelf | None:
        """Room for all of them; None if they are more than may be kept."""
        with reading() as session:
            wanted = size_bytes(vectors.state(session, tenant, space).count, dimension)
        with self._lock:
            shelf = self._shelves.pop((tenant, space), None)
            if wanted > self._most_bytes:
                return None
            shelf = shelf or Shelf(tenant, space)
            while self._taken_bytes() > self._most_bytes - wanted:
                self._shelves.popitem(last=False)
            shelf.reserved_bytes = wanted
            self._shelves[tenant, space] = shelf
            return shelf

    def _taken_bytes(self) -> int:
        return sum(one.reserved_bytes for one in self._shelves.values())


def _best(pieces: Iterable[Piece], queries: Floats, *, k: int) -> Found:
    ids: list[str] = []
    cosines: list[float] = []
    compared = 0
    for one in pieces:
        compared += len(one.ids)
        here = (one.vectors @ queries.T).max(axis=1)
        rows = np.argpartition(-here, k - 1)[:k] if len(here) > k else np.arange(len(here))
        ids += [one.ids[row] for row in rows]
        cosines += here[rows].tolist()
    order = sorted(range(len(ids)), key=lambda at: (-cosines[at], ids[at]))[:k]
    return Found(tuple(ids[at] for at in order), tuple(cosines[at] for at in order), compared)


def _but(found: Found, without: str, k: int) -> Found:
    pairs = [
        (one, alike)
        for one, alike in zip(found.ids, found.similarities, strict=True)
        if one != without
    ][:k]
    return Found(
        tuple(one for one, _ in pairs), tuple(alike for _, alike in pairs), found.compared - 1
    )
