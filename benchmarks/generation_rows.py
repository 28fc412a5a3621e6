"""What the table of generators says of one of them, and what real pictures get in their place."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from torch import Tensor

from benchmarks import classifier, judges
from models.data import fashion_mnist
from models.data.image_set import Part
from models.evaluation.cas import accuracy
from models.evaluation.generated import panel
from models.evaluation.judge import Judge
from models.evaluation.scores import scores
from models.metrics.psnr import psnr_db
from models.metrics.ssim import ssim

JUDGE: Final = "classifier-fashion"
CATEGORIES: Final = len(fashion_mnist.CATEGORIES)
_OF_SAMPLES: Final = ("precision", "recall", "density", "coverage", "class_agreement")


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a system made of the same pictures as the others.

    Attributes:
        network: "gan" or "vae".
        samples: uint8 [N, 1, 28, 28] with the categories that were asked for; None: none drawn.
        restored: the first test pictures, given back, uint8 [M, 1, 28, 28].
        images_seen: pictures that it learnt from, each as often as it was seen.
        seconds: that this took.
        device: on which.
    """

    network: str
    system: str
    images_seen: int
    seconds: float
    device: str
    samples: Part | None = None
    restored: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One number; `floor` is what as many real pictures get, which are no floor for a PSNR."""

    network: str
    dataset: str
    system: str
    measure: str
    value: float | None
    floor: float | None
    images_seen: int
    seconds: float
    device: str


@dataclass(frozen=True, slots=True)
class Ground:
    """Real pictures: what all learnt from, and the test pictures that nobody did."""

    learning: Part
    test: Part


Numbers = dict[str, tuple[float | None, float | None]]
"""Each with its floor."""


def rows(drawn: Drawn, ground: Ground) -> list[Row]:
    """Every number that what was drawn and given back has."""
    found: Numbers = {}
    if drawn.samples is not None:
        found |= _of_samples(drawn.samples, ground)
    if drawn.restored is not None:
        found |= _of_restored(drawn.restored, ground)
    return [
        Row(
            network=drawn.network,
            dataset="fashion-mnist",
            system=drawn.system,
            measure=name,
            value=_rounded(value),
            floor=_rounded(floor),
            images_seen=drawn.images_seen,
            seconds=round(drawn.seconds, 1),
            device=drawn.device,
        )
        for name, (value, floor) in found.items()
    ]


def _of_samples(samples: Part, ground: Ground) -> Numbers:
    judge = judges.shipped(JUDGE)
    found = panel(ground.learning, ground.test, samples, judge=judge, categories=CATEGORIES)
    ours, real = scores(found)
    names = (f"fd@{judge.name}", *_OF_SAMPLES)
    pairs = {name: (ours[name], real[f"{name}_real"]) for name in names}
    return {**pairs, "cas": (_cas(samples, ground), _cas_of_real(len(samples), ground))}


def _of_restored(restored: Tensor, ground: Ground) -> Numbers:
    given, real = restored / 255, ground.test.images[: len(restored)] / 255
    psnr, structure = psnr_db(given, real).mean().item(), ssim(given, real).mean().item()
    return {"psnr_db": (psnr, None), "ssim": (structure, None)}


def _cas(part: Part, ground: Ground) -> float:
    return accuracy(_taught(part).logits, ground.test, categories=CATEGORIES).pooled


@cache
def _cas_of_real(count: int, ground: Ground) -> float:
    """After as many real pictures: the same for every system."""
    real = ground.learning
    return _cas(Part(real.images[:count], real.labels[:count]), ground)


def _taught(part: Part) -> Judge:
    network = classifier.taught(part.images, part.labels, categories=CATEGORIES, seed=0)
    return Judge("taught", network.features, network)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def table(rows: Sequence[Row]) -> str:
    """A line for each system of each network, its numbers beside their floors."""
    lines: dict[tuple[str, str, int], list[str]] = {}
    for row in rows:
        number = "–" if row.value is None else f"{row.value:.3f}"
        floor = "" if row.floor is None else f" ({row.floor:.3f})"
        lines.setdefault((row.network, row.system, row.images_seen), []).append(
            f"{row.measure.split('@')[0]} {number}{floor}"
        )
    return "\n".join(
        f"{network:4} {system:7} {seen:>9,} images: {', '.join(numbers)}"
        for (network, system, seen), numbers in lines.items()
    )
