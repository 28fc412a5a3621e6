"""Which characters a font file has, from its `cmap` table (OpenType 1.9, formats 4 and 12)."""

import struct
from pathlib import Path

_UNICODE = frozenset({(0, 3), (0, 4), (0, 6), (3, 1), (3, 10)})


def faces(path: Path) -> int:
    """How many fonts the file holds: a collection has several."""
    with path.open("rb") as file:
        head = file.read(12)
    return int(struct.unpack(">I", head[8:12])[0]) if head[:4] == b"ttcf" else 1


def characters(path: Path, face: int = 0) -> frozenset[int]:
    """The code points that it has a glyph for.

    Raises:
        ValueError: it is no font of this kind.
    """
    data = path.read_bytes()
    try:
        return _read(data, _table(data, face, b"cmap"))
    except (struct.error, IndexError) as error:
        raise ValueError(f"{path.name} is no font that can be read") from error


def _table(data: bytes, face: int, name: bytes) -> int:
    start = struct.unpack_from(">I", data, 12 + 4 * face)[0] if data[:4] == b"ttcf" else 0
    for number in range(struct.unpack_from(">H", data, start + 4)[0]):
        tag, _, offset, _ = struct.unpack_from(">4sIII", data, start + 12 + 16 * number)
        if tag == name:
            return int(offset)
    raise ValueError("a font without a table of characters")


def _read(data: bytes, table: int) -> frozenset[int]:
    found: set[int] = set()
    for number in range(struct.unpack_from(">H", data, table + 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", data, table + 4 + 8 * number)
        if (platform, encoding) not in _UNICODE:
            continue
        match struct.unpack_from(">H", data, table + offset)[0]:
            case 4:
                found |= _short(data, table + offset)
            case 12:
                found |= _long(data, table + offset)
    return frozenset(found)


def _short(data: bytes, at: int) -> set[int]:
    """Format 4: runs of code points below 65536, some of whose glyphs are 0, which is none."""
    count = struct.unpack_from(">H", data, at + 6)[0] // 2
    ends, starts, deltas, ranges = (
        struct.unpack_from(f">{count}H", data, at + 14 + 2 * count * row + (2 if row else 0))
        for row in range(4)
    )
    offsets = at + 16 + 6 * count
    found: set[int] = set()
    for run in range(count):
        for code in range(starts[run], ends[run] + 1):
            glyph = code
            if ranges[run]:
                where = offsets + 2 * run + ranges[run] + 2 * (code - starts[run])
                glyph = struct.unpack_from(">H", data, where)[0]
                if glyph == 0:
                    continue
            if (glyph + deltas[run]) % 65536:
                found.add(code)
    return found - {0xFFFF}


def _long(data: bytes, at: int) -> set[int]:
    """Format 12: runs of any code points."""
    found: set[int] = set()
    for group in range(struct.unpack_from(">I", data, at + 12)[0]):
        first, last, glyph = struct.unpack_from(">III", data, at + 16 + 12 * group)
        found.update(range(first + (1 if glyph == 0 else 0), min(last, 0x10FFFF) + 1))
    return found
