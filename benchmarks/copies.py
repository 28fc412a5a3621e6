"""What becomes of a picture on its way around the web, and pieces of photographs to try it on."""

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

WINDOW_PX = 320


def saved_again(picture: Image.Image) -> Image.Image:
    """Through a JPEG of quality 60."""
    stored = io.BytesIO()
    picture.save(stored, "JPEG", quality=60)
    return Image.open(stored).convert("RGB")


def half(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)


def cut(picture: Image.Image, *, share: float) -> Image.Image:
    """So much less at each side."""
    dx, dy = int(picture.width * share), int(picture.height * share)
    return picture.crop((dx, dy, picture.width - dx, picture.height - dy))


def brighter(picture: Image.Image) -> Image.Image:
    """By a fifth."""
    return picture.point([min(255, round(level * 1.2)) for level in range(256)] * 3)


def turned(picture: Image.Image) -> Image.Image:
    """Every hue a third of the circle further."""
    levels = np.array(picture.convert("HSV"))
    levels[..., 0] += 85
    return Image.frombytes("HSV", picture.size, levels.tobytes()).convert("RGB")


def mirrored(picture: Image.Image) -> Image.Image:
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def on_white(picture: Image.Image) -> Image.Image:
    rgba = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def windows(
    picture: Image.Image, chance: np.random.Generator, *, count: int
) -> Iterator[Image.Image]:
    """Squares of it; none of a picture that is hardly larger."""
    for _ in range(count if min(picture.size) > WINDOW_PX else 0):
        x = int(chance.integers(0, picture.width - WINDOW_PX))
        y = int(chance.integers(0, picture.height - WINDOW_PX))
        yield picture.crop((x, y, x + WINDOW_PX, y + WINDOW_PX))
