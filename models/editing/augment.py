"""Varies a picture at its own size: transforms drawn by chance, each told to be redone."""

import math
from dataclasses import asdict, dataclass

import torch
from torch import Generator, Tensor

from models.data.augmentation import Augment
from models.data.image_set import border
from models.made import Made, Matrix
from models.resampling import lifted


@dataclass(frozen=True, slots=True)
class Transform:
    """What one variant got, in this order; colours by factors, 1 as it was.

    Attributes:
        angle_deg: clockwise, about the middle.
        scale: of the picture on its canvas.
        right_px: moved to the right, before it is mirrored; as `down_px`.
        hue: turned by this share of the colour circle.
    """

    angle_deg: float = 0.0
    scale: float = 1.0
    right_px: int = 0
    down_px: int = 0
    mirrored: bool = False
    brightness: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    hue: float = 0.0

    def placement(self, height: int, width: int) -> Matrix:
        """From the source's pixels to this variant's."""
        cos, sin = (
            self.scale * turn(math.radians(self.angle_deg)) for turn in (math.cos, math.sin)
        )
        x, y = (width - 1) / 2, (height - 1) / 2
        across = (cos, -sin, x - cos * x + sin * y + self.right_px)
        down = (sin, cos, y - sin * x - cos * y + self.down_px)
        if self.mirrored:
            across = (-across[0], -across[1], width - 1 - across[2])
        return (*across, *down)


def augment(image: Tensor, ranges: Augment, *, n: int, seed: int, alpha: Tensor | None) -> Made:
    """So many variants of [1, 3, H, W] in [0, 1]; the same seed gives the same ones, whatever `n`.

    Args:
        image: over white where there is an alpha beside it.
        ranges: how far each may stray, as in a training.
        n: how many.
        seed: of all of them.
        alpha: [1, 1, H, W], the picture's transparency; the variants are RGBA then.
    """
    height, width = image.shape[2:]
    chance = Generator().manual_seed(seed)
    drawn = [_drawn(ranges, chance, height, width) for _ in range(n)]
    source = image if alpha is None else lifted(image, alpha)
    details = tuple({**asdict(one), "placement": one.placement(height, width)} for one in drawn)
    return Made(tuple(applied(source, one) for one in drawn), report={"n": n}, details=details)


def applied(image: Tensor, given: Transform) -> Tensor:
    """A transform of [1, 3 or 4, H, W] in [0, 1]; a fourth channel is straight alpha."""
    colours, alpha = image[:, :3], image[:, 3:]
    if alpha.shape[1]:
        covered, alpha = _moved(colours * alpha, given), _moved(alpha, given)
        colours = (covered / alpha.clamp_min(1 / 1024)).masked_fill(alpha < 1 / 1024, 1.0)
    else:
        ground = border(colours)
        colours = _moved(colours - ground, given) + ground
    return torch.cat([_recoloured(colours.clamp(0, 1), given), alpha.clamp(0, 1)], dim=1)


def _moved(image: Tensor, given: Transform) -> Tensor:
    from torchvision.transforms import v2  # here: a second and a half of every process's start
    from torchvision.transforms.v2 import functional

    if (given.angle_deg, given.scale, given.right_px, given.down_px) != (0, 1, 0, 0):
        image = functional.affine(
            image,
            angle=given.angle_deg,
            translate=[given.right_px, given.down_px],
            scale=given.scale,
            shear=[0.0, 0.0],
            interpolation=v2.InterpolationMode.BILINEAR,
        )
    return functional.horizontal_flip(image) if given.mirrored else image


def _recoloured(colours: Tensor, given: Transform) -> Tensor:
    from torchvision.transforms.v2 import functional

    colours = functional.adjust_brightness(colours, given.brightness)
    colours = functional.adjust_contrast(colours, given.contrast)
    colours = functional.adjust_saturation(colours, given.saturation)
    return functional.adjust_hue(colours, given.hue) if given.hue else colours


def _drawn(ranges: Augment, chance: Generator, height: int, width: int) -> Transform:
    """As many draws for every wish, so that one range changes no other's chance."""
    turn, size, right, down, mirror, *light = (2 * torch.rand(9, generator=chance) - 1).tolist()
    jitter = ranges.jitter
    spans = (jitter.brightness, jitter.contrast, jitter.saturation)
    brightness, contrast, saturation = (
        round(max(0.0, 1 + span * one), 6) for span, one in zip(spans, light, strict=False)
    )
    return Transform(
        angle_deg=round(ranges.rotate_deg * turn, 6),
        scale=round(1 + ranges.scale * size, 6),
        right_px=round(ranges.crop * width * right),
        down_px=round(ranges.crop * height * down),
        mirrored=ranges.flip and mirror > 0,
        brightness=brightness,
        contrast=contrast,
        saturation=saturation,
        hue=round(jitter.hue * light[3], 6),
    )
