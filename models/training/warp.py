"""One step of the warp: garments are bent by chance, and where their points went is to be told.

A shop's garments lie in the place that their own outline is, bent; drawn shirts beside them are
worn by drawn poses, so that sleeves are met that hang otherwise than in the garment's picture.
"""

from functools import cached_property
from typing import cast

import torch
from torch import Generator, Tensor, nn
from torch.optim.optimizer import Optimizer

from models.data.image_set import Part
from models.data.worn import Worn, bent, carried, drawn, joined, lying
from models.losses.warping import losses
from models.networks.warp import WarpConfig, WarpNet
from models.training.batches import Batch, Moment, batch_of
from models.training.config import TrainConfig
from models.training.descent import Descent
from models.training.ema import Ema
from models.training.pieces import Told, pieces, whole
from models.warping.nearness import error_px

DRAWN = 800
MEASURED = 160
SEED = 0


class WarpTrainer:
    def __init__(self, config: TrainConfig, network: WarpConfig, device: torch.device) -> None:
        self.config = config
        self.device = device
        self.network = WarpNet(network).to(device)
        self.ema = Ema(self.network, half_life_images=config.ema_images)
        self.networks: dict[str, nn.Module] = {"warp": self.network}
        self.descent = Descent(self.network, config)
        self.optimizers: dict[str, Optimizer] = {"warp": self.descent.optimizer}

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        """Of each garment that is the shop's, one that is drawn is learnt from, too."""
        chance = moment.generator()
        some = torch.randint(len(self.drawn), (len(batch),), generator=chance)
        own, posed = bent(_lying(batch), chance), bent(self.drawn[some], chance)
        self.descent.begin(moment)
        told = []
        for piece in pieces(len(batch), parts=self.config.accumulate):
            each = self._losses(joined((own[piece.rows], posed[piece.rows])))
            self.descent.add(torch.stack(tuple(each.values())).sum(), piece)
            told.append((piece, {name: loss.detach() for name, loss in each.items()}))
        self.descent.end()
        self.ema.update(self.network, batch=len(batch), images_seen=moment.images_seen)
        return whole(told)

    @cached_property
    def drawn(self) -> Worn:
        """Always the same, so that a run that goes on meets what it met."""
        return drawn(DRAWN, SEED)

    @torch.no_grad()
    def restored(self, batch: Batch) -> tuple[Tensor, Tensor] | None:
        """Garments as truly bent and as told, over white, the same every time."""
        seen = _steady(batch)
        told = self._told(seen)
        true, made = (over_white(carried(seen.garments, ways)) for ways in (seen.ways, told))
        return true, made

    def spoiled(self, batch: Batch) -> Tensor:
        """The garments as they lie."""
        return over_white(_steady(batch).garments)

    def scores(self, learning: Part, held_out: Part) -> dict[str, float]:
        """How near the ways come, of 1; by PSNR a garment of one colour would decide nothing."""
        del learning
        if not len(held_out):
            return {}
        rows = torch.linspace(0, len(held_out) - 1, min(MEASURED, len(held_out))).long()
        seen = _steady(batch_of(held_out, rows, torch.device("cpu")))
        with torch.no_grad():
            off = error_px(self._told(seen), seen.ways, seen.places, width_px=1)
        return {"way_nearness": 1 - off.mean().item()}

    def finish(self, learning: Part, held_out: Part) -> None:
        """Nothing is fitted afterwards."""
        del learning, held_out

    def _losses(self, seen: Worn) -> Told:
        garments, places = seen.garments.to(self.device), seen.places.to(self.device)
        return losses(self.network(garments, places).cpu(), seen)

    def _told(self, seen: Worn) -> Tensor:
        kept = cast(WarpNet, self.ema.module)
        return kept.warp(seen.garments.to(self.device), seen.places.to(self.device)).cpu()


def over_white(garments: Tensor) -> Tensor:
    """[N, 3, S, S] of garments [N, 4, S, S] in [0, 1]."""
    alpha = garments[:, 3:]
    return garments[:, :3] * alpha + 1 - alpha


def _lying(batch: Batch) -> Worn:
    return lying(batch.images.cpu())


def _steady(batch: Batch) -> Worn:
    return bent(_lying(batch), Generator().manual_seed(SEED))
