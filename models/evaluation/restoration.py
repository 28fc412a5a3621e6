"""A network that mends, beside the classical way and what serves now.

Both get the same pictures, spoiled the same, and are told how much; what comes out is rounded as
a file would be. Noise is added unclipped, as papers do.
"""

from collections.abc import Callable, Mapping
from typing import Final

import torch
from torch import Tensor

from models.data.image_set import whole
from models.data.spoiling import SPOILINGS, Blur, Jpeg, Noise
from models.editing.deblock import shifted_mean
from models.editing.deblur import wiener
from models.editing.denoise import non_local_means
from models.evaluation.beside import Beside, Pictures, findings, timed
from models.evaluation.contender import Contender
from models.evaluation.exam import Exam
from models.evaluation.findings import Findings
from models.evaluation.paired import decibels, similarity
from models.metrics.quantised import quantised
from models.networks.restoring import Denoises, Takes

SEED = 25
PIECE = 16
_CLASSICAL: Final[Mapping[Takes, tuple[str, Callable[[Tensor], Tensor]]]] = {
    "noise": ("non-local means", non_local_means(Noise.sigma)),
    "jpeg": ("mean of shifted JPEGs", shifted_mean(Jpeg.quality)),
    "blur": ("Wiener's filter", wiener(Blur.radius_px, Blur.noise)),
}
"""What the operation does where no network is asked for."""


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
    takes = candidate.network.takes
    spoiled, told = SPOILINGS[takes].usual(clean, SEED)
    mended, cost = timed(lambda: _mended(candidate.network, spoiled, told, device), device)
    followed = None if incumbent is None else _mended(incumbent.network, spoiled, told, device)
    name, classical = _CLASSICAL[takes]
    found = Beside(
        ours=decibels(mended, clean),
        theirs=decibels(_one_by_one(classical, spoiled), clean),
        followed=None if followed is None else decibels(followed, clean),
        scores=similarity(mended, clean),
    )
    pictures = Pictures(held_out.labels, candidate.categories, exam.digest)
    return findings(pictures, found, measure="psnr_db", baseline=name, cost=cost)


@torch.inference_mode()
def _mended(network: Denoises, spoiled: Tensor, told: Tensor, device: torch.device) -> Tensor:
    network = network.to(device).eval()
    pieces = []
    for piece, much in zip(*(torch.split(one, PIECE) for one in (spoiled, told)), strict=True):
        mended = network.denoise(piece.to(device), much.to(device))
        pieces.append(quantised(mended.float().cpu()))
    return torch.cat(pieces)


def _one_by_one(mend: Callable[[Tensor], Tensor], spoiled: Tensor) -> Tensor:
    return quantised(torch.cat([mend(image) for image in torch.split(spoiled, 1)]))
