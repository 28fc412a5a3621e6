"""Transactions that a test counts, holds up and lets fail."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from db.engine import transaction

AWAY = OperationalError("BEGIN", {}, Exception("server closed the connection"))


class Watched:
    """Stands where `transaction` does. The first waits until it may go on.

    Attributes:
        count: how many have begun.
        fails_at: which of them finds the database away.
    """

    def __init__(self) -> None:
        self.count, self.fails_at = 0, 0
        self.has_begun, self.may_go_on = threading.Event(), threading.Event()

    @contextmanager
    def __call__(self) -> Iterator[Session]:
        self.count += 1
        number = self.count
        if number == 1:
            self.has_begun.set()
            assert self.may_go_on.wait(10)
        if number == self.fails_at:
            raise AWAY
        with transaction() as session:
            yield session
