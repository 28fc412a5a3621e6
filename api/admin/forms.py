"""What forms of the page send: fields of text, nothing of files."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from api import bodies
from api.errors import Problem, wrong

Model = TypeVar("Model", bound=BaseModel)
MOST_BYTES: Final = 20_000
"""Of who has not signed in."""
_MOST_FIELDS: Final = 200
_WHOLE: Final = re.compile(r"-?[0-9]{1,20}")
_TYPE: Final = "application/x-www-form-urlencoded"
_TOLD: Final = "did"
"""What a page was sent to with: it says what was done, and asks for nothing."""


async def read(request: Request, *, most: int = MOST_BYTES) -> Mapping[str, str]:
    """The fields of a form; those that were left empty are left out.

    Raises:
        Problem: it is none, or too long.
    """
    kind = request.headers.get("content-type", _TYPE).partition(";")[0].strip().lower()
    if kind != _TYPE:
        raise Problem("unsupported_media_type", f"send Content-Type: {_TYPE}")
    settings = request.app.state.settings
    pieces = [piece async for piece in bodies.stream(request, settings, most=most)]
    try:
        fields = parse_qsl(b"".join(pieces).decode(), max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise Problem("bad_request", "the form cannot be read") from error
    return dict(fields)


def asked(request: Request, kind: type[Model], **more: str) -> Model:
    """What a page was asked for behind its question mark; empty fields ask for nothing.

    Raises:
        RequestValidationError: a field is not as it must be.
    """
    given = {name: value for name, value in request.query_params.items() if value}
    given.pop(_TOLD, None)
    try:
        return kind.model_validate(given | more)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


def chosen(sent: Mapping[str, str], kind: str, among: Iterable[str]) -> list[str]:
    """Which boxes were ticked; each is called by its kind and what it stands for."""
    return [one for one in among if f"{kind} {one}" in sent]


def whole(sent: Mapping[str, str], name: str) -> int | None:
    """A number without a fraction that somebody wrote into a field; None of an empty one.

    Raises:
        Problem: it is none.
    """
    text = sent.get(name, "").strip()
    if text and not _WHOLE.fullmatch(text):
        raise wrong(f"/{name}", "number", "write a whole number")
    return int(text) if text else None


def number(sent: Mapping[str, str], name: str, usual: float) -> float:
    """A number that somebody wrote into a field, or the usual one.

    Raises:
        Problem: it is none.
    """
    text = sent.get(name)
    if text is None:
        return usual
    try:
        return float(text.replace(",", "."))
    except ValueError as error:
        raise wrong(f"/{name}", "number", "write a number") from error
