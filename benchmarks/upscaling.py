"""An upscaler beside bicubic on Set5 and Set14: `python -m benchmarks.upscaling FOLDER WEIGHTS`.

As papers measure: low resolutions are those of the set, PSNR is of brightness (BT.601), and as many
pixels as the scale are left out at the rim. The test pictures are for measuring only: given by
folder (`Set5/x2/*_LR.png` beside `*_HR.png`), never shipped, never learnt from.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from models import weights
from models.data.degradations import lowered
from models.editing.upscale import Enlarger, upscale
from models.metrics.back_projection import backproj_psnr_db
from models.metrics.quantised import quantised
from models.metrics.ssim import ssim
from models.metrics.y_psnr import y_psnr_db
from models.networks.upscaler import Upscaler

SETS = ("Set5", "Set14")

Method = Callable[[Tensor], Tensor]
Scores = dict[str, float | None]


def upscale_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """Scores of the network and of the baseline; None where a set is not at hand."""
    if not isinstance(network, Upscaler):
        raise TypeError(f"expected an Upscaler, got {type(network).__name__}")
    scale = network.config.scale
    ours: Scores = {}
    theirs: Scores = {}
    for name in SETS:
        ours |= _scores(folder, name, network.upscale, scale)
        theirs |= {
            f"{key}_bicubic": score
            for key, score in _scores(folder, name, bicubic(scale), scale).items()
        }
    return ours, theirs


def operation_scores(network: Upscaler, folder: Path, scale: int) -> tuple[Scores, Scores]:
    """The same of the operation `upscale`, which asks a network as often as the scale takes."""
    enlarger = Enlarger(network.upscale, network.scale, network.tiling)
    ours: Scores = {}
    theirs: Scores = {}
    for name in SETS:
        for scores, who in ((ours, enlarger), (theirs, None)):
            method = _operation(scale, who)
            scores |= _scores(folder, name, method, scale)
            scores[f"{name.lower()}_x{scale}_least_backproj_db"] = _least(
                folder / name, method, scale
            )
    return ours, {f"{key}_bicubic": score for key, score in theirs.items()}


def _operation(scale: int, enlarger: Enlarger | None) -> Method:
    return lambda image: upscale(image, scale=scale, enlarger=enlarger).images[0]


@torch.inference_mode()
def _least(folder: Path, method: Method, scale: int) -> float | None:
    """How near to what was given the worst result is, shrunk again."""
    found = [
        backproj_psnr_db(quantised(method(small)), small, scale=scale).item()
        for small, _ in pairs(folder, scale)
    ]
    return round(min(found), 4) if found else None


def _scores(folder: Path, name: str, method: Method, scale: int) -> Scores:
    """Means over a set, of what each method delivers in steps of 1/255."""
    found = [_measured(*pair, method, scale) for pair in pairs(folder / name, scale)]
    keys = (f"{name.lower()}_x{scale}_y_psnr_db", f"{name.lower()}_x{scale}_ssim")
    if not found:
        return dict.fromkeys(keys)
    means = (round(sum(values) / len(values), 4) for values in zip(*found, strict=True))
    return dict(zip(keys, means, strict=True))


def pairs(folder: Path, scale: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Small and large; for a scale that the set lacks, made small as Pillow's bicubic would."""
    given = sorted((folder / f"x{scale}").glob("*_LR.png"))
    for path in given:
        yield _image(path), _image(path.with_name(path.name.replace("_LR", "_HR")))
    for path in () if given else sorted((folder / "x2").glob("*_HR.png")):
        large = _image(path)
        height, width = (side // scale * scale for side in large.shape[2:])
        large = large[..., :height, :width]
        yield lowered(large, scale=scale), large


@torch.inference_mode()
def _measured(small: Tensor, large: Tensor, method: Method, scale: int) -> tuple[float, float]:
    made = quantised(method(small))
    return y_psnr_db(made, large, border=scale).item(), ssim(made, large).item()


def bicubic(scale: int) -> Method:
    """Pillow's own, which agrees with the literature's to 0.01 dB."""

    def enlarged(image: Tensor) -> Tensor:
        levels = (image[0].permute(1, 2, 0) * 255).round().byte().numpy()
        picture = Image.fromarray(levels)
        size = (picture.width * scale, picture.height * scale)
        return _tensor(picture.resize(size, Image.Resampling.BICUBIC))

    return enlarged


def _image(path: Path) -> Tensor:
    with Image.open(path) as opened:
        return _tensor(opened.convert("RGB"))


def _tensor(picture: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.upscaling", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds Set5 and Set14")
    told = "folder of model.safetensors and card.json"
    parser.add_argument("weights", type=Path, help=told)
    told = "also what the operation makes of these"
    parser.add_argument("--scales", type=int, nargs="*", default=(), metavar="SCALE", help=told)
    arguments = parser.parse_args()
    _, network = weights.load(arguments.weights)
    ours, theirs = upscale_scores(network, arguments.folder)
    for scale in arguments.scales:
        if not isinstance(network, Upscaler):
            raise TypeError(f"expected an Upscaler, got {type(network).__name__}")
        more, bicubic = operation_scores(network, arguments.folder, scale)
        ours, theirs = ours | more, theirs | bicubic
    for key, score in ours.items():
        line = f"{key:26} {_told(score)}   bicubic {_told(theirs[f'{key}_bicubic'])}\n"
        sys.stdout.write(line)


def _told(score: float | None) -> str:
    return "not measured" if score is None else f"{score:7.4f}"


if __name__ == "__main__":
    main()
