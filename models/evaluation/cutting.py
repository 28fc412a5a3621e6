"""A network that finds the product, beside the engine without one and what serves now.

Held-out products on held-out grounds, whose exact mattes are known as we have put them there.
"""

import torch
from torch import Generator, Tensor

from models.data.composites import composed
from models.data.cutouts import CHANNELS, Grounds
from models.evaluation.beside import Beside, Pictures, findings, timed
from models.evaluation.contender import Contender
from models.evaluation.exam import Exam
from models.evaluation.findings import Findings
from models.failures import CannotDo
from models.matting import matte
from models.metrics.quantised import quantised
from models.networks.matte import MatteNet

SEED = 7
PIECE = 16
TOGETHER = 256


def evaluate(
    candidate: Contender[MatteNet],
    exam: Exam,
    grounds: Grounds,
    *,
    incumbent: Contender[MatteNet] | None,
) -> Findings:
    """Intersection over union where more than half is covered, and the mean absolute error.

    Args:
        candidate: its categories are what the exam's labels mean.
        exam: in cut-outs, uint8 [N, 4, S, S].
        grounds: photographs; those held out are used.
        incumbent: what serves now; whatever it learnt from, it looks at any picture.
    """
    held_out, device = exam.held_out, exam.device
    if held_out.images.shape[1] != CHANNELS:
        raise CannotDo("no_transparency", "mattes are measured on pictures that are cut out")
    images, alpha = _composed(held_out.images, grounds)
    made, cost = timed(lambda: _made(candidate.network, images, device), device)
    classical = _classical(images)
    followed = None
    if incumbent is not None:
        followed = iou(_made(incumbent.network, images, device), alpha)
    found = Beside(
        ours=iou(made, alpha),
        theirs=iou(classical, alpha),
        followed=followed,
        scores={"mae": _mae(made, alpha), "mae_classical": _mae(classical, alpha)},
    )
    pictures = Pictures(held_out.labels, candidate.categories, exam.digest)
    baseline = "the classical cut-out"
    return findings(pictures, found, measure="iou", baseline=baseline, cost=cost)


def _composed(cutouts: Tensor, grounds: Grounds) -> tuple[Tensor, Tensor]:
    """Pictures [N, 3, S, S] and their mattes [N, 1, S, S]; a few at a time, to spare memory."""
    chance = Generator().manual_seed(SEED)
    pieces = torch.split(cutouts, TOGETHER)
    found = [composed(piece / 255, grounds.held_out, chance) for piece in pieces]
    return torch.cat([one.images for one in found]), torch.cat([one.alpha for one in found])


def iou(made: Tensor, alpha: Tensor) -> Tensor:
    """[N] float64 of mattes [N, 1, S, S]; 1 where neither covers half of any pixel."""
    ours, theirs = made > 0.5, alpha > 0.5
    shared = (ours & theirs).sum((1, 2, 3)).double()
    joint = (ours | theirs).sum((1, 2, 3)).double()
    return torch.where(joint > 0, shared / joint.clamp(min=1), 1.0)


def _mae(made: Tensor, alpha: Tensor) -> float:
    return (made - alpha).abs().double().mean().item()


@torch.inference_mode()
def _made(network: MatteNet, images: Tensor, device: torch.device) -> Tensor:
    network = network.to(device).eval()
    pieces = [network.matte(piece.to(device)).cpu() for piece in torch.split(images, PIECE)]
    return quantised(torch.cat(pieces))


def _classical(images: Tensor) -> Tensor:
    """By what cut-outs are made with today; where it finds no product, none."""
    return torch.cat([_found(image) for image in torch.split(images, 1)])


def _found(image: Tensor) -> Tensor:
    try:
        return matte.find(image).alpha
    except CannotDo:
        return torch.zeros_like(image[:, :1])
