"""What a network needs of a tile so that tiles agree with the whole picture."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tiling:
    """Sides and starts on multiples of `multiple`; `margin` pixels cover the receptive field.

    `tile` is the side of a tile's own part.
    """

    multiple: int
    margin: int
    tile: int = 1024
