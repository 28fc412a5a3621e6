"""The card of a run: what decided the result, what it took, and how good it is."""

import hashlib
import json
import platform
from dataclasses import asdict
from typing import Any

import torch

from models.data.image_set import ImageSet
from models.training import together
from models.training.batches import image_size_for, pictures_a_step
from models.training.config import TrainConfig
from models.training.distilling import Original
from models.training.ending import ended, is_reached, validation
from models.training.journal import Journal
from models.training.optimizers import manner
from models.training.starting import Start
from models.training.trainer import Trainer
from models.weights import Card


def name_of_run(config: TrainConfig, images: ImageSet, *known: Start | Original) -> str:
    """The same settings and pictures give the same name; anything else another one."""
    # What is as it was before there was a choice has no part in it: that choice is no new run.
    usual = asdict(TrainConfig(config.network))
    told = {name: value for name, value in asdict(config).items() if value != usual[name]}
    for one in known:
        told |= one.told()
    settings = json.dumps({"network": config.network, **told}, sort_keys=True)
    return hashlib.sha256(f"{settings}{images.digest()}".encode()).hexdigest()[:16]


def card_of(
    config: TrainConfig,
    images: ImageSet,
    trainer: Trainer,
    journal: Journal,
    *,
    start: Start | None = None,
    original: Original | None = None,
) -> Card:
    """Its sha256 is empty until the weights are written."""
    network: Any = trainer.ema.module
    known = [one for one in (start, original) if one is not None]
    return Card(
        name=f"{config.network}-{images.name}",
        network=config.network,
        config=asdict(network.config),
        sha256="",
        licence=_all(images.licence, *(one.card.licence for one in known)),
        data=_all(images.source, *(one.card.data for one in known)),
        categories=images.categories,
        recipe={
            **_recipe(config, images, trainer, journal),
            **_began(start, images, journal),
            **({} if original is None else original.told()),
        },
        scores=_scores(config, journal),
    )


def _all(*told: str) -> str:
    """Each once: what begins with a version owes to what that learnt from, too."""
    return "; ".join(dict.fromkeys(told))


def _scores(config: TrainConfig, journal: Journal) -> dict[str, float | None]:
    """Of the epoch whose weights were kept."""
    if journal.epochs and is_reached(config, journal.epochs[-1]):
        return dict(validation(journal.epochs[-1]))
    scored = [epoch for epoch in journal.epochs if epoch.decisive is not None]
    if not scored:
        return {}
    # Of several that are equally good the last one is kept; max() takes the first it meets.
    best = max(reversed(scored), key=lambda epoch: epoch.decisive or 0.0)
    if best.scores:
        return {f"val_{name}": score for name, score in best.scores.items()}
    return {"val_psnr_db": best.val_psnr_db, "val_ssim": best.val_ssim}


def _recipe(
    config: TrainConfig, images: ImageSet, trainer: Trainer, journal: Journal
) -> dict[str, Any]:
    learning, held_out = images.split()
    return {
        **asdict(config),
        **_side_px(config, images),
        **_manner(config),
        "data_digest": images.digest(),
        "training_pictures": len(learning),
        "validation_pictures": len(held_out),
        "pictures_a_step": pictures_a_step(config, len(learning)),
        "processes": together.ranks(),
        "steps": journal.step,
        "ended": ended(config, journal.epochs),
        "wall_s": round(sum(epoch.seconds for epoch in journal.epochs), 1),
        "device": next(trainer.ema.module.parameters()).device.type,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "machine": platform.machine(),
    }


def _began(start: Start | None, images: ImageSet, journal: Journal) -> dict[str, Any]:
    """With which version, which of its parts stayed as they were, and how good it was on these."""
    if start is None:
        return {}
    anew = {"start_anew": list(start.unknown(images.categories))}
    return start.told() | anew | {f"start_{name}": score for name, score in journal.start.items()}


def _side_px(config: TrainConfig, images: ImageSet) -> dict[str, int]:
    """At which side a network learnt to read that says nothing of it in its own config."""
    return {"side_px": image_size_for(config, images)} if config.network == "classifier" else {}


def _manner(config: TrainConfig) -> dict[str, Any]:
    """Also what the run was not told."""
    how = asdict(manner(config))
    return {name: how[name] for name in ("optimizer", "schedule", "weight_decay", "clip_norm")}
