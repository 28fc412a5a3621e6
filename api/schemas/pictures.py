"""A picture, as callers see it."""

from datetime import datetime

from api.schemas.base import Answer
from api.schemas.moderation import QuarantineOut


class PictureOut(Answer):
    """An image file that was taken in, kept as it came."""

    id: str
    sha256: str
    format: str
    bytes: int
    width: int
    """After its EXIF orientation."""
    height: int
    mode: str
    """As Pillow names it."""
    name: str | None
    """The file name that came with it, sanitised; never a path."""
    quarantine: QuarantineOut | None
    """Why its bytes are served to nobody; null: they are served."""
    created_at: datetime
