"""A batch's body, cut into its lines: each stays the text that its sender wrote."""

import json
import re
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from api import bodies
from api.deps import Settings
from api.errors import Problem
from api.schemas.batches import BatchIn
from db.batches import MOST_LINES

JSON: Final = "application/json"
NDJSON: Final = ("application/x-ndjson", "application/jsonl")
_SPACE: Final = re.compile(r"[ \t\n\r]*")
# Only where a value ends is asked here; each line is read anew, with every check.
_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


@dataclass(frozen=True, slots=True)
class Sent:
    """A body as it came, and what it says it is."""

    kind: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Body:
    """The lines by their numbers from 1, and what is said of all of them."""

    lines: list[tuple[int, bytes]]
    external_id: str | None = None
    webhook_url: str | None = None


async def _sent(request: Request, settings: Settings) -> Sent:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (JSON, *NDJSON):
        raise Problem("unsupported_media_type", f"send Content-Type: {NDJSON[0]} or {JSON}")
    pieces = bodies.stream(request, settings, most=settings.max_batch_bytes)
    return Sent(kind, b"".join([piece async for piece in pieces]))


BatchBody = Annotated[Sent, Depends(_sent)]


def cut(sent: Sent, *, most_around: int) -> Body:
    """The lines of a body; what is around them in JSON may have so many bytes.

    Raises:
        Problem: `batch_empty`, `batch_too_long`, or what is wrong with the JSON around the lines.
    """
    body = _json(sent.raw, most_around) if sent.kind == JSON else _ndjson(sent.raw)
    if not body.lines:
        raise Problem("batch_empty", f"send 1 to {MOST_LINES} orders")
    return body


def _ndjson(raw: bytes) -> Body:
    lines = raw.rstrip().split(b"\n", MOST_LINES)
    if len(lines) > MOST_LINES:
        raise _too_long()
    stripped = ((number, line.strip()) for number, line in enumerate(lines, start=1))
    return Body([(number, line) for number, line in stripped if line])


def _json(raw: bytes, most_around: int) -> Body:
    try:
        around, elements = _without_jobs(raw.decode())
    except (ValueError, RecursionError) as error:
        raise Problem("malformed_json", f"not JSON: {error}") from error
    if len(around) > most_around:
        raise Problem("content_too_large", f"{most_around} bytes around `jobs` is the most")
    asked = bodies.parse_as(around.encode(), BatchIn)
    lines = [(number, text.encode()) for number, text in enumerate(elements, start=1)]
    return Body(lines, asked.external_id, asked.webhook_url)


def _without_jobs(text: str) -> tuple[str, list[str]]:
    """The body with `"jobs": []`, and what stood there; what is no such body stays as it is."""
    place = _skip(text, 0)
    if not text.startswith("{", place):
        return text, []
    while text.startswith('"', place := _skip(text, place + 1)):
        name, place = _DECODER.raw_decode(text, place)
        place = _skip(text, place)
        if not text.startswith(":", place):
            break
        place = _skip(text, place + 1)
        if name == "jobs" and text.startswith("[", place):
            elements, end = _elements(text, place)
            return f"{text[:place]}[]{text[end:]}", elements
        _, place = _DECODER.raw_decode(text, place)
        place = _skip(text, place)
        if not text.startswith(",", place):
            break
    return text, []


def _elements(text: str, place: int) -> tuple[list[str], int]:
    """The texts in the array that begins here, and where it ends."""
    elements: list[str] = []
    place = _skip(text, place + 1)
    if text.startswith("]", place):
        return elements, place + 1
    while len(elements) < MOST_LINES:
        _, end = _DECODER.raw_decode(text, place)
        elements.append(text[place:end])
        place = _skip(text, end)
        if text.startswith("]", place):
            return elements, place + 1
        if not text.startswith(",", place):
            raise ValueError(f"expected ',' or ']' behind the element {len(elements)} of jobs")
        place = _skip(text, place + 1)
    raise _too_long()


def _skip(text: str, place: int) -> int:
    """Where the white space ends."""
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _too_long() -> Problem:
    return Problem("batch_too_long", f"{MOST_LINES} lines is the most; send another batch")
