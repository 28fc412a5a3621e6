"""The one file of a multipart form, and nothing that a broken or hostile form would add."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.errors import Problem, wrong
from db.pointers import pointer

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FIELD = "file"
MOST_PARTS = 8
OVERHEAD_BYTES = 65_536
"""What a form may be longer than its file."""


@dataclass(frozen=True, slots=True)
class File:
    """What came in the form's one field."""

    name: str | None
    data: bytes


async def read_file(content_type: str, pieces: AsyncIterator[bytes]) -> File:
    """The form's file.

    Raises:
        Problem: `malformed_multipart`, `too_many_parts`, or `validation_error` for another field.
    """
    _, options = parse_options_header(content_type)
    form = _Form()
    try:
        parser = MultipartParser(options[b"boundary"], form.callbacks())
        async for piece in pieces:
            parser.write(piece)
    except KeyError as error:
        raise _malformed("the content type names no boundary") from error
    except FormParserError as error:
        raise _malformed(str(error)) from error
    return form.file()


def _malformed(detail: str) -> Problem:
    return Problem("malformed_multipart", detail)


class _Form:
    """Listens to the parser; complains as soon as there is reason to."""

    def __init__(self) -> None:
        self._parts = 0
        self._whole = False
        self._header, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        self._data: bytearray | None = None
        self._name: str | None = None
        self._reading = False
        # Told at the end only: a form of a thousand parts is wrong in that first of all.
        self._fault: Problem | None = None

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data,
            "on_end": self._end,
        }

    def file(self) -> File:
        if not self._whole:
            raise _malformed("the form ends before its last boundary")
        if self._fault is not None:
            raise self._fault
        if self._data is None:
            raise wrong(f"/{FIELD}", "missing", f"send the picture in the field {FIELD!r}")
        return File(self._name, bytes(self._data))

    def _begin(self) -> None:
        self._parts += 1
        self._headers = {}
        if self._parts > MOST_PARTS:
            raise Problem("too_many_parts", f"{MOST_PARTS} parts is the most")

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        if b"name" not in options:
            raise _malformed("a part has no name")
        if self._headers.get(b"content-type", b"").lower().startswith(b"multipart/"):
            raise _malformed("a part is a form itself")
        field = _text(options[b"name"])
        self._reading = field == FIELD and self._data is None
        if not self._reading:
            self._fault = self._fault or _unwanted(field)
            return
        self._data = bytearray()
        self._name = _text(options[b"filename"]) if b"filename" in options else None

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._reading and self._data is not None:
            self._data += data[start:end]

    def _end(self) -> None:
        self._whole = True


def _unwanted(field: str) -> Problem:
    if field == FIELD:
        return _malformed(f"the field {FIELD!r} comes twice")
    return wrong(pointer(field), "extra_forbidden", f"only {FIELD!r} is read")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
