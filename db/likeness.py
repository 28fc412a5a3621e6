"""Which pictures are the same to the eye, from what was noted of each when it was taken in."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

MOST_BITS: Final = 4
"""So many of the 64 bits may differ. Alone, they find one in seven of Fashion-MNIST a double."""
MOST_COLOUR: Final = 3.0
"""How far the colours may be apart on average, in levels of 255."""
MOST_LEVELS: Final = 8
"""How far any of them may be; what a codec or another size changes is half of it."""
_FIELDS: Final = 16
_COLOURS: Final = 3 * _FIELDS
_FURTHEST: Final = int(MOST_COLOUR * _COLOURS)


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture looks, in few numbers; `db.looks` takes them.

    Attributes:
        phash: 64 bits of its structure, in hexadecimal.
        colours: the mean colours of sixteen fields, row by row, in hexadecimal; only one where
            the whole picture has no other.
        is_cut_out: whether some of it is transparent, so that the ground shows through.
    """

    phash: str
    colours: str
    is_cut_out: bool = False

    @property
    def is_one_colour(self) -> bool:
        return len(self.colours) < 2 * _COLOURS


def near(looks: Sequence[Look]) -> Iterator[tuple[int, int]]:
    """The places of all pairs that are near duplicates, the earlier place first.

    Pairs whose brightness alone is too far apart are never looked at, so that ten thousand
    pictures take seconds and none is missed.
    """
    fields = [_levels(look) for look in looks]
    bits = [int(look.phash, 16) for look in looks]
    order = sorted(range(len(looks)), key=lambda place: sum(fields[place]))
    sums = [sum(fields[place]) for place in order]
    hashes = [bits[place] for place in order]
    for at, place in enumerate(order):
        end = bisect_right(sums, sums[at] + _FURTHEST, lo=at)
        mine = hashes[at]
        for other in [
            number
            for number, hash_ in enumerate(hashes[at + 1 : end], start=at + 1)
            if (hash_ ^ mine).bit_count() <= MOST_BITS
        ]:
            if _are_alike(fields[place], fields[order[other]]):
                first, second = sorted((place, order[other]))
                yield first, second


def _levels(look: Look) -> bytes:
    levels = bytes.fromhex(look.colours)
    return levels * _FIELDS if look.is_one_colour else levels


def _are_alike(one: bytes, other: bytes) -> bool:
    apart = [abs(a - b) for a, b in zip(one, other, strict=True)]
    return max(apart) <= MOST_LEVELS and sum(apart) <= _FURTHEST
