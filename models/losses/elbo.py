"""The evidence lower bound of a VAE, by what its decoder is taken to be sure of.

Optimal sigma (`gaussian`): Rybkin et al. 2021. With the variance fixed at 1 (`mse`) the posterior
nearly collapses. Free bits: Kingma et al. 2016.
"""

from typing import Literal, assert_never

import torch
from torch import Tensor
from torch.nn import functional

MSE_FLOOR = 1e-8
Reconstruction = Literal["gaussian", "mse", "l1", "bce"]


def reconstruction_nats(output: Tensor, image: Tensor, kind: Reconstruction = "gaussian") -> Tensor:
    """-log p(x | z) per picture, less a constant; images [N, C, H, W] in [0, 1].

    By default D/2 · log of the batch's mean squared error: a Gaussian of the best variance.
    `mse`: a Gaussian of variance 1; `l1`: a Laplacian of scale 1; `bce`: each number is the chance
    of a white pixel (Kingma & Welling 2014).
    """
    entries = image[0].numel()
    match kind:
        case "gaussian":
            mse = (output - image).square().mean()
            return entries / 2 * torch.log(mse + MSE_FLOOR)
        case "mse":
            return entries / 2 * (output - image).square().mean()
        case "l1":
            return entries * (output - image).abs().mean()
        case "bce":
            return entries * functional.binary_cross_entropy(output, image)
        case never:
            assert_never(never)


def kl_nats(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL of the posterior to the standard normal per picture, mean over the batch."""
    per_picture = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2
    return per_picture.mean()


def kl_above_nats(mean: Tensor, log_variance: Tensor, *, free: float) -> Tensor:
    """The same where each dimension's mean costs at least `free` nats, so that below none pulls."""
    if not free:
        return kl_nats(mean, log_variance)
    per_dimension = (mean.square() + log_variance.exp() - 1 - log_variance).mean(0) / 2
    return per_dimension.clamp(min=free).sum()
