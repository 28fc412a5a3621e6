"""Small pictures made by code, each in a way that files in the wild are made."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

WIDTH, HEIGHT = 32, 24
CORNERS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0))
"""Upper left, upper right, lower left, lower right."""


def upright() -> NDArray[np.uint8]:
    """[24, 32, 3]: four flat quarters, each of another colour, no symmetry."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    halves = (slice(0, HEIGHT // 2), slice(HEIGHT // 2, None))
    sides = (slice(0, WIDTH // 2), slice(WIDTH // 2, None))
    for i, colour in enumerate(CORNERS):
        pixels[halves[i // 2], sides[i % 2]] = colour
    return pixels


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def turned(orientation: int) -> bytes:
    """The picture as a camera stores it that was held so; upright once EXIF is obeyed."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    picture = Image.fromarray(upright())
    if orientation in undo:
        picture = picture.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(picture, "PNG", exif=exif)


def cmyk() -> bytes:
    """A JPEG of four inks as Photoshop writes it: inverted, with Adobe's mark."""
    return saved(Image.fromarray(upright()).convert("CMYK"), "JPEG", quality=95, subsampling=0)


def with_bad_profile() -> bytes:
    return saved(Image.fromarray(upright()), "PNG", icc_profile=b"not a profile at all" * 10)


def with_srgb_profile() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return saved(Image.fromarray(upright()), "PNG", icc_profile=profile)


def with_place() -> bytes:
    """A JPEG that tells where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 14.0), 3: "E", 4: (11.0, 34.0, 31.0)})
    exif[0x010F] = "A camera"
    return saved(Image.fromarray(upright()), "JPEG", quality=95, subsampling=0, exif=exif)
