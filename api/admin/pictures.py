"""Stored pictures for the page: whole as they are, or small enough to show many."""

from fastapi import Request, Response

from api import contents
from api.errors import Problem
from db import blobs, thumbnails


def whole(request: Request, tenant: str, key: str, name: str) -> Response:
    """The bytes themselves; of what was sent to us only the format is looked at.

    Raises:
        NotStored: they are no longer there.
    """
    headers = _headers(key, name)
    if contents.is_known(request, key):
        return Response(status_code=304, headers=headers)
    data = blobs.get(tenant, key)
    return Response(data, media_type=f"image/{thumbnails.format_of(data)}", headers=headers)


def small(request: Request, tenant: str, key: str, name: str, side: int) -> Response:
    """One of our own pictures, made small.

    Raises:
        Problem: `not_found`, of a size that there is none of.
        NotStored: the bytes are no longer there.
    """
    if side not in thumbnails.SIDES:
        raise Problem("not_found", f"there are sides of {thumbnails.SIDES} pixels")
    tag = f"{key}-{side}"
    headers = _headers(tag, name)
    if contents.is_known(request, tag):
        return Response(status_code=304, headers=headers)
    data = thumbnails.small(blobs.get(tenant, key), side)
    return Response(data, media_type=f"image/{thumbnails.FORMAT}", headers=headers)


def _headers(tag: str, name: str) -> dict[str, str]:
    return {
        "ETag": f'"{tag}"',
        "Cache-Control": "private, max-age=86400, immutable",
        "Content-Disposition": f'inline; filename="{name}"',
    }
