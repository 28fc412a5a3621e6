"""PSNR of the denoiser and of non-local means on BSD68 and CBSD68, as the papers measure.

Noise is added unclipped, seeded per picture; the output is clipped and rounded; mean over pictures.
The test pictures are for measuring only: given by folder, never shipped, never learnt from.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from skimage.restoration import denoise_nl_means
from torch import Generator, Tensor, nn
from torch.nn import functional

from models import calling
from models.data.degradations import noisy
from models.metrics.psnr import psnr_db
from models.metrics.quantised import quantised

SETS = ("BSD68", "CBSD68")
SIGMAS = (15, 25, 50)
NLM_SIGMA = 25
MULTIPLE = 8

Method = Callable[[Tensor, float], Tensor]
Scores = dict[str, float | None]


def noise_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """Scores of the network and of the baseline; None where a set is not at hand."""
    denoise = calling.doors(network)["denoise"]

    def learned(image: Tensor, sigma: float) -> Tensor:
        return _any_size(lambda x: _one(denoise(x, torch.tensor([sigma]))), image)

    scores = {
        _key(name, sigma): _mean_psnr(folder / name, sigma, learned)
        for name in SETS
        for sigma in SIGMAS
    }
    baseline = {
        _key(name, NLM_SIGMA, "_nlm"): _mean_psnr(folder / name, NLM_SIGMA, non_local_means)
        for name in SETS
    }
    return scores, baseline


def non_local_means(image: Tensor, sigma: float) -> Tensor:
    """Non-local means as scikit-image has it, told the noise's strength."""
    pixels = image[0].permute(1, 2, 0).numpy()
    strength = sigma / 255
    kept = denoise_nl_means(
        pixels,
        h=0.6 * strength,
        sigma=strength,
        patch_size=5,
        patch_distance=6,
        fast_mode=True,
        channel_axis=-1,
    )
    return torch.from_numpy(np.ascontiguousarray(kept)).permute(2, 0, 1)[None].float()


def pair(path: Path, sigma: float, seed: int) -> tuple[Tensor, Tensor]:
    """A picture [1, 1 or 3, H, W], and with noise [1, 3, H, W], unclipped."""
    with Image.open(path) as opened:
        grey = opened.mode == "L"
        pixels = torch.from_numpy(np.array(opened.convert("RGB"))).permute(2, 0, 1)[None] / 255
    # Grey pictures carry grey noise: the same in all three channels, as a grey camera would.
    clean = pixels[:, :1] if grey else pixels
    spoiled = noisy(clean, torch.tensor([sigma]), Generator().manual_seed(seed))
    return clean, spoiled.expand(-1, 3, -1, -1).contiguous()


def _mean_psnr(folder: Path, sigma: float, method: Method) -> float | None:
    files = sorted(folder.glob("*.png"))
    if not files:
        return None
    values = [_psnr(path, sigma, method, seed) for seed, path in enumerate(files)]
    return round(sum(values) / len(values), 3)


def _psnr(path: Path, sigma: float, method: Method, seed: int) -> float:
    clean, spoiled = pair(path, sigma, seed)
    cleaned = method(spoiled, sigma)
    if clean.shape[1] == 1:
        cleaned = cleaned.mean(1, keepdim=True)
    rounded = quantised(cleaned)
    return float(psnr_db(rounded, clean))


def _any_size(network: Callable[[Tensor], Tensor], image: Tensor) -> Tensor:
    height, width = image.shape[2:]
    padding = (0, -width % MULTIPLE, 0, -height % MULTIPLE)
    with torch.inference_mode():
        return network(functional.pad(image, padding, mode="reflect"))[..., :height, :width]


def _one(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    return output if isinstance(output, Tensor) else output[0]


def _key(name: str, sigma: int, suffix: str = "") -> str:
    return f"{name.lower()}_sigma{sigma}{suffix}_psnr_db"
