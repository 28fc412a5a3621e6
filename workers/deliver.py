"""From what was made to result rows: write, decode what was written, score, sign, keep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from itertools import chain, repeat
from typing import Any

from torch import Tensor

from db import blobs, clock, versions
from db.engine import reading
from db.ids import new_id
from db.operations.base import SOURCE_KINDS, SourceKind
from db.operations.goals import goal, named
from db.operations.order import Order
from db.operations.pipeline import Pipeline
from db.operations.presets import Preset
from db.tables.jobs import Job
from db.tables.results import Result
from models import images
from models.images import Loaded
from models.made import Made
from workers import stamping
from workers.channel import answered, fitted
from workers.scores import Scores, missed
from workers.scoring import METRIC_VERSION, Compared, score
from workers.sealing import sealer
from workers.sources import Read
from workers.stopwatch import Stopwatch
from workers.writing import Writer


@dataclass(frozen=True, slots=True)
class Proven:
    """A picture as it is delivered, and its scores, which are of exactly these bytes.

    Attributes:
        id: of the result's row.
        width: in pixels, as `height`.
        details: what was found of the file that one number does not hold.
        report: of that, what the job's own report tells.
    """

    id: str
    data: bytes
    width: int
    height: int
    scores: Scores
    details: Mapping[str, Any] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """By which the store will know it."""
        return sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class _Work:
    """What all pictures of a job have in common."""

    order: Order
    made: Made
    read: Read
    writer: Writer
    watch: Stopwatch


def prove(
    job: Job, order: Order, made: Made, read: Read, watch: Stopwatch
) -> tuple[list[Proven], list[str]]:
    """What was made as labelled files with their scores, and the gates that were missed."""
    common = _Work(order, made, read, _writer(job, order, made, read), watch)
    proven: list[Proven] = []
    failed: list[str] = []
    for ordinal, image in enumerate(made.images):
        work = replace(common, made=made.parts[ordinal]) if made.parts else common
        is_step = isinstance(order.operation, Pipeline) and ordinal < len(made.images) - 1
        if is_step:  # a pipeline's proof and gates are of its last picture
            one, _ = _plainly(image, work, new_id(), is_step=True)
        else:
            one = _stamped(image, work) if order.output.watermark else _proven(image, work)
            failed += missed(one.scores, order.limits())
        proven.append(one)
    return proven, failed


def _stamped(image: Tensor, work: _Work) -> Proven:
    """With an invisible mark that the file itself says; else without, and why."""
    result_id = new_id()
    with work.watch.stage("encode"):
        stamp = stamping.stamped(image, work.made, result_id=result_id)
    one, delivered = _file(stamp.image, work, result_id)
    if not stamp.is_in(delivered.image):
        stamp = stamping.without(image, "lost_in_encoding")
        one, _ = _file(image, work, result_id)
    return replace(one, details={**one.details, **stamp.details})


def _proven(image: Tensor, work: _Work) -> Proven:
    return _file(image, work, new_id())[0]


def _file(image: Tensor, work: _Work, result_id: str) -> tuple[Proven, Loaded]:
    preset = goal(work.order.operation)
    if preset is not None:
        return _for_channel(preset, image, work, result_id)
    return _plainly(image, work, result_id, is_step=False)


def _plainly(image: Tensor, work: _Work, result_id: str, *, is_step: bool) -> tuple[Proven, Loaded]:
    """In the format that was asked for, and that file decoded."""
    with work.watch.stage("encode"):
        data = work.writer.write(image)
    with work.watch.stage("score"):
        delivered = images.read(data)
        scores = _scores(work.order, work.made, delivered, work.read, is_step=is_step)
    with work.watch.stage("encode"):
        data = work.writer.sealed(data, delivered, scores.values)
    size = (image.shape[-1], image.shape[-2])
    return Proven(result_id, data, *size, scores, report=scores.told()), delivered


def _for_channel(
    preset: Preset, image: Tensor, work: _Work, result_id: str
) -> tuple[Proven, Loaded]:
    """In a file that the channel takes, with each rule's answer of that file."""
    made, write = work.made, work.writer.write
    with work.watch.stage("encode"):
        asked = work.order.output
        file = fitted(image, preset, asked, lambda quality: write(image, quality=quality))
    with work.watch.stage("score"):
        delivered = images.read(file.data)
        answer = answered(preset, file.data, delivered, made.stages.get("coverage"))
        numbered = replace(made, report={**made.report, **answer.scores})
        scores = _scores(work.order, numbered, delivered, work.read, is_step=False)
    with work.watch.stage("encode"):
        data = work.writer.sealed(file.data, delivered, scores.values)
    scale = None if made.placement is None else made.placement[0]
    details = {**answer.details, "encoding": file.encoding, "scale": scale}
    size = (image.shape[-1], image.shape[-2])
    return Proven(result_id, data, *size, scores, details, answer.report), delivered


