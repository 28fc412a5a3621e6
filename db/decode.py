"""The child that decodes what strangers sent: `python -m db.decode PIXELS SIDE MEGABYTES`.

Reads an eight-byte length and that many bytes, answers a line of JSON, again until its input ends.
"""

import io
import json
import resource
import struct
import sys
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, BinaryIO

from PIL import ExifTags, Image, ImageFile, PngImagePlugin, UnidentifiedImageError

from db import containers, looks
from db.containers import Refused

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
MIN_SIDE_PX = 8
MAX_ASPECT = 50
_LYING_ORIENTATIONS = (5, 6, 7, 8)


def examine(data: bytes, *, max_pixels: int, max_side_px: int) -> dict[str, Any]:
    """Header first, then limits, then every pixel.

    Width and height are those of the picture as people see it, after its EXIF orientation.

    Raises:
        Refused: with its code.
    """
    declared = containers.declared_size(data)
    if declared is not None:
        _check_limits(declared, max_pixels=max_pixels, max_side_px=max_side_px)
    containers.check_whole(data)
    image = _open(data)
    _check_limits(image.size, max_pixels=max_pixels, max_side_px=max_side_px)
    kind = _format(image)
    if kind != "jpeg" and getattr(image, "n_frames", 1) > 1:
        raise Refused("image_animated", "the picture has more than one frame")
    # Read before the pixels are: a decoder may change it on loading (16-bit RGB becomes RGB).
    mode = image.mode
    _load(image)
    orientation = _orientation(image)
    width, height = image.size[::-1] if orientation in _LYING_ORIENTATIONS else image.size
    look = looks.take(image, orientation=orientation)
    size = {"width": width, "height": height}
    return {"format": kind, "mode": mode, **size, "look": asdict(look)}


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise Refused("image_unrecognised", "these bytes are no picture") from error
    except Exception as error:
        raise _refusal(error) from error


def _format(image: Image.Image) -> str:
    """A JPEG with a second picture for depth or brightness behind it is a JPEG to us."""
    kind = str(image.format).lower()
    return "jpeg" if kind == "mpo" else kind


def _check_limits(size: tuple[int, int], *, max_pixels: int, max_side_px: int) -> None:
    width, height = size
    words = f"the picture is {width}×{height}"
    if min(width, height) < 1:
        raise Refused("image_dimensions", words)
    if width * height > max_pixels:
        raise Refused("image_too_many_pixels", f"{words}; {max_pixels} pixels is the most")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise Refused("image_aspect", f"{words}; one side is over {MAX_ASPECT} times the other")
    if min(width, height) < MIN_SIDE_PX:
        raise Refused("image_too_small", f"{words}; {MIN_SIDE_PX} px is the least for a side")
    if max(width, height) > max_side_px:
        raise Refused("image_too_large", f"{words}; {max_side_px} px is the most for a side")


def _load(image: Image.Image) -> None:
    try:
        image.load()
    except Exception as error:
        raise _refusal(error) from error


def _orientation(image: Image.Image) -> int | None:
    try:
        found = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 — Pillow raises a dozen kinds over damaged EXIF; we need none
        return None
    return found if isinstance(found, int) else None


def _refusal(error: Exception) -> Refused:
    """Pillow says what is wrong in words only."""
    words = str(error).lower()
    if "truncated" in words or "end of file" in words or "incomplete" in words:
        return containers.truncated()
    if isinstance(error, MemoryError):
        return Refused("image_too_complex", "decoding takes more memory than allowed")
    if "decompressed data too large" in words or "memory used in text" in words:
        return Refused("image_metadata_bomb", "the picture's metadata unpacks to too much")
    if "unsupported" in words or "not supported" in words:
        return Refused("image_unsupported_variant", f"a variant we do not read: {error}")
    return Refused("image_corrupt", f"the picture is damaged: {error}")


def _answer(data: bytes, *, max_pixels: int, max_side_px: int) -> dict[str, Any]:
    try:
        return examine(data, max_pixels=max_pixels, max_side_px=max_side_px)
    except Refused as refused:
        return {"code": refused.code, "detail": refused.detail}
    except MemoryError:
        return {"code": "image_too_complex", "detail": "decoding takes more memory than allowed"}


def _questions(source: BinaryIO) -> Iterator[bytes]:
    while head := source.read(8):
        (length,) = struct.unpack(">Q", head)
        yield source.read(length)


def main() -> None:
    max_pixels, max_side_px, megabytes = map(int, sys.argv[1:4])
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # ours is checked first, and is the lower one
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    PngImagePlugin.MAX_TEXT_MEMORY = 8 << 20
    for data in _questions(sys.stdin.buffer):
        answer = _answer(data, max_pixels=max_pixels, max_side_px=max_side_px)
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
