"""Child processes: prefixed lines, started again, ended in order and in time."""

import io
import os
import sys
import time
from collections.abc import Callable

from api import children
from api.children import Child
from api.lines import Lines

STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf'); time.sleep(60)"


def child(program: str) -> Child:
    return Child("gpu", [sys.executable, "-u", "-c", program], dict(os.environ))


def test_every_line_of_a_child_carries_its_name() -> None:
    out = io.StringIO()
    one = child("import sys; print('first'); sys.stderr.write('second\\n')")

    one.start(Lines(out))
    one.join()

    assert out.getvalue().splitlines() == ["gpu      | first", "gpu      | second"]


def test_a_child_that_exits_is_started_again_and_waits_longer_each_time() -> None:
    out, lines = io.StringIO(), None
    lines = Lines(out)
    one = child("raise SystemExit(3)")
    one.start(lines)

    until(lambda: (one.tend(lines), one.starts == 3)[1])
    one.join()

    said = [line for line in out.getvalue().splitlines() if "again" in line]
    assert "exited with 3; starting it again in 0.5 s" in said[0]
    assert "in 1 s" in said[1]


def test_a_child_that_does_not_follow_is_killed_in_time() -> None:
    out = io.StringIO()
    lines = Lines(out)
    one = child(STUBBORN)
    one.start(lines)
    until(lambda: "deaf" in out.getvalue())

    started = time.monotonic()
    children.stop([one], lines, within_s=0.2)

    assert not one.running()
    assert time.monotonic() - started < 2
    assert "did not end within 0.2 s; killed" in out.getvalue()


def until(true: Callable[[], bool], *, within_s: float = 15.0) -> None:
    give_up = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.02)
