"""What must be known of writing: its script, its direction, whether letters change by neighbour."""

import unicodedata
from typing import Final

_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
_RANGES: Final = (
    (0x0041, 0x024F, "Latin"), (0x0370, 0x03FF, "Greek"), (0x0400, 0x052F, "Cyrillic"),
    (0x0590, 0x05FF, "Hebrew"), (0x0600, 0x06FF, "Arabic"), (0x0750, 0x077F, "Arabic"),
    (0x0900, 0x097F, "Devanagari"), (0x0980, 0x09FF, "Bengali"), (0x0A00, 0x0DFF, "Indic"),
    (0x0E00, 0x0E7F, "Thai"), (0x0E80, 0x109F, "South-East Asian"), (0x1780, 0x17FF, "Khmer"),
    (0x1E00, 0x1EFF, "Latin"), (0x3040, 0x309F, "Hiragana"), (0x30A0, 0x30FF, "Katakana"),
    (0x3400, 0x9FFF, "Chinese"), (0xAC00, 0xD7AF, "Hangul"), (0x8A0, 0x8FF, "Arabic"),
    (0xF900, 0xFAFF, "Chinese"), (0xFB50, 0xFDFF, "Arabic"), (0xFE70, 0xFEFE, "Arabic"),
    (0x20000, 0x323AF, "Chinese"),
)  # fmt: skip
_SHAPED: Final = frozenset(
    {"Hebrew", "Arabic", "Devanagari", "Bengali", "Indic", "Thai", "South-East Asian", "Khmer"}
)
_TALL: Final = _SHAPED - {"Hebrew"}


def name_of(character: str) -> str | None:
    """The script of a letter; None of digits, punctuation and what is not known here."""
    code = ord(character)
    return next((name for first, last, name in _RANGES if first <= code <= last), None)


def scripts(text: str) -> tuple[str, ...]:
    """Those that it is written in, each once, in order."""
    named = (name_of(character) for character in text)
    return tuple(dict.fromkeys(name for name in named if name is not None))


def is_right_to_left(text: str) -> bool:
    """By its first letter that has a direction, as the Unicode bidirectional algorithm says."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in _RIGHT_TO_LEFT or kind == "L":
            return kind != "L"
    return False


def needs_shaping(text: str) -> bool:
    """Whether letters drawn one by one would be wrong: joined, stacked or from right to left."""
    return bool(_SHAPED.intersection(scripts(text)))


def is_tall(text: str) -> bool:
    """Whether it has marks above and below the letters, which need room between lines."""
    return bool(_TALL.intersection(scripts(text)))
