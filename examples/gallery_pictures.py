"""The pictures that the gallery works on, by name; each made from the committed samples alone."""

import io
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from examples import try_on_pictures
from examples.pictures import Colour, garments, half, noisy, photographs, products, shot
from models.data import samples

Backdrop = tuple[Colour, Colour]

_SAND: Final[Backdrop] = (214, 200, 182), (230, 220, 206)
_BLUE: Final[Backdrop] = (176, 190, 204), (206, 214, 222)
_GREEN: Final[Backdrop] = (188, 202, 186), (214, 222, 208)
_SHOTS: Final[Mapping[str, Backdrop]] = MappingProxyType(
    {
        "deck chair": _SAND,
        "cup cake": _GREEN,
        "wooden box": _BLUE,
        "table with tablecloth": _BLUE,
        "scissors": _GREEN,
        "fan": _BLUE,
        "towel rack": _SAND,
        "headphones": _SAND,
        "booties": _SAND,
        "desk lamp": _BLUE,
        "biplane": _BLUE,
        "bed": _SAND,
    }
)


def picture(name: str) -> Image.Image:
    """The picture that is called so.

    Raises:
        KeyError: none is; `NAMES` lists them.
    """
    return _PICTURES[name]()


def _before_paper(name: str) -> Image.Image:
    top, bottom = _SHOTS[name]
    return shot(products()[name], top=top, bottom=bottom).image


def _alone(name: str) -> Image.Image:
    """Cut out, as it was rendered."""
    top, bottom = _SHOTS[name]
    return shot(products()[name], top=top, bottom=bottom).product


def _mask(name: str) -> Image.Image:
    """White where the product is."""
    return _alone(name).getchannel("A")


def _one_flower() -> Image.Image:
    """White over a dandelion at the front of the meadow."""
    mask = Image.new("L", _photograph("meadow").size)
    ImageDraw.Draw(mask).ellipse((232, 258, 338, 359), fill=255)
    return mask


def _noised(name: str, sigma: float) -> Image.Image:
    return noisy(picture(name), sigma)


def _compressed(name: str) -> Image.Image:
    """Through a JPEG of quality 12 with halved chroma, as a messenger sends it."""
    file = io.BytesIO()
    picture(name).save(file, "JPEG", quality=12, subsampling="4:2:0")
    with Image.open(file) as opened:
        return opened.convert("RGB")


def _soft(name: str) -> Image.Image:
    """Through a blur of 1.6 pixels, with a little noise."""
    soft = picture(name).filter(ImageFilter.GaussianBlur(1.6))
    return noisy(soft, 1.0)


def _halved(name: str) -> Image.Image:
    return half(picture(name))


def _badly_lit(name: str) -> Image.Image:
    """Under a weak and yellow lamp: less light in linear terms, and of blue the least."""
    levels = (np.asarray(picture(name), np.float64) / 255) ** 2.2 * (0.42, 0.34, 0.20)
    return Image.fromarray((levels ** (1 / 2.2) * 255).round().astype(np.uint8))


def _turned(name: str) -> Image.Image:
    """One side of a product that was photographed from all of them, cut out."""
    return Image.fromarray(next(one.pixels for one in samples.turned() if one.name == name))


def _photograph(name: str) -> Image.Image:
    return photographs()[name]


def _garment(category: str, number: int) -> Image.Image:
    return dict(garments(number))[category]


_PICTURES: Final[Mapping[str, Callable[[], Image.Image]]] = MappingProxyType(
    {
        **{name: partial(_before_paper, name) for name in _SHOTS},
        **{f"{name}, cut out": partial(_alone, name) for name in _SHOTS},
        **{f"{name}, mask": partial(_mask, name) for name in _SHOTS},
        **{f"{name}, badly lit": partial(_badly_lit, name) for name in _SHOTS},
        **{
            f"{name}, noise {sigma}": partial(_noised, name, sigma)
            for name in _SHOTS
            for sigma in (12, 25, 40)
        },
        **{f"{name}, JPEG 12": partial(_compressed, name) for name in _SHOTS},
        **{f"{name}, out of focus": partial(_soft, name) for name in _SHOTS},
        **{f"{name}, half size": partial(_halved, name) for name in _SHOTS},
        **{name: partial(_photograph, name) for name in ("meadow", "dandelion")},
        **try_on_pictures.PICTURES,
        "meadow, mask": _one_flower,
        **{
            name: partial(_turned, name)
            for name in (f"biplane, turned {angle}" for angle in range(0, 360, 15))
        },
        **{
            f"{category} {number}": partial(_garment, category, number)
            for category in ("t-shirt", "trousers", "dress", "sneaker", "bag", "ankle boot")
            for number in (3, 5)
        },
    }
)
NAMES: Final = tuple(_PICTURES)
