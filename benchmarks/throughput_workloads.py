"""What is timed: a network, a picture size, and whether the picture work around it is done too.

A fake device sleeps, and takes one batch at a time however many processes ask it: whoever runs two
of them side by side has bought no second device.
"""

import fcntl
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

MAX_BATCH: Final = 16
SIGMA: Final = 25.0
_NAMES: Final = ("noop", "fake-8-1", "fake-2-0.25", "denoise-128", "denoise-512")
_SUFFIX: Final = "-pictures"

Network = Callable[[Tensor], Tensor]
"""[N, 3, H, W] in [0, 1] to the same: a whole batch at once."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One row of the table's left side.

    Attributes:
        per_batch_ms: what a fake device takes for any batch; 0 for a real network.
        per_image_ms: and for each image in it.
        side_px: of the square images.
        has_pictures: whether each image is decoded from a file before, and scored, encoded and
            decoded again behind it.
        device: where a real network runs.
    """

    name: str
    per_batch_ms: float
    per_image_ms: float
    side_px: int
    has_pictures: bool
    device: str = "cpu"

    @property
    def told(self) -> str:
        """What makes the same of it in another process, by `named`."""
        return f"{self.name}@{self.device}"

    @property
    def is_fake(self) -> bool:
        return not self.name.startswith("denoise")

    def network(self) -> Network:
        """The network alone, as anybody would call it."""
        return self._fake() if self.is_fake else _denoiser(torch.device(self.device))

    def _fake(self) -> Network:
        if self.name.startswith("noop"):
            return lambda images: images
        among_processes = (Path(tempfile.gettempdir()) / "packshot-fake-device.lock").open("w")
        among_threads = threading.Lock()

        def busy(images: Tensor) -> Tensor:
            with among_threads:
                fcntl.flock(among_processes, fcntl.LOCK_EX)
                time.sleep((self.per_batch_ms + self.per_image_ms * len(images)) / 1000)
                fcntl.flock(among_processes, fcntl.LOCK_UN)
            return images

        return busy


def named(text: str) -> Workload:
    """A workload by its name in the table, with `@` and a device behind it where it is not the CPU.

    Raises:
        ValueError: there is none of that name.
    """
    name, _, device = text.partition("@")
    base = name.removesuffix(_SUFFIX)
    if base not in _NAMES:
        raise ValueError(f"expected one of {', '.join(names())}; got {name!r}")
    kind, *numbers = base.split("-")
    batch_ms, image_ms = (float(numbers[0]), float(numbers[1])) if kind == "fake" else (0.0, 0.0)
    side_px = int(numbers[0]) if kind == "denoise" else 128
    has_pictures = name.endswith(_SUFFIX)
    return Workload(name, batch_ms, image_ms, side_px, has_pictures, device or "cpu")


def names() -> list[str]:
    return [*_NAMES, *(name + _SUFFIX for name in _NAMES)]


def shipped_denoiser() -> nn.Module:
    """The network that ships, on the CPU."""
    from models import weights

    path, card = next(one for one in weights.shipped() if one[1].network == "denoiser")
    return weights.read(path.read_bytes(), card)


def _denoiser(device: torch.device) -> Network:
    """The denoiser that ships, as its own door serves it, in the worker's own memory format."""
    from models import calling

    module = shipped_denoiser().to(device)
    module.to(memory_format=torch.channels_last)
    door = calling.doors(module)["denoise"]

    def denoise(images: Tensor) -> Tensor:
        with torch.inference_mode():
            clean = door(images.to(device), torch.full((len(images),), SIGMA, device=device))
        return clean.cpu() if isinstance(clean, Tensor) else clean[0].cpu()

    return denoise
