"""Pictures that JPEG or a blur has spoiled, mended by ours and others.

`python -m benchmarks.restoring`. On CBSD68, whose folder is an argument; for measuring only, never
learnt from, never shipped. JPEG with halved chroma as Pillow writes it; a Gaussian blur, noise,
8 bits. PSNR of all channels in dB.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from PIL import Image
from skimage.restoration import denoise_nl_means, richardson_lucy
from torch import Generator, Tensor, nn
from torch.nn import functional

from benchmarks.editing_rows import Row, as_json, line
from models import calling, weights
from models.data.degradations import noisy
from models.data.spoiling import compressed
from models.editing.deblock import deblock
from models.editing.deblur import deblur
from models.editing.mending import Mender
from models.metrics.blur_radius import blurred
from models.metrics.psnr import psnr_db
from models.metrics.quantised import quantised
from models.metrics.ssim import ssim
from models.networks.denoiser import Denoiser

SET: Final = "CBSD68"

Mend = Callable[[Tensor], Tensor]
"""[1, 3, H, W] in [0, 1] to the same."""
Scores = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a picture is spoiled: JPEG's quality, or a blur's radius in pixels with 8-bit noise."""

    name: str
    amount: float
    noise: float = 0.0


KINDS: Final = {
    "deblock": tuple(Kind(f"q{quality}", quality) for quality in (10, 20, 30)),
    "deblur": tuple(
        Kind(f"{radius:g}px+{noise:g}", radius, noise)
        for radius, noise in ((0.8, 0.0), (0.8, 2.0), (1.6, 0.0), (1.6, 2.0), (3.0, 2.0))
    ),
}


def rows(folder: Path, *, every: int = 1, menders: Mapping[str, Mender] | None = None) -> list[Row]:
    """Every system on every kind of spoiled picture; empty where the set is not at hand.

    Args:
        folder: of the test sets.
        every: take each so manieth picture.
        menders: networks by operation, beside the classical ways.
    """
    files, given = _files(folder)[::every], menders or {}
    found: list[Row] = []
    for operation in ("deblock", "deblur") if files else ():
        for kind in KINDS[operation]:
            systems = _ours(operation, given.get(operation)) | others(operation, kind)
            found += _measured(operation, kind, files, systems)
    return found


def deblock_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """Of a network that ships, and of the classical way; None where the set is not at hand."""
    return _scores("deblock", network, folder)


def deblur_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """The same of one that takes a blur away."""
    return _scores("deblur", network, folder)


