"""What a classifier guesses of pictures that it was told nothing of, and which guesses are learnt.

Guesses are kept beside the run: what is guessed a second time might differ by a bit, and pictures
of another name are another run.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import safetensors.torch
import torch
from safetensors import safe_open
from torch import Tensor

from models import weights
from models.data.guessed import UNLABELLED
from models.data.image_set import ImageSet, Part
from models.networks.classifier import ProductClassifier
from models.precision import autocast
from models.training.batches import batch_of, image_size_for, prepared
from models.training.config import TrainConfig
from models.training.watch import Trained, TrainingError
from models.weights import MODEL_FILE, write_whole

FILE = "guesses.safetensors"
PIECE = 512


@dataclass(frozen=True, slots=True)
class Guesses:
    """Those that are learnt.

    Attributes:
        rows: of the set.
        likely: [N, K], how likely each category is, calibrated.
        right: the share of them whose likeliest category is theirs; None where nobody knows.
    """

    rows: Tensor
    likely: Tensor
    right: float | None

    def __len__(self) -> int:
        return len(self.rows)


def believed(likely: Tensor, images: ImageSet, rows: Tensor, config: TrainConfig) -> Guesses:
    """Those of these rows whose likeliest category is at least as likely as the threshold."""
    sure = (likely.max(1).values >= (config.pseudo_threshold or 1.0)).nonzero().flatten()
    truth, guessed = images.labels[rows[sure]], likely[sure].argmax(1)
    known = truth != UNLABELLED
    right = (guessed == truth)[known].double().mean().item() if known.any() else None
    return Guesses(rows[sure], likely[sure], right)


def likely_of(
    trained: Trained, images: ImageSet, rows: Tensor, config: TrainConfig, device: torch.device
) -> Tensor:
    """How likely each category is for each of these rows, [N, K] on the CPU, calibrated."""
    network = weights.read((trained.folder / MODEL_FILE).read_bytes(), trained.card).to(device)
    part = Part(images.images[rows], images.labels[rows])
    part = prepared(part, config, image_size_for(config, images))
    return _probabilities(cast(ProductClassifier, network), part, config, device)


def kept(folder: Path, *, run: str) -> Tensor | None:
    """What this very run guessed before; None where it has not yet.

    Raises:
        TrainingError: `other_run`.
    """
    path = folder / FILE
    if not path.exists():
        return None
    with safe_open(path, framework="pt") as file:
        if (file.metadata() or {}).get("run") != run:
            raise TrainingError("other_run", "the folder holds guesses of other settings or data")
        return cast(Tensor, file.get_tensor("likely"))


def keep(folder: Path, likely: Tensor, *, run: str) -> None:
    write_whole(folder / FILE, safetensors.torch.save({"likely": likely}, {"run": run}))


@torch.inference_mode()
def _probabilities(
    classifier: ProductClassifier, part: Part, config: TrainConfig, device: torch.device
) -> Tensor:
    found = []
    for rows in torch.split(torch.arange(len(part)), PIECE):
        with autocast(device, config.precision):
            found.append(classifier.classify(batch_of(part, rows, device).images).float().cpu())
    return torch.cat(found)
