"""What the discriminator sees, varied, so that few pictures last longer (Zhao et al. 2020).

Real and generated pictures alike, with gradients: the generator learns through it. The official
code works on [-1, 1]; half the span here, and what is empty there (0) is middle grey here.
"""

from dataclasses import dataclass
from typing import Final, Literal

import torch
from torch import Generator, Tensor

Kind = Literal["color", "translation", "cutout"]
KINDS: Final[tuple[Kind, ...]] = ("color", "translation", "cutout")
NUMBERS = 8
"""Of chance that one picture needs."""
EMPTY = 0.5
MOVED = 1 / 8
CUT = 1 / 2


@dataclass(frozen=True, slots=True)
class DiffAugment:
    """Nothing is varied unless kinds are named.

    Attributes:
        kinds: color (brightness, saturation, contrast), translation, cutout.
        p: of a picture, that it is varied at all.
    """

    kinds: tuple[Kind, ...] = ()
    p: float = 1.0

    def __post_init__(self) -> None:
        if not set(self.kinds) <= set(KINDS) or not 0 <= self.p <= 1:
            raise ValueError(f"expected kinds of {', '.join(KINDS)} and p from 0 to 1")

    def __bool__(self) -> bool:
        return bool(self.kinds) and self.p > 0


def drawn(count: int, generator: Generator) -> Tensor:
    """The chance of so many pictures, [N, 8] in [0, 1)."""
    return torch.rand(count, NUMBERS, generator=generator)


def varied(images: Tensor, how: DiffAugment, chance: Tensor) -> Tensor:
    """[N, C, H, W] in [0, 1] and their chance [N, 8] → the same shape; colours may leave [0, 1]."""
    if not how:
        return images
    chance = chance.to(images.device)
    changed = images
    if "color" in how.kinds:
        changed = _coloured(changed, chance[:, :3])
    if "translation" in how.kinds:
        changed = _moved(changed, chance[:, 3:5])
    if "cutout" in how.kinds:
        changed = _cut(changed, chance[:, 5:7])
    return torch.where((chance[:, 7] < how.p)[:, None, None, None], changed, images)


def _coloured(images: Tensor, chance: Tensor) -> Tensor:
    """Brighter or darker by a quarter, saturation 0 to 2 times, contrast 0.5 to 1.5 times."""
    brightness, saturation, contrast = (each[:, None, None, None] for each in chance.unbind(1))
    images = images + (brightness - 0.5) / 2
    grey = images.mean(1, keepdim=True)
    images = (images - grey) * (2 * saturation) + grey
    mean = images.mean((1, 2, 3), keepdim=True)
    return (images - mean) * (contrast + 0.5) + mean


def _moved(images: Tensor, chance: Tensor) -> Tensor:
    """By up to an eighth of the side along both axes; what comes in is empty."""
    rows, row_is_inside = _source(chance[:, 0], images.shape[2])
    columns, column_is_inside = _source(chance[:, 1], images.shape[3])
    picture = torch.arange(len(images), device=images.device)[:, None, None]
    moved = images.movedim(1, -1)[picture, rows[:, :, None], columns[:, None, :]].movedim(-1, 1)
    inside = row_is_inside[:, None, :, None] & column_is_inside[:, None, None, :]
    return torch.where(inside, moved, torch.full_like(moved, EMPTY))


def _source(chance: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """From which row each row comes [N, side], and whether there is one."""
    most = int(side * MOVED + 0.5)
    by = (chance * (2 * most + 1)).floor().long() - most
    rows = torch.arange(side, device=chance.device) + by[:, None]
    return rows.clamp(0, side - 1), (rows >= 0) & (rows < side)


def _cut(images: Tensor, chance: Tensor) -> Tensor:
    """A square of half the side is empty; its middle is anywhere."""
    hidden_rows = _hidden(chance[:, 0], images.shape[2])
    hidden_columns = _hidden(chance[:, 1], images.shape[3])
    hidden = hidden_rows[:, None, :, None] & hidden_columns[:, None, None, :]
    return torch.where(hidden, torch.full_like(images, EMPTY), images)


def _hidden(chance: Tensor, side: int) -> Tensor:
    """Which of `side` pixels the square covers, [N, side]."""
    length = int(side * CUT + 0.5)
    middle = (chance * (side + 1 - length % 2)).floor().long()
    pixels = torch.arange(side, device=chance.device)
    start = (middle - length // 2)[:, None]
    return (pixels >= start) & (pixels < start + length)
