"""Checkpoints of architectures that others made, so small that a test can wait for them."""

import os
from types import ModuleType
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.data.degradations import lowered, noisy

STEPS = 100


def spandrel() -> ModuleType:
    """The extra; without it tests are skipped at home and fail where all must run."""
    if os.environ.get("CI") == "true":
        import spandrel as found

        return found
    return pytest.importorskip("spandrel")


def built(architecture: str, name: str, *, seed: int = 0, **parameters: Any) -> nn.Module:
    """Of spandrel's own class, with weights of this seed."""
    spandrel()
    module = __import__(f"spandrel.architectures.{architecture}", fromlist=[name])
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network: nn.Module = getattr(module, name)(**parameters)
    return network.eval()


def compact(*, scale: int = 2, seed: int = 0) -> nn.Module:
    return built("Compact", "Compact", seed=seed, num_feat=8, num_conv=2, upscale=scale)


def dncnn(*, channels: int = 3, act_mode: str = "R", seed: int = 0) -> nn.Module:
    sizes = {"in_nc": channels, "out_nc": channels, "nc": 8, "nb": 9}
    return built("DnCNN", "DnCNN", seed=seed, act_mode=act_mode, **sizes)


def drunet(*, seed: int = 0) -> nn.Module:
    return built("DRUNet", "DRUNet", seed=seed, in_nc=4, out_nc=3, nc=[4, 4, 8, 8], nb=2)


def file_of(network: nn.Module) -> bytes:
    """As somebody would publish it."""
    state = {name: one.contiguous().clone() for name, one in network.state_dict().items()}
    return safetensors.torch.save(state)


def photographs(count: int, side: int) -> Tensor:
    """Smooth fields with edges, uint8 [N, 3, S, S]: something that can be learnt in seconds."""
    drawn = torch.rand((count, 3, 6, 6), generator=torch.Generator().manual_seed(count))
    fields = functional.interpolate(drawn, (side, side), mode="bicubic").clamp(0, 1)
    edges = (fields.mean(1, keepdim=True) > 0.5).float()
    return ((0.7 * fields + 0.3 * edges) * 255).round().byte()


def trained(network: nn.Module, *, scale: int = 1) -> nn.Module:
    """After a few steps of what it is for: noise of σ 25 taken away, or pixels added."""
    clean = photographs(8, 48) / 255
    chance = torch.Generator().manual_seed(1)
    sigma = torch.full((len(clean),), 25.0)
    given = lowered(clean, scale=scale) if scale > 1 else noisy(clean, sigma, chance)
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    for layer in convolutions[:-1]:  # PyTorch's own start learns nothing in so few steps
        nn.init.kaiming_normal_(layer.weight, generator=chance)
    nn.init.zeros_(convolutions[-1].weight)
    descent = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(STEPS):
        descent.zero_grad()
        functional.l1_loss(network(given.clone()), clean).backward()
        descent.step()
    return network.eval()
