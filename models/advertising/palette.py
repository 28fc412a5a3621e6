"""Colours for an advertisement, taken from the product: clusters of its own colours in OKLab."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import torch
from torch import Tensor

from models import oklab
from models.advertising.design import Rgb, Role

Scheme = Literal["light", "bold", "dark", "white"]
Colours = Mapping[Role, Rgb]

SCHEMES: Final[tuple[Scheme, ...]] = ("light", "bold", "dark", "white")
_CLUSTERS, _ROUNDS, _SAMPLES = 5, 12, 4096
_GREYISH = 0.02
_MUCH = 0.08  # of the product: a colour that covers so much is as good as one that covers all
_TURNS: Final = (0.0, 180.0, 30.0, -30.0)


@dataclass(frozen=True, slots=True)
class Tint:
    """A hue and how strong it is; what is greyish has none to speak of."""

    hue: float
    chroma: float

    def at(self, lightness: float, most: float, *, least: float = 0.0) -> Rgb:
        """This hue at a lightness of 0 to 1, its strength held between two bounds."""
        chroma = min(self.chroma, most)
        if self.chroma > _GREYISH:
            chroma = max(chroma, least)
        lab = torch.tensor([lightness, chroma * math.cos(self.hue), chroma * math.sin(self.hue)])
        red, green, blue = (oklab.to_rgb(lab.view(1, 3, 1, 1)).view(3) * 255).round().tolist()
        return int(red), int(green), int(blue)


def tint_of(image: Tensor, alpha: Tensor) -> Tint:
    """What colour the product is known by: strong, and much of it.

    Args:
        image: [1, 3, H, W] in [0, 1].
        alpha: [1, 1, H, W], where the product is.
    """
    centres, shares = clusters(image, alpha)
    chromas = centres[:, 1:].norm(dim=1)
    best = int((chromas * shares.clamp_max(_MUCH)).argmax())
    _, a, b = centres[best].tolist()
    return Tint(math.atan2(b, a), math.hypot(a, b))


def clusters(image: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor]:
    """The product's colours [K, 3] in OKLab and the share of each [K]: k-means, the same each time.

    It begins with the mean, and then with what is farthest from all there are.
    """
    inside = image[0].flatten(1)[:, alpha.view(-1) > 0.5]
    few = inside[:, :: max(1, inside.shape[1] // _SAMPLES)]
    points = oklab.from_rgb(few[None, :, :, None])[0, :, :, 0].T
    centres = points.mean(dim=0, keepdim=True)
    while len(centres) < min(_CLUSTERS, len(points)):
        far = torch.cdist(points, centres).amin(dim=1).argmax()
        centres = torch.cat((centres, points[far][None]))
    for _ in range(_ROUNDS):
        nearest = torch.cdist(points, centres).argmin(dim=1)
        kept = [points[nearest == k] for k in range(len(centres))]
        centres = torch.stack(
            [own.mean(dim=0) if len(own) else old for own, old in zip(kept, centres, strict=True)]
        )
    counts = torch.cdist(points, centres).argmin(dim=1).bincount(minlength=len(centres))
    return centres, counts / counts.sum()


def colours(tint: Tint, variant: int) -> Colours:
    """Of sixteen: four schemes of the product's hue, of its complement and of two neighbours."""
    turn = math.radians(_TURNS[variant // len(SCHEMES) % len(_TURNS)])
    return of_scheme(Tint(tint.hue + turn, tint.chroma), SCHEMES[variant % len(SCHEMES)])


def of_scheme(tint: Tint, scheme: Scheme) -> Colours:
    """Four colours of one hue: one accent, and quiet ones around it."""
    match scheme:
        case "light":
            return {
                "paper": tint.at(0.975, 0.008),
                "tint": tint.at(0.915, 0.035),
                "ink": tint.at(0.24, 0.03),
                "accent": tint.at(0.5, 0.17, least=0.11),
            }
        case "bold":
            return {
                "paper": tint.at(0.47, 0.14, least=0.09),
                "tint": tint.at(0.93, 0.03),
                "ink": tint.at(0.985, 0.006),
                "accent": tint.at(0.9, 0.06),
            }
        case "dark":
            return {
                "paper": tint.at(0.23, 0.028),
                "tint": tint.at(0.86, 0.03),
                "ink": tint.at(0.975, 0.008),
                "accent": tint.at(0.82, 0.13, least=0.09),
            }
        case "white":
            return {
                "paper": (255, 255, 255),
                "tint": tint.at(0.955, 0.012),
                "ink": tint.at(0.2, 0.02),
                "accent": tint.at(0.24, 0.03),
            }


def given(asked: Sequence[Rgb], made: Colours) -> Colours:
    """The caller's accent, ground and ink in place of ours, as many as there are."""
    roles: tuple[Role, ...] = ("accent", "paper", "ink")
    named = dict(zip(roles, asked, strict=False))
    if "paper" in named:  # a field beside a ground that we did not choose is a shade of it
        named["tint"] = _between(named["paper"], named.get("ink", made["ink"]), share=0.07)
    return {**made, **named}


def _between(first: Rgb, second: Rgb, *, share: float) -> Rgb:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue
