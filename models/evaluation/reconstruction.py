"""A network that gives pictures back, beside principal components and what serves now."""

import time

import torch
from torch import Tensor

from models.data.image_set import Part
from models.evaluation import components
from models.evaluation.by_category import by_category, placed
from models.evaluation.contender import Contender
from models.evaluation.findings import Findings
from models.evaluation.lead import lead
from models.evaluation.memory import PeakMemory
from models.metrics.psnr import psnr_db
from models.metrics.quantised import quantised
from models.metrics.ssim import TooSmall, ssim
from models.networks.vae import ConditionalVae

Vae = Contender[ConditionalVae]

PIECE = 64
EXACT_DB = 100.0
"""What a picture counts that was given back to the last bit: a mean has no place for infinity."""


def evaluate(
    candidate: Vae,
    *,
    learnt: Part,
    held_out: Part,
    digest: str,
    incumbent: Vae | None,
    device: torch.device,
) -> Findings:
    """PSNR and SSIM of reconstructions, quantised as a viewer would get them.

    Args:
        candidate: its labels are those of `held_out`.
        learnt: images uint8 [N, C, S, S] that it learnt from; the baseline learns from them, too.
        held_out: the same of products that nothing learnt from.
        digest: of `held_out`, as the dataset has it.
        incumbent: what serves now.
        device: where the networks are run.
    """
    if not len(held_out):
        raise ValueError("expected at least one picture that was held out")
    memory, since = PeakMemory(device), time.perf_counter()
    rebuilt = _rebuilt(candidate.network, held_out.images, held_out.labels, device)
    seconds = time.perf_counter() - since
    ours = _decibels(rebuilt, held_out.images)
    z_dim = candidate.network.config.z_dim
    linear = components.fit(learnt.images / 255, count=z_dim)
    theirs = _decibels(quantised(linear.rebuilt(held_out.images / 255)), held_out.images)
    unlike = None if incumbent is None else _unlike(candidate, incumbent)
    rows, followed = _followed(incumbent, candidate, held_out, device, unlike=unlike)
    return Findings(
        measure="psnr_db",
        value=ours.mean().item(),
        pictures=len(held_out),
        digest=digest,
        scores={"psnr_db": ours.mean().item(), **_similarity(rebuilt, held_out.images / 255)},
        baseline=f"{z_dim} principal components",
        over_baseline=lead(ours, theirs),
        over_incumbent=lead(ours[rows], followed) if len(rows) else None,
        unlike=unlike,
        categories=by_category(
            candidate.categories, held_out.labels, ours, placed(ours, rows, followed)
        ),
        ms_per_picture=round(1000 * seconds / len(held_out), 3),
        peak_memory_mb=memory.mb(),
    )


def _followed(
    incumbent: Vae | None,
    candidate: Vae,
    held_out: Part,
    device: torch.device,
    *,
    unlike: str | None,
) -> tuple[Tensor, Tensor]:
    """The rows whose category the incumbent knows, [M], and its PSNR there, [M]."""
    if incumbent is None or unlike is not None:
        return torch.empty(0, dtype=torch.long), torch.empty(0, dtype=torch.double)
    labels = incumbent.labels_of(candidate.categories)[held_out.labels]
    rows = (labels >= 0).nonzero().flatten()
    rebuilt = _rebuilt(incumbent.network, held_out.images[rows], labels[rows], device)
    return rows, _decibels(rebuilt, held_out.images[rows])


def _unlike(candidate: Vae, incumbent: Vae) -> str | None:
    """Why the two cannot be measured on the same pictures, in a sentence."""
    mine, theirs = candidate.network.config, incumbent.network.config
    if (mine.image_size, mine.channels) != (theirs.image_size, theirs.channels):
        return (
            f"what serves is for {theirs.image_size} pixels and {theirs.channels} channels, "
            f"this for {mine.image_size} and {mine.channels}"
        )
    if not set(candidate.categories) & set(incumbent.categories):
        return "what serves knows none of these categories"
    return None


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


def _decibels(rebuilt: Tensor, images: Tensor) -> Tensor:
    return psnr_db(rebuilt, images / 255).clamp(max=EXACT_DB)


def _similarity(rebuilt: Tensor, images: Tensor) -> dict[str, float]:
    try:
        return {"ssim": ssim(rebuilt, images).double().mean().item()}
    except TooSmall:
        return {}
