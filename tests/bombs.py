"""Files made to hurt whoever decodes them; each is small and real."""

import struct
import zlib
from collections.abc import Iterable

from tests import factories

PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(
    width: int, height: int, *, bits: int = 8, colour: int = 0, pixels: bytes = b""
) -> bytes:
    """A PNG that declares a size, whatever it holds."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return PNG_HEAD + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND")


def with_chunks(chunks: Iterable[bytes], *, last: bool = False) -> bytes:
    """A good PNG with more chunks, after its header or after its pixels."""
    good = factories.png()
    at = good.index(b"IDAT") - 4 if not last else good.index(b"IEND") - 4
    return good[:at] + b"".join(chunks) + good[at:]


def zeros(megabytes: int) -> bytes:
    return zlib.compress(bytes(megabytes << 20), 9)


def flat_png(width: int, height: int) -> bytes:
    """A one-bit PNG of nothing: millions of pixels in a few kilobytes."""
    rows = zlib.compress(bytes((width + 7) // 8 + 1) * height, 9)
    return png_of(width, height, bits=1, pixels=rows)


def jpeg_of_many_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    good = factories.jpeg(64, 64, progressive=True)
    last = good.rindex(b"\xff\xda")
    return good[:-2] + good[last:-2] * count + good[-2:]


def jpeg_with_frame(marker: int, *, bits: int = 8) -> bytes:
    """A JPEG that calls itself of another kind."""
    good = bytearray(factories.jpeg())
    at = good.index(b"\xff\xc0")
    good[at + 1], good[at + 4] = marker, bits
    return bytes(good)


def jpeg_with_exif(tiff: bytes) -> bytes:
    return factories.jpeg(exif=b"Exif\0\0" + tiff)


def cyclic_exif() -> bytes:
    """A directory of one entry whose next directory is itself."""
    return jpeg_with_exif(b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x112, 3, 1, 6, 8))


def far_exif() -> bytes:
    """An entry that lies four gigabytes away."""
    entry = struct.pack("<HHHII", 1, 0x10F, 2, 100, 0xFFFF_FFF0)
    return jpeg_with_exif(b"II*\0\x08\0\0\0" + entry + bytes(4))


def webp_with_canvas(width: int, height: int) -> bytes:
    """An extended WebP that lies about its canvas."""
    good = bytearray(factories.webp(exif=b"Exif\0\0" + bytes(8)))
    at = good.index(b"VP8X") + 12
    good[at : at + 6] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(good)


def avif_with_extent(width: int, height: int) -> bytes:
    good = bytearray(factories.avif())
    at = good.index(b"ispe") + 8
    good[at : at + 8] = struct.pack(">II", width, height)
    return bytes(good)
