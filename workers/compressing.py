"""A version made smaller in a job's child: measured before and after, a candidate if it may be."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from db import blobs, versions
from db.engine import reading
from db.fence import Lease
from db.operations.compressing import KEEP, MAX_DROP, Compress
from db.tables.jobs import Job
from db.tables.versions import Version
from models import weights
from models.data.image_set import ImageSet
from models.evaluation.contender import Contender
from models.evaluation.evaluate import UNLABELLED, evaluate
from models.evaluation.findings import Findings
from models.evaluation.lead import Lead
from models.failures import CannotDo
from models.training import compressing
from models.training.compressing import Price
from models.training.config import TrainConfig
from models.training.distilling import Original
from models.training.teaching import Teacher
from models.weights import MODEL_FILE, Card
from workers import board, candidacy, evaluating, ground
from workers.candidacy import Candidate
from workers.evaluating import Measured
from workers.failures import Permanent
from workers.ground import Ground
from workers.learning import Reporter
from workers.training import folder_of

BELOW_GATE: Final = "below_gate"
DONE: Final[Mapping[str, str]] = {
    "quantise": "quantised", "prune": "pruned", "distill": "distilled",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """The version that is to become smaller, with its file and what it is measured on."""

    row: Version
    original: Original
    file: bytes
    on: Ground


def do(job: Job, operation: Compress, lease: Lease) -> bool:
    """Original → smaller → both measured → candidate; False if it was asked to stop before."""
    given = _given(job, operation, lease)
    card = _made(job, operation, lease, given)
    if card is None:
        return False
    file = (folder_of(job.id) / MODEL_FILE).read_bytes()
    beside = _beside(given, file, card)
    told = _told(operation, given, file, card, beside)
    candidacy.commit(
        job,
        lease,
        Candidate(
            name=operation.label or f"{given.row.label.rpartition('@')[0]}-{DONE[operation.how]}",
            network=given.row.network,
            weights=file,
            card=replace(card, recipe={**card.recipe, "compressed": told}),
            found=_measured(job, given, file, card, beside),
            dataset=given.on.dataset,
            report={"compressed": told},
        ),
    )
    return True


def _given(job: Job, operation: Compress, lease: Lease) -> Given:
    with reading() as session:
        row = versions.find(session, job.tenant, operation.version)
    file, card = blobs.get(row.tenant, row.weights_key), Card.from_json(row.card)
    original = Original(row.label, card, weights.read(file, card))
    own, side_px = ground.device_of(lease), evaluating.side_px_of(card)
    source = card.config.get("source", "edges")
    on = ground.find(
        *(job, operation, lease), own=own, network=row.network, image_size=side_px, source=source
    )
    return Given(row, original, file, replace(on, images=_in_its_words(original, on.images)))


def _in_its_words(original: Original, images: ImageSet) -> ImageSet:
    """The same pictures under the labels of the version, which must know all their categories."""
    known = original.card.categories
    if isinstance(original.network, UNLABELLED):
        return images
    if strange := [one for one in images.categories if one not in known]:
        sentence = f"{original.label} knows {', '.join(known)}; not {', '.join(strange)}"
        raise Permanent("category_unknown", sentence)
    contender = Contender(original.network, known)
    labels = contender.labels_of(images.categories)[images.labels]
    return replace(images, labels=labels, categories=known)


def _made(job: Job, operation: Compress, lease: Lease, given: Given) -> Card | None:
    reporter = Reporter(
        job, lease, given.row.network, operation.learning_epochs, given.on.dataset,
        board.of_job(job.id),
    )  # fmt: skip
    return compressing.compress(
        given.original,
        operation.how,
        keep=operation.keep or KEEP,
        config=_config(job, operation, given),
        images=given.on.images,
        folder=folder_of(job.id),
        device=given.on.device,
        watch=reporter.watch(),
    )


def _config(job: Job, operation: Compress, given: Given) -> TrainConfig:
    usual = compressing.recipe(given.original)
    told = {"batch_size": operation.batch_size, "learning_rate": operation.learning_rate}
    asked: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
    epochs = max(1, operation.learning_epochs)
    return replace(usual, seed=job.seed, epochs=epochs, **asked)


def _beside(given: Given, file: bytes, card: Card) -> Findings:
    """The smaller one on held-out pictures, beside the original."""
    original = given.original
    return evaluate(
        evaluating.contender(file, card),
        given.on.images,
        incumbent=evaluating.contender(given.file, original.card),
        teach=Teacher(len(card.categories), given.on.device),
        device=given.on.device,
    )


def _told(
    operation: Compress, given: Given, file: bytes, card: Card, beside: Findings
) -> dict[str, Any]:
    """What came of it, before and after.

    Raises:
        Permanent: `below_gate`; it is less good by more than may be.
    """
    most = operation.max_drop
    most = MAX_DROP[beside.measure] if most is None else most
    over = _lead(beside)
    before, after = _prices(given, file, card)
    told = {
        "how": operation.how,
        "original": given.row.label,
        "original_sha256": given.original.card.sha256,
        "keep": None if operation.how == "quantise" else operation.keep or KEEP,
        "bytes_before": before.bytes,
        "bytes_after": after.bytes,
        "parameters_before": before.parameters,
        "parameters_after": after.parameters,
        "ms_before": before.ms,
        "ms_after": after.ms,
        "measure": beside.measure,
        "score_before": over.other,
        "score_after": beside.value,
        "drop": -over.ahead,
        "max_drop": most,
    }
    if -over.ahead > most:
        sentence = (
            f"{beside.measure} went from {over.other:.4g} to {beside.value:.4g} on "
            f"{beside.pictures} held-out pictures; it may be less good by {most:g}"
        )
        raise Permanent(BELOW_GATE, sentence)
    return told


def _lead(beside: Findings) -> Lead:
    if beside.over_incumbent is None:
        raise CannotDo("not_measurable", beside.unlike or "the two cannot be compared")
    return beside.over_incumbent


def _prices(given: Given, file: bytes, card: Card) -> tuple[Price, Price]:
    return compressing.prices(
        given.original.network,
        weights.read(file, card),
        (len(given.file), len(file)),
        given.on.device,
    )


def _measured(job: Job, given: Given, file: bytes, card: Card, beside: Findings) -> Measured:
    """Beside what serves now; which is measured already where that is the original."""
    with reading() as session:
        serving = versions.serving_now(session, job.tenant, given.row.network)
    if serving is not None and serving.id == given.row.id:
        return Measured(beside, serving.id)
    return evaluating.measured(
        job.tenant,
        evaluating.contender(file, card),
        given.on.images,
        network=given.row.network,
        version_id=None,
        device=given.on.device,
    )
