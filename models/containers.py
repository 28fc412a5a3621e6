"""PNG, JPEG, WebP and AVIF as pieces of bytes: one XMP packet in, all other metadata out."""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any, Literal

from PIL import Image

from models import avif

Format = Literal["png", "jpeg", "webp", "avif"]

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_METADATA = {b"eXIf", b"iTXt", b"tEXt", b"zTXt", b"tIME", b"caBX"}
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_JPEG_APP1, _JPEG_SCAN = 0xE1, 0xDA
# EXIF and XMP, C2PA, IPTC, a comment.
_JPEG_METADATA = {_JPEG_APP1, 0xEB, 0xED, 0xFE}
_WEBP_METADATA = {b"VP8X", b"EXIF", b"XMP ", b"C2PA"}
_WEBP_XMP_FLAG, _WEBP_EXIF_FLAG, _WEBP_ALPHA_FLAG = 0x04, 0x08, 0x10


def with_xmp(
    data: bytes,
    packet: bytes,
    *,
    format: Format,  # noqa: A002
    aigc: str | None = None,
) -> bytes:
    """The same pixels, bit for bit, with this packet as the only metadata (profiles stay).

    China's mark, which is in the packet, gets a text chunk of its own in a PNG.
    """
    match format:
        case "png":
            return _png(data, packet, aigc)
        case "jpeg":
            return _jpeg(data, packet)
        case "webp":
            return _webp(data, packet)
        case "avif":
            return avif.with_xmp(data, packet)


def info_of(data: bytes) -> dict[str | tuple[int, int], Any]:
    """A picture's metadata as Pillow names it, also what a PNG has behind its pixels."""
    with Image.open(io.BytesIO(data)) as picture:
        if picture.format == "PNG" and _has_late_metadata(data):
            picture.load()
        return dict(picture.info)


def xmp_of(data: bytes) -> str:
    """The packet as Pillow reads it; empty where there is none."""
    info = info_of(data)
    packet = info.get("xmp") or info.get("XML:com.adobe.xmp") or b""
    return packet.decode(errors="replace") if isinstance(packet, bytes) else str(packet)


def png_chunk(name: bytes, body: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))
    return b"".join((struct.pack(">I", len(body)), name, body, checksum))


def png_bodies(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Name and body of each chunk of a stranger's file, as far as it goes."""
    view, at = memoryview(data), len(PNG_SIGNATURE)
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        yield name, view[at + 8 : at + 8 + length]
        at += 12 + length


def _has_late_metadata(data: bytes) -> bool:
    names = [name for name, _ in png_bodies(data)]
    return b"IDAT" in names and not _PNG_METADATA.isdisjoint(names[names.index(b"IDAT") :])


def _png(data: bytes, packet: bytes, aigc: str | None) -> bytes:
    ours = [png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet)]
    if aigc is not None:
        ours.append(png_chunk(b"tEXt", b"AIGC\0" + aigc.encode()))
    chunks = [chunk for name, chunk in _png_chunks(data) if name not in _PNG_METADATA]
    header, rest = chunks[0], chunks[1:]
    return b"".join((PNG_SIGNATURE, header, *ours, *rest))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Name and bytes of each chunk up to the end mark; what trails it is left out."""
    view, at, name = memoryview(data), len(PNG_SIGNATURE), b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, at)
        yield name, view[at : at + 12 + length]
        at += 12 + length


def _jpeg(data: bytes, packet: bytes) -> bytes:
    body = _JPEG_XMP + packet
    ours = struct.pack(">BBH", 0xFF, _JPEG_APP1, len(body) + 2) + body
    kept, at = [], 2
    while data[at + 1] != _JPEG_SCAN:
        marker, length = struct.unpack_from(">xBH", data, at)
        if marker not in _JPEG_METADATA:
            kept.append(data[at : at + 2 + length])
        at += 2 + length
    # JFIF wants to be first, so ours follows it.
    place = 1 if kept and kept[0][1] == 0xE0 else 0
    return b"".join((data[:2], *kept[:place], ours, *kept[place:], data[at:]))


def _webp(data: bytes, packet: bytes) -> bytes:
    chunks = [(n, b) for n, b in _webp_chunks(data) if n not in _WEBP_METADATA]
    with Image.open(io.BytesIO(data)) as picture:
        (width, height), has_alpha = picture.size, picture.mode == "RGBA"
    flags = _WEBP_XMP_FLAG | (_WEBP_ALPHA_FLAG if has_alpha else 0)
    flags |= 0x20 if any(name == b"ICCP" for name, _ in chunks) else 0
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    header = (b"VP8X", bytes((flags, 0, 0, 0)) + canvas)
    body = b"".join(_webp_chunk(*chunk) for chunk in (header, *chunks, (b"XMP ", packet)))
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, end = 12, 8 + struct.unpack_from("<I", data, 4)[0]
    while at + 8 <= end:
        name, length = struct.unpack_from("<4sI", data, at)
        yield name, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _webp_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", name, len(body)) + body + b"\0" * (len(body) % 2)
