"""Tables: ids whole at eighty columns, plain lines with tabs in a pipe."""

import os
import pty
import subprocess
import sys

import pytest

from api.commands.options import table

JOB = "0190a0b0-0000-7000-8000-000000000001"
COLUMNS = ["id", "op", "state", "attempt", "sku", "created_at", "error"]
ROWS = [[JOB, "pipeline", "succeeded", 1, "a rather long sku", "2026-11-23T09:35:19.62Z", None]]
PROGRAM = f"from api.commands.options import table; table({COLUMNS!r}, {ROWS!r})"


def test_a_pipe_gets_one_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    table(COLUMNS, [*ROWS, [JOB, "a\tb\nc", True, 0.5, None, ["x", "y"], ""]])

    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split("\t") == COLUMNS
    assert first.split("\t")[:4] == [JOB, "pipeline", "succeeded", "1"]
    assert second.split("\t") == [JOB, "a b c", "yes", "0.5000", "–", "x, y", "–"]


def test_a_pipe_of_nothing_is_its_heading(capsys: pytest.CaptureFixture[str]) -> None:
    table(["id"], [])

    assert capsys.readouterr().out == "id\n"


def test_a_terminal_of_eighty_columns_shows_ids_whole() -> None:
    shown = in_a_terminal(PROGRAM)

    assert JOB in shown
    assert max(len(line) for line in shown.splitlines()) <= 80


def in_a_terminal(program: str) -> str:
    ours, theirs = pty.openpty()
    env = {**os.environ, "COLUMNS": "80", "TERM": "dumb"}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=theirs, stdin=theirs, env=env
    ) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                more = os.read(ours, 4096)
            except OSError:  # the terminal's other side is closed
                break
            if not more:
                break
            said += more
        process.wait()
    os.close(ours)
    return said.decode()
