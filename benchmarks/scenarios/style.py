"""What a style's strength does: `python -m benchmarks.scenarios.style`.

The styles that ship on sample products and a photograph: how often more strength is further from
the picture (content SSIM) and nearer to the style, in textures told by random filters that nobody
learnt; and what no strength changes in a PNG.
"""

from collections.abc import Iterator
from itertools import pairwise, product

import numpy as np
import torch
from torch import Tensor

from benchmarks.scenarios.row import Row
from benchmarks.styles import Method, by_colour, by_network, content
from examples.gallery_pictures import picture
from models import images, weights
from models.data import style_pictures
from models.metrics.texture_distance import texture_distance

NAME = "style"
CONTENTS = ("booties", "wooden box", "dandelion")
STRENGTHS = (0.0, 0.33, 0.67, 1.0)
SIDE_PX = 160


@torch.inference_mode()
def rows(quick: bool) -> Iterator[Row]:  # noqa: FBT001 — every scenario's one switch
    """Of fifteen pairs, or of two."""
    contents = CONTENTS[:1] if quick else CONTENTS
    names = style_pictures.NAMES[:2] if quick else style_pictures.NAMES
    methods: dict[str, Method] = {"adain": by_network(weights.SHIPPED), "color": by_colour}
    for name, method in methods.items():
        told = [
            _measured(method, shown(one), style_pictures.drawn(style))
            for one, style in product(contents, names)
        ]
        pairs = f"{name}: pairs whose"
        further, nearer, gained, changed = (list(column) for column in zip(*told, strict=True))
        yield Row(NAME, f"{pairs} content falls with each step", _share(further), "", "= 1")
        yield Row(NAME, f"{pairs} texture comes nearer with each step", _share(nearer), "", "")
        yield Row(NAME, f"{pairs} texture is nearer at full strength", _share(gained), "", "")
        words = f"{name}: largest change of a PNG at no strength"
        yield Row(NAME, words, max(changed), "8-bit levels", "= 0")


def shown(name: str) -> Tensor:
    """[1, 3, H, W] in [0, 1]."""
    small = picture(name).convert("RGB")
    small.thumbnail((SIDE_PX, SIDE_PX))
    return torch.from_numpy(np.asarray(small).copy()).permute(2, 0, 1)[None] / 255


def _measured(method: Method, image: Tensor, style: Tensor) -> tuple[bool, bool, bool, float]:
    made_by = method(image, style)
    made = [images.quantise(made_by(strength)) for strength in STRENGTHS]
    left = [content(one, image) for one in made]
    texture = [float(texture_distance(one, style)) for one in made]
    untouched = float((made[0] - image).abs().max()) * 255
    return _falls(left), _falls(texture), texture[-1] < texture[0], round(untouched, 3)


def _falls(values: list[float]) -> bool:
    return all(after < before for before, after in pairwise(values))


def _share(told: list[bool]) -> float:
    return round(sum(told) / len(told), 3)


if __name__ == "__main__":
    for row in rows(quick=False):
        print(f"{row.claim}: {row.value} {row.unit} {row.wanted}")
