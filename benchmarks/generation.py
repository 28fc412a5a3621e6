"""Our generators of Fashion-MNIST beside others: `python -m benchmarks.generation [--quick]`.

The GAN and the VAE that ship, a DCGAN after as many images, pythae's VAE, and principal components.
All learn from the same pictures and are measured by the same code: the classifier that ships is the
judge, distances in its features are no FID, and each number stands beside that of real pictures.
pythae's network is ten times ours, so that it sees fewer images here, and a VAE of ours as many.
What has learnt is kept in --folder. `--quick` lets everybody learn for a minute: a look, no result.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Generator, Tensor, nn

from benchmarks import machine
from benchmarks.garments import part
from benchmarks.generation_peers import dcgan_drawn, pca, pythae_drawn
from benchmarks.generation_rows import CATEGORIES, Drawn, Ground, Row, rows, table
from models import calling, weights
from models.data import fashion_mnist
from models.data.image_set import Part
from models.generation.latent import first
from models.training.config import RECIPES, Network
from models.training.run import train
from models.training.watch import Watch
from models.weights import Card

CPU = torch.device("cpu")
PIECE = 500


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is learnt and measured.

    Attributes:
        images: that the VAEs see.
        samples: that everybody draws.
        restored: test pictures that are given back.
    """

    images: int
    samples: int
    restored: int


FULL = Budget(images=25_600, samples=10_000, restored=2_000)
QUICK = Budget(images=6_400, samples=1_000, restored=500)


def main() -> None:
    asked = _arguments()
    asked.folder.mkdir(parents=True, exist_ok=True)
    if asked.threads:
        torch.set_num_threads(asked.threads)
    budget = QUICK if asked.quick else FULL
    images = part(budget.images) if asked.quick else fashion_mnist.read()
    ground = Ground(images.split()[0], Part(*fashion_mnist.read_test()))
    found: list[Row] = []
    for drawn in _everybody(ground, budget, asked):
        measured = rows(drawn, ground)
        print(table(measured), flush=True)
        found += measured
    if asked.json is not None:
        told = {**machine.described(), "rows": [asdict(row) for row in found]}
        asked.json.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")


def _everybody(ground: Ground, budget: Budget, asked: argparse.Namespace) -> Iterator[Drawn]:
    wanted = torch.arange(budget.samples) % CATEGORIES
    gan = _learnt("gan", asked.folder, budget) if asked.quick else _shipped("gan")
    yield _ours("gan", *gan, ground, wanted, budget)
    yield dcgan_drawn(ground, wanted, asked.folder, images=_seen(gan[0]))
    if not asked.quick:
        yield _ours("vae", *_shipped("vae"), ground, wanted, budget)
    vae = _learnt("vae", asked.folder, budget)
    yield _ours("vae", *vae, ground, wanted, budget)
    yield pca(ground, wanted, z_dim=int(vae[0].config["z_dim"]), restored=budget.restored)
    try:
        yield pythae_drawn(ground, wanted, asked.folder, images=budget.images, back=budget.restored)
    except FileNotFoundError as error:
        print(error, flush=True)


def _shipped(network: Network) -> tuple[Card, nn.Module]:
    return weights.load(weights.SHIPPED / f"{network}-fashion")


def _learnt(network: Network, folder: Path, budget: Budget) -> tuple[Card, nn.Module]:
    """By its recipe, once through as many pictures; where it was killed it goes on."""
    trained = train(
        replace(RECIPES[network], epochs=1),
        part(budget.images),
        folder=folder / f"{network}-{budget.images}",
        device=CPU,
        watch=Watch(),
    )
    return weights.load(trained.folder)


def _seen(card: Card) -> int:
    return int(card.recipe["steps"]) * int(card.recipe["batch_size"])


def _ours(
    network: str, card: Card, module: nn.Module, ground: Ground, wanted: Tensor, budget: Budget
) -> Drawn:
    doors = calling.doors(module)
    noise = torch.randn(
        len(wanted), int(card.config["z_dim"]), generator=Generator().manual_seed(1)
    )

    def draw(z: Tensor, label: Tensor) -> Tensor:
        if network == "gan":
            return first(doors["generate"](z, label))
        return first(doors["decode"](first(doors["prior"](z, label)), label))

    def restore(image: Tensor, label: Tensor) -> Tensor:
        return first(doors["decode"](first(doors["encode"](image / 255, label)), label))

    test = ground.test
    return Drawn(
        network=network,
        system="ours",
        images_seen=_seen(card),
        seconds=float(card.recipe["wall_s"]),
        device=str(card.recipe["device"]),
        samples=Part(_bytes(draw, noise, wanted), wanted),
        restored=_bytes(restore, test.images[: budget.restored], test.labels[: budget.restored])
        if network == "vae"
        else None,
    )


def _bytes(make: calling.Door, given: Tensor, labels: Tensor) -> Tensor:
    """In pieces, as uint8."""
    pairs = zip(torch.split(given, PIECE), torch.split(labels, PIECE), strict=True)
    with torch.inference_mode():
        made = [first(make(piece, label)).clamp(0, 1) for piece, label in pairs]
    return (torch.cat(made) * 255).round().to(torch.uint8)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generation", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="everybody learns for a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there")
    folder = "where what has learnt is kept"
    parser.add_argument("--folder", type=Path, default=Path("runs/generation"), help=folder)
    parser.add_argument("--threads", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
