"""From what a training was asked for to what the run is told."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from db.operations.training import Train
from models.data.diff_augment import DiffAugment
from models.precision import Precision
from models.training.config import RECIPES, TrainConfig
from workers.augmenting import augment_of

_PRECISIONS: Final[Mapping[str, Precision]] = {
    "auto": "auto", "fp32": "float32", "bf16": "bfloat16",
}  # fmt: skip
# Under the same name in both; what is left out is the recipe's.
_SAME: Final = (
    "learning_rate", "optimizer", "schedule", "weight_decay", "clip_norm", "accumulate", "dropout",
    "ema_images", "reconstruction", "beta", "free_bits", "adversarial", "r1_gamma", "smoothing",
    "blocks", "scale", "l1_weight", "patience", "labelled_share", "pseudo_threshold",
    "source",
)  # fmt: skip


def config_of(operation: Train, seed: int, *, channels: int) -> TrainConfig:
    """The network's recipe, with everything that was asked for."""
    recipe = RECIPES[operation.network]
    given: dict[str, Any] = {name: getattr(operation, name) for name in _SAME}
    given = {name: value for name, value in given.items() if value is not None}
    if operation.precision is not None:
        given["precision"] = _PRECISIONS[operation.precision]
    if operation.target is not None:
        (given["target"],) = operation.target.items()
    return dataclasses.replace(
        recipe,
        epochs=operation.epochs,
        batch_size=operation.batch_size,
        seed=seed,
        image_size=operation.image_size,
        channels=channels,
        augment=recipe.augment if operation.augment is None else augment_of(operation.augment),
        diff_augment=_diff_augment(operation),
        **given,
    )


def _diff_augment(operation: Train) -> DiffAugment:
    p = 1.0 if operation.diff_augment_p is None else operation.diff_augment_p
    return DiffAugment(operation.diff_augment or (), p)
