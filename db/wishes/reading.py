"""A wish's pieces become what is wanted: whose colour each colour is, and what is refused."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from db.wishes import colouring, vocabulary
from db.wishes.colouring import Group
from db.wishes.pieces import Piece, pieces
from db.wishes.vocabulary import Vocabulary
from db.wishes.wish import Heard, Wish

LONGEST_WISH: Final = 500
"""Characters."""
_RATIOS: Final = {(1, 1): "square", (4, 5): "portrait", (9, 16): "story"}
_ENDS: Final = ("comma", "stop", "but")
_ITEMS: Final = ("setting", "action", "size", "ratio", "side", "channel", "format", "scale")
_CHANGING: Final = frozenset({"replace", "switch", "swap", "change", "exchange"})
_MAKING: Final = frozenset({"turn", "make", "dye", "paint", "recolor", "recolour"})
_FOR: Final = frozenset({"with", "for", "by"})

_OF_SETTINGS: Final = frozenset({"in", "of", "from", "going", "的", "用", "从", "是"})

Refusing = Literal["no", "waiting", "twice", "used", "perhaps"]
"""A refusal waits for what it refuses, has it, or may go on behind an "and"."""


def read(wish: str) -> Wish:
    """What a wish says; nothing is invented, what is unknown is told."""
    known = vocabulary.get()
    return _Reader(_with_exchanges(pieces(wish, known)), known).read()


def _with_exchanges(found: list[Piece]) -> list[Piece]:
    """What is replaced "with" something is changed to it, and "the red shoe blue" to blue."""
    made: list[Piece] = []
    said = set[str]()
    for at, piece in enumerate(found):
        said = set() if piece.kind in _ENDS else said | {piece.text}
        is_changing = bool(said & _CHANGING)
        says_to = is_changing and piece.kind == "filler" and piece.text in _FOR
        made.append(replace(piece, kind="to") if says_to else piece)
        if piece.kind == "product" and (is_changing or said & _MAKING) and _is_between(found, at):
            made.append(Piece("to", ""))
    return made


def _is_between(found: list[Piece], at: int) -> bool:
    """Whether a piece stands right between two colours."""
    around = found[max(at - 1, 0) : at] + found[at + 1 : at + 2]
    return len(around) == 2 and all(one.kind in ("colour", "shade", "hex") for one in around)


@dataclass(slots=True)
class _Reader:
    """Goes through the pieces once, from left to right."""

    pieces: Sequence[Piece]
    known: Vocabulary
    heard: list[Heard] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    refusing: Refusing = "no"
    refusal: str = ""
    ground: str | None = None
    """A "background" that has no colour yet, as it was written."""
    is_on: bool = False
    is_set: bool = False
    """A gradient or a studio was named right before, which may have colours."""
    clause: int = 0
    """How much had been heard before this clause."""

    def read(self) -> Wish:
        at = 0
        while at < len(self.pieces):
            at = self._step(at)
        self._end(at)
        return Wish(tuple(self.heard), tuple(one for one in self.ignored if one))

    def _step(self, at: int) -> int:
        piece = self.pieces[at]
        if piece.kind not in ("ground", "filler", "to", "colour", "shade", "hex"):
            self.is_set = False
        match piece.kind:
            case "comma" | "stop" | "but":
                self._end(at)
            case "not":
                self.refusing = "waiting" if self.refusing != "waiting" else "twice"
                self.refusal = piece.text
            case "or" if self.refusing == "used":
                self.refusing = "waiting"
            case "and" if self.refusing == "used":
                self.refusing = "perhaps"
            case "filler" | "to":
                self._pass(piece)
            case "on":
                self.is_on = True
            case "product":
                self.is_on = False
            case "ground":
                self._open_ground(at)
            case "colour" | "shade" | "hex":
                return self._colours(at)
            case kind if kind in _ITEMS:
                self._item(piece)
            case "or" | "and":
                pass
            case _:
                self._unknown(piece.text)
        return at + 1

    def _pass(self, piece: Piece) -> None:
        self.is_set = self.is_set and piece.text in _OF_SETTINGS
        if piece.text == "in":
            self.is_on = False
        if self.refusing == "perhaps":
            self.refusing = "no"

    def _open_ground(self, at: int) -> None:
        before = self.pieces[at - 1] if at else None
        if before is None or before.kind != "setting":
            self.ground = self.pieces[at].text

    def _colours(self, at: int) -> int:
        group = colouring.group(self.pieces, at, self.known)
        if group is None:
            self._shade_alone(self.pieces[at])
            return at + 1
        is_product_first = colouring.is_of_product(self.pieces, at, group.end)
        of_ground = group.is_of_ground or self.is_on or self.ground is not None or self.is_set
        if of_ground and not is_product_first:
            self._of_ground(group)
            return group.end_of_ground
        self._of_product(group)
        return group.end

    def _shade_alone(self, piece: Piece) -> None:
        """Of no colour, "darker" is said of the picture, and "dark" of nothing."""
        word = self.known.shades.get(piece.name)
        if word is None or word.alone is None:
            self._unknown(piece.text)
        else:
            self._hear(Heard("action", word.alone, piece.text, corrected=piece.corrected))

    def _of_ground(self, group: Group) -> None:
        colours = group.colours
        is_run = self._has_gradient()
        if group.new_ground is not None:
            colours = (group.new_ground,)
        elif group.joined == "to" and not is_run:
            colours = colours[-1:]
        elif group.joined == "and" and group.is_of_ground and not is_run and not self.is_on:
            self._hear(*(replace(one, part="product") for one in colours[:-1]))
            colours = colours[-1:]
        self.ground, self.is_on, self.is_set = None, False, False
        self._hear(*(replace(one, part="ground") for one in colours))

    def _of_product(self, group: Group) -> None:
        if len(group.colours) > 1 and self._has_gradient():
            self._hear(*(replace(one, part="ground") for one in group.colours))
        elif group.joined == "to":
            source, *_, wanted = group.colours
            self._hear(replace(source, part="source"), replace(wanted, part="product"))
        else:
            self._hear(*(replace(one, part="product") for one in group.colours))

    def _has_gradient(self) -> bool:
        return any((one.kind, one.name) == ("setting", "gradient") for one in self.pieces)

    def _item(self, piece: Piece) -> None:
        if piece.kind == "setting":
            self.ground, self.is_set = None, piece.name in colouring.COLOURED
        self.is_on = False
        if (found := self._known(piece)) is None:
            self._unknown(piece.text)
        elif found.kind == "scale" and self._is_upscale_refused():
            self.heard.append(replace(found, refused=True))  # "do not enlarge it twice"
        else:
            self._hear(found)

    def _is_upscale_refused(self) -> bool:
        last = self.heard[-1] if self.heard else None
        return last is not None and last.refused and last.name == "upscale"

    def _known(self, piece: Piece) -> Heard | None:
        """What a piece that is no colour says; None where it says nothing by itself."""
        numbers = piece.numbers
        match piece.kind:
            case "size" if numbers:
                return Heard("size", f"{numbers[0]}x{numbers[1]}", piece.text)
            case "ratio" if name := _RATIOS.get((numbers[0], numbers[1])):
                return Heard("size", name, piece.text)
            case "side" if self._is_square():
                return Heard("size", f"{numbers[0]}x{numbers[0]}", piece.text)
            case "scale":
                name = str(numbers[0]) if numbers else piece.name
                return Heard("scale", name, piece.text, corrected=piece.corrected)
            case "setting" | "action" | "size" | "channel" | "format":
                return Heard(piece.kind, piece.name, piece.text, corrected=piece.corrected)
            case _:
                return None

    def _is_square(self) -> bool:
        """Whether one side is both sides."""
        return any(one.name == "square" or one.numbers == (1, 1) for one in self.pieces)

    def _hear(self, *found: Heard) -> None:
        """Take it in, as wanted, as refused, or, where that cannot be said, as unknown."""
        match self.refusing:
            case "waiting":
                self.heard += [replace(one, refused=True) for one in found]
                self.refusing = "used"
            case "twice":
                self.ignored += [f"{self.refusal} {one.text}" for one in found]
                self.refusing = "used"
            case "perhaps" if all(one.kind in ("action", "setting") for one in found):
                self.ignored += [one.text for one in found]
                self.refusing = "used"
            case "no" | "used" | "perhaps":
                self.heard += found
                self.refusing = "no"

    def _unknown(self, text: str) -> None:
        if self.refusing in ("waiting", "twice"):
            self.ignored.append(f"{self.refusal} {text}")
            self.refusing = "used"
        else:
            self.ignored.append(text)

    def _end(self, at: int) -> None:
        """A clause is over; "阴影不要" refuses what stands before it."""
        if self.refusing == "used" and self._goes_on(at):
            self.refusing = "waiting"
            return
        if self.refusing in ("waiting", "twice"):
            if self.refusing == "waiting" and len(self.heard) > self.clause:
                self.heard[-1] = replace(self.heard[-1], refused=True)
            else:
                self.ignored.append(self.refusal)
        if self.ground is not None:
            self.ignored.append(self.ground)
        self.refusing, self.ground, self.is_on = "no", None, False
        self.clause = len(self.heard)

    def _goes_on(self, at: int) -> bool:
        """Whether "no shadow, reflection or blur" is one list."""
        if at >= len(self.pieces) or self.pieces[at].kind != "comma":
            return False
        return _is_list(self.pieces[at + 1 :])


def _is_list(following: Iterable[Piece]) -> bool:
    """Bare words with commas between them, and an "or" before the last one."""
    was_word = False
    for piece in following:
        if piece.kind == "or":
            return was_word
        if piece.kind in ("action", "setting", "unknown") and not was_word:
            was_word = True
        elif piece.kind == "comma" and was_word:
            was_word = False
        else:
            return False
    return False
