"""A worker's traceback: its end in the terminal, the whole in a file."""

import io
import os
import sys
from pathlib import Path

from api import broker, tracebacks
from api.children import Child
from api.lines import Lines

PROGRAM = """
import structlog
structlog.configure(processors=[
    structlog.processors.add_log_level,
    structlog.processors.format_exc_info,
    structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
])
try:
    {}["it's"]
except KeyError:
    structlog.get_logger().exception("an attempt failed", job="j")
"""


def test_up_shows_how_a_traceback_ends_and_keeps_the_whole(home: Path) -> None:
    out = io.StringIO()
    argv = [sys.executable, "-c", PROGRAM]
    child = Child("gpu", argv, dict(os.environ), shown=tracebacks.shown)

    child.start(Lines(out))
    child.join()

    (line,) = out.getvalue().splitlines()
    assert line.startswith("gpu      | level='error' event='an attempt failed' job='j'")
    assert "KeyError" in line
    assert "Traceback" not in line
    kept = (home / "tracebacks.log").read_text().splitlines()
    assert kept[0].startswith("level='error' event='an attempt failed'")
    assert kept[1] == "Traceback (most recent call last):"
    assert any("<module>" in one for one in kept)


def test_a_traceback_that_cannot_be_kept_is_shown_all_the_same(home: Path) -> None:
    (home / "tracebacks.log").mkdir()

    shown = tracebacks.shown("event='x' exception='Traceback (most recent call last):\\n  E: y'")

    assert "E: y" in shown


def test_any_other_line_is_shown_as_it_is() -> None:
    line = "timestamp='2026' level='info' event='job succeeded' job='j'"

    assert tracebacks.shown(line) == line


def test_the_brokers_chatter_is_not_shown_but_its_complaints_are() -> None:
    advice = "1:M 23 Nov 2026 09:42:13 # WARNING Memory overcommit must be enabled! Without it"
    complaint = "1:M 23 Nov 2026 09:42:13 # Bad file format reading the append only file x.aof"

    assert broker.shown(advice) == ""
    assert broker.shown(complaint) == complaint
