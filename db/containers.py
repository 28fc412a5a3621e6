"""What a picture's bytes say of themselves before any decoder runs: size, wholeness, variant."""

import re
import struct
import zlib
from collections.abc import Iterator

MAX_PNG_CHUNKS = 10_000
"""Beside the pixels' own: nobody writes so many notes into a picture."""
MAX_JPEG_SCANS = 100
"""A progressive picture has about ten; each more costs a pass over all its pixels."""

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
_MARKER_IN_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_READABLE_FRAMES = (0xC0, 0xC1, 0xC2)
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9


class Refused(ValueError):
    """A picture that we do not take; its code says why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def declared_size(data: bytes) -> tuple[int, int] | None:
    """Width and height as the header has them, where a decoder would allocate them unasked."""
    if data.startswith(PNG):
        return _png_size(data)
    if data.startswith(b"RIFF"):
        return _webp_size(data)
    if data[4:8] == b"ftyp":
        return _avif_size(data)
    return None


def check_whole(data: bytes) -> None:
    """Refuse what a decoder would forgive, or would spend long on.

    Raises:
        Refused: with its code.
    """
    if data.startswith(PNG):
        _check_png(data)
    elif data.startswith(JPEG):
        _check_jpeg(data)
    elif data.startswith(b"RIFF") and int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise truncated()


def truncated() -> Refused:
    return Refused("image_truncated", "the file ends before the picture does")


def _png_size(data: bytes) -> tuple[int, int]:
    if len(data) < 24:
        raise truncated()
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _check_png(data: bytes) -> None:
    notes = 0
    for kind, body, crc in _png_chunks(data):
        if zlib.crc32(body, zlib.crc32(kind)) != crc:
            name = kind.decode("ascii", "replace")
            raise Refused("image_corrupt", f"the checksum of the chunk {name} is wrong")
        notes += kind != b"IDAT"
        if notes > MAX_PNG_CHUNKS:
            raise Refused("image_metadata_bomb", f"the picture has over {MAX_PNG_CHUNKS} chunks")


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview, int]]:
    """Type, content and checksum of each chunk up to the last; what follows it is not looked at."""
    view, at, kind = memoryview(data), len(PNG), b""
    while kind != b"IEND":
        if at + 12 > len(data):
            raise truncated()
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            raise truncated()
        yield kind, view[at + 8 : end], int.from_bytes(view[end : end + 4], "big")
        at = end + 4


def _check_jpeg(data: bytes) -> None:
    scans = 0
    for marker, body in _jpeg_segments(data):
        if marker in _FRAME_MARKERS:
            _check_frame(marker, body)
        scans += marker == _START_OF_SCAN
        if scans > MAX_JPEG_SCANS:
            raise Refused("image_too_complex", f"the picture has over {MAX_JPEG_SCANS} scans")


def _check_frame(marker: int, body: bytes) -> None:
    if marker not in _READABLE_FRAMES or body[:1] != b"\x08":
        raise Refused(
            "image_unsupported_variant",
            "only Huffman-coded JPEG of 8 bits is read; this is arithmetic, lossless or deeper",
        )
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    if width == 0 or height == 0:
        raise Refused("image_dimensions", f"the picture is {width}×{height}")


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and first bytes of each segment; stops at whatever is no segment."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == _END_OF_IMAGE:
            return
        yield marker, data[at + 4 : at + 10]
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _START_OF_SCAN:
            following = _MARKER_IN_SCAN.search(data, at)
            if following is None:
                return
            at = following.start()


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """The canvas of the extended form; the plain forms cannot declare much."""
    if data[12:16] != b"VP8X" or len(data) < 30:
        return None
    return (
        int.from_bytes(data[24:27], "little") + 1,
        int.from_bytes(data[27:30], "little") + 1,
    )


def _avif_size(data: bytes) -> tuple[int, int] | None:
    """The largest extent that any part declares, before the pixels begin."""
    end = data.find(b"mdat")
    head = data[: end if end >= 0 else len(data)]
    found = [
        struct.unpack_from(">II", head, match.end() + 4)
        for match in re.finditer(b"ispe", head)
        if match.end() + 12 <= len(head)
    ]
    return max(found, key=lambda size: size[0] * size[1], default=None)
