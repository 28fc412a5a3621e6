"""AVIF as boxes and items: its XMP packet replaced, all other metadata out, no pixel touched.

An item is a run of bytes that `meta` lists (ISO/IEC 23008-12): the coded colours, the coded
transparency, EXIF, XMP. Items are taken out of their places and laid anew, one behind the other.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_FILE_OFFSET, _IN_META = 0, 1
_XMP_TYPE: Final = b"application/rdf+xml\0"
_DESCRIBES: Final = b"cdsc"
_LEFT_OUT: Final = (b"Exif", b"mime", b"uri ")


class NotPlain(ValueError):
    """A file built in a way that we neither write nor rewrite."""


@dataclass(frozen=True, slots=True)
class _Item:
    """One entry of `iinf` with its bytes."""

    id: int
    info: bytes
    data: bytes

    @property
    def kind(self) -> bytes:
        return self.info[16:20]


def with_xmp(data: bytes, packet: bytes) -> bytes:
    """The same coded pixels with this packet as the only metadata.

    Raises:
        NotPlain: a sequence, more than 65,534 items, or items that are no runs of bytes.
    """
    top = dict(_boxes(data))
    if set(top) < {b"ftyp", b"meta", b"mdat"} or b"moov" in top:
        raise NotPlain("expected an AVIF of one picture")
    meta = top[b"meta"][4:]
    kept = [item for item in _items(data, meta) if item.kind not in _LEFT_OUT]
    items = [*kept, _xmp_item(max(item.id for item in kept) + 1, packet)]
    file_type = _box(b"ftyp", top[b"ftyp"])
    # The places depend on how long `meta` is, and that does not depend on them.
    length = len(_meta(meta, items, first=0))
    laid = _meta(meta, items, first=len(file_type) + length + 8)
    return b"".join((file_type, laid, _box(b"mdat", b"".join(item.data for item in items))))


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        length = length or len(data) - at
        if length < 8 or at + length > len(data):
            raise NotPlain(f"the box {name!r} has a length of {length}")
        yield name, data[at + 8 : at + length]
        at += length


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, name) + body


def _items(data: bytes, meta: bytes) -> list[_Item]:
    """Every item in the order of `iinf`; its info is a whole `infe` box of version 2."""
    parts = dict(_boxes(meta))
    places = dict(_places(parts[b"iloc"]))
    items = []
    for name, body in _boxes(parts[b"iinf"][6:]):
        if name != b"infe" or body[0] != 2:
            raise NotPlain("expected items with short numbers")
        (number,) = struct.unpack_from(">H", body, 4)
        method, extents = places[number]
        held = data if method == _FILE_OFFSET else parts[b"idat"]
        run = b"".join(held[start : start + length] for start, length in extents)
        items.append(_Item(number, _box(name, body), run))
    return items


def _places(body: bytes) -> Iterator[tuple[int, tuple[int, list[tuple[int, int]]]]]:
    """Of each item how its bytes are found, and where: `iloc` of version 0 or 1."""
    version, sizes = body[0], body[4:6].hex()
    offset, length, base, index = (int(digit, 16) for digit in sizes)
    if version > 1 or index:
        raise NotPlain("expected a plain list of places")
    (count,), at = struct.unpack_from(">H", body, 6), 8
    for _ in range(count):
        (number,), at = struct.unpack_from(">H", body, at), at + 2
        method, at = (body[at + 1] & 15, at + 2) if version else (_FILE_OFFSET, at)
        if method not in {_FILE_OFFSET, _IN_META}:
            raise NotPlain("an item is made of other items")
        start, at = _number(body, at + 2, base)
        (many,), at = struct.unpack_from(">H", body, at), at + 2
        extents = []
        for _ in range(many):
            further, at = _number(body, at, offset)
            run, at = _number(body, at, length)
            extents.append((start + further, run))
        yield number, (method, extents)


def _number(body: bytes, at: int, size: int) -> tuple[int, int]:
    """An integer of so many bytes, and where the next begins."""
    return int.from_bytes(body[at : at + size], "big"), at + size


def _xmp_item(number: int, packet: bytes) -> _Item:
    body = struct.pack(">IHH4s", 2 << 24, number, 0, b"mime") + b"XMP\0" + _XMP_TYPE
    return _Item(number, _box(b"infe", body), packet)


def _meta(old: bytes, items: Sequence[_Item], *, first: int) -> bytes:
    """The box with its lists made anew; the items lie from byte `first` of the file on."""
    given = dict(_boxes(old))
    made = {
        b"iinf": b"".join((bytes(4), struct.pack(">H", len(items)), *(one.info for one in items))),
        b"iloc": _laid(items, first),
        b"iref": _references(given.get(b"iref", bytes(4)), given[b"pitm"], items),
    }
    parts = given | made
    parts.pop(b"idat", None)
    return _box(b"meta", bytes(4) + b"".join(_box(name, body) for name, body in parts.items()))


def _laid(items: Sequence[_Item], first: int) -> bytes:
    places, at = [], first
    for item in items:
        places.append(struct.pack(">HHHII", item.id, 0, 1, at, len(item.data)))
        at += len(item.data)
    # Version 0: offsets and lengths of four bytes, no base.
    return b"".join((bytes(4), b"\x44\x00", struct.pack(">H", len(items)), *places))


def _references(old: bytes, primary: bytes, items: Sequence[_Item]) -> bytes:
    """Those between items that are kept, and that the packet, the last, describes the picture."""
    if old[0] or primary[0]:
        raise NotPlain("expected items with short numbers")
    numbers = {item.id for item in items[:-1]}
    kept = [
        _box(name, body)
        for name, body in _boxes(old[4:])
        if struct.unpack_from(">H", body)[0] in numbers
    ]
    described = struct.pack(">HH", items[-1].id, 1) + primary[4:6]
    return b"".join((bytes(4), *kept, _box(_DESCRIBES, described)))
