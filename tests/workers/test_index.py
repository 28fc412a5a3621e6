"""What a job's search is compared with: everything, or what PostgreSQL says can be nearest."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from db.tables.jobs import Job
from models.recognition.alike import most_alike
from tests import kept
from tests.rows import TENANT
from workers.index import Index


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def index(request: pytest.FixtureRequest) -> Index:
    """Of a job whose claim fixed a version, on each database."""
    archive = "home" if request.param == "sqlite" else "postgresql_archive"
    request.getfixturevalue(archive)
    return Index(Job(tenant=TENANT, versions={"classifier": "eye"}))


def _drawn(count: int) -> Tensor:
    torch.manual_seed(0)
    return functional.normalize(torch.randn(count, 24), dim=1)


def test_the_nearest_are_among_what_is_compared(index: Index):
    drawn = _drawn(60)
    ids = [kept.picture(str(row).encode()) for row in range(len(drawn))]
    for one, vector in zip(ids, drawn, strict=True):
        index.keep(one, vector)

    known = index.likely(drawn[:2], k=10)
    found = most_alike(drawn[:2], known.vectors, k=10)

    best = np.argsort(-(drawn.half().float() @ drawn[:2].T).amax(1).numpy(), kind="stable")[:10]
    assert [known.ids[row] for row in found.rows] == [ids[row] for row in best]
    assert index.others(ids[0]) == 59
    assert index.others("nobody") == 60


def test_where_nothing_was_embedded_nothing_is_compared(index: Index):
    assert index.likely(_drawn(1), k=10).ids == ()
    assert index.others("nobody") == 0
