"""A network that draws from sketches, beside the training picture with the nearest edges.

The sketches are those of held-out pictures themselves, so that there is a right answer; by edges
alone no colour can be known, and a mean over pictures says how well it is guessed.
"""

import torch
from torch import Tensor
from torch.nn import functional

from models.data.image_set import Part
from models.data.sketches import sketched, steady
from models.evaluation.beside import Beside, Pictures, findings, timed
from models.evaluation.by_category import uncompared
from models.evaluation.contender import Contender, Takes, unlike
from models.evaluation.exam import Exam
from models.evaluation.findings import Findings
from models.evaluation.paired import decibels, similarity
from models.metrics.quantised import quantised
from models.networks.translator import Translator

Drawer = Contender[Translator]

PIECE = 64
CELL = 4
"""Pixels of a sketch in which lines may lie and still be in the same place."""


def evaluate(candidate: Drawer, exam: Exam, *, incumbent: Drawer | None) -> Findings:
    """PSNR and SSIM of what is drawn, beside the pictures that were sketched.

    Args:
        candidate: as it would be served.
        exam: in pictures of its size and channels.
        incumbent: what serves now.
    """
    held_out, device = exam.held_out, exam.device
    sketch, real = _sketches(held_out.images), held_out.images / 255
    made, cost = timed(lambda: _made(candidate.network, sketch, held_out.labels, device), device)
    nearest = exam.learnt.images[_nearest(exam.learnt, sketch)] / 255
    found = Beside(
        ours=decibels(made, real),
        theirs=decibels(nearest, real),
        followed=_followed(candidate, incumbent, sketch, held_out, device),
        unlike=unlike(candidate, incumbent, takes=_takes),
        scores={**similarity(made, real), **_beside(nearest, real)},
    )
    pictures = Pictures(held_out.labels, candidate.categories, exam.digest)
    baseline = "the training picture with the nearest edges"
    return findings(pictures, found, measure="psnr_db", baseline=baseline, cost=cost)


def _beside(nearest: Tensor, real: Tensor) -> dict[str, float]:
    return {f"{name}_nearest": score for name, score in similarity(nearest, real).items()}


def _takes(network: Translator) -> Takes:
    return Takes(network.config.channels, network.config.image_size)


def _followed(
    candidate: Drawer,
    incumbent: Drawer | None,
    sketch: Tensor,
    held_out: Part,
    device: torch.device,
) -> Tensor | None:
    """What serves now gets of the pictures whose category it knows; None where it is unlike."""
    if incumbent is None or unlike(candidate, incumbent, takes=_takes) is not None:
        return None
    rows, labels = incumbent.known(candidate.categories, held_out.labels)
    again = _made(incumbent.network, sketch[rows], labels, device)
    got = decibels(again, held_out.images[rows] / 255)
    followed = uncompared(got.new_zeros(len(held_out)))
    followed[rows] = got
    return followed


def _sketches(images: Tensor) -> Tensor:
    """uint8 [N, C, S, S] → [N, 1, S, S], by a steady hand."""
    pieces = [sketched(one / 255, steady(len(one))) for one in torch.split(images, PIECE)]
    return torch.cat(pieces)


@torch.inference_mode()
def _made(network: Translator, sketch: Tensor, labels: Tensor, device: torch.device) -> Tensor:
    network = network.to(device).eval()
    both = zip(torch.split(sketch, PIECE), torch.split(labels, PIECE), strict=True)
    pieces = [network.translate(one.to(device), label.to(device)).cpu() for one, label in both]
    return quantised(torch.cat(pieces))


def _nearest(learnt: Part, sketch: Tensor) -> Tensor:
    """[N], the row of the training picture whose lines are most in the same places."""
    pieces = torch.split(learnt.images, PIECE)
    known = torch.cat([_places(_sketches(one)) for one in pieces])
    asked = _places(sketch)
    return torch.cat([torch.cdist(one, known).argmin(1) for one in torch.split(asked, PIECE)])


def _places(sketch: Tensor) -> Tensor:
    """How much line there is in each cell, [N, D]."""
    return functional.avg_pool2d(1 - sketch, CELL, stride=CELL // 2).flatten(1)
