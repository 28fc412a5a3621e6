"""How good a network is on pictures it did not learn from.

PSNR and SSIM of what it makes, quantised as a viewer would get them, and its trainer's own scores.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from models.data.image_set import Part
from models.metrics.psnr import psnr_db
from models.metrics.quantised import quantised
from models.metrics.ssim import TooSmall, ssim
from models.training.batches import batch_of
from models.training.trainer import Trainer

LIMIT = 160
PIECE = 64


@dataclass(frozen=True, slots=True)
class Quality:
    """None where there is nothing to compare with."""

    psnr_db: float | None = None
    ssim: float | None = None
    identical: int = 0
    scores: dict[str, float] = field(default_factory=dict)


def quality(trainer: Trainer, learning: Part, part: Part, device: torch.device) -> Quality:
    """Means over pictures spread evenly through the validation part, one value a picture.

    The trainer's own scores are of the whole part; `learning` is what it learns from.
    """
    decibels, similarities = [], []
    for rows in torch.split(_spread(len(part)), PIECE):
        pair = trainer.restored(batch_of(part, rows, device))
        if pair is None:
            return Quality(scores=trainer.scores(learning, part))
        reference, output = quantised(pair[0]), quantised(pair[1])
        decibels.append(psnr_db(output, reference))
        similarities.append(_ssim(output, reference))
    if not decibels:
        return Quality()
    values = torch.cat(decibels)
    finite = values[values.isfinite()]
    return Quality(
        _mean(finite),
        _mean(torch.cat(similarities)),
        len(values) - len(finite),
        trainer.scores(learning, part),
    )


def _spread(count: int) -> Tensor:
    """Row numbers, at most LIMIT of them."""
    return torch.linspace(0, count - 1, min(LIMIT, count)).long()


def _ssim(output: Tensor, reference: Tensor) -> Tensor:
    try:
        return ssim(output, reference)
    except TooSmall:
        return torch.empty(0)


def _mean(values: Tensor) -> float | None:
    return values.double().mean().item() if values.numel() else None
