"""Where a file keeps its C2PA manifest store (C2PA 2.1, appendix A); no signature is checked."""

import struct
from collections.abc import Iterator
from typing import Final

from models.containers import PNG_SIGNATURE, png_bodies

_AVIF_BOX: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_JPEG_APP11, _JPEG_SCAN = 0xEB, 0xDA
_JPEG_JUMBF_HEADER: Final = 8
_JUMBF_OF_C2PA: Final = b"c2pa"


def store_of(data: bytes) -> bytes:
    """The store's bytes; empty where there is none, or where the container is broken before it."""
    if data.startswith(PNG_SIGNATURE):
        found: Iterator[bytes | memoryview] = (
            body for name, body in png_bodies(data) if name == b"caBX"
        )
    elif data.startswith(b"RIFF"):
        found = (body for name, body in _riff(data) if name == b"C2PA")
    elif data.startswith(b"\xff\xd8"):
        found = (body for marker, body in _jpeg(data) if marker == _JPEG_APP11)
    else:
        found = (body[16:] for name, body in _boxes(data) if name == b"uuid" and _is_c2pa(body))
    store = b"".join(found)
    return store if _JUMBF_OF_C2PA in store else b""


def _riff(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        yield name, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _jpeg(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Segments before the scan; each part of a JUMBF box without the header that numbers it."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != _JPEG_SCAN:
        marker, length = struct.unpack_from(">xBH", data, at)
        yield marker, data[at + 4 + _JPEG_JUMBF_HEADER : at + 2 + length]
        at += 2 + max(length, 2)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if length < 8:  # 0: to the end; 1: a size of 64 bits, which only pixels need
            return
        yield name, data[at + 8 : at + length]
        at += length


def _is_c2pa(body: bytes) -> bool:
    return body.startswith(_AVIF_BOX)
