"""What policies find and cost, and what the watch over scores sees.

`python -m benchmarks.scenarios.safety [--quick]` prints the rows of this file alone.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import combinations
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy import stats
from torch import Tensor

from benchmarks import judges
from benchmarks.scenarios import _unlike
from benchmarks.scenarios.row import Row
from db import looks, score_watch
from db.operations.policies import PolicyRules, default
from models import weights
from models.checking import familiar, hamming, nsfw
from models.data.image_set import recoloured
from models.recognition.eye import seen_as
from workers.looking import Asked, look

READER, READS_PX = "classifier-fashion", 28
_MS: Final = "ms of a core for a megapixel"
LIST: Final = 10_000
"""Entries of the block list that time is measured with."""


def rows(quick: bool) -> Iterator[Row]:  # noqa: FBT001 — as every scenario has it
    """Every claim of docs/safety.md with a number."""
    count = 100 if quick else 600
    photographs, garments = _unlike.photographs(count), _unlike.garments(count)
    yield from _copies("photographs", photographs)
    yield from _copies("garments", _unlike.as_pictures(garments))
    yield from _foreign(garments, photographs, count=50 if quick else 200)
    yield from _nude(garments, photographs)
    yield from _drift(seeds=50 if quick else 500)
    yield from _cost(photographs[:20], times=3 if quick else 10)


def _copies(kind: str, pictures: Sequence[Image.Image]) -> Iterator[Row]:
    radius = default().hashes.radius_bits
    hashes = [_look(one) for one in pictures]
    for name, copy in _unlike.COPIES.items():
        bits = [
            _apart(_look(copy(one)), known) for one, known in zip(pictures, hashes, strict=True)
        ]
        found = statistics.fmean(one <= radius for one in bits)
        wanted = "≥ 0.9" if name in {"saved as JPEG 60", "half as large", "2 % cropped"} else ""
        yield _row(f"{kind} that are {name} are found", found, "share", wanted)
    pairs = [_apart(one, other) <= radius for one, other in combinations(hashes, 2)]
    share = statistics.fmean(pairs)
    yield _row(f"different {kind} are taken for the same", share, "share of pairs", "≤ 0.001")


def _foreign(garments: Tensor, photographs: Sequence[Image.Image], *, count: int) -> Iterator[Row]:
    both = torch.cat([garments, 255 - garments])
    own = _strange([both[at : at + 1].float() / 255 for at in range(len(both))])
    yield _row("held-out garments are unfamiliar", float((own > 1).mean()), "share", "≤ 0.03")
    others = {
        "photographs": photographs,
        "text": _unlike.text(count),
        "noise": _unlike.noise(count),
        "products on white": _unlike.products(),
    }
    for name, pictures in others.items():
        found = _strange([_image(one) for one in pictures])
        asked = name != "products on white"
        area = _auroc(found, own)
        yield _row(f"garments against {name}", area, "AUROC", "≥ 0.95" if asked else "")
        yield _row(f"{name} are unfamiliar", float((found > 1).mean()), "share", "")


def _nude(garments: Tensor, photographs: Sequence[Image.Image]) -> Iterator[Row]:
    """Mistakes on pictures that show nothing of it; nothing without the extra `nsfw`.

    What it finds is not measured: we keep no picture that it should find.
    """
    kinds = {
        "photographs": photographs,
        "garments": _unlike.as_pictures(garments),
        "products on white": _unlike.products(),
        "figures drawn in the colour of skin": _unlike.figures(),
    }
    for name, pictures in kinds.items():
        answers = [nsfw.probability(_image(one)) for one in pictures]
        found = [one for one in answers if one is not None]
        if found:
            wanted = "" if name.startswith("figures") else "≤ 0.01"
            mistaken = statistics.fmean(one >= default().nsfw.threshold for one in found)
            yield _row(f"{name} are taken for nudity", mistaken, "share", wanted)
            yield _row(f"{name}, the most likely to be nude", max(found), "probability", "")


@torch.inference_mode()
def _strange(images: Sequence[Tensor]) -> NDArray[np.float32]:
    judge = judges.shipped(READER)
    known = familiar.of(_digest())
    if known is None:
        raise LookupError(f"no statistics ship for {READER}")
    seen = torch.cat([seen_as(one, size=READS_PX, channels=1) for one in images])
    found: NDArray[np.float32] = known.unfamiliarity(judge.features(seen)).numpy()
    return found


def _auroc(found: NDArray[np.float32], own: NDArray[np.float32]) -> float:
    """How often something else is further away than a garment."""
    return float(stats.mannwhitneyu(found, own).statistic) / (len(found) * len(own))


def _digest() -> str:
    return sha256((weights.SHIPPED / READER / weights.MODEL_FILE).read_bytes()).hexdigest()


def _drift(*, seeds: int) -> Iterator[Row]:
    def share(shift: float) -> float:
        told = [_is_told(random.Random(seed), shift) for seed in range(seeds)]  # noqa: S311
        return statistics.fmean(told)

    yield _row("unchanged scores are an alarm", share(0.0), "share of windows", "≤ 0.005")
    yield _row("scores that shift by half a deviation are seen", share(0.5), "share of windows", "")
    yield _row(
        "scores that shift by a deviation are seen", share(1.0), "share of windows", "≥ 0.95"
    )


def _is_told(chance: random.Random, shift: float) -> bool:
    """Of one window, of which all scores shift."""
    first, then = _window(chance, 0.0), _window(chance, shift)
    return any(one["drifted"] for one in score_watch.compare(first, then).values())


def _window(chance: random.Random, shift: float) -> dict[str, object]:
    over = score_watch.OVER
    drawn = {name: [chance.gauss(shift, 1) for _ in range(over)] for name in score_watch.SCORES}
    return {"results": over, **drawn}


def _cost(pictures: Sequence[Image.Image], *, times: int) -> Iterator[Row]:
    chance = random.Random(0)  # noqa: S311 — drawn anew the same
    listed = hamming.looks([f"{chance.getrandbits(64):016x}" for _ in range(LIST)])
    images, rules = [_image(one.resize((1000, 1000))) for one in pictures], default()

    def judged(known: hamming.Looks, asked: PolicyRules) -> Callable[[Tensor], object]:
        return lambda image: look(
            Asked(lambda: image, "0" * 64, "picture"), asked, frozenset(), known, None
        )

    skin = rules.model_copy(
        update={"heuristics": rules.heuristics.model_copy(update={"skin": "review"})}
    )
    nude = rules.model_copy(update={"nsfw": rules.nsfw.model_copy(update={"answer": "review"})})
    empty = hamming.looks([])
    yield _row(
        "with an empty list",
        _ms(judged(empty, rules), images, times),
        _MS,
        "≤ 1",
    )
    yield _row(
        f"with {LIST} entries",
        _ms(judged(listed, rules), images, times),
        _MS,
        "≤ 20",
    )
    yield _row(
        "with an empty list and skin",
        _ms(judged(empty, skin), images, times),
        _MS,
        "",
    )
    if nsfw.probability(images[0]) is not None:
        yield _row(
            "with an empty list and nsfw",
            _ms(judged(empty, nude), images, times),
            _MS,
            "",
        )


def _ms(do: Callable[[Tensor], object], images: Sequence[Tensor], times: int) -> float:
    took = []
    for image in [*images] * times:
        since = time.process_time()
        do(image)
        took.append((time.process_time() - since) * 1000)
    return statistics.median(took)


def _look(picture: Image.Image) -> int:
    return int(looks.take(picture, orientation=None).phash, 16)


def _apart(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def _image(picture: Image.Image) -> Tensor:
    image = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255
    return recoloured(image, channels=3)


def _row(claim: str, value: float, unit: str, wanted: str) -> Row:
    return Row("safety", claim, round(value, 4), unit, wanted)


if __name__ == "__main__":
    for told in rows(quick="--quick" in sys.argv):
        print(f"{told.claim}: {told.value} {told.unit} {told.wanted}", flush=True)
