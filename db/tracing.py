"""One trace from a request to the commit of its job, told to whoever LOG_TRACES_TO names.

Without that setting nothing of OpenTelemetry is loaded, and every function here does nothing.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Protocol

from db import settings

Told = str | int | float


class Spans(Protocol):
    """What tells spans; `db/telemetry.py` has the one of OpenTelemetry."""

    def span(self, name: str, told: Mapping[str, Told]) -> AbstractContextManager[object]: ...
    def continued(self, traceparent: str) -> AbstractContextManager[object]: ...
    def past(self, name: str, began: datetime, ended: datetime) -> None: ...
    def note(self, told: Mapping[str, Told]) -> None: ...
    def traceparent(self) -> str | None: ...
    def flush(self) -> None: ...


class TelemetryMissing(RuntimeError):
    """Traces are asked for, and the extra is not installed."""


_spans: Spans | None = None


def configure(service: str) -> None:
    """Have this process tell its spans, if LOG_TRACES_TO says where.

    Raises:
        TelemetryMissing: with the command that mends it.
    """
    given = settings.logs()
    if not given.traces_to:
        return
    try:
        from db import telemetry  # not without need: it is an extra
    except ImportError as error:
        raise TelemetryMissing("LOG_TRACES_TO needs `pip install packshot[otel]`") from error
    use(telemetry.exported(service, to=given.traces_to, share=given.traces_share))


def use(spans: Spans | None) -> None:
    """What tells this process's spans from now on."""
    global _spans
    _spans = spans


def span(name: str, **told: Told) -> AbstractContextManager[object]:
    """What happens in the block, as a part of what goes on around it."""
    return nullcontext() if _spans is None else _spans.span(name, told)


def continued(traceparent: str | None) -> AbstractContextManager[object]:
    """What begins in the block belongs to a trace that began elsewhere (W3C Trace Context)."""
    if _spans is None or not traceparent:
        return nullcontext()
    return _spans.continued(traceparent)


def past(name: str, began: datetime | None, ended: datetime | None) -> None:
    """What is over already, such as a job's wait in its queue."""
    if _spans is not None and began is not None and ended is not None and began <= ended:
        _spans.past(name, began, ended)


def note(**told: Told) -> None:
    """What turned out about the span that goes on now."""
    if _spans is not None:
        _spans.note(told)


def traceparent() -> str | None:
    """How others may continue what goes on now; None where nothing is traced."""
    return None if _spans is None else _spans.traceparent()


def flush() -> None:
    """Tell what was kept back, before the process ends."""
    if _spans is not None:
        _spans.flush()
