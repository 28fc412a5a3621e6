"""Jobs that came as messages become rows: what several messages bring is one transaction."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Final

from sqlalchemy.orm import Session

from db import admission, jobs, order_presets, origin
from db.admission import Known
from db.engine import transaction
from db.jobs import Created
from db.operations.order import Order
from db.operations.training import Train
from db.refusals import Refused
from db.together import Together
from workers.pace import Pace
from workers.patience import TRANSIENT

MOST_IN_A_GROUP: Final = 32


@dataclass(frozen=True, slots=True)
class Asked:
    """An order, under its idempotency key, and the message that brought it."""

    order: Order
    key: str
    message_id: str = ""


class Placing:
    """Of one tenant's jobs."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant
        self._together: Together[Asked, Created] = Together(
            self._place, before=Pace().wait, most=MOST_IN_A_GROUP
        )

    def place(self, order: Order, *, key: str, message_id: str = "") -> Created:
        """The job of this order; returns when it is committed.

        Raises:
            Refused, IdempotencyKeyReused, QueueQuota: as `admission.place`, and for nobody else.
        """
        return self._together.ask(Asked(order, key, message_id))

    def _place(self, group: Sequence[Asked]) -> list[Created | Exception]:
        """All at once; those that this cannot answer, each alone."""
        found: Sequence[Created | None] = [None] * len(group)
        if len(group) > 1:
            try:
                found = self._at_once(group)
            except TRANSIENT:
                raise
            except Exception:  # noqa: BLE001, S110 — whose fault it was shows when each is alone
                pass
        return [one or self._alone(asked) for one, asked in zip(found, group, strict=True)]

    def _at_once(self, group: Sequence[Asked]) -> list[Created | None]:
        with transaction() as session:
            orders = [asked.order for asked in group]
            known = admission.look_up(session, self._tenant, orders, hold=True)
            return [
                self._created(session, asked, known) if _is_good(asked.order, known) else None
                for asked in group
            ]

    def _created(self, session: Session, asked: Asked, known: Known) -> Created:
        with _of_message(asked):
            return jobs.create(
                session,
                self._tenant,
                order_presets.settled(asked.order, known.presets),
                sources=known.sources,
                digest=asked.order.digest(),
                idempotency_key=asked.key,
            )

    def _alone(self, asked: Asked) -> Created | Exception:
        try:
            with transaction() as session, _of_message(asked):
                return admission.place(session, self._tenant, asked.order, key=asked.key)
        except Exception as error:  # noqa: BLE001 — its own answer
            return error


def _of_message(asked: Asked) -> AbstractContextManager[None]:
    return origin.of(asked.message_id, made_by=origin.MESSAGE)


def _is_good(order: Order, known: Known) -> bool:
    """A replay of a job is answered whatever has changed since: that is looked at alone."""
    if isinstance(order.operation, Train):
        return False  # only one of a name may be, which is not seen before it is written
    try:
        admission.check(order, known)
    except Refused:
        return False
    return True


@cache
def of(tenant: str) -> Placing:
    """That of this process."""
    return Placing(tenant)
