"""What Celery starts, wakes and drains in this process: a worker of jobs, or one of webhooks.

Imports neither, so that a worker of webhooks never loads torch.
"""

from typing import Protocol


class Life(Protocol):
    """Everything that lives as long as `celery worker` does."""

    def start(self) -> None:
        """Take work from now on; nothing, if it was drained before."""

    def wake(self, *, surely: bool = False) -> None:
        """There may be work; surely: whoever says it has just written it."""

    def drain(self) -> None:
        """Take no more, end what ends in time, put the rest back. Said again, it does nothing."""


_current: Life | None = None


def begin(one: Life) -> None:
    """The one life of this operating-system process."""
    global _current
    _current = one


def current() -> Life:
    """The life that was begun.

    Raises:
        RuntimeError: this process is no worker.
    """
    if _current is None:
        raise RuntimeError("this process is no worker")
    return _current


def has_begun() -> bool:
    return _current is not None
