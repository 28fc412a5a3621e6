"""Bodies from strangers: read piece by piece, never more, slower or other than allowed."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from api.deps import Settings
from api.errors import Problem, invalid
from api.settings import ApiSettings
from db.operations.order import MalformedJson, check_json

Parsed = TypeVar("Parsed")
Model = TypeVar("Model", bound=BaseModel)


async def stream(request: Request, settings: ApiSettings, *, most: int) -> AsyncIterator[bytes]:
    """The body as it arrives.

    Raises:
        Problem: `content_too_large`, by its header or by its length; `body_too_slow`;
            `content_encoding_not_supported`.
    """
    _check_headers(request, most=most)
    clock = asyncio.get_running_loop().time
    started, received = clock(), 0
    pieces = aiter(request.stream())
    while True:
        allowed_s = settings.body_grace_s + received / settings.slowest_bytes_per_s
        try:
            async with asyncio.timeout_at(started + allowed_s):
                piece = await anext(pieces, b"")
        except TimeoutError as error:
            raise Problem(
                "body_too_slow", f"{received} bytes came in time", headers=_END
            ) from error
        if not piece:
            return
        received += len(piece)
        if received > most:
            raise _too_large(most)
        yield piece


async def _json_body(request: Request, settings: Settings) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        # A page of another site can send anything else without asking first.
        raise Problem("unsupported_media_type", "send Content-Type: application/json")
    pieces = [piece async for piece in stream(request, settings, most=settings.max_json_bytes)]
    return b"".join(pieces)


JsonBody = Annotated[bytes, Depends(_json_body)]


def described(schema: str) -> dict[str, Any]:
    """`openapi_extra` of a route that reads its body by itself; api.description adds the schema."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"requestBody": {"required": True, "content": content}}


def parse(raw: bytes, reader: Callable[[bytes], Parsed]) -> Parsed:
    """What a reader makes of a body.

    Raises:
        Problem: `malformed_json`, or `validation_error` with a pointer to each field.
    """
    if b"\\u0000" in raw:
        raise Problem("malformed_json", "a text holds a NUL character, which no database keeps")
    try:
        return reader(raw)
    except ValidationError as error:
        problem = invalid(error.errors(include_url=False, include_input=False), _again(raw))
        raise problem from error
    except MalformedJson as error:
        raise Problem("malformed_json", str(error)) from error
    except ValueError as error:
        # Python reads no integer of more than 4,300 digits, and says so in its own way.
        raise Problem("malformed_json", f"not JSON: {error}") from error


def parse_as(raw: bytes, kind: type[Model]) -> Model:
    """A body as the schema of this kind.

    Raises:
        Problem: as `parse`.
    """

    def read(given: bytes) -> Model:
        check_json(given)
        return kind.model_validate_json(given)

    return parse(raw, read)


def _again(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


_END = {"Connection": "close"}


def _check_headers(request: Request, *, most: int) -> None:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise Problem(
            "content_encoding_not_supported", f"{encoding[:40]!r} is not unpacked", headers=_END
        )
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > most:
        raise _too_large(most)


def _too_large(most: int) -> Problem:
    return Problem("content_too_large", f"{most} bytes is the most", headers=_END)
