"""Sets a text in the largest size that fits, in lines that are broken where they may be."""

from dataclasses import dataclass

from PIL import ImageFont

from models.advertising.breaking import broken
from models.advertising.fonts import Face, can_shape
from models.advertising.script import is_right_to_left, is_tall

_LEADING, _TALL_LEADING = 1.12, 1.45


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one size.

    Attributes:
        rise: from the first line's base up to the block's top; `fall` from the last one's down.
        step: from base to base.
    """

    lines: tuple[str, ...]
    font: ImageFont.FreeTypeFont
    size: int
    width: int
    rise: int
    fall: int
    step: int
    right_to_left: bool

    @property
    def height(self) -> int:
        return self.rise + self.step * (len(self.lines) - 1) + self.fall

    @property
    def direction(self) -> str | None:
        """As Pillow wants it; it takes none without libraqm."""
        return ("rtl" if self.right_to_left else "ltr") if can_shape() else None


def block(text: str, face: Face, *, size: int, width: int, most_lines: int) -> Block | None:
    """The text in letters of so many pixels; None if it does not fit the width in so few lines."""
    font, turned = face.at(size), is_right_to_left(text)
    direction = ("rtl" if turned else "ltr") if can_shape() else None

    def measure(line: str) -> float:
        left, _, right, _ = font.getbbox(line, anchor="ls", direction=direction)
        return max(font.getlength(line, direction=direction), right - min(left, 0))

    lines = broken(text, width=width, measure=measure)
    if lines is None or len(lines) > most_lines:
        return None
    tops, bottoms = zip(*(_extent(line, font, direction) for line in lines), strict=True)
    return Block(
        lines=tuple(lines),
        font=font,
        size=size,
        width=round(max(measure(line) for line in lines)),
        rise=-round(tops[0]),
        fall=round(bottoms[-1]),
        step=round(size * (_TALL_LEADING if is_tall(text) else _LEADING)),
        right_to_left=turned,
    )


def _extent(line: str, font: ImageFont.FreeTypeFont, direction: str | None) -> tuple[float, float]:
    _, top, _, bottom = font.getbbox(line, anchor="ls", direction=direction)
    return top, bottom


def largest(
    text: str, face: Face, *, least: int, most: int, width: int, height: int, most_lines: int
) -> Block | None:
    """In the largest size that fits the box; None if it does not at the least."""
    for size in range(most, least - 1, -1):
        made = block(text, face, size=size, width=width, most_lines=most_lines)
        if made is not None and made.height <= height:
            return made
    return None
