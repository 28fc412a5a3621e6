"""Pictures as vectors: kept once, of one tenant and one space, and gone with what they are of."""

import struct

import pytest

from db import embeddings, erasure, quarantine, reviewing, vectors
from db.engine import reading, transaction
from db.tables.results import Result
from db.vectors import Rows
from tests import kept, rows
from tests.factories import NOWHERE

pytestmark = pytest.mark.usefixtures("archive")
SHOP = rows.TENANT


def _keep(picture: str, *numbers: float, tenant: str = SHOP, space: str = "features-1") -> bool:
    vector = struct.pack(f"<{len(numbers)}e", *numbers)
    with transaction() as session:
        return embeddings.keep(
            session, tenant, picture, space=space, vector=vector, dimension=len(numbers)
        )


def _all(*, tenant: str = SHOP, space: str = "features-1") -> Rows:
    with reading() as session:
        found = list(vectors.everything(session, tenant, space))
    ids = tuple(one for some in found for one in some.ids)
    return Rows(ids, b"".join(some.vectors for some in found))


def test_vectors_come_back_in_the_order_of_their_ids():
    first, second = sorted([kept.picture(b"shoe"), kept.picture(b"hat")])
    _keep(second, 0.0, 1.0)
    _keep(first, 1.0, 0.0)

    shelf = _all()

    assert shelf.ids == (first, second)
    assert struct.unpack("<4e", shelf.vectors) == (1.0, 0.0, 0.0, 1.0)


def test_the_same_picture_again_changes_nothing():
    picture = kept.picture()
    _keep(picture, 1.0, 0.0)

    assert _keep(picture, 1.0, 0.0)
    assert _all().ids == (picture,)


def test_another_space_and_another_tenant_see_nothing_of_it():
    _keep(kept.picture(), 1.0, 0.0)

    assert _all(space="features-2").ids == ()
    assert _all(tenant="another").ids == ()


@pytest.mark.parametrize("tenant", [SHOP, "another"])
def test_of_what_is_not_there_or_not_theirs_nothing_is_kept(tenant: str):
    picture = NOWHERE if tenant == SHOP else kept.picture()

    assert not _keep(picture, 1.0, tenant=tenant)
    assert _all(tenant=tenant).ids == ()


def test_a_picture_s_vector_is_erased_with_it_and_so_are_those_of_what_was_made_of_it():
    picture, stays = kept.picture(b"shoe"), kept.picture(b"stays")
    _, result = kept.made(picture)
    for one in (picture, stays, result):
        _keep(one, 1.0)

    with transaction() as session:
        erasure.erase_picture(session, SHOP, picture)

    assert _all().ids == (stays,)


def test_a_result_s_vector_is_erased_with_it():
    picture = kept.picture()
    _, result = kept.made(picture)
    for one in (picture, result):
        _keep(one, 1.0)

    with transaction() as session:
        erasure.erase_result(session, SHOP, result)

    assert _all().ids == (picture,)


def test_what_is_quarantined_is_found_by_no_search_and_cannot_be_embedded():
    picture, stays = kept.picture(b"shoe"), kept.picture(b"stays")
    _, result = kept.made(kept.picture(b"source"))
    for one in (picture, stays, result):
        _keep(one, 1.0)

    with transaction() as session:
        for one in (picture, result):
            quarantine.keep(session, SHOP, one, policy="shop@1", reasons=[])

    assert _all().ids == (stays,)
    assert [_keep(one, 1.0) for one in (picture, result)] == [False, False]
    with transaction() as session:
        quarantine.give_back(session, SHOP, picture)
    assert _keep(picture, 1.0)


def test_the_vector_of_a_result_that_is_rejected_goes():
    _, result = kept.made(kept.picture())
    _keep(result, 1.0)
    with transaction() as session:
        session.get_one(Result, result).visibility = "held"

    with transaction() as session:
        reviewing.decide(session, SHOP, result, "reject")

    assert _all().ids == ()
