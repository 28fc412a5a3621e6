"""What comes before the first job: tables, the first key, and what ships with us as rows."""

import json
import os
import sys
import threading
import time
from typing import Any

from api import children, key_file, settings
from api.alone import Refused
from api.children import Child
from api.lines import Lines, Tone
from db import authority, engine, migrate, secrets
from db import settings as db_settings

Registered = dict[str, Any]


def initialise(lines: Lines, stopping: threading.Event) -> list[Registered]:
    """Tables up to date, the first tenant and its key, shipped weights and datasets as rows.

    Safe to repeat.

    Raises:
        Refused: registering failed.
    """
    db_settings.get().home.mkdir(parents=True, exist_ok=True)
    migrate.upgrade()
    if key_file.ensure(settings.get().tenant):
        lines.say("init", f"a key that opens everything is in {key_file.path()}: keep it to you")
    secrets.ensure_local_key()
    if authority.ensure():
        lines.say(
            "init", f"an authority that may sign files is in {authority.folder()}: back it up"
        )
    engine.dispose()
    ledger = _Ledger(lines)
    command = [sys.executable, "-m", "workers.register"]
    register = Child("init", command, {**os.environ, "PYTHONUNBUFFERED": "1"})
    register.start(ledger)
    while register.running() and not stopping.is_set():
        time.sleep(0.05)
    children.stop([register], lines)
    if register.process and register.process.returncode and not stopping.is_set():
        raise Refused("What ships with Packshot could not be registered; the lines above say why.")
    return ledger.rows


def in_words(rows: list[Registered]) -> str:
    """What was registered, as a sentence's end."""
    versions = [str(row["version"]) for row in rows if "version" in row]
    datasets = [str(row["dataset"]) for row in rows if "dataset" in row]
    return f"versions {', '.join(versions) or 'none'}; datasets {', '.join(datasets) or 'none'}"


class _Ledger(Lines):
    """Keeps the lines that are JSON, and passes the others on."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self.rows: list[Registered] = []
        self._lines = lines

    def say(self, name: str, text: str, *, tone: Tone = "plain") -> None:
        try:
            row = json.loads(text)
        except ValueError:
            row = None
        if isinstance(row, dict):
            self.rows.append(row)
        else:
            self._lines.say(name, text, tone=tone)
