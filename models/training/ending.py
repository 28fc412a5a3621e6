"""When a run is over before its last epoch: nothing better comes, or what was wanted has come.

All is read from the epochs that are complete, which the journal keeps: a resumed run counts on.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from models.training.config import TrainConfig
from models.training.watch import Epoch, TrainingError

Ended = Literal["epochs", "patience", "target"]


def ended(config: TrainConfig, epochs: Sequence[Epoch]) -> Ended | None:
    """Why no further epoch is begun; None if one is.

    Raises:
        TrainingError: `score_missing`; the run was told to go by a score that its epochs have not.
    """
    if not epochs:
        return None
    _refuse_nothing_to_go_by(config, epochs[-1])
    if is_reached(config, epochs[-1]):
        return "target"
    if config.patience is not None and _in_vain(epochs) >= config.patience:
        return "patience"
    return "epochs" if len(epochs) >= config.epochs else None


def is_reached(config: TrainConfig, epoch: Epoch) -> bool:
    """Whether this epoch has the score that was wanted."""
    if config.target is None:
        return False
    name, least = config.target
    return validation(epoch).get(name, float("-inf")) >= least


def refuse_missed(config: TrainConfig, epochs: Sequence[Epoch]) -> None:
    """A run that was to reach a score and did not has come to nothing.

    Raises:
        TrainingError: `target_not_reached`, with the best there was.
    """
    if config.target is None or any(is_reached(config, epoch) for epoch in epochs):
        return
    name, least = config.target
    best = max(epochs, key=lambda epoch: validation(epoch).get(name, float("-inf")))
    raise TrainingError(
        "target_not_reached",
        f"{name} was to come to {least:g} and came to {validation(best)[name]:.4g} at best, "
        f"in epoch {best.number} of {len(epochs)}",
    )


def validation(epoch: Epoch) -> dict[str, float]:
    """All validation scores of an epoch under the names that cards have; the higher the better."""
    return named(epoch.val_psnr_db, epoch.val_ssim, epoch.scores)


def named(
    psnr_db: float | None, ssim: float | None, scores: Mapping[str, float]
) -> dict[str, float]:
    """Those that there are, under these names."""
    pictures = {"val_psnr_db": psnr_db, "val_ssim": ssim}
    there = {name: score for name, score in pictures.items() if score is not None}
    return there | {f"val_{name}": score for name, score in scores.items()}


def _in_vain(epochs: Sequence[Epoch]) -> int:
    """How many epochs have passed since the last that was better than all before it."""
    best, since = float("-inf"), 0
    for epoch in epochs:
        score = epoch.decisive if epoch.decisive is not None else float("-inf")
        since = 0 if score > best else since + 1
        best = max(best, score)
    return since


def _refuse_nothing_to_go_by(config: TrainConfig, epoch: Epoch) -> None:
    there = validation(epoch)
    if config.patience is not None and epoch.decisive is None:
        wanted = "patience"
    elif config.target is not None and config.target[0] not in there:
        wanted = config.target[0]
    else:
        return
    named = ", ".join(there) or "none"
    raise TrainingError("score_missing", f"{wanted} has no score to go by; there is: {named}")
