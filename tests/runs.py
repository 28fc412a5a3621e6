"""Runs so small that a test can wait for them, and the end of one as by a kill."""

import torch

from models.data.image_set import ImageSet
from models.training.config import TrainConfig
from models.training.watch import Watch
from tests.cutouts import cutouts

CPU = torch.device("cpu")
TINY = TrainConfig("vae", epochs=4, batch_size=8, z_dim=8, precision="float32")


class Killed(BaseException):
    """As a worker is killed: nobody catches it."""


def pictures(count: int = 20, side: int = 28, channels: int = 1, held_out: int = 4) -> ImageSet:
    images = torch.randint(256, (count, channels, side, side), generator=chance())
    validation = torch.arange(count - held_out, count)
    labels = torch.arange(count) % 2
    return ImageSet("tiny", images.byte(), labels, ("a", "b"), validation, "CC0", "made here")


def lessons(network: str) -> ImageSet:
    """What a network of this kind learns from."""
    return cutouts() if network in ("matte", "warp") else pictures()


def chance() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def small(monkeypatch) -> None:
    """Only as many channels as a test needs."""
    for module in ("gan", "vae"):
        monkeypatch.setattr(f"models.networks.{module}.WIDTHS", {32: (8,) * 4, 64: (8,) * 5})
    monkeypatch.setattr("models.training.warp.DRAWN", 4)


def killed_at(step: int) -> Watch:
    """Ends a run as a kill would, once it has done so many steps."""

    def kill(done: int, _total: int) -> None:
        if done == step:
            raise Killed

    return Watch(on_progress=kill)
