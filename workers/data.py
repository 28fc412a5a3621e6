"""`python -m workers.data fetch|status`: brings the Debian data packages here, or says they aren't.

Exits 0 where every package is here and 1 where one is missing: then the small committed set serves.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from db import settings as db_settings
from models.data import debian, samples
from models.data.debian import FetchError, Package
from workers import settings

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class State:
    """One package: where its files lie, or what went wrong on the way."""

    package: str
    licence: str
    where: str | None
    problem: str | None = None


def main(words: Sequence[str] | None = None) -> int:
    """Runs the command line and gives its exit code."""
    given = _parser().parse_args(words)
    home = db_settings.get().home
    states = status(home)
    if given.verb == "fetch":
        mirror = given.mirror or settings.get().debian_mirror
        states = fetch(home, mirror=mirror, say=_say if given.json else _write)
    if given.json:
        _write(_as_json(states))
    else:
        _report(states)
    return 0 if all(state.where for state in states) else 1


def status(home: Path) -> tuple[State, ...]:
    """Where each package's files lie now."""
    return tuple(_state(package, home) for package in debian.PACKAGES)


def fetch(home: Path, *, mirror: str, say: Say) -> tuple[State, ...]:
    """Brings every package that is missing: by apt where we may, else from the mirror."""
    return tuple(_fetched(one, home, mirror=mirror, say=say) for one in debian.PACKAGES)


def _fetched(package: Package, home: Path, *, mirror: str, say: Say) -> State:
    if debian.find(package.probe, home=home):
        return _state(package, home)
    say(f"fetching {package.name} ({package.size_bytes / 1e6:.0f} MB) …")
    problems = []
    ways = (
        partial(debian.install, package),
        partial(debian.download, package, home=home, mirror=mirror),
    )
    for way in ways:
        try:
            way()
        except FetchError as error:
            problems.append(str(error))
        if (state := _state(package, home)).where:
            return state
    return replace(state, problem="; ".join(problems) or "its files did not arrive")


def _state(package: Package, home: Path) -> State:
    where = debian.find(package.probe, home=home)
    return State(package.name, package.licence, str(where) if where else None)


def _report(states: Sequence[State]) -> None:
    for state in states:
        where = state.where or "missing" + (f": {state.problem}" if state.problem else "")
        _write(f"{state.package:24} {where}  [{state.licence}]")
    if all(state.where for state in states):
        _write("All data packages are here.")
    else:
        _write(f"Not everything is here; the small committed set serves: {samples.summary()}.")


def _as_json(states: Sequence[State]) -> str:
    complete = all(state.where for state in states)
    content = {
        "packages": [asdict(state) for state in states],
        "complete": complete,
        "serves": "packages" if complete else f"small set: {samples.summary()}",
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workers.data", description=__doc__)
    parser.add_argument("verb", choices=("fetch", "status"))
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument(
        "--mirror", default="", help="a Debian mirror's address, for where apt is not"
    )
    return parser


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _say(line: str) -> None:
    """With --json only the document may go to standard output."""
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
