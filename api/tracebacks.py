"""Tracebacks in a worker's lines: a terminal shows how they end, a file keeps the whole."""

import contextlib
import re
from pathlib import Path
from typing import Final

from db import settings as db_settings

_TRACEBACK: Final = re.compile(r"\bexception=(['\"])(Traceback \(most recent call last\):.*)\1$")


def shown(line: str) -> str:
    """A line with the last line of its traceback in place of all; the file has the rest."""
    found = _TRACEBACK.search(line)
    if found is None:
        return line
    *_, last = whole = found[2].split("\\n")
    _keep(line[: found.start()], whole)
    return f"{line[: found.start()]}exception={found[1]}{last}{found[1]} whole={file().name}"


def file() -> Path:
    """Where whole tracebacks are."""
    return db_settings.get().home.resolve() / "tracebacks.log"


def _keep(told: str, whole: list[str]) -> None:
    # A full disk must not keep the worker's next line from being read.
    with contextlib.suppress(OSError), file().open("a", encoding="utf-8") as kept:
        kept.write("\n".join([told, *whole, "", ""]))
