"""How near a style comes, and what is left of the picture: `python -m benchmarks.styles`.

`stylize` by colours and by the network beside OpenCV's stylization, which has one look and takes no
example. All are brought to one content SSIM, by their strength, and measured there: the distance of
colours, which `color` was made for, and that of textures, by features that nobody learnt. One core,
8-bit results. The pictures and styles are the committed samples and a pattern drawn by chance.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Generator, Tensor, nn

from benchmarks.editing_rows import Row, as_json, line
from examples.gallery_pictures import picture
from models import calling, weights
from models.colour.sampling import colours_of
from models.colour.transport import transport, transported
from models.data import patterns, photographs
from models.evaluation import coming_back
from models.evaluation.contender import Contender
from models.evaluation.exam import Exam
from models.metrics.colour_distance import colour_distance
from models.metrics.luma import luma
from models.metrics.quantised import quantised
from models.metrics.ssim import ssim
from models.metrics.texture_distance import texture_distance
from models.networks.style import StyleAutoencoder
from models.restyling import Restyler, Seen, change, code_distance

CONTENTS = ("booties", "wooden box", "biplane")
STYLES = ("meadow", "deck chair", "pattern")
EQUAL_SSIM = 0.9
HALVINGS = 5
SIDE_PX = 320

Scores = dict[str, float | None]
Method = Callable[[Tensor, Tensor], Callable[[float], Tensor]]
"""From a picture and a style to what a strength makes of them."""


def rows(shipped: Path = weights.SHIPPED) -> list[Row]:
    """Every system on every pair, as means."""
    systems = methods(shipped)
    found = {
        name: [_measured(method, *pair) for pair in _pairs()] for name, method in systems.items()
    }
    return [
        Row(
            "stylize",
            system,
            f"samples of {SIDE_PX} px at content SSIM {EQUAL_SSIM}",
            measure,
            *_mean(told, measure),
        )
        for system, told in found.items()
        for measure in ("style_distance", "texture_distance", "content_ssim", "strength")
    ]


def methods(shipped: Path) -> Mapping[str, Method]:
    return {
        "untouched": lambda image, _style: lambda _strength: image,
        "packshot, color": by_colour,
        "packshot, adain": by_network(shipped),
        "OpenCV stylization": by_opencv,
    }


def by_colour(image: Tensor, style: Tensor) -> Callable[[float], Tensor]:
    cube = transport(colours_of(image), colours_of(style))
    everywhere = torch.ones_like(image[:, :1])
    return lambda strength: transported(image, cube, share=everywhere * strength)


def by_network(shipped: Path) -> Method:
    return restyled_by(_restyler(shipped))


def code_distances(shipped: Path) -> Callable[[Tensor, Tensor], float]:
    """How far two styles lie apart in the network's code."""
    by = _restyler(shipped)
    return lambda image, style: code_distance(_seen(image), _seen(style), by=by)


def restyled_by(restyler: Restyler) -> Method:
    def method(image: Tensor, style: Tensor) -> Callable[[float], Tensor]:
        picture, example = _seen(image), _seen(style)
        return lambda strength: (
            change(picture, example, strength=strength, by=restyler).add_(image).clamp_(0, 1)
        )

    return method


def by_opencv(image: Tensor, style: Tensor) -> Callable[[float], Tensor]:
    """Its own look, mixed with the picture; it is not told the style."""
    del style
    pixels = (image[0].permute(1, 2, 0).numpy()[..., ::-1] * 255).round().astype(np.uint8)
    made = cv2.stylization(np.ascontiguousarray(pixels), sigma_s=60, sigma_r=0.45)
    look = torch.from_numpy(made[..., ::-1].copy()).permute(2, 0, 1)[None] / 255
    return lambda strength: image.lerp(look, strength)


def style_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """What comes back of held-out photographs, for the card."""
    del folder
    if not isinstance(network, StyleAutoencoder):
        raise TypeError(f"expected a StyleAutoencoder, got {type(network).__name__}")
    learnt, held_out = photographs.read().split()
    exam = Exam(learnt, held_out, held_out.digest(), torch.device("cpu"))
    found = coming_back.evaluate(Contender(network, ("photograph",)), exam, incumbent=None)
    theirs: Scores = {f"held_out_{found.measure}": round(found.over_baseline.other, 3)}
    return {f"held_out_{name}": round(score, 4) for name, score in found.scores.items()}, theirs


def main(words: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.styles", description=__doc__)
    parser.add_argument("--json", action="store_true", help="rows on standard output")
    parser.add_argument("--shipped", type=Path, default=weights.SHIPPED, help="folder of weights")
    arguments = parser.parse_args(words)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    found = rows(arguments.shipped)
    if arguments.json:
        sys.stdout.write(as_json(found))
        return
    for row in found:
        print(line(row))


def _measured(method: Method, image: Tensor, style: Tensor) -> dict[str, float]:
    begun = time.process_time()
    made_by = method(image, style)
    made_by(1.0)
    seconds = time.process_time() - begun
    equal = strength(made_by, image)
    made = quantised(made_by(equal))
    return {
        "style_distance": float(colour_distance(colours_of(made), colours_of(style))),
        "texture_distance": float(texture_distance(made, style)),
        "content_ssim": content(made, image),
        "strength": equal,
        "ms": 1e9 * seconds / (image.shape[2] * image.shape[3]),
    }


def strength(made_by: Callable[[float], Tensor], image: Tensor) -> float:
    """Where the content SSIM is as for all; 1 where it stays above."""
    if content(quantised(made_by(1.0)), image) >= EQUAL_SSIM:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if content(quantised(made_by(middle)), image) >= EQUAL_SSIM:
            low = middle
        else:
            high = middle
    return low


def content(made: Tensor, image: Tensor) -> float:
    return float(ssim(luma(made), luma(image)))


def _mean(told: list[dict[str, float]], measure: str) -> tuple[float, float]:
    values, took = ([one[name] for one in told] for name in (measure, "ms"))
    return round(float(np.mean(values)), 4), round(float(np.median(took)), 1)


def _pairs() -> list[tuple[Tensor, Tensor]]:
    return [(_image(content), _image(style)) for content in CONTENTS for style in STYLES]


def _image(name: str) -> Tensor:
    """[1, 3, H, W] in [0, 1]."""
    if name == "pattern":
        return patterns.drawn(4, Generator().manual_seed(7), side=SIDE_PX)[2:3]
    shown = picture(name).convert("RGB")
    shown.thumbnail((SIDE_PX, SIDE_PX))
    pixels = np.asarray(shown)
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None] / 255


def _seen(image: Tensor) -> Seen:
    return Seen(image, torch.ones_like(image[:, :1]))


def _restyler(shipped: Path) -> Restyler:
    path, card = next(one for one in weights.shipped(shipped) if one[1].network == "style")
    network = weights.read(path.read_bytes(), card)
    doors = calling.doors(network)
    return Restyler(doors["measure"], doors["restyle"], calling.tiling(card))


if __name__ == "__main__":
    with torch.inference_mode():
        main()
