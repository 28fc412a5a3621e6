"""What was heard in a wish: terms, each with what it is said of, and the words not known."""

from dataclasses import dataclass, field
from typing import Literal

from db.wishes.colours import Colour
from db.wishes.vocabulary import Kind

Part = Literal["product", "source", "ground", "picture"]
"""What is meant: the product, its colour as it is, what is behind it, or all."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One term of a wish.

    Attributes:
        name: the term's; a size's in pixels, a scale's as a number.
        text: as it was written.
        refused: it was said that this is not wanted.
        corrected: a typing error was seen through.
    """

    kind: Kind | Literal["scale"]
    name: str
    text: str
    part: Part = "picture"
    colour: Colour | None = None
    refused: bool = False
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """All that was heard, in order, and the words that are none of ours."""

    heard: tuple[Heard, ...] = ()
    ignored: tuple[str, ...] = field(default=())

    def wanted(self, kind: Kind | Literal["scale"], part: Part | None = None) -> list[Heard]:
        """Terms of a kind that are asked for, each name once."""
        named: dict[str, Heard] = {}
        for one in self.heard:
            if one.kind == kind and not one.refused and part in (None, one.part):
                named.setdefault(one.name, one)
        return list(named.values())
