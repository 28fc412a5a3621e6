"""Lines of many programs in one terminal: prefixed, coloured where a terminal reads them.

Where lines are JSON, each stays or becomes an object of its own.
"""

import sys
import threading
from typing import Final, Literal, TextIO

from db import logs, settings

Tone = Literal["plain", "good", "warning"]

_COLOURS: Final = {"plain": "", "good": "\x1b[32m", "warning": "\x1b[33m"}
_NAMES: Final = ("\x1b[36m", "\x1b[35m", "\x1b[34m", "\x1b[32m", "\x1b[33m", "\x1b[96m", "\x1b[95m")
_END: Final = "\x1b[0m"
_WIDTH: Final = 8


class Lines:
    """Writes whole lines, never two into each other.

    Args:
        out: where to; left out, to standard error, as all that is logged.
        form: `json` for whoever watches by a program; left out, as LOG_FORMAT says.
    """

    def __init__(self, out: TextIO | None = None, *, form: Literal["json"] | None = None) -> None:
        self._out = out or sys.stderr
        self._are_json = (form or settings.logs().format) == "json"
        self._colours = self._out.isatty()
        self._names: list[str] = []
        self._turn = threading.Lock()

    def say(self, name: str, text: str, *, tone: Tone = "plain") -> None:
        """One line of one program."""
        line = _json(name, text, tone) if self._are_json else None
        with self._turn:
            self._out.write((line or self._line(name, text, _COLOURS[tone])) + "\n")
            self._out.flush()

    def _line(self, name: str, text: str, colour: str) -> str:
        padded = name.ljust(_WIDTH)
        if not self._colours:
            return f"{padded} | {text}"
        if name not in self._names:
            self._names.append(name)
        prefix = _NAMES[self._names.index(name) % len(_NAMES)]
        body = f"{colour}{text}{_END}" if colour else text
        return f"{prefix}{padded} │{_END} {body}"


def _json(name: str, text: str, tone: Tone) -> str:
    if text.startswith('{"'):
        return text  # a program of ours has written it
    level = "warning" if tone == "warning" else "info"
    return logs.line({"level": level, "service": name, "event": text})
