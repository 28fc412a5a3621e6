"""Which pictures a step sees, and the chance it works with: functions of seed and step alone.

So a resumed run has no random state to bring back: it goes on with the very same numbers.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from models.data import cutouts, label_maps
from models.data.image_set import ImageSet, Part, resized, whole
from models.networks.classifier import MIN_SIDE
from models.training.config import TrainConfig


@dataclass(frozen=True, slots=True)
class Batch:
    """Images [N, C, S, S] in [0, 1] and labels [N]; where some are guessed, [N, K]."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return self.images.shape[0]

    def part(self, rows: slice) -> "Batch":
        return Batch(self.images[rows], self.labels[rows])


@dataclass(frozen=True, slots=True)
class Moment:
    """Where in the run a step is; `batch_size` is how many pictures it sees."""

    seed: int
    step: int
    total: int
    batch_size: int

    @property
    def progress(self) -> float:
        return self.step / self.total

    @property
    def images_seen(self) -> int:
        return (self.step + 1) * self.batch_size

    @property
    def augment_seed(self) -> int:
        return _chance("augment", self.seed, self.step)

    @property
    def guess_seed(self) -> int:
        """For what pictures undergo whose labels are guessed."""
        return _chance("guess", self.seed, self.step)

    def generator(self, purpose: str = "step") -> Generator:
        """On the CPU, so that the numbers do not depend on the device."""
        return Generator().manual_seed(_chance(purpose, self.seed, self.step))

    @contextmanager
    def dropping(self, place: str, *, dropout: float) -> Iterator[None]:
        """What a network drops here depends on the moment and the place alone."""
        if not dropout:
            yield
            return
        devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(_chance(f"dropout {place}", self.seed, self.step))
            yield


def order(count: int, *, seed: int, epoch: int) -> Tensor:
    """The order of the training pictures in this epoch."""
    generator = Generator().manual_seed(_chance("order", seed, epoch))
    return torch.randperm(count, generator=generator)


def pictures_a_step(config: TrainConfig, count: int) -> int:
    """Of all pieces of a batch, where there are so many pictures to learn from."""
    return min(config.batch_size * config.accumulate, count)


def steps_of(config: TrainConfig, count: int) -> int:
    """In an epoch; what is left over waits for the next."""
    return count // pictures_a_step(config, count)


def image_size_for(config: TrainConfig, images: ImageSet) -> int:
    """Pictures a little smaller than the grid keep their size; others are resized to it."""
    height, width = images.images.shape[2:]
    grid = config.image_size
    smallest = max(grid * 3 // 4, MIN_SIDE if config.network == "classifier" else 0)
    return height if height == width and smallest <= height <= grid else grid


def prepared(part: Part, config: TrainConfig, size: int) -> Part:
    """The part as the network wants it, in memory once."""
    if config.network in ("matte", "warp"):
        return resized(part, size=size, channels=cutouts.CHANNELS)
    if config.source == "labels":
        return resized(part, size=size, channels=label_maps.CHANNELS)
    multiple = multiple_for(config)
    if multiple is not None:
        return whole(part, multiple=multiple)
    return resized(part, size=size, channels=config.channels)


def multiple_for(config: TrainConfig) -> int | None:
    """What sides must be multiples of, for a network that sees pictures at their own scale."""
    match config.network:
        case "denoiser" | "deblocker" | "deblurrer" | "style" | "inpainter":
            return 8  # three halvings
        case "upscaler":
            return config.scale
        case _:
            return None


def least_side_for(config: TrainConfig) -> int:
    """Below it there is nothing to learn from."""
    match config.network:
        case "denoiser" | "style" | "inpainter":
            return 8
        case "deblocker" | "deblurrer":
            return 32  # of less, neither blocks nor edges can be told from what is shown
        case "upscaler":
            return 8 * config.scale
        case _:
            return 1


def batch_of(part: Part, chosen: Tensor, device: torch.device) -> Batch:
    return Batch(part.images[chosen].to(device) / 255, part.labels[chosen].to(device))


def _chance(purpose: str, seed: int, number: int) -> int:
    """A seed for this purpose alone: streams of different purposes or steps share nothing."""
    text = f"{purpose} {seed} {number}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:7], "little")
