"""An act's row is written with the change itself: both, or neither, and once."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from db import acts, retention, tenants
from db.acts import Act
from db.engine import reading, transaction
from db.tables.audit import Audit

pytestmark = pytest.mark.usefixtures("archive")


@pytest.fixture
def act() -> Iterator[Act]:
    begun = Act("shop", "shop", "KEY", "POST", "/v1/tenants", "/v1/tenants", "request")
    acts.begin(begun)
    yield begun
    acts._current.set(None)


def created(*names: str) -> None:
    with transaction() as session:
        for name in names:
            tenants.create(session, name)


def noted() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(Audit.outcome).order_by(Audit.id)))


def test_the_row_is_committed_with_the_change(act: Act) -> None:
    with transaction() as session:
        tenants.create(session, "shop")

    assert noted() == ["done"]


def test_a_change_that_is_taken_back_leaves_no_row(act: Act) -> None:
    with pytest.raises(tenants.TenantExists):
        created("shop", "shop")

    assert noted() == []
    assert not act.noted


def test_an_act_of_several_transactions_has_one_row(act: Act) -> None:
    for name in ("one", "two"):
        with transaction() as session:
            tenants.create(session, name)

    assert noted() == ["done"]


def test_what_nobody_asked_for_is_no_act() -> None:
    with transaction() as session:
        tenants.create(session, "shop")

    assert noted() == []


def test_old_acts_leave_the_record(act: Act) -> None:
    with transaction() as session:
        tenants.create(session, "shop")
    acts.begin(Act("shop", "shop", "KEY", "POST", "/v1/keys", "/v1/keys", "request", noted=True))

    with transaction() as session:
        assert retention.prune_audit(session, days=1.0) == 0
        assert retention.prune_audit(session, days=-1.0) == 1

    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Audit)) == 0
