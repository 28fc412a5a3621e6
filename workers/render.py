"""`python -m workers.render`: photographs the catalogue's models before anybody trains on them.

What is there already stays; killed and started again, it goes on. Exits 0 when every picture is
there, and 1 where the models or OpenGL are missing.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TextIO

from models.data import catalogue_set
from models.failures import CannotDo
from workers import rendered

BAR_WIDTH = 40
STEPS = 10
"""So many lines where no terminal is there to draw on."""


class Bar:
    """How far it is: a line that grows on a terminal, elsewhere a line for each tenth."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._told = -1

    def tell(self, done: int, total: int) -> None:
        """So many models of so many."""
        if self._stream.isatty():
            filled = "█" * (BAR_WIDTH * done // total)
            end = "\n" if done == total else ""
            self._write(f"\r{filled:<{BAR_WIDTH}} {done}/{total} models{end}")
        elif (step := STEPS * done // total) > self._told:
            self._told = step
            self._write(f"{done} of {total} models\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def main(words: Sequence[str] | None = None) -> int:
    """Runs the command line and gives its exit code."""
    given = _parser().parse_args(words)
    folder = rendered.folder()
    try:
        views = catalogue_set.render(
            folder, furniture=rendered.furniture(), on_progress=Bar(sys.stderr).tell
        )
    except CannotDo as error:
        sys.stderr.write(f"{error.code}: {error}\n")
        return 1
    if given.json:
        sys.stdout.write(json.dumps({"views": views, "folder": str(folder)}, indent=2) + "\n")
    else:
        sys.stdout.write(f"{views:,} views are in {folder}.\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workers.render", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    return parser


if __name__ == "__main__":
    sys.exit(main())
