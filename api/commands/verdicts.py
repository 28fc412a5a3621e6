"""What a check found of a picture, rule by rule, for a person; and whether it failed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.client import Json
from api.commands.options import say, table

COLUMNS: Final = ("rule", "status", "measured", "wanted", "why")

_OF: Final = {"check": "as it came", "delivered": "as delivered"}


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Every rule's answer of one file.

    Attributes:
        is_last: nothing was mended after it.
    """

    job_id: str
    of: str
    told: Json
    is_last: bool

    def head(self) -> str:
        counts = [f"{n} {status}" for status, n in _counted(self.told["rules"]).items()]
        return f"{self.told['preset']} {self.of}: {self.told['status']} ({', '.join(counts)})"


def show(jobs: Iterable[Json]) -> None:
    """A table for each file that was checked."""
    for verdict in _verdicts(jobs):
        say(f"\n{verdict.head()}; job {verdict.job_id}\n")
        table(COLUMNS, [_row(rule) for rule in verdict.told["rules"]])


def have_failed(jobs: Iterable[Json]) -> bool:
    """Whether a picture, as it was left, is not as its channel wants it."""
    return any(one.told["status"] == "fail" for one in _verdicts(jobs) if one.is_last)


def _verdicts(jobs: Iterable[Json]) -> Iterator[_Verdict]:
    for job in jobs:
        for result in job.get("results") or []:
            details = (result.get("scores") or {}).get("details") or {}
            found = [name for name in _OF if name in details]
            for name in found:
                is_last = name == found[-1]
                yield _Verdict(str(job["id"]), _OF[name], details[name], is_last)


def _row(rule: Json) -> tuple[Any, ...]:
    wanted = {name: value for name, value in rule["wanted"].items() if value is not None}
    return rule["rule"], rule["status"], _said(rule["measured"]), _said(wanted), rule.get("why")


def _said(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in values.items())


def _value(value: Any) -> str:
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.4g}"
        case list():
            return " ".join(map(_value, value)) or "none"
        case dict():
            return _said(value) or "none"
        case _:
            return str(value)


def _counted(rules: Iterable[Json]) -> dict[str, int]:
    """How many of each status, the worst first."""
    found = [rule["status"] for rule in rules]
    order = ("fail", "warn", "not_checked", "pass")
    return {status: found.count(status) for status in order if status in found}