def _scores(operation: str, network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    files = _files(folder)
    if not files:
        return {f"cbsd68_{operation}_psnr_db": None}, {}
    systems = _ours(operation, Mender(calling.doors(network)["denoise"], Denoiser.tiling))
    told = [
        one
        for kind in KINDS[operation]
        for one in _measured(operation, kind, files, systems)
        if one.measure == "psnr_db"
    ]
    ours, classical, spoilt = (
        {_key(one): one.value for one in told if one.system == by}
        for by in ("ours", "classical", "input")
    )
    baseline = classical | {f"{name}_input": value for name, value in spoilt.items()}
    return dict(ours), dict(baseline)


def _key(row: Row) -> str:
    return f"cbsd68_{row.set.partition(' ')[2]}_psnr_db"


def _files(folder: Path) -> list[Path]:
    return sorted((folder / SET).glob("*.png"))


def _ours(operation: str, network: Mender | None) -> dict[str, Mend]:
    """What the operation makes of a picture of which it is told nothing."""

    def by(mender: Mender | None) -> Mend:
        if operation == "deblock":
            return lambda seen: deblock(seen, quality=None, strength=1.0, mender=mender).images[0]
        return lambda seen: deblur(
            seen, radius_px=None, noise=None, strength=1.0, mender=mender
        ).images[0]

    systems: dict[str, Mend] = {"input": lambda seen: seen}
    if network is not None:
        systems["ours"] = by(network)
    return systems | {"classical": by(None)}


def others(operation: str, kind: Kind) -> dict[str, Mend]:
    """What one would take who had a library for pictures."""
    if operation == "deblock":
        return {"OpenCV bilateral": _bilateral, "scikit-image non-local means": _non_local_means}
    return {
        "unsharp mask": lambda seen: seen + (seen - blurred(seen, sigma=1.5)),
        "scikit-image Richardson-Lucy, told the radius": lambda seen: _lucy(seen, kind.amount),
    }


def _measured(
    operation: str, kind: Kind, files: Sequence[Path], systems: Mapping[str, Mend]
) -> Iterator[Row]:
    spoilt = [(clean := _read(file), spoilt_by(operation, clean, kind)) for file in files]
    megapixels = sum(clean.shape[2] * clean.shape[3] for clean, _ in spoilt) / 1e6
    for system, mend in systems.items():
        since = time.perf_counter()
        mended = [quantised(mend(seen).clamp(0, 1)) for _, seen in spoilt]
        cost = round(1000 * (time.perf_counter() - since) / megapixels, 1)
        pairs = [(one, clean) for one, (clean, _) in zip(mended, spoilt, strict=True)]
        for measure, of in (("psnr_db", psnr_db), ("ssim", ssim)):
            value = sum(float(of(one, clean)) for one, clean in pairs) / len(pairs)
            yield Row(operation, system, f"{SET} {kind.name}", measure, round(value, 4), cost)


def spoilt_by(operation: str, clean: Tensor, kind: Kind) -> Tensor:
    """[1, 3, H, W] in steps of 1/255."""
    if operation == "deblock":
        return compressed(clean, [round(kind.amount)], [True])
    soft = blurred(clean, sigma=kind.amount)
    seen = noisy(soft, torch.tensor([kind.noise]), Generator().manual_seed(0))
    return quantised(seen.clamp(0, 1))


def _read(file: Path) -> Tensor:
    with Image.open(file) as opened:
        return _tensor(np.asarray(opened.convert("RGB")))


def _tensor(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Tensor:
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255


def _bilateral(image: Tensor) -> Tensor:
    pixels = (image[0].permute(1, 2, 0) * 255).round().byte().contiguous().numpy()
    return _tensor(np.asarray(cv2.bilateralFilter(pixels, 7, 20, 5), dtype=np.uint8))


def _non_local_means(image: Tensor) -> Tensor:
    pixels = image[0].permute(1, 2, 0).numpy()
    kept = denoise_nl_means(
        pixels, h=0.02, patch_size=5, patch_distance=6, fast_mode=True, channel_axis=-1
    )
    return torch.from_numpy(np.ascontiguousarray(kept)).permute(2, 0, 1)[None].float()


def _lucy(image: Tensor, radius_px: float) -> Tensor:
    """Of the mirrored picture, since scikit-image takes what is beyond its sides for black."""
    reach = max(1, round(4 * radius_px))
    taps = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * radius_px**2))
    kernel = np.outer(taps, taps) / taps.sum() ** 2
    lucy: Callable[..., np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = richardson_lucy
    rim = min(4 * reach, min(image.shape[2:]) - 1)
    framed = functional.pad(image, (rim,) * 4, mode="reflect")
    planes = [lucy(plane.numpy(), kernel, num_iter=15) for plane in framed[0]]
    inner = slice(rim, -rim)
    return torch.from_numpy(np.stack(planes)[:, inner, inner]).float()[None]


def _shipped() -> dict[str, Mender]:
    """Networks that ship for these operations."""
    found = {}
    for file, card in weights.shipped():
        operation = {"deblocker": "deblock", "deblurrer": "deblur"}.get(card.network)
        if operation is not None:
            network = weights.read(file.read_bytes(), card)
            found[operation] = Mender(calling.doors(network)["denoise"], calling.tiling(card))
    return found


def main() -> None:
    """Print one table, or rows as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.restoring", description=__doc__)
    parser.add_argument("--benchmarks", type=Path, default=Path("benchmarks-data"))
    parser.add_argument("--every", type=int, default=1, help="take each so manieth picture")
    parser.add_argument("--json", type=Path, help="write the rows here as well")
    given = parser.parse_args()
    torch.set_num_threads(1)
    told = rows(given.benchmarks, every=given.every, menders=_shipped())
    if not told:
        print(f"not measured: there is no {SET} in {given.benchmarks}")
    for row in told:
        print(line(row))
    if given.json:
        given.json.write_text(as_json(told), encoding="utf-8")


if __name__ == "__main__":
    main()
