"""Orders that the director of the chaos leaves in a folder; whom one names obeys it once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks import settings

FREEZE: Final = "freeze"
"""A worker: stop between a job's output and its commit."""
DIE: Final = "die"
"""The API: end between a job's commit and its wake-up."""


def leave(folder: Path, what: str, *, to: str) -> None:
    """Order something of a saboteur that runs already."""
    (folder / f"{what}-{to}").touch()


def waits(folder: Path, what: str, *, to: str) -> bool:
    """Whether it was ordered and not done yet."""
    return (folder / f"{what}-{to}").exists()


def take_back(folder: Path) -> None:
    """Whatever was not obeyed yet never will be."""
    for order in folder.glob("*-*"):
        order.unlink(missing_ok=True)


def obeyed(what: str) -> bool:
    """Whether I am to do it now; one of my threads is told so, once."""
    try:
        (settings.get().folder / f"{what}-{settings.get().name}").unlink()
    except FileNotFoundError:
        return False
    return True


def first_time(what: str) -> bool:
    """Whether nobody has asked this before, in any process."""
    folder = settings.get().folder / "once"
    folder.mkdir(exist_ok=True)
    try:
        (folder / what).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def open_up(
    place: Any, name: str, around: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> None:
    """Put something of ours around a function of the real program, in this process."""
    setattr(place, name, around(getattr(place, name)))
