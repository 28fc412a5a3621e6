"""One step of the VAE: encoder and decoder share one loss, the evidence lower bound."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.optim.optimizer import Optimizer

from models.data.image_set import Part
from models.losses.elbo import kl_above_nats, kl_nats, reconstruction_nats
from models.networks.vae import ConditionalVae, VaeConfig
from models.precision import autocast
from models.training.batches import Batch, Moment, batch_of
from models.training.config import TrainConfig
from models.training.descent import Descent
from models.training.ema import Ema
from models.training.pieces import Told, pieces, whole

KL_WARM_UP = 0.15
JITTER = 1e-4


class VaeTrainer:
    """Optimal sigma, if not told otherwise, with a KL warm-up; then a Gaussian per category."""

    def __init__(self, config: TrainConfig, network: VaeConfig, device: torch.device) -> None:
        self.config = config
        self.device = device
        self.vae = ConditionalVae(network).to(device).to(memory_format=torch.channels_last)
        self.ema = Ema(self.vae, half_life_images=config.ema_images)
        self.networks: dict[str, nn.Module] = {"vae": self.vae}
        self.vae.decoder.drop.p = config.dropout
        self.descent = Descent(self.vae, config)
        self.optimizers: dict[str, Optimizer] = {"vae": self.descent.optimizer}

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        noise = torch.randn(len(batch), self.config.z_dim, generator=moment.generator())
        noise, told = noise.to(self.device), []
        self.descent.begin(moment)
        for piece in pieces(len(batch), parts=self.config.accumulate):
            with moment.dropping(f"{piece.rows.start}", dropout=self.config.dropout):
                loss, losses = self._losses(batch.part(piece.rows), noise[piece.rows], moment)
            self.descent.add(loss, piece)
            told.append((piece, losses))
        self.descent.end()
        self.ema.update(self.vae, batch=len(batch), images_seen=moment.images_seen)
        return whole(told)

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

    def _losses(self, batch: Batch, noise: Tensor, moment: Moment) -> tuple[Tensor, Told]:
        """What is minimised, and what is told of it."""
        with autocast(self.device, self.config.precision):
            output, mean, log_variance = self.vae(batch.images, batch.labels, noise)
        reconstruction = reconstruction_nats(output, batch.images, self.config.reconstruction)
        kl = kl_above_nats(mean, log_variance, free=self.config.free_bits)
        weight = self.config.beta * min(1.0, moment.progress / KL_WARM_UP)
        whole_kl = kl_nats(mean, log_variance)
        told = {"reconstruction": reconstruction.detach(), "kl": whole_kl.detach()}
        return (reconstruction + weight * kl) / batch.images[0].numel(), told

    def _served(self) -> ConditionalVae:
        return cast(ConditionalVae, self.ema.module)

    def _means(self, vae: ConditionalVae, part: Part, rows: Tensor) -> Tensor:
        batch = batch_of(part, rows, self.device)
        with autocast(self.device, self.config.precision):
            return vae.encode(batch.images, batch.labels)[0]


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
