"""Colours between #rrggbb and CIE L*a*b* (D65), and what "light" or "dark" makes of one."""

from dataclasses import dataclass
from math import dist
from typing import Final

Lab = tuple[float, float, float]
"""L* in 0 to 100, a* and b*."""
Rgb = tuple[int, int, int]

# sRGB, IEC 61966-2-1: linear light to XYZ, and back.
_TO_XYZ: Final = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_FROM_XYZ: Final = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.9692660, 1.8760108, 0.0415560),
    (0.0556434, -0.2040259, 1.0572252),
)
_WHITE: Final = (0.95047, 1.0, 1.08883)
_EPSILON, _KAPPA = 216 / 24389, 24389 / 27
_TRIES: Final = 24


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour as it was understood: `light blue`, its hex and its CIE L*a*b*."""

    name: str
    hex: str

    @property
    def lab(self) -> Lab:
        return lab_of(self.hex)

    @property
    def rgb(self) -> Rgb:
        return rgb_of(self.hex)


def shaded(colour: Colour, name: str, *, lightness: float, chroma: float) -> Colour:
    """A shade of it: part of the way to white, or below 0 to black, and so much of its chroma.

    What sRGB does not hold loses chroma until it does; its lightness stays.
    """
    light, a, b = colour.lab
    goal = light + lightness * ((100 - light) if lightness > 0 else light)
    kept = chroma
    for _ in range(_TRIES):
        linear = _linear((goal, a * kept, b * kept))
        if all(-1e-3 <= one <= 1.001 for one in linear):
            break
        kept *= 0.85
    return Colour(f"{name} {colour.name}", _hex(linear))


def rgb_of(text: str) -> Rgb:
    """0 to 255 each, of #rrggbb."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def hex_of(rgb: Rgb) -> str:
    return "#" + "".join(f"{one:02x}" for one in rgb)


def lab_of(text: str) -> Lab:
    """CIE L*a*b* of #rrggbb."""
    linear = [_light(one / 255) for one in rgb_of(text)]
    x, y, z = (
        _root(sum(share * one for share, one in zip(row, linear, strict=True)) / white)
        for row, white in zip(_TO_XYZ, _WHITE, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def apart(one: str, other: str) -> float:
    """How far two colours are from each other, as CIE 1976 counts: 2.3 is just seen."""
    return dist(lab_of(one), lab_of(other))


def _light(level: float) -> float:
    return level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4


def _level(light: float) -> float:
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def _root(share: float) -> float:
    return share ** (1 / 3) if share > _EPSILON else (_KAPPA * share + 16) / 116


def _linear(lab: Lab) -> list[float]:
    y = (lab[0] + 16) / 116
    roots = (y + lab[1] / 500, y, y - lab[2] / 200)
    xyz = [
        white * (root**3 if root**3 > _EPSILON else (116 * root - 16) / _KAPPA)
        for root, white in zip(roots, _WHITE, strict=True)
    ]
    return [sum(share * one for share, one in zip(row, xyz, strict=True)) for row in _FROM_XYZ]


def _hex(linear: list[float]) -> str:
    levels = [round(255 * _level(min(max(one, 0.0), 1.0))) for one in linear]
    return "#" + "".join(f"{one:02x}" for one in levels)
