"""What strangers send → a checked picture: by form or as it is, refused before it is stored."""

from dataclasses import dataclass
from typing import Annotated

import anyio
import anyio.to_thread
from fastapi import Depends, Request

from api import bodies, budgets, file_names, forms
from api.deps import Caller, Settings
from api.errors import Problem
from api.forms import File
from api.settings import ApiSettings
from db import intake
from db.intake import Checked

# Decoding waits for a child; that many uploads wait in threads, the others wait outside,
# so that bombs never hold every thread there is.
_MOST_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that passed the door, and its bytes."""

    data: bytes
    name: str | None
    checked: Checked


class Door:
    """Lets a few uploads at a time to the decoders."""

    def __init__(self) -> None:
        self._limiter = anyio.CapacityLimiter(_MOST_AT_ONCE)

    async def check(self, data: bytes) -> Checked:
        return await anyio.to_thread.run_sync(intake.check, data, limiter=self._limiter)


async def _receive(request: Request, settings: Settings, caller: Caller) -> Upload:
    door: Door = request.app.state.door
    day = await budgets.uploads(request, caller.tenant, caller.upload_bytes_per_day)
    await day.check(request.headers.get("content-length", ""))
    file = await _file(request, settings)
    await day.spend(len(file.data))
    if len(file.data) > settings.max_upload_bytes:
        raise Problem("content_too_large", f"{settings.max_upload_bytes} bytes is the most")
    return Upload(file.data, file_names.sanitised(file.name), await door.check(file.data))


Uploaded = Annotated[Upload, Depends(_receive)]


async def _file(request: Request, settings: ApiSettings) -> File:
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        most = settings.max_upload_bytes + forms.OVERHEAD_BYTES
        pieces = bodies.stream(request, settings, most=most)
        return await forms.read_file(content_type, pieces)
    if kind.startswith("image/") or kind == "application/octet-stream":
        pieces = bodies.stream(request, settings, most=settings.max_upload_bytes)
        return File(None, b"".join([piece async for piece in pieces]))
    raise Problem(
        "unsupported_media_type",
        f"send multipart/form-data with the field {forms.FIELD!r}, or the picture's own bytes "
        "with its image content type",
    )
