"""Between picture files and images; the only place that knows pixel ranges, EXIF and ICC."""

import io
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageCms
from torch import Tensor

from models import png
from models.failures import CannotDo

Format = Literal["png", "jpeg", "webp", "avif"]

_MAX_SIDE_PX: dict[Format, int] = {
    "jpeg": 65_500,
    "webp": 16_383,
    "avif": 32_768,  # what libavif reads
}
_FULL_CHROMA = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
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
_PLAIN_MODES = {"1": "L", "LA": "L", "La": "L", "L": "L", "CMYK": "CMYK"}


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
    """Writes a bare file, without metadata: sRGB, JPEG and AVIF with full chroma.

    Args:
        image: [1, C, H, W] in [0, 1] with 1, 3 or 4 channels.
        format: JPEG has no transparency and refuses four channels.
        quality: 1 to 100; PNG is always lossless, WebP at 100. AVIF never is: it holds YCbCr.
    """
    if image.ndim != 4 or len(image) != 1 or image.shape[1] not in {1, 3, 4}:
        raise ValueError(f"expected [1, 1, 3 or 4, H, W], got {tuple(image.shape)}")
    if format == "jpeg" and image.shape[1] == 4:
        raise CannotDo("format_has_no_alpha", "A JPEG cannot hold transparency; ask for PNG.")
    _refuse_too_long(format, image)
    levels = _levels(image)
    match format:
        case "png":
            return png.write(levels)
        case "jpeg":
            return _jpeg(levels, quality)
        case "webp":
            return _webp(levels, quality)
        case "avif":
            return _avif(levels, quality)


def quantise(image: Tensor) -> Tensor:
    """The image on the 256 levels of a file."""
    return image.mul(255).round_().clamp_(0, 255).div_(255)


def _levels(image: Tensor) -> NDArray[np.uint8]:
    """[H, W, C]: x * 255 in float32, half to even, clamped; one pass in OpenCV, four in torch."""
    _, channels, height, width = image.shape
    planes = image.float().cpu().contiguous().view(channels * height, width).numpy()
    scaled = cv2.addWeighted(planes, 255, planes, 0, 0, dtype=cv2.CV_8U)
    merged = cv2.merge(list(scaled.reshape(channels, height, width)))
    return np.asarray(merged, np.uint8).reshape(height, width, channels)


def _jpeg(levels: NDArray[np.uint8], quality: int) -> bytes:
    """What Pillow writes, byte for byte, in less time: OpenCV copies the pixels once less.

    Huffman tables of its own would make it a twentieth smaller in twice the time.
    """
    ordered = cv2.cvtColor(levels, cv2.COLOR_RGB2BGR) if levels.shape[2] == 3 else levels
    _, data = cv2.imencode(".jpg", ordered, (cv2.IMWRITE_JPEG_QUALITY, quality, *_FULL_CHROMA))
    return data.tobytes()


def _webp(levels: NDArray[np.uint8], quality: int) -> bytes:
    file = io.BytesIO()
    picture = Image.fromarray(levels.squeeze(2) if levels.shape[2] == 1 else levels)
    # Lossless, `quality` means effort: all of it takes three times as long for a twentieth.
    # Lossy, method 2 takes half as long, but at the same quality it is up to 0.9 dB worse.
    lossless = quality == 100
    picture.save(file, "WEBP", quality=0 if lossless else quality, lossless=lossless, method=4)
    return file.getvalue()


def _avif(levels: NDArray[np.uint8], quality: int) -> bytes:
    file = io.BytesIO()
    picture = Image.fromarray(levels.squeeze(2) if levels.shape[2] == 1 else levels)
    chroma = "4:0:0" if levels.shape[2] == 1 else "4:4:4"
    # Speed 8 takes twice as long for 1 to 4 % of the bytes. One thread: a hand has one core.
    picture.save(file, "AVIF", quality=quality, speed=9, subsampling=chroma, max_threads=1)
    return file.getvalue()


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
    plain = _in_mode(picture, _PLAIN_MODES.get(picture.mode, "RGB"))
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
    image = torch.empty(1, 3, picture.height, picture.width)
    levels = np.asarray(_in_mode(picture, "RGB"))
    for plane, channel in zip(image[0], cv2.split(levels), strict=True):
        plane.copy_(torch.from_numpy(channel)).div_(255)
    return image


def _channel(picture: Image.Image) -> Tensor:
    levels = torch.from_numpy(np.asarray(picture).astype(np.float32))
    return levels.div_(65535 if picture.mode.startswith("I") else 255)[None, None]


def _in_mode(picture: Image.Image, mode: str) -> Image.Image:
    """Pillow's `convert` copies also where nothing is to be converted."""
    return picture if picture.mode == mode else picture.convert(mode)
