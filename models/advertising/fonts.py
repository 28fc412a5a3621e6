"""The font that a text is set in: the one that ships, the operator's, or one of the system's."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from PIL import ImageFont, features

from models.advertising.characters import characters, faces
from models.advertising.script import name_of, needs_shaping, scripts
from models.failures import CannotDo

SHIPPED: Final = Path(__file__).parent / "fonts"
SYSTEM: Final = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))

_KINDS: Final = {".ttf", ".otf", ".ttc"}
_INVISIBLE: Final = frozenset(map(ord, " \n\u00a0\u200c\u200d\u200e\u200f"))
_BOLD: Final = ("Bold", "Black", "Heavy", "SemiBold")
_SLANTED: Final = ("Italic", "Oblique", "Slanted")
_PLAIN: Final = ("Mono", "Condensed", "Serif", "Quran", "Math")
_REGIONS: Final = {"Hiragana": "JP", "Katakana": "JP", "Hangul": "KR", "Chinese": "SC"}


@dataclass(frozen=True, slots=True)
class Face:
    """One font of a file, and what it has glyphs for."""

    path: Path
    number: int
    family: str
    style: str
    characters: frozenset[int]

    def at(self, size: int) -> ImageFont.FreeTypeFont:
        """So many pixels high."""
        return _opened(self.path, self.number, size)


def can_shape() -> bool:
    """Whether Pillow came with libraqm, which joins letters and turns lines around."""
    return bool(features.check("raqm"))


def face_for(text: str, folders: Sequence[Path]) -> Face:
    """The first bold upright font that has every character of the text.

    Args:
        text: what is to be read.
        folders: where to look, the first first.

    Raises:
        CannotDo: `font_missing` or `shaping_missing`; nothing is drawn as empty boxes.
    """
    if needs_shaping(text) and not can_shape():
        raise CannotDo(
            "shaping_missing",
            f"{_named(text)} needs libraqm, which this worker's Pillow came without.",
        )
    wanted = frozenset(map(ord, text)) - _INVISIBLE
    for folder in folders:
        able = [face for face in _faces(folder) if wanted <= face.characters]
        if able:
            return min(able, key=lambda face: _rank(face, text))
    raise CannotDo(
        "font_missing",
        f"No font of this worker has all characters of {text!r} ({_named(text)}).",
    )


def _rank(face: Face, text: str) -> tuple[object, ...]:
    """Bold before regular, upright before slanted, without serifs, Noto before others."""
    name = f"{face.family} {face.style}"
    region = next((_REGIONS[one] for one in scripts(text)[::-1] if one in _REGIONS), "")
    if any(name_of(character) in ("Hiragana", "Katakana") for character in text):
        region = "JP"
    return (
        any(word in name for word in _SLANTED),
        any(word in name for word in _PLAIN),
        region not in face.family.split() if " CJK " in face.family else False,
        not any(word in name for word in _BOLD),
        "Noto" not in name,
        name,
    )


def _named(text: str) -> str:
    return ", ".join(scripts(text)) or "symbols"


@cache
def _faces(folder: Path) -> tuple[Face, ...]:
    """Every font below a folder; read once by each worker."""
    if not folder.is_dir():
        return ()
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _KINDS)
    return tuple(face for path in files for face in _of_file(path))


def _of_file(path: Path) -> list[Face]:
    """None of a file that is broken or of a kind that cannot be read."""
    found = []
    try:
        for number in range(faces(path)):
            family, style = _opened(path, number, 16).getname()
            found.append(Face(path, number, family or "", style or "", characters(path, number)))
    except (OSError, ValueError):
        return []
    return found


@cache
def _opened(path: Path, number: int, size: int) -> ImageFont.FreeTypeFont:
    engine = ImageFont.Layout.RAQM if can_shape() else ImageFont.Layout.BASIC
    return ImageFont.truetype(path, size, index=number, layout_engine=engine)
