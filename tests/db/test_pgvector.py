"""Where PostgreSQL has pgvector, it finds the nearest itself, and finds what memory finds."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy
from numpy.typing import NDArray
from sqlalchemy import insert, make_url, text

from api.nearest import Nearest
from db import clock, engine, migrate, pgvector, vectors
from db.engine import reading, transaction
from db.tables.embeddings import Embedding
from tests import archives
from tests.rows import TENANT

Floats = NDArray[np.float32]
SPACE = "look-1:eye"
pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("postgresql_archive")]


def _drawn(count: int, dimension: int = 32) -> Floats:
    found = np.random.default_rng(0).standard_normal((count, dimension)).astype(np.float32)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found.astype("<f2").astype(np.float32)


def _keep(drawn: Floats, *, tenant: str = TENANT, space: str = SPACE) -> list[str]:
    ids = [f"{tenant}-{space}-{row:04d}"[-36:] for row in range(len(drawn))]
    rows = [
        {"picture_id": one, "dimension": len(vector), "vector": vector.astype("<f2").tobytes()}
        for one, vector in zip(ids, drawn, strict=True)
    ]
    told = {"tenant": tenant, "space": space, "created_at": clock.now()}
    with transaction() as session:
        session.execute(insert(Embedding).values(**told), rows)
    return ids


def test_each_half_is_read_as_it_is_written():
    halves = np.arange(2**16, dtype="<u2").view("<f2")
    finite = halves[np.isfinite(halves)]
    asked = text("SELECT CAST(CAST(packshot_halves(:data) AS vector) AS float4[])")

    with reading() as session:
        told = [
            session.scalar(asked, {"data": part.tobytes()}) for part in np.array_split(finite, 16)
        ]

    assert np.array_equal(np.concatenate(told).astype(np.float32), finite.astype(np.float32))


def test_the_nearest_of_many_are_those_that_memory_finds():
    drawn = _drawn(300)
    ids = _keep(drawn)
    _keep(-drawn, tenant="other")
    _keep(-drawn, space="look-1:older")
    queries = np.stack([drawn[0], -drawn[1]])
    index = Nearest(500_000_000)
    asked = (TENANT, SPACE, queries)

    with reading() as session:
        assert pgvector.serves(session)
    by_database = index.search(*asked, k=20, without=ids[0])
    here = index.compared_here(*asked, k=20, without=ids[0])

    assert by_database == here
    assert by_database.compared == 299
    assert not set(by_database.ids) & {ids[0]}


def test_no_more_rows_than_are_asked_for_leave_the_database():
    drawn = _drawn(100)
    _keep(drawn)

    with reading() as session:
        rows = pgvector.candidates(session, TENANT, SPACE, drawn[:1].tolist(), limit=5)
        none = pgvector.candidates(session, TENANT, "look-2:eye", drawn[:1].tolist(), limit=5)

    assert len(rows.ids) == 5 + pgvector.SPARE
    assert len(rows.vectors) == len(rows.ids) * 32 * 2
    assert none == vectors.Rows((), b"")
    assert Nearest(0).search(TENANT, "look-2:eye", drawn[:1], k=5, without="x").ids == ()


def test_what_was_erased_is_not_found():
    drawn = _drawn(3)
    ids = _keep(drawn)
    index = Nearest(500_000_000)

    with transaction() as session:
        session.execute(sqlalchemy.delete(Embedding).where(Embedding.picture_id == ids[1]))

    assert set(index.search(TENANT, SPACE, drawn[:1], k=5, without=ids[0]).ids) == {ids[2]}


def test_vectors_that_were_kept_before_are_found_too():
    drawn = _drawn(4)
    with engine.writer().begin() as connection:
        connection.execute(text("ALTER TABLE embedding DROP COLUMN near"))
    ids = _keep(drawn)
    with reading() as session:
        assert not pgvector.serves(session)
    in_memory = Nearest(500_000_000).search(TENANT, SPACE, drawn[:1], k=2, without=ids[0])

    for _ in range(2):  # a second start finds it done
        migrate.upgrade()

    with reading() as session:
        assert pgvector.serves(session)
    assert Nearest(0).search(TENANT, SPACE, drawn[:1], k=2, without=ids[0]) == in_memory


@pytest.fixture
def no_extension(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A database whose owner may make tables, but no extension."""
    server = sqlalchemy.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE ROLE modest LOGIN"))
        connection.execute(text("CREATE DATABASE modest OWNER modest TEMPLATE template0"))
    url = make_url(postgresql_url).set(username="modest", database="modest")
    with archives.opened(monkeypatch, tmp_path, url=url.render_as_string(hide_password=False)):
        yield
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE modest WITH (FORCE)"))
        connection.execute(text("DROP ROLE modest"))
    server.dispose()


def test_who_may_not_make_an_extension_searches_in_memory(
    no_extension: None, capsys: pytest.CaptureFixture[str]
):
    migrate.upgrade()
    drawn = _drawn(3)
    ids = _keep(drawn)

    found = Nearest(500_000_000).search(TENANT, SPACE, drawn[:1], k=5, without=ids[0])

    with reading() as session:
        assert not pgvector.serves(session)
    assert set(found.ids) == set(ids[1:])
    assert "searches compare in memory" in capsys.readouterr().err
