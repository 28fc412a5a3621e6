"""One step of the VAE: encoder and decoder share one loss, the evidence lower bound."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.optimizer import Optimizer

from models.data.image_set import Part
from models.losses.elbo import kl_nats, reconstruction_nats
from models.networks.vae import ConditionalVae, VaeConfig
from models.precision import autocast
from models.training.batches import Batch, Moment, batch_of
from models.training.config import TrainConfig
from models.training.ema import Ema
from models.training.schedule import one_cycle, set_rate

BETAS = (0.9, 0.99)
KL_WARM_UP = 0.15
MAX_GRADIENT_NORM = 5.0
JITTER = 1e-4


class VaeTrainer:
    """Optimal-sigma loss with a KL warm-up; a Gaussian per category is fitted at the end."""

    def __init__(self, config: TrainConfig, network: VaeConfig, device: torch.device) -> None:
        self.config = config
        self.device = device
        self.vae = ConditionalVae(network).to(device).to(memory_format=torch.channels_last)
        self.ema = Ema(self.vae, half_life_images=config.ema_images)
        self.networks: dict[str, nn.Module] = {"vae": self.vae}
        self.optimizers: dict[str, Optimizer] = {
            "vae": AdamW(self.vae.parameters(), lr=config.learning_rate, betas=BETAS)
        }

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        set_rate(self.optimizers["vae"], self.config.learning_rate * one_cycle(moment.progress))
        noise = torch.randn(len(batch.labels), self.config.z_dim, generator=moment.generator()).to(
            self.device
        )
        with autocast(self.device, self.config.precision):
            output, mean, log_variance = self.vae(batch.images, batch.labels, noise)
        reconstruction = reconstruction_nats(output, batch.images)
        kl = kl_nats(mean, log_variance)
        warmth = min(1.0, moment.progress / KL_WARM_UP)
        self._descend((reconstruction + self.config.beta * warmth * kl) / batch.images[0].numel())
        self.ema.update(self.vae, batch=len(batch.labels), images_seen=moment.images_seen)
        return {"reconstruction": reconstruction.detach(), "kl": kl.detach()}

    @torch.no_grad()
    def restored(self, batch: Batch) -> tuple[Tensor, Tensor] | None:
        """The pictures, and what encoder and decoder make of them."""
        vae = self._served()
        mean, _ = vae.encode(batch.images, batch.labels)
        return batch.images, vae.decode(mean, batch.labels)

    def scores(self, learning: Part, held_out: Part) -> dict[str, float]:
        """None but those of restored pictures."""
        del learning, held_out
        return {}

    @torch.no_grad()
    def finish(self, learning: Part, held_out: Part) -> None:
        """Second stage: a full Gaussian over each category's posterior means."""
        del held_out
        vae = self._served()
        means = torch.cat([self._means(vae, learning, rows) for rows in _rows(learning)])
        labels = learning.labels.to(means.device)
        for category in range(vae.config.categories):
            own = means[labels == category]
            if len(own):
                vae.prior_mean[category] = own.mean(0)
                vae.prior_scale[category] = _scale(own)
        self.vae.prior_mean.copy_(vae.prior_mean)
        self.vae.prior_scale.copy_(vae.prior_scale)

    def _served(self) -> ConditionalVae:
        return cast(ConditionalVae, self.ema.module)

    def _means(self, vae: ConditionalVae, part: Part, rows: Tensor) -> Tensor:
        batch = batch_of(part, rows, self.device)
        with autocast(self.device, self.config.precision):
            return vae.encode(batch.images, batch.labels)[0]

    def _descend(self, loss: Tensor) -> None:
        self.optimizers["vae"].zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.vae.parameters(), MAX_GRADIENT_NORM)
        self.optimizers["vae"].step()


def _rows(part: Part) -> tuple[Tensor, ...]:
    return torch.split(torch.arange(len(part)), 512)


def _scale(means: Tensor) -> Tensor:
    """Cholesky factor [z, z] of the covariance; of few pictures only its diagonal is believed."""
    count, z_dim = means.shape
    centred = (means - means.mean(0)).double()
    covariance = centred.T @ centred / max(1, count - 1)
    if count < 4 * z_dim:
        covariance = torch.diag(covariance.diagonal())
    floor = JITTER * torch.eye(z_dim, dtype=torch.float64, device=means.device)
    return torch.linalg.cholesky(covariance + floor).float()
