"""What a picture's file says of itself: its format by its bytes, never by its name."""

import io
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from models.failures import CannotDo

EXTENSIONS = {"jpeg": ("jpg", "jpeg"), "tiff": ("tif", "tiff")}
"""Formats whose files have other endings than their name."""
_OURS = {"mpo": "jpeg"}


@dataclass(frozen=True, slots=True)
class Written:
    """Of a file.

    Attributes:
        format: in small letters.
        mode: as Pillow names it, such as CMYK.
        bytes: how many.
    """

    format: str
    mode: str
    bytes: int


def written(data: bytes) -> Written:
    """From the header alone.

    Raises:
        CannotDo: `picture_unreadable`.
    """
    try:
        with Image.open(io.BytesIO(data)) as picture:
            kind, mode = str(picture.format).lower(), picture.mode
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise CannotDo("picture_unreadable", "The picture cannot be decoded.") from error
    return Written(_OURS.get(kind, kind), mode, len(data))


def is_named_as_written(name: str, kind: str) -> bool:
    """Whether a file of this format may end as this name does."""
    return name.rpartition(".")[2].lower() in EXTENSIONS.get(kind, (kind,))
