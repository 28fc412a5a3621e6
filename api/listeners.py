"""Those who listen to events: let in one by one, as long as there are seats and their key opens."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from api.errors import Problem
from api.watching import Listening, Seen

RETRY_AFTER_S = 5


class NothingMore(Exception):
    """Who listened to the end comes again: 204 tells an EventSource to stop."""


class Seats:
    """How many may listen at once in this process."""

    def __init__(self, most: int) -> None:
        self._free = most

    @contextmanager
    def taken(self) -> Iterator[None]:
        """One seat.

        Raises:
            Problem: `too_many_listeners`.
        """
        if self._free <= 0:
            raise Problem(
                "too_many_listeners",
                "ask for the rows themselves, or come again",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


@dataclass(frozen=True, slots=True)
class Listener:
    """One who was let in.

    Attributes:
        still_may: whether the key still opens; asked every `asked_every_s` seconds.
    """

    listening: Listening
    still_may: Callable[[], Awaitable[bool]]
    asked_every_s: float

    async def news(self) -> AsyncIterator[Seen]:
        """What is new, until the server stops, the key opens nothing more, or a look fails."""
        try:
            while (told := await self.listening.news(self.asked_every_s)) is not None:
                for seen in told:
                    yield seen
                if not await self.still_may():
                    return
        except SQLAlchemyError:
            return  # the caller comes again, and is told then what is wrong
