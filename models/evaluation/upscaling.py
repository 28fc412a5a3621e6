"""A network that enlarges, beside bicubic and what serves now, as papers measure: brightness only.

Pictures are made small as Pillow's bicubic would; what comes out is rounded as a file would be.
"""

import torch
from torch import Tensor

from models import resampling
from models.data.degradations import lowered
from models.data.image_set import whole
from models.evaluation.beside import Beside, Pictures, findings, timed
from models.evaluation.contender import Contender
from models.evaluation.exam import Exam
from models.evaluation.findings import Findings
from models.evaluation.paired import EXACT_DB, similarity
from models.metrics.quantised import quantised
from models.metrics.y_psnr import y_psnr_db
from models.networks.restoring import Enlarges

PIECE = 16


def evaluate(
    candidate: Contender[Enlarges], exam: Exam, *, incumbent: Contender[Enlarges] | None
) -> Findings:
    """PSNR of brightness, without as many pixels at the rim as the scale, and SSIM.

    Args:
        candidate: its categories are what the exam's labels mean.
        exam: held-out pictures in colour; what is too much for sides of its scale is cut off.
        incumbent: what serves now; it can be compared if it enlarges as much.
    """
    scale = candidate.network.scale
    held_out, device = whole(exam.held_out, multiple=scale), exam.device
    large = held_out.images / 255
    small = lowered(large, scale=scale)
    made, cost = timed(lambda: _made(candidate.network, small, device), device)
    unlike = None if incumbent is None else _unlike(scale, incumbent.network.scale)
    followed = None
    if incumbent is not None and unlike is None:
        followed = _decibels(_made(incumbent.network, small, device), large, scale)
    found = Beside(
        ours=_decibels(made, large, scale),
        theirs=_decibels(_bicubic(small, large), large, scale),
        followed=followed,
        unlike=unlike,
        scores=similarity(made, large),
    )
    pictures = Pictures(held_out.labels, candidate.categories, exam.digest)
    return findings(pictures, found, measure="y_psnr_db", baseline="bicubic", cost=cost)


def _unlike(ours: int, theirs: int) -> str | None:
    return None if ours == theirs else f"what serves enlarges ×{theirs}, this ×{ours}"


def _decibels(made: Tensor, large: Tensor, scale: int) -> Tensor:
    return y_psnr_db(made, large, border=scale).clamp(max=EXACT_DB)


def _bicubic(small: Tensor, large: Tensor) -> Tensor:
    """By what the operation does today."""
    height, width = large.shape[2:]
    return quantised(resampling.resize(small, height=height, width=width))


@torch.inference_mode()
def _made(network: Enlarges, small: Tensor, device: torch.device) -> Tensor:
    network = network.to(device).eval()
    pieces = [network.upscale(piece.to(device)).cpu() for piece in torch.split(small, PIECE)]
    return quantised(torch.cat(pieces))
