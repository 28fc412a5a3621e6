"""Jobs that came as messages become rows in groups: what several messages bring is one transaction.

Who comes while others are written waits for its turn, and then writes for all who came.
"""

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from db import admission, jobs
from db.admission import Known
from db.engine import transaction
from db.jobs import Created
from db.operations.order import Order
from db.refusals import Refused
from workers.pace import Pace
from workers.patience import TRANSIENT

MOST_IN_A_GROUP = 32


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """An order, under its idempotency key, and where its answer goes."""

    tenant: str
    order: Order
    key: str
    answer: "Future[Created]" = field(default_factory=Future)


class Placing:
    """One group at a time."""

    def __init__(self) -> None:
        self._waiting: list[Asked] = []
        self._guard, self._turn = threading.Lock(), threading.Lock()
        self._pace = Pace()

    def place(self, tenant: str, order: Order, *, key: str) -> Created:
        """The job of this order; returns when it is committed.

        Raises:
            Refused, IdempotencyKeyReused, QueueQuota: as `admission.place`, and for nobody else.
        """
        asked = Asked(tenant, order, key)
        with self._guard:
            self._waiting.append(asked)
        with self._turn:
            if not asked.answer.done():
                self._pace.wait()
                self._write()
        return asked.answer.result()

    def _write(self) -> None:
        with self._guard:
            group = self._waiting[:MOST_IN_A_GROUP]
            del self._waiting[: len(group)]
        alone = group if len(group) == 1 else _together(group)
        for asked in alone:
            try:
                with transaction() as session:
                    created = admission.place(session, asked.tenant, asked.order, key=asked.key)
            except BaseException as error:  # noqa: BLE001 — each learns its own
                asked.answer.set_exception(error)
            else:
                asked.answer.set_result(created)


def _together(group: list[Asked]) -> list[Asked]:
    """Those that have to be placed alone: all, where one of them stood in the others' way."""
    by_tenant: dict[str, list[Asked]] = {}
    for asked in group:
        by_tenant.setdefault(asked.tenant, []).append(asked)
    alone: list[Asked] = []
    for tenant, several in by_tenant.items():
        try:
            created, refused = _placed(tenant, several)
        except TRANSIENT as error:
            for asked in several:
                asked.answer.set_exception(error)
            continue
        except Exception:  # noqa: BLE001 — whosever fault it was, it shows when each is alone
            alone += several
            continue
        alone += refused
        for asked, one in created:
            asked.answer.set_result(one)
    return alone


def _placed(tenant: str, several: list[Asked]) -> tuple[list[tuple[Asked, Created]], list[Asked]]:
    with transaction() as session:
        known = admission.look_up(session, tenant, [asked.order for asked in several], hold=True)
        good = [asked for asked in several if _is_good(asked.order, known)]
        created = [
            jobs.create(
                session, tenant, asked.order, sources=known.sources, idempotency_key=asked.key
            )
            for asked in good
        ]
    kept = list(zip(good, created, strict=True))
    return kept, [asked for asked in several if asked not in good]


def _is_good(order: Order, known: Known) -> bool:
    """A replay of a job is answered whatever has changed since: that is looked at alone."""
    try:
        admission.check(order, known)
    except Refused:
        return False
    return True


_placing = Placing()
place = _placing.place
