"""One step of the GAN: two networks, two optimisers, their gradients never mixed."""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.optim.optimizer import Optimizer

from models.data import diff_augment
from models.data.image_set import Part
from models.losses.adversarial import discriminator_loss, generator_loss, r1_penalty
from models.networks.gan import Discriminator, GanConfig, Generator
from models.precision import autocast
from models.training.batches import Batch, Moment, steps_of
from models.training.config import TrainConfig
from models.training.descent import Descent
from models.training.ema import Ema
from models.training.examiner import STEPS_TO_LEARN_IN, Examiner
from models.training.pieces import Piece, Told, pieces, whole
from models.training.watch import TrainingError

PENALTY_INTERVAL = 16
"""The penalty is dear and its effect slow: every sixteenth step, sixteen times as heavy."""


class GanTrainer:
    """Non-saturating, if not told otherwise, with lazy R1; the generator's running mean is kept."""

    def __init__(self, config: TrainConfig, network: GanConfig, device: torch.device) -> None:
        self.config = config
        self.device = device
        self.generator = Generator(network).to(device).to(memory_format=torch.channels_last)
        self.discriminator = Discriminator(network).to(device).to(memory_format=torch.channels_last)
        self.examiner = Examiner(network.categories, device)
        self.ema = Ema(self.generator, half_life_images=config.ema_images)
        self.networks: dict[str, nn.Module] = {
            "generator": self.generator,
            "discriminator": self.discriminator,
        }
        self.discriminator.drop.p = config.dropout
        self.descents = {name: Descent(half, config) for name, half in self.networks.items()}
        self.optimizers: dict[str, Optimizer] = {
            name: descent.optimizer for name, descent in self.descents.items()
        }

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        given = self._portions(batch, moment)
        # Of a batch in one piece the graph is kept; of several it would take what pieces save.
        kept = self._drawn(given[0]) if len(given) == 1 else None
        losses = self._teach_discriminator(given, kept, moment)
        losses |= self._teach_generator(given, kept, moment)
        self.ema.update(self.generator, batch=len(batch), images_seen=moment.images_seen)
        return losses

    def restored(self, batch: Batch) -> tuple[Tensor, Tensor] | None:
        """A random sample has no reference: a GAN has no PSNR."""
        del batch
        return None

    def scores(self, learning: Part, held_out: Part) -> dict[str, float]:
        """Of samples beside held-out pictures, as no sample has a right answer of its own."""
        return self.examiner.scores(self.served(), learning, held_out)

    def finish(self, learning: Part, held_out: Part) -> None:
        """Refuse a generator that had the time to learn and draws the same again and again."""
        if self.config.epochs * steps_of(self.config, len(learning)) < STEPS_TO_LEARN_IN:
            return
        found = self.examiner.collapse(self.served(), learning, held_out)
        if found is not None:
            raise TrainingError("mode_collapse", f"it draws the same again and again: {found}")

    def served(self) -> Generator:
        return cast(Generator, self.ema.module)

    def _portions(self, batch: Batch, moment: Moment) -> list["Portion"]:
        z = torch.randn(len(batch), self.config.z_dim, generator=moment.generator())
        z, chance = z.to(self.device), diff_augment.drawn(len(batch) * 3, moment.generator("seen"))
        real, fake, again = torch.split(chance.to(self.device), len(batch))
        return [
            Portion(one, batch.part(one.rows), z[one.rows], real[one.rows], fake[one.rows],
                    again[one.rows])
            for one in pieces(len(batch), parts=self.config.accumulate)
        ]  # fmt: skip

    def _drawn(self, given: "Portion") -> Tensor:
        with autocast(self.device, self.config.precision):
            fake: Tensor = self.generator(given.z, given.batch.labels)
        return fake

    def _judged(self, images: Tensor, given: "Portion", chance: Tensor) -> Tensor:
        seen = diff_augment.varied(images, self.config.diff_augment, chance)
        logits: Tensor = self.discriminator(seen, given.batch.labels)
        return logits

    def _teach_discriminator(
        self, portions: list["Portion"], kept: Tensor | None, moment: Moment
    ) -> Told:
        descent, told = self.descents["discriminator"], []
        descent.begin(moment)
        for given in portions:
            with torch.no_grad():
                fake = self._drawn(given) if kept is None else kept.detach()
            with moment.dropping(f"d {given.piece.rows.start}", dropout=self.config.dropout):
                loss, losses = self._discriminators(given, fake, moment)
            descent.add(loss, given.piece)
            told.append((given.piece, losses))
        descent.end()
        return whole(told)

    def _discriminators(
        self, given: "Portion", fake: Tensor, moment: Moment
    ) -> tuple[Tensor, Told]:
        """What is minimised, and what is told of it."""
        with autocast(self.device, self.config.precision):
            real_logits = self._judged(given.batch.images, given, given.real)
            fake_logits = self._judged(fake, given, given.fake)
        loss = discriminator_loss(real_logits, fake_logits, self.config.adversarial)
        losses = {"discriminator": loss.detach()}
        if moment.step % PENALTY_INTERVAL == 0 and self.config.r1_gamma:
            penalty = r1_penalty(self.discriminator, given.batch.images, given.batch.labels)
            losses["r1"] = penalty.detach()
            loss = loss + self.config.r1_gamma / 2 * PENALTY_INTERVAL * penalty
        return loss, losses

    def _teach_generator(
        self, portions: list["Portion"], kept: Tensor | None, moment: Moment
    ) -> Told:
        descent, told = self.descents["generator"], []
        self.discriminator.requires_grad_(requires_grad=False)
        descent.begin(moment)
        for given in portions:
            fake = self._drawn(given) if kept is None else kept
            with (
                moment.dropping(f"g {given.piece.rows.start}", dropout=self.config.dropout),
                autocast(self.device, self.config.precision),
            ):
                logits = self._judged(fake, given, given.again)
            loss = generator_loss(logits, self.config.adversarial)
            descent.add(loss, given.piece)
            told.append((given.piece, {"generator": loss.detach()}))
        descent.end()
        self.discriminator.requires_grad_(requires_grad=True)
        return whole(told)


@dataclass(frozen=True, slots=True)
class Portion:
    """A piece of a batch, with its noise [N, z], and the chance with which what is seen is varied.

    Attributes:
        real: of the real pictures, [N, 8].
        fake: of those that the discriminator learns from.
        again: of those that the generator learns from.
    """

    piece: Piece
    batch: Batch
    z: Tensor
    real: Tensor
    fake: Tensor
    again: Tensor
