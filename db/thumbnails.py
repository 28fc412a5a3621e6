"""Pictures made small for whoever looks at many; nothing is kept of it but what a browser keeps.

Only what we made ourselves comes here: what strangers sent is decoded in a child, and once.
"""

import io
from threading import BoundedSemaphore
from typing import Final

from PIL import Image, ImageOps

from db.decode import FORMATS

SIDES: Final = (160, 320, 640)
"""The sizes that there are, in pixels of the longer side."""
FORMAT: Final = "webp"
# Two at once: who looks at a gallery must not keep whoever sends a picture waiting.
_TURNS: Final = BoundedSemaphore(2)
_QUALITY: Final = 82


def small(data: bytes, side: int) -> bytes:
    """A picture as WebP, upright, no side longer than `side`; a smaller one keeps its size.

    Its colour profile comes along, its transparency too, and nothing else that a file may hold.
    """
    with _TURNS, Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        opened.draft("RGB", (side, side))  # a JPEG is decoded at a size near to it
        profile = opened.info.get("icc_profile")
        image = ImageOps.exif_transpose(_plain(opened))
        image.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=3.0)
        written = io.BytesIO()
        image.save(written, FORMAT, quality=_QUALITY, method=2, icc_profile=profile)
        return written.getvalue()


def format_of(data: bytes) -> str:
    """The format of stored bytes, by their first ones: `jpeg`, `png`, `webp` or `avif`."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        return (opened.format or "png").lower()


def _plain(image: Image.Image) -> Image.Image:
    """RGB, or RGBA where something is transparent; 16 bits become 8."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda level: level / 257).convert("L").convert("RGB")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")
