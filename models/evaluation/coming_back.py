"""A style autoencoder: how much of a picture comes back of it.

Beside the picture at half its size, enlarged again: what keeps less than that may not touch a
photograph. How near a style comes is measured of each result, see `benchmarks.styles`.
"""

import torch
from torch import Tensor

from models import resampling
from models.data.image_set import whole
from models.evaluation.beside import Beside, Pictures, findings, timed
from models.evaluation.contender import Contender
from models.evaluation.exam import Exam
from models.evaluation.findings import Findings
from models.evaluation.paired import decibels, similarity
from models.metrics.quantised import quantised
from models.networks.style import StyleAutoencoder

PIECE = 16

Keeper = Contender[StyleAutoencoder]


def evaluate(candidate: Keeper, exam: Exam, *, incumbent: Keeper | None) -> Findings:
    """PSNR and SSIM of what comes back, beside the pictures.

    Args:
        candidate: its categories are what the exam's labels mean.
        exam: held-out pictures in colour; what is too much for sides of eight is cut off.
        incumbent: what serves now; whatever it learnt from, it takes any picture.
    """
    held_out, device = whole(exam.held_out, multiple=8), exam.device
    real = held_out.images / 255
    made, cost = timed(lambda: _back(candidate.network, real, device), device)
    followed = None if incumbent is None else _back(incumbent.network, real, device)
    found = Beside(
        ours=decibels(made, real),
        theirs=decibels(_halved(real), real),
        followed=None if followed is None else decibels(followed, real),
        scores=similarity(made, real),
    )
    pictures = Pictures(held_out.labels, candidate.categories, exam.digest)
    baseline = "half the size, enlarged again"
    return findings(pictures, found, measure="psnr_db", baseline=baseline, cost=cost)


@torch.inference_mode()
def _back(network: StyleAutoencoder, real: Tensor, device: torch.device) -> Tensor:
    network = network.to(device).eval()
    return quantised(torch.cat([network(p.to(device)).cpu() for p in torch.split(real, PIECE)]))


def _halved(real: Tensor) -> Tensor:
    height, width = real.shape[2:]
    small = resampling.resize(real, height=height // 2, width=width // 2)
    return quantised(resampling.resize(small, height=height, width=width))
