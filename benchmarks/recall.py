"""How often copies of test pictures find their original, by what `search` compares.

Each copy is looked for among all test pictures, and so is its mirror image, as `search` does. What
a classifier adds is told beside the structure alone, which needs none.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from benchmarks import copies
from benchmarks.catalogue_recipes import tested_on
from models.data import fashion_mnist
from models.data.image_set import recoloured
from models.networks.classifier import ProductClassifier
from models.recognition.embed import embed_all
from models.recognition.structure import structure

Scores = dict[str, float | None]
Eye = Callable[[Tensor], Tensor]
"""Images [N, 3, H, W] to vectors [N, D] of length one."""


def of_other_colour(picture: Image.Image) -> Image.Image:
    """Every hue a third of the circle further, and lighter by a fifth: grey has no hue."""
    return copies.brighter(copies.turned(picture))


COPIES: Final[Mapping[str, Callable[[Image.Image], Image.Image]]] = {
    "reencoded": copies.saved_again,
    "resized": copies.half,
    "cropped": partial(copies.cut, share=0.05),
    "recoloured": of_other_colour,
}
"""By what the card calls it: JPEG 60, half as wide and high, a tenth less of both, other hues."""
COPIED: Final = 500
"""Of so many pictures at most, the first ones, each kind of copy is made."""
WITHIN: Final = (1, 5, 10)
PIECE: Final = 250


def garment_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """Of the test pictures of Fashion-MNIST."""
    del folder
    return recall_scores(network, fashion_mnist.read_test()[0])


def catalogue_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """Of the rendered catalogue's models that nothing learnt from, each seen from many sides."""
    del folder
    return recall_scores(network, tested_on().images)


def recall_scores(network: nn.Module, images: Tensor) -> tuple[Scores, Scores]:
    """Recall by the whole vector, and as the baseline by structure alone.

    Args:
        network: a classifier that reads pictures of this size.
        images: uint8 [N, C, S, S].
    """
    if not isinstance(network, ProductClassifier):
        raise TypeError(f"expected a classifier, got a {type(network).__name__}")
    size, channels = images.shape[-1], network.config.channels
    whole = partial(embed_all, features=network.features, size=size, channels=channels)
    scores, baseline = (recalls(eye, images) for eye in (whole, _by_structure))
    return {"copies_among": len(images), **scores}, baseline


@torch.inference_mode()
def recalls(eye: Eye, images: Tensor) -> Scores:
    """Of all copies how many have their original first, or among the first; of each kind, first."""
    known = _seen(eye, images).half().float()  # as they are kept
    originals = [_picture(one) for one in images[:COPIED]]
    ranks = {
        kind: _ranks(eye, torch.stack([_levels(copy(one)) for one in originals]), known)
        for kind, copy in COPIES.items()
    }
    every = torch.cat(list(ranks.values()))
    return {
        **{f"copies_recall_at_{k}": _share(every, k) for k in WITHIN},
        **{f"{kind}_recall_at_1": _share(found, 1) for kind, found in ranks.items()},
    }


def _ranks(eye: Eye, changed: Tensor, known: Tensor) -> Tensor:
    """Of each copy how many known ones are no less like it than its original, that one included."""
    looks = (_seen(eye, one) @ known.T for one in (changed, changed.flip(-1)))
    cosines = torch.maximum(*looks)
    return (cosines >= cosines.diagonal()[:, None]).sum(1)


def _seen(eye: Eye, images: Tensor) -> Tensor:
    pieces = torch.split(images, PIECE)
    return torch.cat([eye(recoloured(piece / 255, channels=3)) for piece in pieces])


def _by_structure(images: Tensor) -> Tensor:
    return functional.normalize(torch.cat(structure(images), 1), dim=1)


def _share(ranks: Tensor, k: int) -> float:
    return round(float((ranks <= k).double().mean()), 4)


def _picture(levels: Tensor) -> Image.Image:
    return Image.fromarray(levels.expand(3, -1, -1).permute(1, 2, 0).numpy())


def _levels(picture: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)
