"""Trains, measures and ships the weights that come with us: `python -m benchmarks.ship NAME`.

Goes on where it was killed. With `--trained` it only measures what a leg brought back, and with
`--search-only` of that only what a search by it finds: the card keeps its other numbers. The card
that lies beside the weights is written here, never by hand.
"""

import argparse
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from benchmarks import catalogue, catalogue_pairs, catalogue_recipes, recall
from benchmarks.categories import category_scores
from benchmarks.denoising import noise_scores
from benchmarks.fashion import gan_scores, vae_scores
from benchmarks.holes import hole_scores
from benchmarks.recipes import SHIPPED
from benchmarks.restoring import deblock_scores, deblur_scores
from benchmarks.styles import style_scores
from benchmarks.upscaling import upscale_scores
from benchmarks.warping import warp_scores
from models import weights
from models.data import fashion_mnist, photographs, tops
from models.data.image_set import ImageSet
from models.training.run import train
from models.training.watch import Watch

Scores = dict[str, float | None]
Measure = Callable[[nn.Module, Path], tuple[Scores, Scores]]

log = logging.getLogger("ship")


@dataclass(frozen=True, slots=True)
class Product:
    """One thing we ship: what it learns from, what it is measured by, and a search by it."""

    pictures: Callable[[], ImageSet]
    measure: Measure
    search: Measure | None = None


PRODUCTS = {
    "classifier-catalogue": Product(
        catalogue_recipes.with_twins, catalogue.category_scores, recall.catalogue_scores
    ),
    "classifier-fashion": Product(fashion_mnist.read, category_scores, recall.garment_scores),
    "deblock-photo": Product(photographs.read, deblock_scores),
    "deblur-photo": Product(photographs.read, deblur_scores),
    "denoise-photo": Product(photographs.read, noise_scores),
    "gan-catalogue": Product(catalogue_recipes.as_rendered, catalogue.gan_scores),
    "gan-fashion": Product(fashion_mnist.read, gan_scores),
    "inpaint-photo": Product(photographs.read, hole_scores),
    "matte-catalogue": Product(catalogue_recipes.cut_out, catalogue_pairs.cut_out_scores),
    "style-photo": Product(photographs.read, style_scores),
    "translator-catalogue": Product(catalogue_recipes.as_rendered, catalogue_pairs.drawn_scores),
    "translator-labels": Product(catalogue_recipes.with_maps, catalogue_pairs.mapped_scores),
    "upscaler-photo-x2": Product(photographs.read_detailed, upscale_scores),
    "upscaler-photo-x4": Product(photographs.read_detailed, upscale_scores),
    "vae-catalogue": Product(catalogue_recipes.with_twins, catalogue.vae_scores),
    "vae-fashion": Product(fashion_mnist.read, vae_scores),
    "warp-garments": Product(tops.read, warp_scores),
}
"""By the name they ship under; how they learn is in `recipes.SHIPPED`."""


def main(words: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    arguments = _arguments(words)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    for name in arguments.names:
        if arguments.search_only and not PRODUCTS[name].search:
            raise SystemExit(f"Nothing is searched by {name}.")
        _ship(name, arguments)


def _ship(name: str, arguments: argparse.Namespace) -> None:
    if arguments.trained is None:
        _train(name, arguments)
    trained = (arguments.trained or arguments.runs) / name
    card, network = weights.load(trained)
    card = replace(card, name=name)
    for measure in _measures(PRODUCTS[name], search_only=arguments.search_only):
        scores, baseline = measure(network, arguments.benchmarks)
        card = replace(
            card, scores={**card.scores, **scores}, baseline={**card.baseline, **baseline}
        )
    log.info("%s", weights.write(network, arguments.out / name, card).to_json())


def _measures(product: Product, *, search_only: bool) -> list[Measure]:
    found = [] if search_only else [product.measure]
    return found if product.search is None else [*found, product.search]


def _train(name: str, arguments: argparse.Namespace) -> None:
    config = replace(SHIPPED[name], seed=arguments.seed)
    if arguments.epochs:
        config = replace(config, epochs=arguments.epochs)
    if arguments.batch_size:
        config = replace(config, batch_size=arguments.batch_size)
    watch = Watch(on_epoch=lambda epoch: log.info("%s %s", name, epoch))
    train(
        config,
        PRODUCTS[name].pictures(),
        folder=arguments.runs / name,
        device=torch.device(arguments.device),
        watch=watch,
    )


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ship", description=__doc__)
    parser.add_argument("names", nargs="+", choices=sorted(PRODUCTS))
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="checkpoints live here")
    folder = "folder of what a leg brought back: nothing is trained, that is measured"
    parser.add_argument("--trained", type=Path, help=folder)
    parser.add_argument("--search-only", action="store_true", help="measure nothing else anew")
    parser.add_argument("--out", type=Path, default=weights.SHIPPED)
    folder = "folder of BSD68, CBSD68, Set5 and Set14; without it they are not measured"
    parser.add_argument("--benchmarks", type=Path, default=Path("benchmarks-data"), help=folder)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=0, help="other than the recipe's")
    parser.add_argument("--batch-size", type=int, default=0, help="other than the recipe's")
    parser.add_argument("--seed", type=int, default=0)
    found = parser.parse_args(words)
    if found.search_only and found.trained is None:
        parser.error("--search-only measures what is --trained")
    return found


if __name__ == "__main__":
    main()
