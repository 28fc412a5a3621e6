"""New pictures of a category, drawn by a GAN, or by a VAE through its second stage."""

import torch
from torch import Generator, Tensor

from models.generation.diversity import diversity
from models.generation.latent import Network, first
from models.made import Made


@torch.no_grad()
def sample(
    network: Network | tuple[Network, Network],
    *,
    n: int,
    label: int | None,
    categories: int,
    z_dim: int,
    truncation: float,
    seed: int,
) -> Made:
    """Draw `n` pictures; the same seed draws the same ones.

    Args:
        network: the GAN's `generate`, or the VAE's `prior` and `decode`.
        n: how many.
        label: of all of them; None takes the categories in turn.
        categories: how many the network knows.
        z_dim: of the network.
        truncation: scales the noise; below 1 nearer to the typical and less varied.
        seed: of the noise, which is drawn on the CPU and so the same for every device.
    """
    noise = torch.randn(n, z_dim, generator=Generator().manual_seed(seed)) * truncation
    labels = torch.arange(n) % categories if label is None else torch.full((n,), label)
    images = _drawn(network, noise, labels).clamp(0, 1)
    report: dict[str, float | int | str | None] = {
        "label": label,
        "truncation": truncation,
        "diversity": diversity(images),
    }
    details = tuple({"label": one} for one in labels.tolist())
    return Made(images=torch.split(images, 1), report=report, details=details)


def _drawn(network: Network | tuple[Network, Network], noise: Tensor, labels: Tensor) -> Tensor:
    if isinstance(network, tuple):
        prior, decode = network
        return first(decode(first(prior(noise, labels)), labels))
    return first(network(noise, labels))
