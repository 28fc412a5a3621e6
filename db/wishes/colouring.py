"""Colours that belong together in a wish: shades, "red to blue", "blue and white", their ground."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from db.wishes.colours import Colour, shaded
from db.wishes.pieces import Piece
from db.wishes.vocabulary import Vocabulary
from db.wishes.wish import Heard

Joined = Literal["", "and", "or", "to"]
_LINKS: Final = frozenset({"的", "色", "颜色", "colour", "color", "coloured", "colored"})
COLOURED: Final = frozenset({"gradient", "studio", "painted"})
"""Settings that may have colours of their own."""


@dataclass(frozen=True, slots=True)
class Group:
    """Colours in a row.

    Attributes:
        joined: by which word; "to" before all others.
        end: the piece behind the last colour.
        is_of_ground: a word for the background stands right behind.
        end_of_ground: the piece behind that word, and behind `new_ground`.
        new_ground: of "white background to blue" the blue.
    """

    colours: tuple[Heard, ...]
    joined: Joined
    end: int
    is_of_ground: bool
    end_of_ground: int
    new_ground: Heard | None = None


def group(pieces: Sequence[Piece], at: int, known: Vocabulary) -> Group | None:
    """The colours that begin at a piece; None where a shade has no colour."""
    first = _one(pieces, at, known)
    if first is None:
        return None
    colours, joins, end = [first[0]], list[str](), first[1]
    while (following := _joined(pieces, end, known)) is not None:
        joiner, colour, end = following
        colours.append(colour)
        joins.append(joiner)
    joined = next((one for one in ("to", "or", "and") if one in joins), "")
    behind = _past(pieces, end, _LINKS)
    if behind >= len(pieces) or not _is_of_ground(pieces[behind]):
        return Group(tuple(colours), _as_joined(joined), end, is_of_ground=False, end_of_ground=end)
    over = behind + (pieces[behind].kind == "ground")
    new = _joined(pieces, over, known) if pieces[behind].kind == "ground" else None
    is_new = new is not None and new[0] == "to"
    return Group(
        tuple(colours),
        _as_joined(joined),
        end,
        is_of_ground=True,
        end_of_ground=new[2] if new is not None and is_new else over,
        new_ground=new[1] if new is not None and is_new else None,
    )


def is_of_product(pieces: Sequence[Piece], at: int, end: int) -> bool:
    """Of "product blue, background white" without its comma: whether the blue is the product's."""
    before = at - 1
    while before >= 0 and pieces[before].kind in ("filler", "to"):
        before -= 1
    if before < 0 or pieces[before].kind != "product":
        return False
    behind = _past(pieces, end, _LINKS)
    if behind >= len(pieces) or pieces[behind].kind != "ground":
        return False
    following = behind + 1
    while following < len(pieces) and pieces[following].kind in ("filler", "to"):
        following += 1
    return following < len(pieces) and pieces[following].kind in ("colour", "shade", "hex")


def _is_of_ground(piece: Piece) -> bool:
    return piece.kind == "ground" or (piece.kind == "setting" and piece.name in COLOURED)


def _as_joined(text: str) -> Joined:
    match text:
        case "to" | "or" | "and":
            return text
        case _:
            return ""


def _joined(pieces: Sequence[Piece], at: int, known: Vocabulary) -> tuple[str, Heard, int] | None:
    """The next colour behind a joining word; "to" may have the product before it."""
    if _are_characters(pieces[at - 1 : at + 1]) and (found := _one(pieces, at, known)):
        return "and", *found
    joiner = at
    while joiner < len(pieces) and pieces[joiner].kind in ("product", "filler"):
        joiner += 1
    if joiner >= len(pieces) or pieces[joiner].kind not in ("to", "or", "and"):
        return None
    if pieces[joiner].kind != "to" and joiner > at:
        return None
    begin = joiner + 1
    if pieces[joiner].kind == "to":
        begin = _past(pieces, begin, None)
    found = _one(pieces, begin, known)
    return None if found is None else (pieces[joiner].kind, *found)


def _are_characters(two: Sequence[Piece]) -> bool:
    """Whether they are as in "蓝白": two colours of one character each."""
    return [(one.kind, len(one.text)) for one in two] == 2 * [("colour", 1)]


def _past(pieces: Sequence[Piece], at: int, texts: frozenset[str] | None) -> int:
    """Behind the fillers there, of these texts only or of all."""
    while (
        at < len(pieces)
        and pieces[at].kind == "filler"
        and (texts is None or pieces[at].text in texts)
    ):
        at += 1
    return at


def _one(pieces: Sequence[Piece], at: int, known: Vocabulary) -> tuple[Heard, int] | None:
    """A colour with its shades, and the piece behind it; "teal blue" is teal."""
    shades: list[str] = []
    begin = at
    while at < len(pieces) and pieces[at].kind == "shade":
        shades.append(pieces[at].name)
        at += 1
    if at >= len(pieces) or pieces[at].kind not in ("colour", "hex"):
        return None
    colour, names = _plain(pieces[at], known), [pieces[at].name]
    at += 1
    while at < len(pieces) and pieces[at].kind == "colour":
        closer = _closer(names[-1], pieces[at].name, known)
        if closer is None:
            break
        names.append(closer)
        colour = Colour(closer.replace("_", " "), known.colours[closer].hex)
        at += 1
    for shade in reversed(shades):
        word = known.shades[shade]
        colour = shaded(colour, shade, lightness=word.lightness, chroma=word.chroma)
    said = pieces[begin:at]
    text = " ".join(one.text for one in said)
    corrected = any(one.corrected for one in said)
    return Heard("colour", colour.name, text, colour=colour, corrected=corrected), at


def _plain(piece: Piece, known: Vocabulary) -> Colour:
    if piece.kind == "hex":
        digits = piece.text[1:]
        full = digits if len(digits) == 6 else "".join(2 * one for one in digits)
        return Colour(f"#{full}", f"#{full}")
    return Colour(piece.name.replace("_", " "), known.colours[piece.name].hex)


def _closer(one: str, other: str, known: Vocabulary) -> str | None:
    """Of a colour and a plainer one that it is a kind of the first; None of two that differ."""
    if not one or one == other:
        return one or None
    if other in known.colours[one].of:
        return one
    return other if one in known.colours[other].of else None
