"""Real pictures and orders, made on the spot."""

import io
import json
import random
from typing import Any

from PIL import Image

from db.likeness import Look

NOWHERE = "0190a0b0-0000-7000-8000-000000000000"
"""An id of the right shape that no row has."""
LOOK = Look("5a" * 8, "7f" * 48)
"""For a picture whose look is of no interest."""


def picture(width: int = 24, height: int = 16, *, mode: str = "RGB", hue: int = 0) -> Image.Image:
    """A gradient, so that codecs have something to write and no two rows are alike."""
    across = Image.linear_gradient("L").resize((width, height))
    down = across.transpose(Image.Transpose.ROTATE_180)
    flat = Image.new("L", (width, height), 40 + hue % 200)
    return Image.merge("RGB", (across, down, flat)).convert(mode)


def shot(number: int, side: int = 40) -> Image.Image:
    """A picture like no other number's: an eight by eight of colours drawn from it, enlarged."""
    drawn = random.Random(number).randbytes(8 * 8 * 3)
    small = Image.frombytes("RGB", (8, 8), drawn)
    return small.resize((side, side), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(width: int = 24, height: int = 16, *, mode: str = "RGB", hue: int = 0) -> bytes:
    return encoded(picture(width, height, mode=mode, hue=hue), "PNG")


def jpeg(width: int = 24, height: int = 16, *, mode: str = "RGB", **options: Any) -> bytes:
    return encoded(picture(width, height, mode=mode), "JPEG", **options)


def webp(width: int = 24, height: int = 16, **options: Any) -> bytes:
    return encoded(picture(width, height), "WEBP", **options)


def avif(width: int = 24, height: int = 16, **options: Any) -> bytes:
    return encoded(picture(width, height), "AVIF", **options)


def frames(kind: str, count: int) -> bytes:
    """An animation."""
    first, *rest = (picture(hue=40 * number) for number in range(count))
    return encoded(first, kind, save_all=True, append_images=rest, duration=50)


def order(op: str = "sample", *, envelope: dict[str, Any] | None = None, **operation: Any) -> bytes:
    """The body of POST /v1/jobs."""
    return json.dumps({"operation": {"op": op, **operation}, **(envelope or {})}).encode()
