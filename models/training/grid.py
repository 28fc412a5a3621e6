"""What a network makes after an epoch, as one picture: of the same noise and pictures each time."""

import torch
from torch import Generator, Tensor
from torch.nn import functional

from models.data.image_set import Part, recoloured
from models.training.batches import Batch, batch_of
from models.training.denoiser import DenoiserTrainer
from models.training.gan import GanTrainer
from models.training.inpainter import InpainterTrainer
from models.training.matte import MatteTrainer
from models.training.trainer import Trainer
from models.training.translator import TranslatorTrainer
from models.training.upscaler import UpscalerTrainer
from models.training.warp import WarpTrainer

COLUMNS = 8
MOST_ROWS = 8
PAIRS = 2
"""So many rows of pictures, each above the row of what was made of them."""
EDGE_PX = 1
RESTORERS = (
    DenoiserTrainer, UpscalerTrainer, TranslatorTrainer, MatteTrainer, InpainterTrainer, WarpTrainer
)  # fmt: skip
SEED = 0


@torch.no_grad()
def grid(trainer: Trainer, learning: Part, held_out: Part, device: torch.device) -> Tensor | None:
    """[1, C, H, W] in [0, 1]; None of a network that makes no pictures.

    A GAN's has a row for each category and the same noise in each column; of others, held-out
    pictures (spoiled or sketched, where that is what a network is given) stand above what was made
    of them, of learnt ones where none is held out.
    """
    if isinstance(trainer, GanTrainer):
        return _tiled(_drawn(trainer))
    batch = _some(held_out if len(held_out) else learning, device)
    pair = trainer.restored(batch)
    if pair is None:
        return None
    given = trainer.spoiled(batch) if isinstance(trainer, RESTORERS) else pair[0]
    channels = max(given.shape[1], pair[1].shape[1])  # a sketch has one, and so has a matte
    both = (recoloured(images, channels=channels) for images in (given, pair[1]))
    rows = zip(*(torch.split(images, COLUMNS) for images in both), strict=True)
    return _tiled([row for above_and_below in rows for row in above_and_below])


def _drawn(trainer: GanTrainer) -> list[Tensor]:
    network = trainer.served()
    categories = min(MOST_ROWS, network.config.categories)
    z = torch.randn(COLUMNS, network.config.z_dim, generator=Generator().manual_seed(SEED))
    z = z.to(trainer.device)
    return [
        network.generate(z, torch.full((COLUMNS,), category, device=trainer.device))
        for category in range(categories)
    ]


def _some(part: Part, device: torch.device) -> Batch:
    count = min(PAIRS * COLUMNS, len(part))
    return batch_of(part, torch.linspace(0, len(part) - 1, count).long(), device)


def _tiled(rows: list[Tensor]) -> Tensor:
    """Rows of up to eight images [N, C, H, W], white between them; a short row ends in white."""
    edged = [functional.pad(row.float().clamp(0, 1), (EDGE_PX,) * 4, value=1.0) for row in rows]
    full = [
        torch.cat([row, torch.ones_like(row[:1]).expand(COLUMNS - len(row), -1, -1, -1)])
        for row in edged
    ]
    # [R, 8, C, H, W] → [C, R · H, 8 · W]
    whole = torch.stack(full).permute(2, 0, 3, 1, 4)
    return whole.flatten(3).flatten(1, 2)[None].cpu()
