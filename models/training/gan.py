"""One step of the GAN: two networks, two optimisers, their gradients never mixed."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.optim import Adam
from torch.optim.optimizer import Optimizer

from models.data.image_set import Part
from models.losses.adversarial import discriminator_loss, generator_loss, r1_penalty
from models.networks.gan import Discriminator, GanConfig, Generator
from models.precision import autocast
from models.training.batches import Batch, Moment
from models.training.config import TrainConfig
from models.training.ema import Ema
from models.training.examiner import STEPS_TO_LEARN_IN, Examiner
from models.training.schedule import annealed, set_rate
from models.training.watch import TrainingError

BETAS = (0.0, 0.99)
PENALTY_INTERVAL = 16
"""The penalty is dear and its effect slow: every sixteenth step, sixteen times as heavy."""


class GanTrainer:
    """Non-saturating loss with lazy R1; the generator's running mean is what is kept."""

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
        self.optimizers: dict[str, Optimizer] = {
            name: Adam(network.parameters(), lr=config.learning_rate, betas=BETAS)
            for name, network in self.networks.items()
        }

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        for optimizer in self.optimizers.values():
            set_rate(optimizer, self.config.learning_rate * annealed(moment.progress))
        z = torch.randn(len(batch.labels), self.config.z_dim, generator=moment.generator()).to(
            self.device
        )
        with autocast(self.device, self.config.precision):
            fake = self.generator(z, batch.labels)
        losses = self._teach_discriminator(batch, fake.detach(), moment)
        losses["generator"] = self._teach_generator(fake, batch.labels)
        self.ema.update(self.generator, batch=len(batch.labels), images_seen=moment.images_seen)
        return losses

    def restored(self, batch: Batch) -> tuple[Tensor, Tensor] | None:
        """A random sample has no reference: a GAN has no PSNR."""
        del batch
        return None

    def scores(self, learning: Part, held_out: Part) -> dict[str, float]:
        """Of samples beside held-out pictures, as no sample has a right answer of its own."""
        return self.examiner.scores(self._served(), learning, held_out)

    def finish(self, learning: Part, held_out: Part) -> None:
        """Refuse a generator that had the time to learn and draws the same again and again."""
        steps = self.config.epochs * max(1, len(learning) // self.config.batch_size)
        if steps < STEPS_TO_LEARN_IN:
            return
        found = self.examiner.collapse(self._served(), learning, held_out)
        if found is not None:
            raise TrainingError("mode_collapse", f"it draws the same again and again: {found}")

    def _served(self) -> Generator:
        return cast(Generator, self.ema.module)

    def _teach_discriminator(self, batch: Batch, fake: Tensor, moment: Moment) -> dict[str, Tensor]:
        with autocast(self.device, self.config.precision):
            real_logits = self.discriminator(batch.images, batch.labels)
            fake_logits = self.discriminator(fake, batch.labels)
        loss = discriminator_loss(real_logits, fake_logits)
        losses = {"discriminator": loss.detach()}
        if moment.step % PENALTY_INTERVAL == 0 and self.config.r1_gamma:
            penalty = r1_penalty(self.discriminator, batch.images, batch.labels)
            losses["r1"] = penalty.detach()
            loss = loss + self.config.r1_gamma / 2 * PENALTY_INTERVAL * penalty
        self._descend("discriminator", loss)
        return losses

    def _teach_generator(self, fake: Tensor, labels: Tensor) -> Tensor:
        self.discriminator.requires_grad_(requires_grad=False)
        with autocast(self.device, self.config.precision):
            logits = self.discriminator(fake, labels)
        loss = generator_loss(logits)
        self._descend("generator", loss)
        self.discriminator.requires_grad_(requires_grad=True)
        return loss.detach()

    def _descend(self, name: str, loss: Tensor) -> None:
        self.optimizers[name].zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.optimizers[name].step()
