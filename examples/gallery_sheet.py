"""A sheet of the gallery: sources beside results in even rows, captions under each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont, ImageOps

from examples.paper import GOOD, INK, LINE, PAPER, SOFT, Colour, face, on_squares

COLUMNS = 4
SIDE_PX = 284
MARGIN_PX = 28
GAP_PX = 16
WIDTH_PX = 2 * MARGIN_PX + COLUMNS * SIDE_PX + (COLUMNS - 1) * GAP_PX
_TEXT_PX: Final = 17
_LINE_PX: Final = 23
_SHARE_IN_DETAIL: Final = 0.3


@dataclass(frozen=True, slots=True)
class Cell:
    """A picture, and the lines under it: what it is, and softly what was measured of it."""

    picture: Image.Image
    name: str
    measured: tuple[str, ...] = ()
    is_source: bool = False
    in_detail: bool = False


@dataclass(frozen=True, slots=True)
class Strip:
    """Cells that belong together; small ones stand twice as close, under a line of their own."""

    cells: tuple[Cell, ...]
    title: str = ""

    @property
    def columns(self) -> int:
        return COLUMNS * 2 if self.title else COLUMNS


def draw(title: str, aside: str, strips: Sequence[Strip]) -> Image.Image:
    """The whole sheet, as high as what is on it."""
    sheet = Image.new("RGB", (WIDTH_PX, 12_000), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN_PX, MARGIN_PX - 6), title, fill=INK, font=_face(40))
    y = MARGIN_PX + 52
    for line in _wrapped(aside, WIDTH_PX - 2 * MARGIN_PX, 20):
        pen.text((MARGIN_PX, y), line, fill=SOFT, font=_face(20))
        y += 27
    y += 18
    for row in _rows(strips):
        y = _row(sheet, row, y)
    return sheet.crop((0, 0, WIDTH_PX, y + MARGIN_PX - 20))


def _rows(strips: Sequence[Strip]) -> list[Strip]:
    """Strips one after the other in a row as long as they fit; longer ones go on below."""
    rows: list[Strip] = []
    for strip in strips:
        last = rows[-1] if rows else None
        if last and not strip.title + last.title and _both(last, strip) <= COLUMNS:
            rows[-1] = Strip((*last.cells, *strip.cells))
            continue
        for first in range(0, len(strip.cells), strip.columns):
            cells = strip.cells[first : first + strip.columns]
            rows.append(Strip(cells, strip.title if first == 0 else strip.title and " "))
    return rows


def _both(one: Strip, other: Strip) -> int:
    return len(one.cells) + len(other.cells)


def _row(sheet: Image.Image, row: Strip, y: int) -> int:
    """Draw it with its top at y; where the next one begins."""
    pen = ImageDraw.Draw(sheet)
    for line in _wrapped(row.title.strip(), WIDTH_PX - 2 * MARGIN_PX, 18):
        pen.text((MARGIN_PX, y), line, fill=INK, font=_face(18))
        y += 26
    gap = GAP_PX if row.columns == COLUMNS else GAP_PX // 2
    side = (WIDTH_PX - 2 * MARGIN_PX - (row.columns - 1) * gap) // row.columns
    fitted = [_fitted(cell, side) for cell in row.cells]
    height = lowest = max(picture.height for picture in fitted)
    for number, (cell, picture) in enumerate(zip(row.cells, fitted, strict=True)):
        x = MARGIN_PX + number * (side + gap)
        left, top = x + (side - picture.width) // 2, y + (height - picture.height) // 2
        sheet.paste(picture, (left, top))
        lowest = max(lowest, _caption(pen, cell, x, y + height + 8, side))
    return lowest + 20


def _fitted(cell: Cell, side: int) -> Image.Image:
    """Whole and as large as it can be, with a hairline around it."""
    picture = on_squares(_middle(cell.picture) if cell.in_detail else cell.picture)
    is_small = max(picture.size) < side
    way = Image.Resampling.NEAREST if is_small else Image.Resampling.LANCZOS
    fitted = ImageOps.contain(picture, (side, side), way)
    edge = (0, 0, fitted.width - 1, fitted.height - 1)
    ImageDraw.Draw(fitted).rectangle(edge, outline=LINE)
    return fitted


def _middle(picture: Image.Image) -> Image.Image:
    width, height = (round(side * _SHARE_IN_DETAIL) for side in picture.size)
    side = max(width, height)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.crop((left, top, left + side, top + side))


def _caption(pen: ImageDraw.ImageDraw, cell: Cell, x: int, y: int, width: int) -> int:
    size = _TEXT_PX if width == SIDE_PX else _TEXT_PX - 3
    said: list[tuple[str, Colour]] = [
        (line, SOFT if cell.is_source else INK) for line in _wrapped(cell.name, width, size)
    ]
    for words in cell.measured:
        colour = GOOD if words.endswith("identical") else SOFT
        said += [(line, colour) for line in _wrapped(words, width, size)]
    for line, colour in said:
        pen.text((x, y), line, fill=colour, font=_face(size))
        y += _LINE_PX if width == SIDE_PX else _LINE_PX - 4
    return y


def _wrapped(words: str, width: int, size: int) -> list[str]:
    """Broken between words, so that no line is wider."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _face(size).getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@cache
def _face(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return face(size)
