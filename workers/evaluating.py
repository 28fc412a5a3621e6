"""A version beside its baseline and what serves now: measured, and kept as a row."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import torch
from sqlalchemy.orm import Session
from torch import nn

from db import blobs, evaluations, transitions, versions
from db.engine import reading, transaction
from db.fence import Lease
from db.operations.training import Evaluate
from db.tables.jobs import Job
from db.tables.promotions import Evaluation
from db.tables.versions import Version
from models import weights
from models.data.image_set import ImageSet
from models.evaluation.contender import Contender
from models.evaluation.evaluate import evaluate
from models.evaluation.findings import Findings
from models.training.teaching import Teacher
from models.weights import Card
from workers import ground, settings
from workers.patience import patiently

SINGLE: Final = ("psnr_db", "accuracy")
"""Measures of one picture; a distance between sets says nothing of a handful."""
UNSIZED_PX = 64
"""A side for networks that take any: a shop's pictures are read so large."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What an evaluation found, and beside which version.

    Attributes:
        incumbent_id: what served when it was measured; none if nothing did.
        rated: the same on what people rated of the held-out pictures; none where that is nothing.
    """

    findings: Findings
    incumbent_id: str | None
    rated: Findings | None = None

    def told(self) -> dict[str, Any]:
        """As a job's report and the row of the evaluation have it."""
        return {
            **dataclasses.asdict(self.findings),
            "beats_baseline": self.findings.beats_baseline,
            "beats_incumbent": self.findings.beats_incumbent,
            "fallen": list(self.findings.fallen),
            "incumbent_id": self.incumbent_id,
            "rated": None if self.rated is None else _briefly(self.rated),
        }


def do(job: Job, operation: Evaluate, lease: Lease) -> None:
    """A version that has a row, on pictures that the caller names."""
    with reading() as session:
        version = versions.find(session, job.tenant, operation.version)
    card = Card.from_json(version.card)
    own = ground.device_of(lease)
    on = ground.find(
        *(job, operation, lease),
        own=own,
        network=version.network,
        image_size=side_px_of(card),
        source=card.config.get("source", "edges"),
    )
    found = measured(
        job.tenant,
        of_version(version),
        on.images,
        network=version.network,
        version_id=version.id,
        device=on.device,
    )

    def write() -> None:
        with transaction() as session:
            if transitions.succeed(session, lease, report={"evaluation": found.told()}):
                keep(session, job, version.id, found, dataset_id=on.dataset.id)

    patiently(write, patience_s=settings.get().lease_s)


def side_px_of(card: Card) -> int:
    """As large as it learnt from them: what is read smaller and made larger again is easier."""
    return int(card.config.get("image_size") or card.recipe.get("image_size", UNSIZED_PX))


def contender(data: bytes, card: Card) -> Contender[nn.Module]:
    """A network as it was or will be served: from its float16 file."""
    return Contender(weights.read(data, card), card.categories)


def of_version(row: Version) -> Contender[nn.Module]:
    return contender(blobs.get(row.tenant, row.weights_key), Card.from_json(row.card))


def measured(
    tenant: str,
    candidate: Contender[nn.Module],
    images: ImageSet,
    *,
    network: str,
    version_id: str | None,
    device: torch.device,
) -> Measured:
    """The candidate on the held-out part of `images`, and beside it what serves the tenant now.

    Args:
        tenant: whose jobs it would serve.
        candidate: as it would be served.
        images: split before anything learnt from them.
        network: what kind it is.
        version_id: of the candidate, if it has a row: what serves already follows nobody.
        device: where it is measured.

    Raises:
        CannotDo: it cannot be measured on these pictures.
    """
    with reading() as session:
        serving = versions.serving_now(session, tenant, network)
    if serving is not None and serving.id == version_id:
        serving = None
    measure = partial(
        evaluate,
        candidate,
        incumbent=None if serving is None else of_version(serving),
        teach=Teacher(len(candidate.categories), device),
        device=device,
    )
    found = measure(images)
    return Measured(
        found, None if serving is None else serving.id, _of_rated(measure, found, images)
    )


def _of_rated(
    measure: Callable[[ImageSet], Findings], found: Findings, images: ImageSet
) -> Findings | None:
    """Only what is told of each picture by itself is told of a few of them."""
    rated = images.held_out_rated()
    return None if rated is None or found.measure not in SINGLE else measure(rated)


def _briefly(rated: Findings) -> dict[str, Any]:
    over = rated.over_incumbent
    return {
        "pictures": rated.pictures,
        "value": rated.value,
        "baseline": rated.over_baseline.other,
        "incumbent": None if over is None else over.other,
        "beats_incumbent": rated.beats_incumbent,
    }


def keep(session: Session, job: Job, version_id: str, found: Measured, *, dataset_id: str) -> None:
    """The row that a promotion is judged by; it is whose job it was, whosever the version is."""
    findings, over = found.findings, found.findings.over_incumbent
    row = Evaluation(
        tenant=job.tenant,
        version_id=version_id,
        dataset_id=dataset_id,
        job_id=job.id,
        incumbent_id=found.incumbent_id,
        digest=findings.digest,
        pictures=findings.pictures,
        measure=findings.measure,
        value=findings.value,
        baseline=findings.over_baseline.other,
        incumbent=None if over is None else over.other,
        beats_baseline=findings.beats_baseline,
        beats_incumbent=findings.beats_incumbent,
        fallen=list(findings.fallen),
        told=found.told(),
    )
    evaluations.add(session, row)
