"""How every process of ours logs: a short fixed sentence and its fields, one line each.

A process calls `configure` once, before its first line; all lines go to standard error, those of
libraries, too. What belongs to the work at hand is bound where that begins (`structlog.contextvars`
in `api/edge.py` and `workers/process.py`): request_id, tenant, job_id, attempt.
"""

import json
import logging
import sys
import threading
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Final

import structlog
from structlog.typing import Processor

from db import redaction, settings, tracing

_OURS: Final = ("api", "db", "models", "workers")
# uvicorn brings handlers of its own.
_WITH_HANDLERS: Final = ("uvicorn", "uvicorn.access", "uvicorn.error")
_FIRST: Final = ("timestamp", "level", "service", "event")
# What is bound comes in any order.
_LAST: Final = ("request_id", "trace_id", "tenant", "key_id", "job_id", "attempt", "exception")

_process: dict[str, str] = {"service": "packshot"}
_log = structlog.get_logger(__name__)


def configure(service: str, *, libraries: int = logging.WARNING) -> None:
    """Have this process log as LOG_FORMAT and LOG_LEVEL say.

    Args:
        service: what the process is; in each of its lines.
        libraries: the least level of lines that are not ours.
    """
    serve_as(service)
    given = settings.logs()
    level = logging.getLevelNamesMapping()[given.level.upper()]
    render = _as_json if given.format == "json" else _as_text
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_shared(), render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _configure_libraries(render, ours=level, others=libraries)
    sys.excepthook = _uncaught
    threading.excepthook = lambda ended: _uncaught(
        ended.exc_type, ended.exc_value or ended.exc_type(), ended.exc_traceback
    )


def serve_as(service: str) -> None:
    """What this process is from now on; a worker knows its queues later than it first logs."""
    _process["service"] = service


def say(prefix: str, text: str) -> None:
    """A sentence for whoever started this process: bare, or a line where lines are JSON."""
    if settings.logs().format == "json":
        event = {"level": "info", "event": text, "service": prefix}
        sys.stderr.write(line(event) + "\n")
    else:
        sys.stderr.write(f"{prefix}: {redaction.hide(text)}\n")


def line(event: Mapping[str, Any]) -> str:
    """A line of JSON with these fields, as a logger would write it now."""
    stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)(None, "", dict(event))
    return _as_json(None, "", redaction.hide_all(None, "", stamped))


def _shared() -> list[Processor]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _of_this_process,
        structlog.processors.format_exc_info,
        redaction.hide_all,
    ]


def _configure_libraries(render: Callable[..., str], *, ours: int, others: int) -> None:
    """Standard logging ends in the same lines; what a library warns of does, too."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *_shared(),
            render,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=others, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(ours)
    for name in _WITH_HANDLERS:
        theirs = logging.getLogger(name)
        theirs.handlers, theirs.propagate = [], True


def _of_this_process(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Any:
    event.setdefault("service", _process["service"])
    if (traced := tracing.traceparent()) is not None:
        event["trace_id"] = traced.split("-")[1]
    return event


def _as_json(_logger: Any, _name: str, event: Mapping[str, Any]) -> str:
    return json.dumps(_ordered(event), default=str)


def _as_text(_logger: Any, _name: str, event: Mapping[str, Any]) -> str:
    """For people: when, how grave, the sentence, then its fields."""
    told = _ordered(event)
    when = str(told.pop("timestamp", ""))[:19].replace("T", " ")
    level = told.pop("level", "")
    sentence = str(told.pop("event", "")).replace("\n", "\\n")
    told.pop("service", None)
    return " ".join([f"{when} {level:<7} {sentence}", *(f"{k}={v!r}" for k, v in told.items())])


def _ordered(event: Mapping[str, Any]) -> dict[str, Any]:
    between = (name for name in event if name not in _FIRST and name not in _LAST)
    return {name: event[name] for name in (*_FIRST, *between, *_LAST) if name in event}


def _uncaught(kind: type[BaseException], error: BaseException, _traceback: Any) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    _log.critical("an error that nobody caught", exc_info=error)
