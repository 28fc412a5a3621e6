"""A process that is frozen in the middle of a transaction holds up nobody, on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from db import line, transitions
from db.engine import transaction
from db.operations.union import OPERATIONS
from tests import rows

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("impatient_archive")]


def test_a_claim_that_is_frozen_in_its_transaction_holds_nobody_up():
    rows.many(4)
    rows.claim()  # so that the turn has a row, which the frozen one locks
    with ThreadPoolExecutor(1) as another, transaction() as frozen:
        chosen = line.following(frozen, "gpu", known=OPERATIONS, most=1)
        transitions.claim(frozen, chosen, owner="frozen", device="cpu", lease_s=60)

        claimed = another.submit(rows.claim, owner="another", room=3).result(timeout=3)

    assert len(claimed) == 2
    assert chosen[0].id not in {job.id for job in claimed}
