"""How a job's pictures are found: by one question for all who ask at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from db import blobs, pictures
from db.engine import transaction
from db.intake import Checked
from tests import factories, rows
from workers import sources
from workers.failures import Permanent

JOBS = 24


def _kept(tenant: str, hue: int) -> str:
    data = factories.png(hue=hue)
    checked = Checked(blobs.put(tenant, data), "png", len(data), 24, 16, "RGB", factories.LOOK)
    with transaction() as session:
        return pictures.register(session, tenant, checked, name=str(hue)).picture.id


def _fetched(tenant: str, picture: str) -> dict[str, sources.File]:
    return sources.fetch(tenant, rows.order("upscale", operation={"picture": picture}))


def test_who_asks_at_once_gets_their_own_pictures_by_few_questions(home: Path, asked: list[str]):
    kept = [(tenant, _kept(tenant, hue)) for hue in range(JOBS // 2) for tenant in ("a", "b")]
    together = threading.Barrier(JOBS)

    def fetch(tenant: str, picture: str) -> dict[str, sources.File]:
        together.wait()
        return _fetched(tenant, picture)

    with ThreadPoolExecutor(JOBS) as hands:
        found = list(hands.map(lambda one: fetch(*one), kept))

    expected = [(str(hue), factories.png(hue=hue)) for hue in range(JOBS // 2) for _ in range(2)]
    assert [(one["picture"].name, one["picture"].data) for one in found] == expected
    assert 0 < len(asked) < JOBS


def test_what_one_job_misses_is_no_other_jobs_matter(home: Path):
    theirs, ours = _kept("b", 1), _kept("a", 2)

    with ThreadPoolExecutor() as hands:
        wanted = [("a", theirs), ("a", ours), ("b", theirs), ("a", factories.NOWHERE)]
        ends = [hands.submit(_fetched, *one) for one in wanted]

    assert [_code(end.exception()) for end in ends] == [
        "picture_not_found",
        None,
        None,
        "picture_not_found",
    ]


def test_an_order_without_pictures_asks_nothing(home: Path, asked: list[str]):
    assert sources.fetch("a", rows.order("sample")) == {}

    assert asked == []


def _code(error: BaseException | None) -> str | None:
    if error is None:
        return None
    assert isinstance(error, Permanent)
    return error.code


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tenants whose pictures were asked for, a question each."""
    heard: list[str] = []
    resolve_many = pictures.resolve_many

    def hear(session: Session, tenant: str, keys: set[str]) -> dict[str, pictures.Source]:
        heard.append(tenant)
        return resolve_many(session, tenant, keys)

    monkeypatch.setattr(pictures, "resolve_many", hear)
    return heard
