"""A network that draws from sketches or label maps, beside the training picture with the nearest.

What it draws from is taken of held-out pictures themselves, so that there is a right answer; by
edges or regions alone no colour can be known, and a mean over pictures says how well it is guessed.
"""

from typing import Final, assert_never

import torch
from torch import Tensor
from torch.nn import functional

from models.data import label_maps
from models.data.image_set import Part
from models.data.sketches import sketched, steady
from models.evaluation.beside import Beside, Pictures, findings, timed
from models.evaluation.by_category import uncompared
from models.evaluation.contender import Contender, Takes, unlike
from models.evaluation.exam import Exam
from models.evaluation.findings import Findings
from models.evaluation.paired import decibels, similarity
from models.failures import CannotDo
from models.metrics.label_iou import label_iou
from models.metrics.quantised import quantised
from models.networks.translator import Source, Translator

Drawer = Contender[Translator]

PIECE = 64
CELL = 4
"""Pixels of a sketch in which lines may lie and still be in the same place."""
BASELINES: Final[dict[Source, str]] = {
    "edges": "the training picture with the nearest edges",
    "labels": "the training picture with the nearest label map",
}


def evaluate(candidate: Drawer, exam: Exam, *, incumbent: Drawer | None) -> Findings:
    """PSNR and SSIM of what is drawn, beside the pictures that were sketched or mapped.

    Of maps it is told as well how much of the product lies where it was asked for, and the same of
    the real pictures, more than which cannot be expected.

    Args:
        candidate: as it would be served.
        exam: in pictures of its size and channels, with the maps that it draws from.
        incumbent: what serves now.

    Raises:
        CannotDo: `no_transparency` where the pictures carry no maps for one that draws from them.
    """
    source = candidate.network.config.source
    held_out, device = exam.held_out, exam.device
    told = _told(held_out.images, source)
    real = label_maps.seen(held_out.images) / 255
    made, cost = timed(lambda: _made(candidate.network, told, held_out.labels, device), device)
    nearest = label_maps.seen(exam.learnt.images[_nearest(exam.learnt, told, source)]) / 255
    found = Beside(
        ours=decibels(made, real),
        theirs=decibels(nearest, real),
        followed=_followed(candidate, incumbent, told, held_out, device),
        unlike=_unlike(candidate, incumbent),
        scores={
            **similarity(made, real),
            **_beside(nearest, real),
            **_agreement(told, made, real, source),
        },
    )
    pictures = Pictures(held_out.labels, candidate.categories, exam.digest)
    return findings(pictures, found, measure="psnr_db", baseline=BASELINES[source], cost=cost)


def channels_of(network: Translator) -> int:
    """Of the pictures that it is measured on, with what they carry along."""
    config = network.config
    return config.channels if config.source == "edges" else label_maps.CHANNELS


def _beside(nearest: Tensor, real: Tensor) -> dict[str, float]:
    return {f"{name}_nearest": score for name, score in similarity(nearest, real).items()}


def _agreement(told: Tensor, made: Tensor, real: Tensor, source: Source) -> dict[str, float]:
    if source == "edges":
        return {}
    asked = 1 - told.amin(1, keepdim=True)
    both = {"label_iou": made, "label_iou_real": real}
    return {name: label_iou(one, asked).mean().item() for name, one in both.items()}


def _unlike(candidate: Drawer, incumbent: Drawer | None) -> str | None:
    """Why the two cannot be measured on the same; None if they can."""
    if incumbent is not None:
        mine, theirs = (one.network.config.source for one in (candidate, incumbent))
        if mine != theirs:
            return f"what serves draws from {theirs}, this from {mine}"
    return unlike(candidate, incumbent, takes=_takes)


def _takes(network: Translator) -> Takes:
    return Takes(network.config.channels, network.config.image_size)


def _followed(
    candidate: Drawer,
    incumbent: Drawer | None,
    told: Tensor,
    held_out: Part,
    device: torch.device,
) -> Tensor | None:
    """What serves now gets of the pictures whose category it knows; None where it is unlike."""
    if incumbent is None or _unlike(candidate, incumbent) is not None:
        return None
    rows, labels = incumbent.known(candidate.categories, held_out.labels)
    again = _made(incumbent.network, told[rows], labels, device)
    got = decibels(again, label_maps.seen(held_out.images[rows]) / 255)
    followed = uncompared(got.new_zeros(len(held_out)))
    followed[rows] = got
    return followed


def _told(images: Tensor, source: Source) -> Tensor:
    """uint8 [N, C, S, S] → [N, 1, S, S] by a steady hand, or the maps they carry, [N, 2, S, S]."""
    match source:
        case "edges":
            pieces = [sketched(one / 255, steady(len(one))) for one in torch.split(images, PIECE)]
            return torch.cat(pieces)
        case "labels":
            if images.shape[1] != label_maps.CHANNELS:
                raise CannotDo("no_transparency", "label maps are told by cut-out pictures")
            return label_maps.told(images / 255)
        case never:
            assert_never(never)


@torch.inference_mode()
def _made(network: Translator, told: Tensor, labels: Tensor, device: torch.device) -> Tensor:
    network = network.to(device).eval()
    both = zip(torch.split(told, PIECE), torch.split(labels, PIECE), strict=True)
    pieces = [network.translate(one.to(device), label.to(device)).cpu() for one, label in both]
    return quantised(torch.cat(pieces))


def _nearest(learnt: Part, told: Tensor, source: Source) -> Tensor:
    """[N], the row of the training picture with most in the same places."""
    pieces = torch.split(learnt.images, PIECE)
    known = torch.cat([_places(_told(one, source)) for one in pieces])
    asked = _places(told)
    return torch.cat([torch.cdist(one, known).argmin(1) for one in torch.split(asked, PIECE)])


def _places(told: Tensor) -> Tensor:
    """How much line or region there is in each cell, [N, D]."""
    return functional.avg_pool2d(1 - told, CELL, stride=CELL // 2).flatten(1)
