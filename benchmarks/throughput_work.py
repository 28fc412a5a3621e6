"""What is done to one picture around the network, written by hand: a worker's work, nothing kept.

It is what workers/sources, models/editing/denoise and workers/deliver do for `denoise` with a told
sigma, in the same order and with the same calls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from benchmarks.throughput_workloads import SIGMA, Workload
from db.operations.restoration import Denoise
from models import images, labels
from models.made import Made
from workers.scoring import Compared, score

_NOBODY: Final = "0190a0b0-0000-7000-8000-000000000000"
_OPERATION: Final = Denoise(picture=_NOBODY, sigma=SIGMA)
_REPORT: Final[Mapping[str, float | int | str | None]] = {
    "sigma": SIGMA,
    "sigma_estimated": 0,
    "engine": "network",
}

Numbers = dict[str, float | None]


def decoded(data: bytes) -> Tensor:
    """[1, 3, H, W] in [0, 1] from a file; its label is read, too."""
    labels.read(data)
    return images.read(data).image


def delivered(source: Tensor, clean: Tensor, job_id: str) -> tuple[bytes, Numbers]:
    """The labelled file of what the network made, and the scores of what is in it.

    Args:
        source: [1, 3, H, W] in [0, 1].
        clean: what the network gave for it; overwritten.
        job_id: what the label names.
    """
    with torch.inference_mode():  # what a network gave under it may be changed only here
        output = clean.sub_(source).mul_(_OPERATION.strength).add_(source).clamp_(0, 1)
    bare = images.encode(output, format="png")
    data = labels.write(bare, format="png", source_kind="enhanced", job_id=job_id)
    made = Made((output,), report=_REPORT)
    return data, score(_OPERATION, made, images.read(data), Compared(source=source)).values


@dataclass(frozen=True, slots=True)
class Opened:
    """A job that was begun: its number and its image, [1, 3, H, W] in [0, 1]."""

    number: int
    source: Tensor


class Desk:
    """Does jobs by their numbers, for peers: they bring the queue, this brings the work.

    Without pictures every job is of one image in memory, and its answer is a mean. With them, the
    picture lies in a folder, the result is written there, and the answer holds its scores.
    """

    def __init__(self, workload: Workload, folder: Path) -> None:
        self._workload, self._results = workload, folder / "results"
        self._pictures = sorted((folder / "pictures").glob("*.png"))
        self._network = workload.network()
        self._image = torch.full((1, 3, workload.side_px, workload.side_px), 0.5)
        self.worked([Opened(0, self._image)])

    def opened(self, number: int) -> Opened:
        if not self._workload.has_pictures:
            return Opened(number, self._image)
        return Opened(number, decoded(self._pictures[number % len(self._pictures)].read_bytes()))

    def worked(self, jobs: Sequence[Opened]) -> list[Tensor]:
        """What the network gives for each, as one batch."""
        return list(torch.split(self._network(torch.cat([job.source for job in jobs])), 1))

    def closed(self, job: Opened, clean: Tensor) -> Numbers:
        """The answer; the file lies in the folder by then."""
        if not self._workload.has_pictures:
            return {"mean": float(clean.mean())}
        data, numbers = delivered(job.source, clean, str(job.number))
        (self._results / f"{job.number}.png").write_bytes(data)
        return numbers

    def done(self, number: int) -> Numbers:
        """One job alone, from its number to its answer."""
        job = self.opened(number)
        (clean,) = self.worked([job])
        return self.closed(job, clean)
