"""A network that names categories, beside the nearest mean picture and what serves now."""

import time

import torch
from torch import Tensor

from models.data.image_set import Part
from models.evaluation.by_category import by_category, placed
from models.evaluation.contender import Contender
from models.evaluation.findings import Findings
from models.evaluation.lead import lead
from models.evaluation.memory import PeakMemory
from models.metrics.accuracy import balanced_accuracy
from models.metrics.calibration import expected_calibration_error
from models.networks.classifier import ProductClassifier

Classifier = Contender[ProductClassifier]
PIECE = 256


def evaluate(
    candidate: Classifier,
    *,
    learnt: Part,
    held_out: Part,
    digest: str,
    incumbent: Classifier | None,
    device: torch.device,
) -> Findings:
    """How often it is right, picture by picture; arguments as those of `reconstruction`."""
    memory, since = PeakMemory(device), time.perf_counter()
    found = _probabilities(candidate.network, held_out.images, device)
    seconds = time.perf_counter() - since
    labels = held_out.labels
    ours = _right(found, labels)
    rows, followed = _followed(incumbent, candidate, held_out, device)
    return Findings(
        measure="accuracy",
        value=ours.mean().item(),
        pictures=len(held_out),
        digest=digest,
        scores={
            "accuracy": ours.mean().item(),
            "balanced_accuracy": balanced_accuracy(found, labels),
            "calibration_error": expected_calibration_error(found, labels),
        },
        baseline="the category of the nearest mean picture",
        over_baseline=lead(ours, _nearest_mean(learnt, held_out)),
        over_incumbent=lead(ours[rows], followed) if len(rows) else None,
        unlike=None if incumbent is None else _unlike(candidate, incumbent),
        categories=by_category(candidate.categories, labels, ours, placed(ours, rows, followed)),
        ms_per_picture=round(1000 * seconds / len(held_out), 3),
        peak_memory_mb=memory.mb(),
    )


def _followed(
    incumbent: Classifier | None, candidate: Classifier, held_out: Part, device: torch.device
) -> tuple[Tensor, Tensor]:
    """The rows whose category the incumbent knows, [M], and whether it is right there, [M]."""
    if incumbent is None or _unlike(candidate, incumbent) is not None:
        return torch.empty(0, dtype=torch.long), torch.empty(0, dtype=torch.double)
    labels = incumbent.labels_of(candidate.categories)[held_out.labels]
    rows = (labels >= 0).nonzero().flatten()
    found = _probabilities(incumbent.network, held_out.images[rows], device)
    return rows, _right(found, labels[rows])


def _unlike(candidate: Classifier, incumbent: Classifier) -> str | None:
    """Why the two cannot be measured on the same pictures, in a sentence."""
    mine, theirs = candidate.network.config.channels, incumbent.network.config.channels
    if mine != theirs:
        return f"what serves is for {theirs} channels, this for {mine}"
    if not set(candidate.categories) & set(incumbent.categories):
        return "what serves knows none of these categories"
    return None


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
