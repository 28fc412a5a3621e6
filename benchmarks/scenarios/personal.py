"""How many opinions it takes until two segments of opposite taste are shown different pictures.

Pictures are the products that ship, each on warm and on cold grounds; an opinion is of a ground
drawn at random, and one in five is against the segment's own taste. Seen by the classifier of the
catalogue, as `embed` does; ranked as `GET /v1/rankings` does.
"""

import time
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from api.preferring import Opinions, expected
from benchmarks import judges
from benchmarks.scenarios.row import Row
from models import calling, weights
from models.data import samples
from models.generation.personalize import Opinions as Taste
from models.generation.personalize import personalize
from models.networks.classifier import ProductClassifier
from models.recognition.embed import embed

Floats = NDArray[np.float64]
_SCENARIO: Final = "personal"
_SIDE_PX: Final = 160
_GROUNDS: Final = ("#f6d7b0", "#e8a87c", "#f2c14e", "#bcd4e6", "#7fa7c9", "#9ad1c9")
_WARM: Final = np.array([1, 1, 1, -1, -1, -1])
_MISTAKEN: Final = 0.2
_COUNTS: Final = (1, 2, 3, 5, 8, 12, 20, 30, 50, 80)
_MANY: Final = 80
_ENOUGH: Final = 0.95


def rows(quick: bool) -> Iterator[Row]:  # noqa: FBT001 — what `benchmarks.scenarios` calls
    """Numbers of opinions, and the time of a ranking."""
    seen = _seen(products=4 if quick else 8)
    trials = 40 if quick else 400
    chance = np.random.default_rng(0)
    needed = _needed(seen, trials, chance)
    claim = "opinions of each segment until both are shown their own first, in 95 % of trials"
    yield Row(_SCENARIO, claim, needed, "opinions", "≤ 50")
    share = _share(_other_products, seen, _MANY, trials, chance)
    claim = f"both are shown their own first of a product nobody has seen, {_MANY} opinions each"
    yield Row(_SCENARIO, claim, share, "of trials", "")
    share = _lighter(draws=16 if quick else 64)
    claim = "drawn for who likes light garments: lighter than the same draws for who likes dark"
    yield Row(_SCENARIO, claim, share, "of pictures", "≥ 0.9")
    yield Row(_SCENARIO, "a ranking of 24 results by 1,000 opinions", _ms(), "ms", "≤ 500")


def _seen(*, products: int) -> Floats:
    """Vectors of every product on every ground, [P, G, D]."""
    network = judges.shipped("classifier-catalogue").logits
    assert isinstance(network, ProductClassifier)  # noqa: S101
    shots = [Image.fromarray(one.pixels) for one in samples.products()[:products]]
    images = [[_on(shot, ground) for ground in _GROUNDS] for shot in shots]
    look = _eye(network)
    return np.array([[look(one) for one in some] for some in images])


def _on(shot: Image.Image, ground: str) -> Image.Image:
    product = shot.convert("RGBA").resize((_SIDE_PX, _SIDE_PX))
    return Image.alpha_composite(Image.new("RGBA", product.size, ground), product).convert("RGB")


def _eye(network: ProductClassifier) -> Callable[[Image.Image], Floats]:
    def look(picture: Image.Image) -> Floats:
        image = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255
        vector = embed(image, features=network.features, size=64, channels=3)
        return vector.half().double().numpy()

    return look


Trial = Callable[[Floats, int, np.random.Generator], bool]


def _needed(seen: Floats, trials: int, chance: np.random.Generator) -> float:
    """The first of these numbers that is enough; infinite if none is."""
    for count in _COUNTS:
        if _share(_same_product, seen, count, trials, chance) >= _ENOUGH:
            return float(count)
    return float("inf")


def _share(
    trial: Trial, seen: Floats, count: int, trials: int, chance: np.random.Generator
) -> float:
    return round(float(np.mean([trial(seen, count, chance) for _ in range(trials)])), 3)


def _same_product(seen: Floats, count: int, chance: np.random.Generator) -> bool:
    product = seen[chance.integers(len(seen))]
    return all(_is_right(product, product, taste, count, chance) for taste in (_WARM, -_WARM))


def _other_products(seen: Floats, count: int, chance: np.random.Generator) -> bool:
    """Opinions of all products but one; of that one the first choice."""
    left_out = chance.integers(len(seen))
    others = np.delete(seen, left_out, axis=0).reshape(-1, seen.shape[2])
    return all(_is_right(seen[left_out], others, taste, count, chance) for taste in (_WARM, -_WARM))


def _is_right(
    candidates: Floats,
    known: Floats,
    taste: NDArray[np.int_],
    count: int,
    chance: np.random.Generator,
) -> bool:
    """Whether the first choice, after so many opinions of what is known, is to the taste."""
    drawn = chance.integers(len(known), size=count)
    truth = np.where(chance.random(count) < _MISTAKEN, -1, 1)
    liked = taste[drawn % len(taste)] * truth
    opinions = Opinions(known[drawn], liked.astype(float), np.ones(count), np.zeros(count))
    told = expected(candidates, opinions, has_shopper=False)
    return bool(taste[told.mean.argmax()] == 1)


def _ms() -> float:
    draw = np.random.default_rng(0)
    liked = np.sign(draw.standard_normal(1_000))
    known = Opinions(draw.standard_normal((1_000, 512)), liked, np.ones(1_000), np.ones(1_000))
    candidates = draw.standard_normal((24, 512))
    since = time.perf_counter()
    expected(candidates, known, has_shopper=True)
    return round((time.perf_counter() - since) * 1_000, 1)


def _lighter(*, draws: int) -> float:
    """By the VAE that ships, of each category as many, towards eight opinions of each kind."""
    path, card = next(one for one in weights.shipped() if one[1].name == "vae-fashion")
    doors = calling.doors(weights.read(path.read_bytes(), card))
    garments = torch.from_numpy(samples.garments().images[:100]).float() / 255
    order = garments.mean((1, 2, 3)).argsort().tolist()
    dark, light = (
        [garments[row : row + 1].expand(-1, 3, -1, -1) for row in rows]
        for rows in (order[:8], order[-8:])
    )
    drawn = [
        personalize(
            Taste(*taste), label=label, categories=len(card.categories), n=draws, strength=1.0,
            seed=label, encode=doors["encode"], decode=doors["decode"], prior=doors["prior"],
            z_dim=int(card.config["z_dim"]), size=int(card.config["image_size"]),
            channels=int(card.config["channels"]),
        ).images
        for label in range(len(card.categories)) for taste in ((light, dark), (dark, light))
    ]  # fmt: skip
    bright = torch.tensor([[float(one.mean()) for one in images] for images in drawn])
    return round(float((bright[::2] > bright[1::2]).double().mean()), 3)
