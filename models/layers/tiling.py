"""What a network needs of a tile so that tiles agree with the whole picture."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tiling:
    """Sides and starts on multiples of `multiple`; `margin` pixels cover the receptive field."""

    multiple: int
    margin: int
