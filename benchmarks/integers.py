"""What int8 arithmetic brings the denoiser: `python -m benchmarks.integers [--rounds N]`.

Post-training static quantisation (Jacob et al. 2018) of its convolutions: a range for each layer's
input and output from a photograph that ships, a scale for each channel of weights. Each layer
widens its answer again, as the sums between them are in float32. Measured on another photograph,
on one thread, in CPU time: float32 and int8 take turns.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from benchmarks import throughput_workloads
from models.data import samples
from models.data.samples import Sample
from models.data.windows import windows
from models.metrics.psnr import psnr_db
from models.precision import agreement_db

SIGMAS = (15.0, 25.0, 50.0)
WINDOW_PX = 128
TIMED_PX = 256
BYTE, SAFE = 255, 127
"""Levels. Where a CPU adds pairs of products in 16 bits, whole bytes would run over."""
LEAST_CHANNELS = 8
"""The first layer sees the picture itself, and is a hundredth of the work."""


@dataclass(slots=True)
class Range:
    """What numbers a tensor had, as the quantised kernels are told."""

    least: float = 0.0
    most: float = 0.0

    def see(self, x: Tensor) -> None:
        self.least = min(self.least, float(x.min()))
        self.most = max(self.most, float(x.max()))

    def told(self, levels: int) -> tuple[float, int]:
        """Scale and zero point, for numbers that are so many steps from end to end."""
        scale = (self.most - self.least) / levels
        return scale, round(-self.least / scale)


class IntegerConv2d(nn.Module):
    """A convolution that watches its ranges in float32, and computes in int8 once it is fixed."""

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__()
        self._layer, self._given, self._gave = layer, Range(), Range()
        self._packed: object | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self._packed is None:
            answer: Tensor = self._layer(x)
            self._given.see(x)
            self._gave.see(answer)
            return answer
        laid = x.contiguous(memory_format=torch.channels_last)
        whole = torch.quantize_per_tensor(laid, *self._given.told(SAFE), torch.quint8)
        found: Tensor = torch.ops.quantized.conv2d(whole, self._packed, *self._gave.told(BYTE))
        return found.dequantize()

    def fix(self) -> None:
        layer = self._layer
        weight = layer.weight.detach().contiguous()
        scales = weight.abs().amax((1, 2, 3)).div(127).clamp_min(1e-8)
        zeros = torch.zeros(len(scales), dtype=torch.int64)
        whole = torch.quantize_per_channel(weight, scales, zeros, 0, torch.qint8)
        shape = (layer.stride, layer.padding, layer.dilation)
        self._packed = torch.ops.quantized.conv2d_prepack(
            whole, layer.bias, *(list(one) for one in shape), layer.groups
        )


def in_integers(network: nn.Module, learn: Callable[[nn.Module], object]) -> nn.Module:
    """A copy whose convolutions compute in int8, with the ranges that `learn` makes them see."""
    found = copy.deepcopy(network)
    for parent in list(found.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.Conv2d) and layer.in_channels >= LEAST_CHANNELS:
                setattr(parent, name, IntegerConv2d(layer))
    learn(found)
    for layer in found.modules():
        if isinstance(layer, IntegerConv2d):
            layer.fix()
    return found


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    seen, unseen = map(_windows, samples.photographs()[:2])
    exact = throughput_workloads.shipped_denoiser().to(memory_format=torch.channels_last)
    other = in_integers(exact, lambda network: _answers(network, seen))
    print("| σ | float32 dB | int8 dB | agreement dB |\n|---|---|---|---|")
    both = zip(_answers(exact, unseen), _answers(other, unseen), strict=True)
    for sigma, (before, after) in zip(SIGMAS, both, strict=True):
        dbs = (f"{float(psnr_db(one, unseen).mean()):.2f}" for one in (before, after))
        print("|", f"{sigma:g} |", " | ".join(dbs), f"| {agreement_db(before, after):.1f} |")
    for name, found in _took_ms({"float32": exact, "int8": other}, rounds).items():
        print(f"{name}: {statistics.median(found):.1f} ms of CPU an image of {TIMED_PX}²")


def _took_ms(networks: Mapping[str, nn.Module], rounds: int) -> dict[str, list[float]]:
    image, sigma = torch.rand(1, 3, TIMED_PX, TIMED_PX), torch.tensor([25.0])
    laid = image.contiguous(memory_format=torch.channels_last)
    took: dict[str, list[float]] = {name: [] for name in networks}
    for number in range(rounds + 1):
        for name, network in networks.items():
            since = time.process_time()
            network(laid, sigma)
            if number:  # the first warms up
                took[name].append(1000 * (time.process_time() - since))
    return took


def _answers(network: nn.Module, images: Tensor) -> list[Tensor]:
    """What it makes of these with noise of each strength, always the same."""
    draw = torch.Generator().manual_seed(0)
    found = []
    for value in SIGMAS:
        noise = torch.randn(images.shape, generator=draw) * value / 255
        found.append(network(images + noise, torch.full((len(images),), value)).clamp(0, 1))
    return found


def _windows(photograph: Sample) -> Tensor:
    """[N, 3, 128, 128] in [0, 1]: all of it."""
    image = torch.tensor(photograph.pixels).permute(2, 0, 1)[None].float().div(255)
    return windows(image, side=WINDOW_PX, most=1_000)


if __name__ == "__main__":
    main()
