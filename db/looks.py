"""Takes a picture's look: what a near duplicate of it would share.

The bits are the DCT hash of Zauner ("Implementation and Benchmarking of Perceptual Image Hash
Functions", 2010): which of the 64 lowest frequencies lie above their median.
"""

import math
from collections.abc import Iterable
from operator import mul
from typing import Final

from PIL import Image

from db.likeness import Look

_SIDE: Final = 32
_FREQUENCIES: Final = 8
_FIELDS_PER_SIDE: Final = 4
_ENOUGH_PX: Final = 512
# What a codec leaves in a frequency that the picture does not have: else chance would set its bit.
_NOISE: Final = 64
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_WAVES: Final = [
    [math.cos(math.pi * (2 * x + 1) * u / (2 * _SIDE)) for x in range(_SIDE)]
    for u in range(_FREQUENCIES)
]


def take(image: Image.Image, *, orientation: int | None) -> Look:
    """The look of a decoded picture as people see it, after its EXIF orientation."""
    small = _small(image)
    if orientation in _TURNS:
        small = small.transpose(_TURNS[orientation])
    fields = small.resize((_FIELDS_PER_SIDE, _FIELDS_PER_SIDE), Image.Resampling.BOX)
    colours = fields.tobytes()
    if _is_flat(small) and _is_flat(image):
        colours = colours[:3]
    bits = _bits(small.convert("L"))
    return Look(f"{bits:016x}", colours.hex(), is_cut_out=_is_cut_out(image))


def _small(image: Image.Image) -> Image.Image:
    """RGB of 32 by 32; what is transparent is seen on white."""
    if max(image.size) > _ENOUGH_PX:
        # Every so many pixels: to convert all of 64 megapixels would double what decoding takes.
        share = _ENOUGH_PX / max(image.size)
        sides = (max(1, round(image.width * share)), max(1, round(image.height * share)))
        image = image.resize(sides, Image.Resampling.NEAREST)
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda level: level / 257).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)


def _is_flat(image: Image.Image) -> bool:
    """Whether every pixel is like every other."""
    bands = image.getextrema()
    if not isinstance(bands[0], tuple):
        return bands[0] == bands[1]
    return all(low == high for low, high in bands)


def _is_cut_out(image: Image.Image) -> bool:
    """As the studio reads it: a channel of transparency that is all opaque is none."""
    if image.mode.startswith("I") or not image.has_transparency_data:
        return False
    has_channel = "A" in image.getbands()
    alpha = (image if has_channel else image.convert("RGBA")).getchannel("A")
    return alpha.getextrema() != (255, 255)


def _bits(grey: Image.Image) -> int:
    """One bit for each of the lowest frequencies, the lowest in the last place."""
    levels = grey.tobytes()
    rows = [levels[at : at + _SIDE] for at in range(0, len(levels), _SIDE)]
    across = [[_product(wave, row) for wave in _WAVES] for row in rows]
    columns = list(zip(*across, strict=True))
    found = [round(_product(wave, column) / _NOISE) for wave in _WAVES for column in columns]
    middle = sorted(found[1:])[(len(found) - 1) // 2]  # the first is the mean brightness
    return sum((value > middle) << place for place, value in enumerate(found))


def _product(wave: Iterable[float], levels: Iterable[float]) -> float:
    product: float = sum(map(mul, wave, levels))
    return product
