"""A version beside its baseline and what serves now: measured, and kept as a row."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import structlog
import torch
from sqlalchemy.orm import Session
from torch import nn

from db import blobs, evaluations, transitions, versions
from db.engine import reading, transaction
from db.fence import Lease
from db.operations.training import Evaluate
from db.tables.jobs import Job
from db.tables.versions import Version
from db.versions import VersionNotFound
from models import weights
from models.data.image_set import ImageSet
from models.evaluation.contender import Contender
from models.evaluation.evaluate import evaluate
from models.evaluation.evaluation import Evaluation
from models.failures import CannotDo
from models.weights import Card
from workers import ground, settings
from workers.patience import patiently

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Measured:
    """What an evaluation found, and beside which version.

    Attributes:
        incumbent_id: what served when it was measured; none if nothing did.
    """

    evaluation: Evaluation
    incumbent_id: str | None

    def told(self) -> dict[str, Any]:
        """As a job's report and the row of the evaluation have it."""
        return {
            **dataclasses.asdict(self.evaluation),
            "beats_baseline": self.evaluation.beats_baseline,
            "beats_incumbent": self.evaluation.beats_incumbent,
            "fallen": list(self.evaluation.fallen),
            "incumbent_id": self.incumbent_id,
        }


def do(job: Job, operation: Evaluate, lease: Lease) -> None:
    """A version that has a row, on pictures that the caller names."""
    on = ground.find(job, operation, lease)
    with reading() as session:
        version = versions.find(session, job.tenant, operation.version)
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
                kept = versions.get(session, version.id)
                keep(session, kept, found, dataset_id=on.dataset.id, job_id=job.id)

    patiently(write, patience_s=settings.get().lease_s)


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
    serving = _serving(tenant, network)
    if serving is not None and serving.id == version_id:
        serving = None
    found = evaluate(
        candidate,
        images,
        incumbent=None if serving is None else of_version(serving),
        device=device,
    )
    return Measured(found, None if serving is None else serving.id)


def measured_if_it_can_be(*args: Any, **named: Any) -> Measured | str:
    """The same at the end of a training, which is no failure where nothing can be measured."""
    try:
        return measured(*args, **named)
    except CannotDo as error:
        _log.warning("a version was not measured", code=error.code, why=str(error))
        return str(error)


def keep(
    session: Session, version: Version, found: Measured, *, dataset_id: str, job_id: str
) -> None:
    """The row that a promotion is judged by."""
    evaluation, over = found.evaluation, found.evaluation.over_incumbent
    evaluations.add(
        session,
        tenant=version.tenant,
        version_id=version.id,
        dataset_id=dataset_id,
        job_id=job_id,
        incumbent_id=found.incumbent_id,
        digest=evaluation.digest,
        pictures=evaluation.pictures,
        measure=evaluation.measure,
        value=evaluation.value,
        baseline=evaluation.over_baseline.other,
        incumbent=None if over is None else over.other,
        beats_baseline=evaluation.beats_baseline,
        beats_incumbent=evaluation.beats_incumbent,
        fallen=list(evaluation.fallen),
        collapse=None,
        told=found.told(),
    )


def _serving(tenant: str, network: str) -> Version | None:
    with reading() as session:
        try:
            return versions.serving(session, tenant, network)
        except VersionNotFound:
            return None
