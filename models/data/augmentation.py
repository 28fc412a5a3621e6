"""Variations of the training pictures: each turned, mirrored, cut and scaled by chance of its own.

Off unless asked for: the shoes of Fashion-MNIST all look one way, and a mirrored set would teach a
generator otherwise.
"""

import math
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor
from torch.nn import functional

from models.data.image_set import border

NUMBERS = 5
"""Of chance that one picture needs."""


@dataclass(frozen=True, slots=True)
class Jitter:
    """How far colours may stray; zero leaves them as they are.

    A grey picture has no saturation and no hue.

    Attributes:
        brightness: brighter or darker by up to this share (0 to 1).
        contrast: the same of the contrast.
        saturation: the same of the saturation.
        hue: turned by up to this share of the colour circle (0 to 0.5).
    """

    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0

    def __post_init__(self) -> None:
        for name, limit in {"brightness": 1, "contrast": 1, "saturation": 1, "hue": 0.5}.items():
            if not 0 <= getattr(self, name) <= limit:
                raise ValueError(f"expected {name} from 0 to {limit}, got {getattr(self, name)}")

    def __bool__(self) -> bool:
        return bool(self.brightness or self.contrast or self.saturation or self.hue)


@dataclass(frozen=True, slots=True)
class Augment:
    """How far a picture may stray; zero or False leaves it as it is.

    Attributes:
        rotate_deg: turned by up to this angle either way.
        flip: mirrored left to right every second time.
        crop: shifted by cutting, up to this share of the side (0 to 0.5).
        scale: made smaller or larger by up to this share (0 to 0.9).
        jitter: of the colours.
    """

    rotate_deg: float = 0.0
    flip: bool = False
    crop: float = 0.0
    scale: float = 0.0
    jitter: Jitter = field(default_factory=Jitter)

    def __post_init__(self) -> None:
        limits = {"rotate_deg": 180.0, "crop": 0.5, "scale": 0.9}
        for name, limit in limits.items():
            if not 0 <= getattr(self, name) <= limit:
                raise ValueError(f"expected {name} from 0 to {limit}, got {getattr(self, name)}")

    def __bool__(self) -> bool:
        return bool(self.rotate_deg or self.flip or self.crop or self.scale or self.jitter)


def augmented(images: Tensor, augment: Augment, *, seed: int) -> Tensor:
    """[N, C, H, W] in [0, 1] → the same shape and range; the same seed gives the same pictures."""
    if not augment:
        return images
    # On the CPU, so that the numbers do not depend on the device.
    chance = torch.rand(len(images), NUMBERS, generator=Generator().manual_seed(seed))
    moved = _moved(images, augment, chance)
    return _lit(moved, augment.jitter, seed=seed) if augment.jitter else moved


def _moved(images: Tensor, augment: Augment, chance: Tensor) -> Tensor:
    """All pictures at once: one by one a GPU would wait for each."""
    if augment.flip:
        is_mirrored = (chance[:, 0] < 0.5).to(images.device)
        images = torch.where(is_mirrored[:, None, None, None], images.flip(-1), images)
    if not (augment.rotate_deg or augment.scale or augment.crop):
        return images
    # What comes in from outside takes the border's colour: it is filled with zero.
    ground = border(images)
    places = _places(images.shape, augment, chance).to(images.device)
    grid = functional.affine_grid(places, list(images.shape), align_corners=False)
    moved = functional.grid_sample(images - ground, grid, align_corners=False)
    return (moved + ground).clamp(0, 1)


def _places(shape: torch.Size, augment: Augment, chance: Tensor) -> Tensor:
    """Where each picture's pixels come from, [N, 2, 3], in the coordinates of `affine_grid`."""
    height, width = shape[2:]
    angle = (2 * chance[:, 1] - 1) * augment.rotate_deg * math.pi / 180
    scale = 1 + (2 * chance[:, 2] - 1) * augment.scale
    cosine, sine = angle.cos() / scale, angle.sin() / scale
    right, down = (_whole_pixels(chance[:, 3 + axis], augment, width) for axis in (0, 1))
    rows = (
        torch.stack([cosine, sine * height / width, 2 * right / width], dim=1),
        torch.stack([-sine * width / height, cosine, 2 * down / height], dim=1),
    )
    return torch.stack(rows, dim=1)


def _whole_pixels(chance: Tensor, augment: Augment, side: int) -> Tensor:
    """How far each picture is shifted, so that a shift alone leaves it sharp."""
    most = max(1, round(side * augment.crop)) if augment.crop else 0
    return (chance * (2 * most + 1)).floor() - most


def _lit(images: Tensor, jitter: Jitter, *, seed: int) -> Tensor:
    """Colours change last: what came in from outside is lit as the rest."""
    from torchvision.transforms import v2  # here: a second and a half of every process's start

    light = v2.ColorJitter(jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue)
    # torchvision draws from the global generator: fork it, so that nobody else notices.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return torch.stack([light(image) for image in images])
