"""Sets a column's items below each other, as large as their sizes and the box allow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from models.advertising import setting
from models.advertising.boxes import Area
from models.advertising.design import Column, Item, Wording
from models.advertising.fonts import Face, face_for
from models.advertising.setting import Block
from models.failures import CannotDo

PILLS: frozenset[Item] = frozenset({"cta", "badge"})
"""Items that stand on a field of their own."""

_LEAST_PX = 10
_MOST_LINES: Mapping[Item, int] = {"headline": 4}
_PILL_SIDE, _PILL_HEIGHT = 1.15, 2.5  # of the letters' size
_GAP, _PILL_GAP = 0.66, 0.8  # of the larger letters of the two
_SHRINK, _STEPS = 0.96, 90


@dataclass(frozen=True, slots=True)
class Piece:
    """An item as large as it is set; a logo has no block."""

    item: Item
    width: int
    height: int
    block: Block | None = None

    @property
    def em(self) -> int:
        """The size of its letters."""
        return self.height if self.block is None else self.block.size


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece and where it stands."""

    piece: Piece
    area: Area


@dataclass(frozen=True, slots=True)
class Words:
    """A text, its font, and between which sizes in pixels it is set."""

    item: Item
    text: str
    face: Face
    least: int
    most: int


def words_of(
    wording: Wording,
    sizes: Mapping[Item, tuple[float, float]],
    *,
    unit: int,
    folders: Sequence[Path],
) -> dict[Item, Words]:
    """Each text of an order with its font; sizes are shares of `unit` pixels."""
    found: dict[Item, Words] = {}
    for item, (least, most) in sizes.items():
        text = wording.of(item)
        if text is not None:
            low = max(_LEAST_PX, round(least * unit))
            face = face_for(text, folders)
            found[item] = Words(item, text, face, low, max(low, round(most * unit)))
    return found


def arranged(
    column: Column,
    area: Area,
    words: Mapping[Item, Words],
    *,
    turned: bool,
    logo: tuple[int, int] | None,
) -> list[Placed]:
    """The column's items in its area.

    Args:
        column: what stands in it, and at which sides.
        area: its box on this canvas.
        words: of each item that has any.
        turned: whether reading starts at the right.
        logo: its width and height, which only shrink to the area's.

    Raises:
        CannotDo: `text_too_long`, with the item that has no room.
    """
    texts = [words[item] for item in column.items if item in words]
    caps = {one.item: _cap(one, area) for one in texts}
    for step in range(_STEPS):
        sizes = {one.item: max(one.least, round(caps[one.item] * _SHRINK**step)) for one in texts}
        pieces = _pieces(column, words, sizes, area, logo)
        if _height(pieces) <= area.height:
            return _stacked(pieces, column, area, turned=turned)
        if all(sizes[one.item] == one.least for one in texts):
            break
    raise _too_long(max(pieces, key=lambda piece: piece.height).item, area)


def _cap(words: Words, area: Area) -> int:
    """The largest size at which it fits the width."""
    for size in range(words.most, words.least - 1, -1):
        if _piece(words, size, area) is not None:
            return size
    raise _too_long(words.item, area)


def _piece(words: Words, size: int, area: Area) -> Piece | None:
    is_pill = words.item in PILLS
    side = round(_PILL_SIDE * size) if is_pill else 0
    lines = _MOST_LINES.get(words.item, 1)
    room = area.width - 2 * side
    made = setting.block(words.text, words.face, size=size, width=room, most_lines=lines)
    if made is None:
        return None
    height = max(round(_PILL_HEIGHT * size), made.height + size) if is_pill else made.height
    return Piece(words.item, made.width + 2 * side, height, made)


def _pieces(
    column: Column,
    words: Mapping[Item, Words],
    sizes: Mapping[Item, int],
    area: Area,
    logo: tuple[int, int] | None,
) -> list[Piece]:
    found = []
    for item in column.items:
        if item == "logo" and logo is not None:
            scale = min(1.0, area.width / logo[0], area.height / logo[1])
            found.append(Piece(item, max(1, int(logo[0] * scale)), max(1, int(logo[1] * scale))))
        elif item in words:
            piece = _piece(words[item], sizes[item], area)
            if piece is None:  # a smaller size never breaks into more lines than a larger
                raise _too_long(item, area)
            found.append(piece)
    return found


def _height(pieces: Sequence[Piece]) -> int:
    return sum(piece.height for piece in pieces) + sum(_gaps(pieces))


def _gaps(pieces: Sequence[Piece]) -> list[int]:
    """Between each and the next; a field of its own stands further off."""
    return [
        round(max(above.em, below.em) * (_PILL_GAP if {above.item, below.item} & PILLS else _GAP))
        for above, below in pairwise(pieces)
    ]


def _stacked(pieces: Sequence[Piece], column: Column, area: Area, *, turned: bool) -> list[Placed]:
    free = area.height - _height(pieces)
    top = area.top + {"top": 0, "middle": free // 2, "bottom": free}[column.down]
    placed = []
    for piece, gap in zip(pieces, [*_gaps(pieces), 0], strict=False):
        spare = area.width - piece.width
        at_start = spare if turned else 0
        left = area.left + {
            "start": at_start, "center": spare // 2, "end": spare - at_start
        }[column.across]  # fmt: skip
        placed.append(Placed(piece, Area(left, top, left + piece.width, top + piece.height)))
        top += piece.height + gap
    return placed


def _too_long(item: Item, area: Area) -> CannotDo:
    return CannotDo(
        "text_too_long",
        f"The {item} does not fit its box of {area.width} x {area.height} pixels "
        "even in its least size.",
    )
