"""A network that takes noise away, beside non-local means and what serves now.

Noise is added unclipped, the same to both; what comes out is rounded as a file would be.
"""

import torch
from torch import Generator, Tensor

from models.data.degradations import noisy
from models.data.image_set import whole
from models.editing.denoise import non_local_means
from models.evaluation.beside import Beside, Pictures, findings, timed
from models.evaluation.contender import Contender
from models.evaluation.exam import Exam
from models.evaluation.findings import Findings
from models.evaluation.paired import decibels, similarity
from models.metrics.quantised import quantised
from models.networks.restoring import Denoises

SIGMA = 25.0
"""In 8-bit units: what papers report first."""
SEED = 25
PIECE = 16


def evaluate(
    candidate: Contender[Denoises], exam: Exam, *, incumbent: Contender[Denoises] | None
) -> Findings:
    """PSNR and SSIM of mended pictures, beside the clean ones.

    Args:
        candidate: its categories are what the exam's labels mean.
        exam: held-out pictures in colour; what is too much for sides of eight is cut off.
        incumbent: what serves now; whatever it learnt from, it mends any picture.
    """
    held_out, device = whole(exam.held_out, multiple=8), exam.device
    clean = held_out.images / 255
    sigma = torch.full((len(clean),), SIGMA)
    spoiled = noisy(clean, sigma, Generator().manual_seed(SEED))
    mended, cost = timed(lambda: _mended(candidate.network, spoiled, device), device)
    followed = None if incumbent is None else _mended(incumbent.network, spoiled, device)
    found = Beside(
        ours=decibels(mended, clean),
        theirs=decibels(_classical(spoiled), clean),
        followed=None if followed is None else decibels(followed, clean),
        scores=similarity(mended, clean),
    )
    pictures = Pictures(held_out.labels, candidate.categories, exam.digest)
    return findings(pictures, found, measure="psnr_db", baseline="non-local means", cost=cost)


@torch.inference_mode()
def _mended(network: Denoises, spoiled: Tensor, device: torch.device) -> Tensor:
    network = network.to(device).eval()
    pieces = []
    for piece in torch.split(spoiled, PIECE):
        sigma = torch.full((len(piece),), SIGMA, device=device)
        pieces.append(quantised(network.denoise(piece.to(device), sigma).float().cpu()))
    return torch.cat(pieces)


def _classical(spoiled: Tensor) -> Tensor:
    """By what the operation does where no network is asked for."""
    mend = non_local_means(SIGMA)
    return quantised(torch.cat([mend(image) for image in torch.split(spoiled, 1)]))
