"""Products as a shop would send them, with what is known of them: exact matte, clean colours."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks import mattes
from benchmarks.editing.pictures import Pictures, Product, pixels, tensor
from models.metrics.quantised import quantised

PAPER: Final = "a gradient"
"""Of the grounds in `benchmarks/mattes.py`: a studio's."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A product on a ground.

    Attributes:
        seen: [1, 3, S, S], with noise, from a JPEG.
        alpha: [1, 1, S, S], exact.
        colours: [1, 3, S, S], the product's own times alpha.
    """

    name: str
    seen: Tensor
    alpha: Tensor
    colours: Tensor

    def on(self, rgb: tuple[float, float, float]) -> Tensor:
        """The product without noise on another ground: [1, 3, S, S]."""
        return self.over(torch.tensor(rgb).view(1, 3, 1, 1))

    def over(self, ground: Tensor) -> Tensor:
        """The same of a picture [1, 3, S, S]."""
        return self.colours + (1 - self.alpha) * ground


def scenes(pictures: Pictures, ground: str, *, side: int) -> list[Scene]:
    """Each product on one of the grounds."""
    behind = mattes.grounds(side)[ground]
    return [_scene(one, behind, seed) for seed, one in enumerate(pictures.products)]


def before_paper(pictures: Pictures, *, side: int) -> list[tuple[str, Tensor]]:
    """Each product before a studio's paper without noise, by name: [1, 3, S, S]."""
    paper = torch.from_numpy(mattes.grounds(side)[PAPER]).permute(2, 0, 1)[None]
    shots = scenes(pictures, PAPER, side=side)
    return [(one.name, quantised(one.over(paper).clamp(0, 1))) for one in shots]


def _scene(product: Product, ground: NDArray[np.float32], seed: int) -> Scene:
    rgba = np.concatenate((pixels(product.colours), pixels(product.alpha)), axis=2)
    layer = mattes.layered(rgba, len(ground))
    planes = torch.from_numpy(layer).permute(2, 0, 1)[None].clamp(0, 1)
    seen = tensor(mattes.shot(layer, ground, seed))
    return Scene(product.name, seen, planes[:, 3:], planes[:, :3])
