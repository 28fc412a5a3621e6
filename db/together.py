"""What many threads ask for at once is done by one: a transaction costs nearly the same for all."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

_LOOK_EVERY_S = 0.005

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """Who comes while others are answered waits for its turn, and then acts for all who came.

    Args:
        do: the answer to each, in their order; an exception is raised for whoever it answers. What
            it raises itself is raised for all.
        before: called by whoever is about to act, for others may come meanwhile.
    """

    def __init__(
        self,
        do: Callable[[Sequence[Asked]], Sequence[Answer | Exception]],
        *,
        before: Callable[[], None],
        most: int,
    ) -> None:
        self._do, self._before, self._most = do, before, most
        self._waiting: list[tuple[Asked, Future[Answer]]] = []
        self._guard, self._turn = threading.Lock(), threading.Lock()

    def ask(self, asked: Asked) -> Answer:
        """Its answer, when it is there."""
        answer: Future[Answer] = Future()
        with self._guard:
            self._waiting.append((asked, answer))
        with self._turn:
            if not answer.done():
                self._before()
                self._act()
        return answer.result()

    def waiting(self) -> int:
        return len(self._waiting)

    def _act(self) -> None:
        with self._guard:
            group = self._waiting[: self._most]
            del self._waiting[: self._most]
        try:
            answers = self._do([asked for asked, _ in group])
        except BaseException as error:  # noqa: BLE001 — for nobody anything was done; each is told
            answers = [error] * len(group)  # type: ignore[list-item]
        for (_, future), answer in zip(group, answers, strict=True):
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)


def gather(count: Callable[[], int], enough: int, *, within_s: float) -> None:
    """Returns when there are enough, or that time is over."""
    give_up = time.monotonic() + within_s
    while count() < enough and time.monotonic() < give_up:
        time.sleep(_LOOK_EVERY_S)
