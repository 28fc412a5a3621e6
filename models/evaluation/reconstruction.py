"""A network that gives pictures back, beside principal components and what serves now."""

import time

import torch
from torch import Tensor

from models.evaluation import components
from models.evaluation.by_category import by_category, over_all, uncompared
from models.evaluation.contender import Contender, Takes, unlike
from models.evaluation.exam import Exam
from models.evaluation.findings import Findings
from models.evaluation.lead import lead
from models.evaluation.memory import PeakMemory
from models.evaluation.paired import decibels, similarity
from models.metrics.quantised import quantised
from models.networks.vae import ConditionalVae

Vae = Contender[ConditionalVae]

PIECE = 64


def evaluate(candidate: Vae, exam: Exam, *, incumbent: Vae | None) -> Findings:
    """PSNR and SSIM of reconstructions, quantised as a viewer would get them.

    Args:
        candidate: as it would be served.
        exam: in pictures of its size and channels.
        incumbent: what serves now.
    """
    held_out, device = exam.held_out, exam.device
    if not len(held_out):
        raise ValueError("expected at least one picture that was held out")
    memory, since = PeakMemory(device), time.perf_counter()
    rebuilt = _rebuilt(candidate.network, held_out.images, held_out.labels, device)
    seconds = time.perf_counter() - since
    real = held_out.images / 255
    ours = decibels(rebuilt, real)
    z_dim = candidate.network.config.z_dim
    linear = components.fit(exam.learnt.images / 255, count=z_dim)
    theirs = decibels(quantised(linear.rebuilt(real)), real)
    why_not = unlike(candidate, incumbent, takes=_takes)
    followed = uncompared(ours)
    if incumbent is not None and why_not is None:
        rows, labels = incumbent.known(candidate.categories, held_out.labels)
        again = _rebuilt(incumbent.network, held_out.images[rows], labels, device)
        followed[rows] = decibels(again, real[rows])
    return Findings(
        measure="psnr_db",
        value=ours.mean().item(),
        pictures=len(held_out),
        digest=exam.digest,
        scores={"psnr_db": ours.mean().item(), **similarity(rebuilt, real)},
        baseline=f"{z_dim} principal components",
        over_baseline=lead(ours, theirs),
        over_incumbent=over_all(ours, followed),
        unlike=why_not,
        categories=by_category(candidate.categories, held_out.labels, ours, followed),
        ms_per_picture=round(1000 * seconds / len(held_out), 3),
        peak_memory_mb=memory.mb(),
    )


def _takes(network: ConditionalVae) -> Takes:
    return Takes(network.config.channels, network.config.image_size)


@torch.inference_mode()
def _rebuilt(
    network: ConditionalVae, images: Tensor, labels: Tensor, device: torch.device
) -> Tensor:
    """uint8 [N, C, S, S] → what encoder and decoder make of them, in steps of 1/255."""
    network = network.to(device).eval()
    pieces = []
    for image, label in zip(torch.split(images, PIECE), torch.split(labels, PIECE), strict=True):
        on_device = label.to(device)
        mean, _ = network.encode(image.to(device) / 255, on_device)
        pieces.append(quantised(network.decode(mean, on_device).float().cpu()))
    return torch.cat(pieces) if pieces else images / 255
