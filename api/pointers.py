"""Where in a JSON body an error is, as an RFC 6901 pointer that its sender can follow."""

from typing import Any

from pydantic_core import ErrorDetails

from db.pointers import pointer

_TAG = "op"


def of(error: ErrorDetails, body: Any) -> str:
    """The pointer of a pydantic error, without the names that its unions put in between."""
    return pointer(*_path(error["loc"], body))


def _path(location: tuple[str | int, ...], body: Any) -> list[str | int]:
    """Follow a location through the body; a step that names its place's tag leads nowhere."""
    parts: list[str | int] = []
    here, untagged = body, True
    for step in location:
        if step == "[key]":
            continue
        if untagged and isinstance(here, dict) and here.get(_TAG) == step and step not in here:
            untagged = False
            continue
        parts.append(step)
        here, untagged = _within(here, step), True
    return parts


def _within(here: Any, step: str | int) -> Any:
    if isinstance(here, dict):
        return here.get(step)
    if isinstance(here, list) and isinstance(step, int) and step < len(here):
        return here[step]
    return None
