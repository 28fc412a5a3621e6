"""A small VAE whose categories are easy to tell apart, and its doors."""

import pytest
import torch

from models.networks.vae import ConditionalVae, VaeConfig


@pytest.fixture
def vae(monkeypatch) -> ConditionalVae:
    monkeypatch.setattr("models.networks.vae.WIDTHS", {32: (8,) * 4, 64: (8,) * 5})
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return ConditionalVae(VaeConfig(3, z_dim=8)).eval().requires_grad_(requires_grad=False)
