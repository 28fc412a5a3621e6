"""How many epochs fit into the time there is: measured on the device, among those who share it.

A learning rate that goes down over the whole run wants the run's length known when it begins.
"""

import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Barrier
from pathlib import Path

import torch

from models.data.image_set import ImageSet, Part
from models.training.batches import image_size_for, prepared, steps_of
from models.training.config import TrainConfig
from models.training.run import train
from models.training.trainer import trainer_for
from models.training.validate import quality
from models.training.watch import Watch

WARM_UP_STEPS = 5
WAIT_S = 90.0
SPARE = 0.1
"""Of the time: that a neighbour measures, or that the device grows warm, slows everybody."""
FEW = 4_000
ENDLESS = 1_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """What takes how long, in seconds.

    Attributes:
        first_s: the first measuring, which teaches a generator's judge; from few pictures, so that
            the real one takes some seconds more.
        again_s: each later one.
        step_s: one step.
    """

    first_s: float
    again_s: float
    step_s: float

    def epochs(self, config: TrainConfig, *, steps: int, seconds: float) -> int:
        """As many of `steps` as are learnt and measured in so many seconds; one at least."""
        left = seconds * (1 - SPARE) - self.first_s - 2 * self.again_s
        each = steps * self.step_s + self.again_s / config.measured_every
        return max(1, min(config.epochs, int(left / each)))


def measured(
    config: TrainConfig,
    images: ImageSet,
    device: torch.device,
    *,
    seconds: float,
    together: Barrier,
) -> Pace:
    """The pace while all others who hold `together` are measured, too.

    Args:
        config: of the run.
        images: what it learns from.
        device: where.
        seconds: how long steps are counted.
        together: nobody counts before all are ready; who comes too late counts alone.
    """
    trainer = trainer_for(config, images, device)
    size = image_size_for(config, images)
    learning, held_out = (prepared(part, config, size) for part in images.split())
    few = Part(
        *(tensor[:: len(learning) // FEW + 1] for tensor in (learning.images, learning.labels))
    )
    first_s, again_s = (_timed(lambda: quality(trainer, few, held_out, device)) for _ in range(2))
    with suppress(threading.BrokenBarrierError):
        together.wait(WAIT_S)
    return Pace(first_s, again_s, _step_s(config, images, device, seconds))


def fitted(config: TrainConfig, images: ImageSet, pace: Pace, *, seconds: float) -> TrainConfig:
    steps = steps_of(config, len(images.split()[0]))
    return replace(config, epochs=pace.epochs(config, steps=steps, seconds=seconds))


def _step_s(config: TrainConfig, images: ImageSet, device: torch.device, seconds: float) -> float:
    """Of a run that is thrown away."""
    times: list[float] = []

    def is_over() -> bool:
        counted = times[WARM_UP_STEPS:]
        return len(counted) > 1 and counted[-1] - counted[0] > seconds

    unmeasured = replace(config, epochs=ENDLESS, measured_every=ENDLESS)
    watch = Watch(
        on_progress=lambda _done, _total: times.append(time.monotonic()), should_stop=is_over
    )
    with tempfile.TemporaryDirectory() as folder:
        train(unmeasured, images, folder=Path(folder), device=device, watch=watch)
    counted = times[WARM_UP_STEPS:]
    return (counted[-1] - counted[0]) / (len(counted) - 1)


def _timed(work: Callable[[], object]) -> float:
    since = time.monotonic()
    work()
    return time.monotonic() - since
