"""What is drawn into holes, beside what Telea's method draws (2004, OpenCV's) and what serves now.

The same holes are made in held-out pictures for all. Nobody can know what was there, so that being
near to it is half of it: `detail` says whether the hole has as much fine structure as was there.
"""

import cv2
import numpy as np
import torch
from torch import Tensor

from models.data import holes
from models.data.image_set import whole
from models.evaluation.beside import Beside, Pictures, findings, timed
from models.evaluation.contender import Contender
from models.evaluation.exam import Exam
from models.evaluation.findings import Findings
from models.filling import filled
from models.metrics.hole_detail import detail
from models.metrics.quantised import quantised
from models.networks.inpainter import Inpainter

PIECE = 16
RADIUS_PX = 3

Filler = Contender[Inpainter]


def evaluate(candidate: Filler, exam: Exam, *, incumbent: Filler | None) -> Findings:
    """How near the filled holes are: 1 less the mean absolute error within them.

    Args:
        candidate: its categories are what the exam's labels mean.
        exam: held-out pictures in colour; what is too much for sides of eight is cut off.
        incumbent: what serves now; whatever it learnt from, it takes any picture.
    """
    held_out, device = whole(exam.held_out, multiple=8), exam.device
    real = held_out.images / 255
    hole = holes.steady(len(real), shape=(real.shape[2], real.shape[3]))
    film = filled(real, hole > 0)
    made, cost = timed(lambda: _drawn(candidate.network, film, hole, device), device)
    classical = telea(real, hole)
    followed = None if incumbent is None else _drawn(incumbent.network, film, hole, device)
    found = Beside(
        ours=_near(made, real, hole),
        theirs=_near(classical, real, hole),
        followed=None if followed is None else _near(followed, real, hole),
        scores={
            "hole_l1": 1 - _near(made, real, hole).mean().item(),
            "hole_l1_film": 1 - _near(film, real, hole).mean().item(),
            "hole_detail": detail(made, real, hole).mean().item(),
            "hole_detail_film": detail(film, real, hole).mean().item(),
            "hole_detail_telea": detail(classical, real, hole).mean().item(),
        },
    )
    pictures = Pictures(held_out.labels, candidate.categories, exam.digest)
    return findings(pictures, found, measure="hole_nearness", baseline="Telea's", cost=cost)


def telea(images: Tensor, hole: Tensor) -> Tensor:
    """[N, 3, H, W] in [0, 1] with what OpenCV draws into the holes [N, 1, H, W]."""
    made = []
    for image, covered in zip(images, hole, strict=True):
        pixels = image.mul(255).round().byte().permute(1, 2, 0).numpy()
        mask = covered[0].numpy().astype(np.uint8)
        drawn = cv2.inpaint(np.ascontiguousarray(pixels), mask, RADIUS_PX, cv2.INPAINT_TELEA)
        made.append(torch.from_numpy(np.asarray(drawn)).permute(2, 0, 1) / 255)
    return torch.stack(made)


@torch.inference_mode()
def _drawn(network: Inpainter, film: Tensor, hole: Tensor, device: torch.device) -> Tensor:
    network = network.to(device).eval()
    both = zip(torch.split(film, PIECE), torch.split(hole, PIECE), strict=True)
    pieces = [network.fill(one.to(device), covered.to(device)).cpu() for one, covered in both]
    return quantised(torch.cat(pieces))


def _near(made: Tensor, real: Tensor, hole: Tensor) -> Tensor:
    """[N]; a picture without a hole is as near as can be."""
    off = ((made - real).abs() * hole).sum((1, 2, 3))
    return 1 - off / (made.shape[1] * hole.sum((1, 2, 3))).clamp_min(1)
