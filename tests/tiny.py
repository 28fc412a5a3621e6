"""Versions whose networks are real and have a few channels, as rows."""

from dataclasses import asdict
from pathlib import Path

import torch

from db import blobs, versions
from db.engine import transaction
from db.tables.versions import Version
from models import weights
from models.networks.denoiser import Denoiser, DenoiserConfig
from models.networks.matte import MatteConfig, MatteNet
from models.weights import Card
from tests.rows import TENANT


def denoiser(
    folder: Path, name: str = "tiny", *, tenant: str = TENANT, state: str = "serving", seed: int = 0
) -> Version:
    """A denoiser of its own seed, and so of its own answers, registered under this name."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = Denoiser(DenoiserConfig(widths=(2, 2)))
    card = Card(name, "denoiser", {"widths": [2, 2]}, "", "CC0", "none")
    card = weights.write(network, folder / name, card)
    return add(folder / name, card, tenant=tenant, state=state)


def add(folder: Path, card: Card, *, tenant: str = TENANT, state: str = "serving") -> Version:
    """What was written there, as a row."""
    key = blobs.put(tenant, (folder / weights.MODEL_FILE).read_bytes())
    with transaction() as session:
        return versions.add(
            session,
            tenant=tenant,
            name=card.name,
            network=card.network,
            state=state,
            weights_key=key,
            card=card.to_json(),
        )


def matte(
    folder: Path, name: str = "tiny", *, tenant: str = TENANT, state: str = "serving"
) -> Version:
    """One that takes what is dark for the product."""
    network = dark_is_product()
    card = Card(name, "matte", asdict(network.config), "", "CC0", "none")
    card = weights.write(network, folder / name, card)
    return add(folder / name, card, tenant=tenant, state=state)


@torch.no_grad()
def dark_is_product() -> MatteNet:
    """Its first channel is how dark a pixel is; nothing else is heard, and the rim adds nothing."""
    network = MatteNet(MatteConfig(levels=(8, 8), rim_width=2, rim_depth=2)).eval()
    for one in network.parameters():
        one.zero_()
    network.coarse.stem.norm.weight[0] = 1
    network.coarse.stem.conv.weight[0, :, 1, 1] = -10 / 3
    network.coarse.out.weight[0, 0, 1, 1] = 10
    network.coarse.out.bias.fill_(-6)  # type: ignore[union-attr]
    return network
