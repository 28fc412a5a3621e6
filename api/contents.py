"""Stored bytes on their way out: under their own type, never shown as a page, never changing."""

from typing import Any, Final

from fastapi import Request, Response

from db import blobs

RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The bytes.",
    },
    304: {"description": "Not changed."},
}


def answer(
    request: Request, tenant: str, *, key: str, sha256: str, format_: str, name: str
) -> Response:
    """The bytes of a blob.

    Raises:
        NotStored: they are no longer there.
    """
    headers = {
        "ETag": f'"{sha256}"',
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": f'attachment; filename="{name}.{format_}"',
    }
    if is_known(request, sha256):
        return Response(status_code=304, headers=headers)
    return Response(blobs.get(tenant, key), media_type=f"image/{format_}", headers=headers)


def is_known(request: Request, tag: str) -> bool:
    """Whether the caller says that it has this (If-None-Match, compared weakly)."""
    given = request.headers.get("if-none-match", "")
    tags = [one.strip().removeprefix("W/") for one in given.split(",")]
    return f'"{tag}"' in tags or given.strip() == "*"
