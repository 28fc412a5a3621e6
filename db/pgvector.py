"""Searches that PostgreSQL does itself: exact, over a column that pgvector compares.

The column is made of the vectors that are kept anyway, by the database, so that nobody writes it,
no backup holds it and no vector is without it. An SQLite, and a PostgreSQL without pgvector, has
none; there searches compare in memory.
"""

from collections.abc import Sequence
from typing import Final

import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from db.vectors import Rows

SPARE: Final = 16
"""So many more than are asked for: queries are rounded to half precision, which may swap a few."""
_PLAIN_FROM: Final = (16,)
"""Releases in which a new column may say that it is kept in its row, and never elsewhere."""

_log = structlog.get_logger(__name__)


def prepare(connection: Connection) -> None:
    """Make the column, if pgvector is at hand and the column is not there yet.

    It takes a third of a millisecond a vector, and the table is locked meanwhile.
    """
    if connection.dialect.name != "postgresql" or connection.scalar(_HAS):
        return
    if not _is_at_hand(connection):
        return
    # With its schema: whoever restores a dump has none on the path.
    connection.execute(text(_HALVES.format(halfvec=connection.scalar(_HALFVEC))))
    # Kept elsewhere, vectors take seven times as long to fetch and compare (decision 0025).
    plain = "STORAGE PLAIN" if (connection.dialect.server_version_info or ()) >= _PLAIN_FROM else ""
    connection.execute(text(_COLUMN.format(plain=plain)))


def serves(session: Session) -> bool:
    """Whether this archive can be asked for `candidates`."""
    if session.get_bind().dialect.name != "postgresql":
        return False
    return bool(session.scalar(_HAS))


def candidates(
    session: Session, tenant: str, space: str, queries: Sequence[Sequence[float]], *, limit: int
) -> Rows:
    """The rows nearest to any of the queries [Q, D] of length one, and `SPARE` more.

    Whoever asked orders them by the vectors themselves: what rounding swapped is among the spare.
    """
    asked = {f"query_{number}": str(list(query)) for number, query in enumerate(queries)}
    # The negative inner product is the cosine's, since all are of length one; and cheaper.
    apart = ", ".join(f"near <#> CAST(:{name} AS halfvec)" for name in asked)
    found = session.execute(
        text(_NEAREST.format(apart=f"LEAST({apart})")),
        {"tenant": tenant, "space": space, "most": limit + SPARE, **asked},
    ).all()
    return Rows(tuple(one for one, _ in found), b"".join(vector for _, vector in found))


def _is_at_hand(connection: Connection) -> bool:
    if not connection.scalar(_AVAILABLE):
        return False
    try:
        with connection.begin_nested():
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
    except ProgrammingError as error:
        _log.warning(
            "pgvector is there, but this user may not make it; searches compare in memory",
            error=str(error.orig),
        )
        return False
    return connection.scalar(_HALFVEC) is not None  # since 0.7


_AVAILABLE: Final = text("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'")
_HALFVEC: Final = text(
    "SELECT quote_ident(nspname) || '.halfvec' FROM pg_type JOIN pg_namespace"
    " ON pg_namespace.oid = typnamespace WHERE pg_type.oid = to_regtype('halfvec')"
)
_HAS: Final = text(
    "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('embedding')"
    " AND attname = 'near' AND NOT attisdropped"
)
_HALVES: Final = """
CREATE OR REPLACE FUNCTION packshot_halves(data bytea) RETURNS {halfvec}
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CAST(CAST(array_agg(
    CASE WHEN bits >= 32768 THEN -1 ELSE 1 END
    * CASE WHEN exponent = 0 THEN fraction * power(CAST(2 AS float8), -24)
           ELSE (1024 + fraction) * power(CAST(2 AS float8), exponent - 25) END
    ORDER BY place) AS float4[]) AS {halfvec})
  FROM generate_series(0, length(data) / 2 - 1) AS place,
    LATERAL (SELECT get_byte(data, 2 * place) + 256 * get_byte(data, 2 * place + 1) AS bits) AS two,
    LATERAL (SELECT (bits >> 10) & 31 AS exponent, bits & 1023 AS fraction) AS parts
$$
"""
"""IEEE 754 half precision, little-endian; a vector of length one has no infinity in it."""
_COLUMN: Final = (
    "ALTER TABLE embedding"
    " ADD COLUMN near halfvec {plain} GENERATED ALWAYS AS (packshot_halves(vector)) STORED"
)
_NEAREST: Final = """
SELECT picture_id, vector FROM embedding WHERE tenant = :tenant AND space = :space
ORDER BY {apart}, picture_id LIMIT :most
"""
