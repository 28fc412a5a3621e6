"""A network that tells where a garment's points go, beside the affine fit of the masks' moments.

Held-out garments are bent by chance, so that where every point went is known.
"""

import torch
from torch import Generator, Tensor

from models.data.cutouts import CHANNELS
from models.data.worn import Worn, bent, carried, lying
from models.evaluation.beside import Beside, Pictures, findings, timed
from models.evaluation.contender import Contender
from models.evaluation.exam import Exam
from models.evaluation.findings import Findings
from models.failures import CannotDo
from models.networks.warp import WarpNet
from models.warping import moments
from models.warping.nearness import error_px, overlap

SEED = 7
PIECE = 32


def evaluate(
    candidate: Contender[WarpNet], exam: Exam, *, incumbent: Contender[WarpNet] | None
) -> Findings:
    """How near the ways come: 1 less the mean error in widths of the clothes' frame.

    Args:
        candidate: its categories are what the exam's labels mean.
        exam: in cut-outs, uint8 [N, 4, S, S].
        incumbent: what serves now; whatever it learnt from, it takes any garment.
    """
    held_out, device = exam.held_out, exam.device
    if held_out.images.shape[1] != CHANNELS:
        raise CannotDo("no_transparency", "warps are measured on garments that are cut out")
    seen = bent(lying(held_out.images / 255), Generator().manual_seed(SEED))
    told, cost = timed(lambda: ways_of(candidate.network, seen, device), device)
    affine = moments.ways(seen.garments[:, 3:], seen.places)
    followed = None
    if incumbent is not None:
        followed = _near(ways_of(incumbent.network, seen, device), seen)
    found = Beside(
        ours=_near(told, seen),
        theirs=_near(affine, seen),
        followed=followed,
        scores={
            "way_px": error_px(told, seen.ways, seen.places).mean().item(),
            "way_px_affine": error_px(affine, seen.ways, seen.places).mean().item(),
            "mask_iou": _filled(told, seen),
            "mask_iou_affine": _filled(affine, seen),
        },
    )
    pictures = Pictures(held_out.labels, candidate.categories, exam.digest)
    baseline = "the masks' moments"
    return findings(pictures, found, measure="way_nearness", baseline=baseline, cost=cost)


@torch.inference_mode()
def ways_of(network: WarpNet, seen: Worn, device: torch.device) -> Tensor:
    network = network.to(device).eval()
    both = zip(torch.split(seen.garments, PIECE), torch.split(seen.places, PIECE), strict=True)
    return torch.cat([network.warp(one.to(device), mask.to(device)).cpu() for one, mask in both])


def _near(told: Tensor, seen: Worn) -> Tensor:
    return 1 - error_px(told, seen.ways, seen.places, width_px=1)


def _filled(told: Tensor, seen: Worn) -> float:
    return overlap(carried(seen.garments[:, 3:], told), seen.places).mean().item()
