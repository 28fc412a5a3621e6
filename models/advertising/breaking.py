"""Where a line may end: at spaces, after hyphens, between Chinese and Japanese characters.

A small part of Unicode's line breaking (UAX #14). Thai, Lao and Khmer, whose words a dictionary
would have to tell apart, break at spaces only.
"""

from collections.abc import Callable
from typing import Final

from models.advertising.script import name_of

_EACH: Final = frozenset({"Chinese", "Hiragana", "Katakana"})
_NOT_FIRST: Final = frozenset(
    "、。，．！？：；）】」』》〉〕…％%,.!?:;)]}’”ーゃゅょっァィゥェォャュョッ々·"
)
_NOT_LAST: Final = frozenset("（【「『《〈〔([{‘“¥￥$€£")
_HYPHENS: Final = frozenset("-‐–—")
_HALVINGS = 7

Measure = Callable[[str], float]


def pieces(text: str) -> list[str]:
    """The text in parts between which a line may end; spaces stay at the end of theirs."""
    parts: list[str] = []
    for character in text:
        if parts and not _may_break(parts[-1], character):
            parts[-1] += character
        else:
            parts.append(character)
    return parts


def broken(text: str, *, width: float, measure: Measure) -> list[str] | None:
    """As few lines as the width allows, about as long as each other; None if a word is too long.

    Lines that the caller broke stay broken.
    """
    lines: list[str] = []
    for paragraph in text.splitlines():
        parts = pieces(paragraph.strip())
        filled = _filled(parts, width, measure)
        if filled is None:
            return None
        lines += _balanced(parts, filled, width, measure)
    return lines


def _balanced(parts: list[str], filled: list[str], width: float, measure: Measure) -> list[str]:
    """In as many lines, the longest of them as short as it can be."""
    low, high, best = 0.0, width, filled
    for _ in range(_HALVINGS if len(filled) > 1 else 0):
        middle = (low + high) / 2
        tried = _filled(parts, middle, measure)
        if tried is not None and len(tried) == len(filled):
            high, best = middle, tried
        else:
            low = middle
    return best


def _filled(parts: list[str], width: float, measure: Measure) -> list[str] | None:
    lines: list[str] = []
    for part in parts:
        if lines and measure((lines[-1] + part).strip()) <= width:
            lines[-1] += part
        elif measure(part.strip()) > width:
            return None
        else:
            lines.append(part)
    return [line.strip() for line in lines]


def _may_break(before: str, character: str) -> bool:
    last = before[-1]
    if character == " " or character in _NOT_FIRST or last in _NOT_LAST:
        return False
    if last == " ":
        return True
    if last in _HYPHENS:
        return len(before) > 1 and character.isalpha()
    return name_of(last) in _EACH or name_of(character) in _EACH or _closes(last, character)


def _closes(last: str, character: str) -> bool:
    """After Chinese punctuation, which is as wide as a character."""
    return last in "、。，．！？：；）】」』》〉〕" and character != " "
