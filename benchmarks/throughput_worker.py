"""The real worker around a network that is timed: `celery -A benchmarks.throughput_worker …`.

Opened in two places. A fake device stands where the denoiser's network is. And without the picture
work, a job is the network call alone: claimed, batched and committed as any other.
"""

from typing import Any

import torch
from torch import nn

from benchmarks import settings, throughput_workloads
from benchmarks.throughput_workloads import SIGMA
from db.fence import Lease
from db.tables.jobs import SUCCEEDED, Job
from models import calling
from workers import perform
from workers.calls import Door
from workers.celery import app
from workers.perform import Bench

__all__ = ["app"]

_workload = throughput_workloads.named(settings.get_timed().workload)


def _doors(module: nn.Module) -> dict[str, Door]:  # noqa: ARG001 — as calling.doors
    network = _workload.network()
    return {"denoise": lambda images, _sigma: network(images)}


def _call_alone(job: Job, lease: Lease, bench: Bench) -> str:
    """Instead of a picture: one image that lies in memory, and an answer in the job's report."""
    with bench.warm.visit():
        versions, may_go_on = job.versions or {}, lambda: bench.leases.check(lease)
        networks = bench.warm.networks(versions, may_go_on=may_go_on)
        answer: Any = networks("denoiser").doors["denoise"](_image, _sigma)
    is_mine = bench.committer.succeed(lease, [], {"mean": float(answer.mean())})
    return SUCCEEDED if is_mine else perform.LOST


_image = torch.full((1, 3, _workload.side_px, _workload.side_px), 0.5)
_sigma = torch.tensor([SIGMA])
if _workload.is_fake:
    calling.doors = _doors
if not _workload.has_pictures:
    perform._make = _call_alone
