"""The encoders and decoders that were weighed, by name: ours beside those that we could use.

Packages that are no dependency of ours take part where somebody has installed them.
"""

import importlib
import io
import zlib
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks.shots import Levels
from models import png

Encode = Callable[[Levels], bytes]
Decode = Callable[[bytes], Levels]

QUALITY = 95
_FULL_CHROMA = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
_PAETH = (cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_PAETH)
_RUNS = (cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)


def encoders() -> dict[str, Encode]:
    return {**_png(), **_jpeg(), **_webp(), **_avif()}


def decoders() -> dict[str, Decode]:
    """Of RGB; a file of any format."""
    found: dict[str, Decode] = {"Pillow": _by_pillow, "OpenCV": _by_opencv}
    if find_spec("simplejpeg"):
        jpeg = importlib.import_module("simplejpeg")
        found["simplejpeg"] = partial(jpeg.decode_jpeg, fastupsample=False)
    return found


def _by_pillow(data: bytes) -> Levels:
    return np.asarray(Image.open(io.BytesIO(data)))


def _by_opencv(data: bytes) -> Levels:
    levels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    return np.asarray(levels, np.uint8)


def _png() -> dict[str, Encode]:
    found: dict[str, Encode] = {"png, ours with ISA-L": png.write}
    for level in range(10):
        found[f"png, Pillow level {level}"] = _pillow("PNG", compress_level=level)
    for name, strategy in {"filtered": 1, "huffman": 2, "rle": 3, "fixed": 4}.items():
        found[f"png, Pillow {name}"] = _pillow("PNG", compress_level=1, compress_type=strategy)
    found["png, OpenCV"] = _opencv(".png")
    found["png, OpenCV Paeth rle"] = _opencv(".png", *_PAETH, *_RUNS)
    for name, deflate in _deflates().items():
        found[f"png, ours with {name}"] = partial(png.write, deflate=deflate)
    return found


def _deflates() -> dict[str, png.Deflate]:
    found: dict[str, png.Deflate] = {"zlib 1": lambda rows: zlib.compress(rows.data, 1)}
    if find_spec("zlib_ng"):
        ng = importlib.import_module("zlib_ng.zlib_ng")
        for level in (2, 3, 4):
            found[f"zlib-ng {level}"] = partial(ng.compress, level=level)
    if find_spec("deflate"):
        libdeflate = importlib.import_module("deflate")
        for level in (1, 2):
            found[f"libdeflate {level}"] = partial(libdeflate.zlib_compress, compresslevel=level)
    return found


def _jpeg() -> dict[str, Encode]:
    quality = (cv2.IMWRITE_JPEG_QUALITY, QUALITY)
    found = {
        "jpeg, Pillow": _pillow("JPEG", quality=QUALITY, subsampling=0),
        "jpeg, Pillow optimize": _pillow("JPEG", quality=QUALITY, subsampling=0, optimize=True),
        "jpeg, OpenCV": _opencv(".jpg", *quality, *_FULL_CHROMA),
    }
    if find_spec("simplejpeg"):
        jpeg = importlib.import_module("simplejpeg")
        settings = {"quality": QUALITY, "colorsubsampling": "444", "fastdct": False}
        found["jpeg, simplejpeg"] = partial(jpeg.encode_jpeg, **settings)
    return found


def _webp() -> dict[str, Encode]:
    lossy = {
        f"webp, method {method}": _pillow("WEBP", quality=QUALITY, method=method)
        for method in range(7)
    }
    lossless = {
        f"webp, lossless method {method} effort {effort}": _pillow(
            "WEBP", quality=effort, method=method, lossless=True
        )
        for method, effort in ((0, 0), (1, 0), (2, 0), (4, 0), (4, 25), (4, 100))
    }
    return lossy | lossless


def _avif() -> dict[str, Encode]:
    return {
        f"avif, speed {speed} {chroma}": _pillow(
            "AVIF", quality=QUALITY, speed=speed, subsampling=chroma, max_threads=1
        )
        for chroma in ("4:4:4", "4:2:0")
        for speed in (10, 9, 8, 7, 6)
    }


def _pillow(kind: str, **options: Any) -> Encode:
    def encode(levels: Levels) -> bytes:
        file = io.BytesIO()
        Image.fromarray(levels).save(file, kind, **options)
        return file.getvalue()

    return encode


def _opencv(ending: str, *options: int) -> Encode:
    def encode(levels: Levels) -> bytes:
        _, data = cv2.imencode(ending, cv2.cvtColor(levels, cv2.COLOR_RGB2BGR), options)
        return bytes(data.tobytes())

    return encode
