"""A network that names categories, beside the nearest mean picture and what serves now."""

import time

import torch
from torch import Tensor

from models.data.image_set import Part
from models.evaluation.by_category import by_category, over_all, uncompared
from models.evaluation.contender import Contender, Takes, unlike
from models.evaluation.exam import Exam
from models.evaluation.findings import Findings
from models.evaluation.lead import lead
from models.evaluation.memory import PeakMemory
from models.metrics.accuracy import balanced_accuracy
from models.metrics.calibration import expected_calibration_error
from models.networks.classifier import ProductClassifier

Classifier = Contender[ProductClassifier]
PIECE = 256


def evaluate(candidate: Classifier, exam: Exam, *, incumbent: Classifier | None) -> Findings:
    """How often it is right, picture by picture.

    Args:
        candidate: as it would be served.
        exam: in pictures of its channels.
        incumbent: what serves now.
    """
    held_out, device = exam.held_out, exam.device
    memory, since = PeakMemory(device), time.perf_counter()
    found = _probabilities(candidate.network, held_out.images, device)
    seconds = time.perf_counter() - since
    labels = held_out.labels
    ours = _right(found, labels)
    why_not = unlike(candidate, incumbent, takes=_takes)
    followed = uncompared(ours)
    if incumbent is not None and why_not is None:
        rows, own = incumbent.known(candidate.categories, labels)
        followed[rows] = _right(
            _probabilities(incumbent.network, held_out.images[rows], device), own
        )
    return Findings(
        measure="accuracy",
        value=ours.mean().item(),
        pictures=len(held_out),
        digest=exam.digest,
        scores={
            "accuracy": ours.mean().item(),
            "balanced_accuracy": balanced_accuracy(found, labels),
            "calibration_error": expected_calibration_error(found, labels),
        },
        baseline="the category of the nearest mean picture",
        over_baseline=lead(ours, _nearest_mean(exam.learnt, held_out)),
        over_incumbent=over_all(ours, followed),
        unlike=why_not,
        categories=by_category(candidate.categories, labels, ours, followed),
        ms_per_picture=round(1000 * seconds / len(held_out), 3),
        peak_memory_mb=memory.mb(),
    )


def _takes(network: ProductClassifier) -> Takes:
    return Takes(network.config.channels)


@torch.inference_mode()
def _probabilities(network: ProductClassifier, images: Tensor, device: torch.device) -> Tensor:
    """uint8 [N, C, H, W] → [N, K] on the CPU."""
    network = network.to(device).eval()
    pieces = [network.classify(one.to(device) / 255) for one in torch.split(images, PIECE)]
    return torch.cat(pieces).cpu()


def _nearest_mean(learnt: Part, held_out: Part) -> Tensor:
    """Whether the category whose pictures' mean is nearest is the right one, [N]."""
    present = torch.unique(learnt.labels)
    means = torch.stack([_flat(learnt.images[learnt.labels == one]).mean(0) for one in present])
    nearest = torch.cdist(_flat(held_out.images), means).argmin(1)
    return (present[nearest] == held_out.labels).double()


def _flat(images: Tensor) -> Tensor:
    return images.flatten(1) / 255


def _right(probabilities: Tensor, labels: Tensor) -> Tensor:
    return (probabilities.argmax(1) == labels).double()
