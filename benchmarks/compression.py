"""What each way of making a network smaller costs: `python -m benchmarks.compression NAME…`.

Of weights that ship, measured on the held-out part of what they learnt from, on one thread.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from models import weights
from models.data import fashion_mnist, photographs
from models.data.image_set import ImageSet
from models.evaluation.contender import Contender
from models.evaluation.evaluate import evaluate
from models.training.compressing import How, compress, prices, recipe
from models.training.distilling import Original
from models.training.teaching import Teacher
from models.training.watch import Watch

CPU = torch.device("cpu")
PICTURES: dict[str, Callable[[], ImageSet]] = {
    "denoise-photo": photographs.read,
    "classifier-fashion": fashion_mnist.read,
    "vae-fashion": fashion_mnist.read,
    "gan-fashion": fashion_mnist.read,
}
NARROWER = ("denoise-photo", "classifier-fashion")
ONLY_BYTES: tuple[How, ...] = ("quantise",)
ALL: tuple[How, ...] = ("quantise", "prune", "distill")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says."""

    pictures: int | None
    epochs: int
    keep: float
    ways: Sequence[How]


def main() -> None:
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=tuple(PICTURES))
    parser.add_argument("--pictures", type=int)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--keep", type=float, default=0.5)
    parser.add_argument("--ways", nargs="+", choices=ALL, default=ALL)
    words = parser.parse_args()
    asked = Asked(words.pictures, words.epochs, words.keep, words.ways)
    print(
        "| version | how | bytes | parameters | ms | score | lead |\n|---|---|---|---|---|---|---|"
    )
    for name in words.names:
        _of(name, asked)


def _of(name: str, asked: Asked) -> None:
    (found,) = ((path, card) for path, card in weights.shipped() if card.name == name)
    file, card = found[0].read_bytes(), found[1]
    images = _some(PICTURES[name](), asked.pictures)
    for how in asked.ways if name in NARROWER else ONLY_BYTES:
        original = Original(f"{name}@1", card, weights.read(file, card))
        with tempfile.TemporaryDirectory() as folder:
            print(_row(original, how, images, Path(folder), asked, len(file)), flush=True)


def _row(
    original: Original, how: How, images: ImageSet, folder: Path, asked: Asked, size: int
) -> str:
    card = compress(
        original,
        how,
        keep=asked.keep,
        config=replace(recipe(original), epochs=asked.epochs),
        images=images,
        folder=folder,
        device=CPU,
        watch=Watch(),
    )
    if card is None:
        raise RuntimeError("nobody asked it to stop")
    smaller = (folder / weights.MODEL_FILE).read_bytes()
    network = weights.read(smaller, card)
    before, after = prices(original.network, network, (size, len(smaller)), CPU)
    found = evaluate(
        Contender(network, card.categories),
        images,
        incumbent=Contender(original.network, original.card.categories),
        teach=Teacher(len(card.categories), CPU),
        device=CPU,
    )
    lead = found.over_incumbent
    if lead is None:
        raise RuntimeError(found.unlike)
    return (
        f"| `{original.card.name}` | {how} | {before.bytes:,} → {after.bytes:,} "
        f"| {before.parameters:,} → {after.parameters:,} | {before.ms:.2f} → {after.ms:.2f} "
        f"| {found.measure} {lead.other:.4f} → {found.value:.4f} "
        f"| {lead.ahead:+.4f} ± {lead.noise or 0:.4f} |"
    )


def _some(images: ImageSet, count: int | None) -> ImageSet:
    """The first so many to learn from, and all that is held out."""
    if count is None:
        return images
    held_out = torch.zeros(len(images), dtype=torch.bool)
    held_out[images.validation] = True
    chosen = torch.cat([(~held_out).nonzero().flatten()[:count], held_out.nonzero().flatten()])
    return replace(
        images,
        images=images.images[chosen],
        labels=images.labels[chosen],
        validation=held_out[chosen],
    )


if __name__ == "__main__":
    main()
