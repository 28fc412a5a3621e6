"""Whether copies of photographs find their originals, and by what.

`python -m benchmarks.search [FOLDER]`. Originals are the samples that ship, four windows of each
JPEG below FOLDER, and garments of 28 pixels, all of them among each other; each is copied in ways
that shops copy. FOLDER is for measuring only.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from benchmarks import copies, judges
from models.data import samples
from models.data.image_set import recoloured
from models.networks.classifier import ProductClassifier
from models.recognition.alike import most_alike
from models.recognition.embed import embed
from models.recognition.eye import seen_as
from models.recognition.structure import structure

WINDOWS, LONGEST_PX, GARMENTS = 4, 1200, 100
READERS: Final = {"classifier-catalogue": 64, "classifier-fashion": 28}
"""The side at which each of ours that ship reads."""

Eye = Callable[[Tensor], Tensor]
Copy = Callable[[Image.Image], Image.Image]


def cut_off(picture: Image.Image) -> Image.Image:
    """A tenth less at the left and at the top."""
    return picture.crop((picture.width // 10, picture.height // 10, *picture.size))


COPIES: Final[Mapping[str, Copy]] = {
    "jpeg 60": copies.saved_again,
    "half size": copies.half,
    "crop 10 %": partial(copies.cut, share=0.05),
    "corner 10 %": cut_off,
    "hue +120°": copies.turned,
    "brighter": copies.brighter,
    "mirrored": copies.mirrored,
}


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("folder", nargs="?", type=Path)
    kinds = originals(given.parse_args().folder)
    for name, eye in eyes().items():
        for line in recalls(name, eye, kinds):
            print(json.dumps(line), flush=True)


def originals(folder: Path | None) -> dict[str, list[Image.Image]]:
    """What there is to find, by kind."""
    shots = [Image.fromarray(one.pixels) for one in (*samples.products(), *samples.photographs())]
    garments = samples.garments().images[:GARMENTS, 0]
    found = {"samples": [copies.on_white(one) for one in shots]}
    if folder is not None:
        found["photographs"] = list(_windows(folder))
    return {**found, "garments": [Image.fromarray(one).convert("RGB") for one in garments]}


def _windows(folder: Path) -> Iterator[Image.Image]:
    chance = np.random.default_rng(0)
    for path in sorted(folder.rglob("*.jpg")):
        picture = Image.open(path).convert("RGB")
        picture.thumbnail((LONGEST_PX, LONGEST_PX))
        yield from copies.windows(picture, chance, count=WINDOWS)


def eyes() -> dict[str, Eye]:
    """What a vector may be made of: all of it, and its parts alone."""
    found: dict[str, Eye] = {"structure alone": lambda image: _one(*structure(image))}
    for name, size in READERS.items():
        network = judges.shipped(name).logits
        assert isinstance(network, ProductClassifier)  # noqa: S101
        found[f"{name}, features alone"] = _features(network, size)
        found[name] = _whole(network, size)
    return found


def _features(network: ProductClassifier, size: int) -> Eye:
    channels = network.config.channels
    return lambda image: _one(network.features(seen_as(image, size=size, channels=channels)))


def _whole(network: ProductClassifier, size: int) -> Eye:
    channels = network.config.channels
    return lambda image: embed(image, features=network.features, size=size, channels=channels)


def _one(*parts: Tensor) -> Tensor:
    return functional.normalize(torch.cat(parts, 1), dim=1)[0]


@torch.inference_mode()
def recalls(
    name: str, eye: Eye, kinds: Mapping[str, Sequence[Image.Image]]
) -> Iterator[dict[str, object]]:
    """Of each copy of each kind the share whose original is first, and among the first five.

    Looked at one way, and also in the mirror, as `search` does.
    """
    known = torch.stack([eye(_image(one)) for some in kinds.values() for one in some]).half()
    first = 0
    for kind, some in kinds.items():
        for copy, change in COPIES.items():
            images = [_image(change(one)) for one in some]
            queries = [torch.stack([eye(one), eye(one.flip(-1))]) for one in images]
            for ways, looks in (("one way", 1), ("both ways", 2)):
                found = [most_alike(query[:looks], known, k=5).rows for query in queries]
                at = [_place(row, rows) for row, rows in enumerate(found, first)]
                yield {
                    "vector": name, "looked at": ways, "of": kind, "pictures": len(some),
                    "among": len(known), "copy": copy,
                    "recall@1": round(sum(one == 0 for one in at) / len(at), 3),
                    "recall@5": round(sum(one < 5 for one in at) / len(at), 3),
                }  # fmt: skip
        first += len(some)


def _place(row: int, rows: Sequence[int]) -> int:
    return rows.index(row) if row in rows else 5


def _image(picture: Image.Image) -> Tensor:
    image = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255
    return recoloured(image, channels=3)


if __name__ == "__main__":
    main()
