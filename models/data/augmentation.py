"""Variations of the training pictures: each turned, mirrored, cut and scaled by chance of its own.

Off unless asked for: the shoes of Fashion-MNIST all look one way, and a mirrored set would teach a
generator otherwise.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torchvision.transforms import v2


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
    change, light = _transform(augment, side=images.shape[-1]), _light(augment.jitter)
    # torchvision draws from the global generator: fork it, so that nobody else notices.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return torch.stack([light(_filled(change, image)) for image in images])


def _transform(augment: Augment, *, side: int) -> nn.Module:
    steps: list[nn.Module] = []
    if augment.rotate_deg or augment.scale:
        span = (1 - augment.scale, 1 + augment.scale) if augment.scale else None
        bilinear = v2.InterpolationMode.BILINEAR
        steps.append(v2.RandomAffine(augment.rotate_deg, scale=span, interpolation=bilinear))
    if augment.crop:
        steps.append(v2.RandomCrop(side, padding=max(1, round(side * augment.crop))))
    if augment.flip:
        steps.append(v2.RandomHorizontalFlip())
    return v2.Compose(steps) if steps else nn.Identity()


def _light(jitter: Jitter) -> nn.Module:
    """Colours change last: what came in from outside is lit as the rest."""
    if not jitter:
        return nn.Identity()
    return v2.ColorJitter(jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue)


def _filled(change: nn.Module, image: Tensor) -> Tensor:
    """What comes in from outside takes the border's colour: transforms fill with zero."""
    ring = torch.cat([image[:, 0], image[:, -1], image[:, :, 0], image[:, :, -1]], dim=1)
    border = ring.median(dim=1).values[:, None, None]
    return (change(image - border) + border).clamp(0, 1)
