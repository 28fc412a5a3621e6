"""Between picture files and images; the only place that knows pixel ranges, EXIF and ICC."""

import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from PIL import Image, ImageCms
from torch import Tensor

from models.failures import CannotDo

Format = Literal["png", "jpeg", "webp"]

_MAX_SIDE_PX: dict[Format, int] = {"jpeg": 65_500, "webp": 16_383}
_READABLE = ("JPEG", "PNG", "WEBP", "AVIF")
_MAX_ICC_BYTES = 4 << 20
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A picture as an image, upright and in sRGB.

    Attributes:
        image: [1, 3, H, W] in [0, 1]; what was transparent lies over white.
        alpha: [1, 1, H, W] in [0, 1]; None where the picture is opaque.
        warnings: what was put right or ignored, as stable words: `icc_ignored`, `exif_ignored`.
    """

    image: Tensor
    alpha: Tensor | None
    warnings: tuple[str, ...] = ()


def read(data: bytes) -> Loaded:
    """Decodes a picture of any mode; 16 bits are reduced to the float's precision, not to 8."""
    picture, warnings = _upright(data)
    alpha = _alpha(picture)
    colour, icc_warnings = _srgb(picture)
    image = _colour(colour)
    if alpha is not None:
        image.mul_(alpha).add_(1 - alpha)
    return Loaded(image, alpha, warnings + icc_warnings)


def read_mask(data: bytes) -> Tensor:
    """[1, 1, H, W] in [0, 1] from a mask's transparency, or else its brightness."""
    picture, _ = _upright(data)
    alpha = _alpha(picture)
    if alpha is not None:
        return alpha
    return _channel(picture if picture.mode.startswith("I") else picture.convert("L"))


def encode(image: Tensor, *, format: Format, quality: int = 95) -> bytes:  # noqa: A002
    """Writes a bare file, without metadata: sRGB, JPEG with full chroma, WebP 100 lossless.

    Args:
        image: [1, C, H, W] in [0, 1] with 1, 3 or 4 channels.
        format: JPEG has no transparency and refuses four channels.
        quality: 1 to 100; PNG is always lossless.
    """
    if image.ndim != 4 or len(image) != 1 or image.shape[1] not in {1, 3, 4}:
        raise ValueError(f"expected [1, 1, 3 or 4, H, W], got {tuple(image.shape)}")
    if format == "jpeg" and image.shape[1] == 4:
        raise CannotDo("format_has_no_alpha", "A JPEG cannot hold transparency; ask for PNG.")
    _refuse_too_long(format, image)
    levels = image[0].mul(255).round_().clamp_(0, 255).to(torch.uint8)
    pixels = levels.permute(1, 2, 0).contiguous().cpu().numpy()
    picture = Image.fromarray(pixels.squeeze(2) if image.shape[1] == 1 else pixels)
    file = io.BytesIO()
    match format:
        case "png":
            picture.save(file, "PNG", compress_level=4)
        case "jpeg":
            picture.save(file, "JPEG", quality=quality, subsampling=0, optimize=True)
        case "webp":
            picture.save(file, "WEBP", quality=quality, lossless=quality == 100, method=4)
    return file.getvalue()


def quantise(image: Tensor) -> Tensor:
    """The image on the 256 levels of a file."""
    return image.mul(255).round_().clamp_(0, 255).div_(255)


def _refuse_too_long(format: Format, image: Tensor) -> None:  # noqa: A002
    height, width = image.shape[2:]
    most = _MAX_SIDE_PX.get(format)
    if most is not None and max(height, width) > most:
        size = f"{width} x {height} is too large for a {format}"
        raise CannotDo("output_too_large", f"{size}, whose sides hold {most} pixels; ask for PNG.")


def _upright(data: bytes) -> tuple[Image.Image, tuple[str, ...]]:
    try:
        picture = Image.open(io.BytesIO(data), formats=_READABLE)
        picture.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise CannotDo("picture_unreadable", "The picture cannot be decoded.") from error
    try:
        turn = _UPRIGHT.get(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - broken EXIF raises anything, and says nothing about pixels
        return picture, ("exif_ignored",)
    # transpose() drops nothing that is read later: mode, palette, info.
    return (picture if turn is None else picture.transpose(turn)), ()


def _alpha(picture: Image.Image) -> Tensor | None:
    if picture.mode.startswith("I") or not picture.has_transparency_data:
        return None
    alpha = _channel(picture.convert("RGBA").getchannel("A"))
    return None if bool((alpha == 1).all()) else alpha


def _srgb(picture: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """RGB or grey of 8 or 16 bits, through the picture's own profile where it has a usable one."""
    if picture.mode.startswith("I"):
        return picture, ()
    plain = picture.convert(
        {"1": "L", "LA": "L", "La": "L", "L": "L", "CMYK": "CMYK"}.get(picture.mode, "RGB")
    )
    profile = picture.info.get("icc_profile")
    if not profile:
        return plain, ()
    if len(profile) > _MAX_ICC_BYTES:
        return plain, ("icc_ignored",)
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(plain, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return plain, ("icc_ignored",)
    return converted or plain, ()


def _colour(picture: Image.Image) -> Tensor:
    if picture.mode.startswith("I") or picture.mode == "L":
        return _channel(picture).repeat(1, 3, 1, 1)
    levels = torch.from_numpy(np.array(picture.convert("RGB")))
    return levels.permute(2, 0, 1).contiguous().float().div_(255)[None]


def _channel(picture: Image.Image) -> Tensor:
    levels = torch.from_numpy(np.array(picture).astype(np.float32))
    return levels.div_(65535 if picture.mode.startswith("I") else 255)[None, None]
