"""What a style's strength does: `python -m benchmarks.scenarios.style`.

The styles that ship on sample products and a photograph: how often more strength is further from
the picture (content SSIM) and nearer to the style. That is told by the means and spreads of the
network's code, which a strength moves (Huang & Belongie 2017), by colours, and by textures in
random filters that nobody learnt; and what no strength changes in a PNG.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise, product

import numpy as np
import torch
from torch import Tensor

from benchmarks.scenarios.row import Row
from benchmarks.styles import Method, by_colour, by_network, code_distances, content
from examples.gallery_pictures import picture
from models import images, weights
from models.colour.sampling import colours_of
from models.data import style_pictures
from models.metrics.colour_distance import colour_distance
from models.metrics.texture_distance import texture_distance

NAME = "style"
CONTENTS = ("booties", "wooden box", "dandelion")
STRENGTHS = (0.0, 0.33, 0.67, 1.0)
SIDE_PX = 160

CONTENT_FALLS = "content falls with each step"
STYLE_FALLS = "style comes nearer with each step"
COLOURS_FALL = "colours come nearer with each step"
TEXTURE_FALLS = "texture comes nearer with each step"
TEXTURE_GAINED = "texture is nearer at full strength"
CHANGED = "largest change"
CLAIMS = {
    CONTENT_FALLS: "= 1",
    STYLE_FALLS: "= 1",
    COLOURS_FALL: "",
    TEXTURE_FALLS: "",
    TEXTURE_GAINED: "",
}
"""What more strength does to a pair, and the share of pairs asked for."""

Apart = Callable[[Tensor, Tensor], float]


@torch.inference_mode()
def rows(quick: bool) -> Iterator[Row]:  # noqa: FBT001 — every scenario's one switch
    """Of fifteen pairs, or of two."""
    contents = CONTENTS[:1] if quick else CONTENTS
    names = style_pictures.NAMES[:2] if quick else style_pictures.NAMES
    apart = code_distances(weights.SHIPPED)
    methods: dict[str, Method] = {"adain": by_network(weights.SHIPPED), "color": by_colour}
    for name, method in methods.items():
        told = [
            _measured(method, shown(one), style_pictures.drawn(style), apart)
            for one, style in product(contents, names)
        ]
        for claim, wanted in CLAIMS.items():
            # The code is the network's own: what goes by colours alone promises nothing there.
            asked = "" if (name, claim) == ("color", STYLE_FALLS) else wanted
            share = round(sum(one[claim] for one in told) / len(told), 3)
            yield Row(NAME, f"{name}: pairs whose {claim}", share, "", asked)
        words = f"{name}: largest change of a PNG at no strength"
        yield Row(NAME, words, max(one[CHANGED] for one in told), "8-bit levels", "= 0")


def shown(name: str) -> Tensor:
    """[1, 3, H, W] in [0, 1]."""
    small = picture(name).convert("RGB")
    small.thumbnail((SIDE_PX, SIDE_PX))
    return torch.from_numpy(np.asarray(small).copy()).permute(2, 0, 1)[None] / 255


def _measured(method: Method, image: Tensor, style: Tensor, apart: Apart) -> dict[str, float]:
    """What holds of a pair, and by how much no strength changes it."""
    made_by = method(image, style)
    made = [images.quantise(made_by(strength)) for strength in STRENGTHS]
    texture = [float(texture_distance(one, style)) for one in made]
    wanted = colours_of(style)
    return {
        CONTENT_FALLS: _falls([content(one, image) for one in made]),
        STYLE_FALLS: _falls([apart(one, style) for one in made]),
        COLOURS_FALL: _falls([float(colour_distance(colours_of(one), wanted)) for one in made]),
        TEXTURE_FALLS: _falls(texture),
        TEXTURE_GAINED: texture[-1] < texture[0],
        CHANGED: round(float((made[0] - image).abs().max()) * 255, 3),
    }


def _falls(values: list[float]) -> bool:
    return all(after < before for before, after in pairwise(values))


if __name__ == "__main__":
    for row in rows(quick=False):
        print(f"{row.claim}: {row.value} {row.unit} {row.wanted}")
