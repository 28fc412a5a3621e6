"""Tenants: made once, with caps that can be set and lifted."""

import re

import pytest

from db import tenants
from db.blobs import SHIPPED
from db.engine import reading, transaction
from db.tables.tenants import Tenant
from db.tenants import TenantExists, TenantNotFound

pytestmark = pytest.mark.usefixtures("archive")


def create(name: str, **caps: int | None) -> Tenant:
    with transaction() as session:
        return tenants.create(session, name, caps)


def find(name: str) -> Tenant:
    with reading() as session:
        return tenants.find(session, name)


def change(name: str, caps: dict[str, int | None]) -> Tenant:
    with transaction() as session:
        return tenants.change(session, name, caps)


def test_a_tenant_is_made_with_its_caps() -> None:
    create("shop", max_queued=10)

    told = find("shop")
    assert (told.name, told.max_queued, told.max_running) == ("shop", 10, None)


def test_a_name_is_given_once() -> None:
    create("shop", max_queued=1)

    with pytest.raises(TenantExists):
        create("shop")

    assert find("shop").max_queued == 1


def test_making_sure_of_a_tenant_changes_nothing_about_it() -> None:
    create("shop", max_queued=1)

    with transaction() as session:
        tenants.ensure(session, "shop")
        tenants.ensure(session, "new")

    assert find("shop").max_queued == 1
    assert find("new").max_queued is None


def test_only_the_caps_that_are_named_change() -> None:
    create("shop", max_queued=1, max_running=2)

    change("shop", {"max_queued": None})

    told = find("shop")
    assert (told.max_queued, told.max_running) == (None, 2)
    assert change("shop", {}).max_running == 2


@pytest.mark.parametrize("name", ["shop", "sh\x00p", "", "x" * 5_000, "\ud800"])
def test_a_tenant_that_is_not_there_is_not_changed(name: str) -> None:
    with pytest.raises(TenantNotFound):
        change(name, {"max_queued": 1})


def test_tenants_are_paged_newest_first() -> None:
    for number in range(5):
        create(f"shop-{number}")

    seen: list[str] = []
    after = None
    with reading() as session:
        while rows := tenants.page(session, limit=2, after=after):
            seen += [row.name for row in rows]
            after = (rows[-1].created_at, rows[-1].id)

    assert sorted(seen) == [f"shop-{number}" for number in range(5)]


def test_no_tenant_can_be_called_like_what_ships_with_us() -> None:
    assert not re.fullmatch(tenants.NAME, SHIPPED)
    assert not re.fullmatch(tenants.NAME, "../shop")
    assert re.fullmatch(tenants.NAME, "shop-1_b")
