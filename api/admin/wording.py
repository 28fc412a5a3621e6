"""How the page writes numbers, times and sizes: short, aligned, in UTC."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

NOTHING: Final = "–"
_SIZES: Final = ("B", "kB", "MB", "GB", "TB")
DID: Final[Mapping[str, str]] = {
    "cancelled": "Cancelled. A job that runs ends when its worker has stopped.",
    "retried": "Placed again, as a new job.",
    "approved": "Approved: the result is published.",
    "rejected": "Rejected: nobody sees the result.",
    "promoted": "Promoted. Jobs that were claimed keep the version they have.",
    "rolled_back": "Rolled back: what served before serves again.",
    "paused": "Paused: nothing more is taken from the queue.",
    "resumed": "Resumed.",
    "draining": "The worker ends when its jobs have.",
    "replayed": "It is told once more, under the same webhook-id.",
    "pinged": "A ping is on its way; how it went is in the delivery.",
    "enabled": "The webhook hears of what happens from now on.",
    "disabled": "The webhook hears of nothing more.",
    "retired": "Retired: it is chosen no more, and what shoppers still do is counted.",
    "closed": "Closed: the campaign chooses no more.",
    "revoked": "Revoked: the key opens nothing more within seconds.",
    "changed": "Changed.",
    "removed": "Removed: its secret is forgotten, the log of its deliveries stays.",
    "tenant_made": "The tenant is there. Make it a key: it asks for nothing without one.",
    "capped": "Set. What the tenant has already is not taken from it.",
    "registered": "This is the version; below is what became of each picture.",
    "confirmed": "Confirmed: the next version of a dataset learns it.",
    "corrected": "Corrected: the next version of a dataset learns it.",
    "refused": "Rejected: nothing learns it.",
}
"""What a form did, told on the page that it leads to."""


def number(value: float | None, digits: int = 0) -> str:
    return NOTHING if value is None else f"{value:,.{digits}f}"


def percent(share: float | None) -> str:
    return NOTHING if share is None else f"{100 * share:.0f} %"


def size(count: float | None) -> str:
    """Bytes in the largest unit of which there is at least one."""
    if count is None:
        return NOTHING
    unit = 0
    while count >= 1000 and unit < len(_SIZES) - 1:
        count, unit = count / 1000, unit + 1
    return (
        f"{count:.0f} {_SIZES[unit]}" if unit == 0 or count >= 10 else f"{count:.1f} {_SIZES[unit]}"
    )


def seconds(value: float | None) -> str:
    """How long something takes, in two digits or three."""
    if value is None:
        return NOTHING
    if value < 1:
        return f"{1000 * value:.0f} ms"
    if value < 60:
        return f"{value:.1f} s"
    if value < 3600:
        return f"{value // 60:.0f} min {value % 60:.0f} s"
    if value < 172_800:
        return f"{value // 3600:.0f} h {value % 3600 // 60:.0f} min"
    return f"{value / 86_400:.0f} d"


def ago(moment: datetime | None) -> str:
    if moment is None:
        return NOTHING
    passed = max(0.0, (datetime.now(UTC) - moment).total_seconds())
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if passed >= unit:
            return f"{passed // unit:.0f} {name} ago"
    return f"{passed:.0f} s ago"


def when(moment: datetime | None) -> str:
    return NOTHING if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def took(row: Any) -> str:
    """From a job's begin to its end, or until now."""
    if row.started_at is None:
        return NOTHING
    return seconds(((row.finished_at or datetime.now(UTC)) - row.started_at).total_seconds())


def short(row_id: str) -> str:
    """How an id begins: its time to the millisecond; the search knows it by this."""
    return row_id[:13]


def pretty(value: Any) -> str:
    """JSON for people: what was left open is left out."""
    if isinstance(value, dict):
        value = {name: part for name, part in value.items() if part is not None}
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def counted(numbers: Mapping[str, int]) -> int:
    return sum(numbers.values())


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "number": number,
    "percent": percent,
    "size": size,
    "seconds": seconds,
    "ago": ago,
    "when": when,
    "took": took,
    "short": short,
    "pretty": pretty,
    "counted": counted,
}