def keep(
    job: Job, order: Order, made: Made, read: Read, proven: Sequence[Proven], watch: Stopwatch
) -> list[Result]:
    """The rows of what was made; their bytes, and what proves them, are stored."""
    kind, version = kind_of(order, read, made), _versions(job)
    preset = named(order.operation)
    rows = [_row(job, ordinal, one, order) for ordinal, one in enumerate(proven)]
    for row in rows:
        # What a third party needs to recompute the proof lies beside the result.
        row.source_kind, row.model_version = kind, version
        row.preset_version = None if preset is None else preset.label
        row.source_key = read.keys.get("picture") or read.keys.get("picture_a")
        row.reference_key = read.keys.get("order.reference")
        for stage in ("queue", "decode", "device", "score", "encode"):
            setattr(row, f"{stage}_ms", round(watch.ms[stage], 3))
    told = chain(made.details, repeat({}))  # most operations have nothing to tell
    for row, one, details in zip(rows, proven, told, strict=False):
        if details or one.details:
            row.scores = {**row.scores, "details": {**details, **one.details}}
    for row, own in zip(rows, made.parts, strict=True) if made.parts else ((rows[-1], made),):
        row.placement = None if own.placement is None else list(own.placement)
        row.mask_key = _mask_key(job.tenant, own.product_mask)
        row.edit_mask_key = _mask_key(job.tenant, own.edit_mask)
    return rows


def compared(read: Read) -> Compared:
    """What a delivered picture may be compared with."""
    return Compared(
        source=read.image("picture"),
        reference=read.image("order.reference"),
        mask=read.masks.get("order.mask"),
    )


def kind_of(order: Order, read: Read, made: Made) -> SourceKind:
    """How far a photograph what was made still is."""
    kinds = (order.operation.delivers(), read.source_kind, made.source_kind)
    return max(kinds, key=SOURCE_KINDS.index)


def _writer(job: Job, order: Order, made: Made, read: Read) -> Writer:
    signs = sealer(
        read.files, tenant=job.tenant, channel=job.channel, op=job.op, version=_versions(job)
    )
    return Writer(order.output, kind_of(order, read, made), job.id, read.mark, signs)


def _scores(order: Order, made: Made, delivered: Loaded, read: Read, *, is_step: bool) -> Scores:
    if is_step:
        return score(order.operation, Made(images=()), delivered, Compared())
    return score(order.operation, made, delivered, compared(read))


def _row(job: Job, ordinal: int, proven: Proven, order: Order) -> Result:
    scores = proven.scores
    values = scores.values
    return Result(
        id=proven.id,
        job_id=job.id,
        ordinal=ordinal,
        tenant=job.tenant,
        lease_token=job.lease_token,
        visibility="published",
        blob_key=(key := blobs.put(job.tenant, proven.data)),
        sha256=key,
        format=order.output.format,
        bytes=len(proven.data),
        width=proven.width,
        height=proven.height,
        op=job.op,
        sku=job.sku,
        channel=job.channel,
        psnr_db=values.get("psnr_db"),
        ssim=values.get("ssim"),
        product_psnr_db=values.get("product_psnr_db"),
        product_ssim=values.get("product_ssim"),
        product_delta_e_mean=values.get("product_delta_e_mean"),
        identical=scores.identical,
        product_identical=scores.product_identical,
        protected_identical=scores.protected_identical,
        unproven=scores.unproven,
        scores=scores.stored(),
        metric_version=METRIC_VERSION,
        seed=job.seed,
        created_at=clock.now(),
    )


def _mask_key(tenant: str, mask: Tensor | None) -> str | None:
    return None if mask is None else blobs.put(tenant, images.encode(mask, format="png"))


def _versions(job: Job) -> str | None:
    """The labels of the versions that worked on it."""
    return ", ".join(map(_label, (job.versions or {}).values())) or None


@lru_cache(maxsize=1_000)
def _label(version_id: str) -> str:
    """Asked once: a version never changes."""
    with reading() as session:
        return versions.get(session, version_id).label
