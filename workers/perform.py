"""One job from its row to its result, top to bottom. Knows nothing of Celery."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog
from torch import Tensor

from db import blobs, clock, pictures, transitions, versions
from db.engine import reading, transaction
from db.ids import new_id
from db.operations.base import SOURCE_KINDS, SourceKind
from db.operations.order import Order
from db.operations.scoring import Score
from db.pictures import Source
from db.tables.jobs import Job
from db.tables.results import Result
from db.transitions import Lease
from models import images, labels
from models.images import Loaded
from models.made import Made
from workers import committer, training
from workers.apply import Given, apply
from workers.failures import Cancelled, LeaseLost, Permanent, judge
from workers.leases import Leases
from workers.room import Room
from workers.scoring import METRIC_VERSION, Compared, Scores, missed, score
from workers.warm import Warm

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Bench:
    """What every hand of this process works with."""

    leases: Leases
    warm: Warm
    room: Room


@dataclass(slots=True)
class Stopwatch:
    """Milliseconds per stage of one job."""

    ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.ms[name] = self.ms.get(name, 0.0) + (time.perf_counter() - started) * 1000


@dataclass(frozen=True, slots=True)
class Read:
    """The job's pictures and masks, decoded, by role; and the source's key and kind."""

    pictures: dict[str, Loaded]
    masks: dict[str, Tensor]
    keys: dict[str, str]
    source_kind: SourceKind


def perform(job: Job, bench: Bench) -> None:
    """Do a claimed job and write its outcome; whatever happens, nothing is raised."""
    lease = Lease(job.id, job.lease_owner or "", job.lease_token)
    try:
        if job.op == "train":
            training.supervise(job, lease, bench.leases)
        else:
            _make(job, lease, bench)
    except LeaseLost:
        _log.warning("a lost job was put down", job=job.id)
    except Cancelled:
        with transaction() as session:
            transitions.cancel_running(session, lease)
    except Exception as error:  # noqa: BLE001 — every outcome is a transition in the table
        _put_down(lease, error)
    finally:
        bench.leases.let_go(lease)


def _make(job: Job, lease: Lease, bench: Bench) -> None:
    order = Order.model_validate_json(job.request)
    watch = Stopwatch({"queue": _waited_ms(job)})
    sources = _sources(job.tenant, order)
    with bench.room.hold(sum(one.width * one.height for one in sources.values())):
        with watch.stage("decode"):
            read = _read(job.tenant, sources)
        bench.leases.check(lease)
        with watch.stage("device"):
            given = Given(
                read.pictures, read.masks, bench.warm.networks(job.versions or {}), job.seed
            )
            made = apply(order.operation, given)
        bench.leases.check(lease)
        if isinstance(order.operation, Score):
            _answer(lease, order, made, read)
        else:
            _deliver(job, lease, order, made, read, watch)


def _sources(tenant: str, order: Order) -> dict[str, Source]:
    """Where the bytes of each named picture lie.

    Raises:
        Permanent: one of them is gone.
    """
    found = {}
    with reading() as session:
        for role, key in order.pictures().items():
            source = pictures.resolve(session, tenant, key)
            if source is None:
                raise Permanent("picture_not_found", f"there is no picture {key} for {role!r}")
            found[role] = source
    return found


def _read(tenant: str, sources: dict[str, Source]) -> Read:
    loaded: dict[str, Loaded] = {}
    masks: dict[str, Tensor] = {}
    kinds: list[SourceKind] = ["original"]
    for role, source in sources.items():
        data = blobs.get(tenant, source.key)
        if role.endswith("mask"):
            masks[role] = images.read_mask(data)
        else:
            loaded[role] = images.read(data)
            label = labels.read(data)
            if label is not None and role.startswith("picture"):
                kinds.append(label.source_kind)
    keys = {role: source.key for role, source in sources.items()}
    return Read(loaded, masks, keys, max(kinds, key=SOURCE_KINDS.index))


def _answer(lease: Lease, order: Order, made: Made, read: Read) -> None:
    """An operation that measures delivers numbers, no picture."""
    scores = score(
        order.operation,
        made,
        Loaded(made.images[0], None),
        Compared(mask=read.masks.get("mask")),
    )
    report = {"scores": scores.stored(), "identical": scores.identical}
    if failed := missed(scores, order.limits()):
        committer.fail_gate(lease, [], missed="; ".join(failed), report=report)
    else:
        committer.succeed(lease, [], report=report)


def _deliver(
    job: Job, lease: Lease, order: Order, made: Made, read: Read, watch: Stopwatch
) -> None:
    """Encode, label, decode what was written, score it, keep it, commit."""
    kind = max(order.operation.delivers(), read.source_kind, key=SOURCE_KINDS.index)
    rows: list[Result] = []
    failed: list[str] = []
    for ordinal, image in enumerate(made.images):
        with watch.stage("encode"):
            data = _written(image, order, kind, job.id)
        with watch.stage("score"):
            # The proof of several pictures is of the last; the others are its steps or siblings.
            is_last = ordinal == len(made.images) - 1
            proof = made if is_last or made.product_mask is None else Made(images=())
            scores = _scores(order, proof, images.read(data), read)
        failed += missed(scores, order.limits())
        rows.append(_row(job, ordinal, data, image, scores, order))
    _keep(job, rows, made, read, kind)
    for row in rows:
        for stage in ("queue", "decode", "device", "score", "encode"):
            setattr(row, f"{stage}_ms", round(watch.ms[stage], 3))
    report = {name: value for name, value in made.report.items() if value is not None}
    if failed:
        committer.fail_gate(lease, rows, missed="; ".join(failed), report=report)
    else:
        committer.succeed(lease, rows, report=report)


def _written(image: Tensor, order: Order, kind: SourceKind, job_id: str) -> bytes:
    output = order.output
    bare = images.encode(image, format=output.format, quality=output.quality)
    return labels.write(bare, format=output.format, source_kind=kind, job_id=job_id)


def _scores(order: Order, made: Made, delivered: Loaded, read: Read) -> Scores:
    given = Compared(
        source=_image(read, "picture"),
        reference=_image(read, "order.reference"),
        mask=read.masks.get("order.mask"),
    )
    return score(order.operation, made, delivered, given)


def _image(read: Read, role: str) -> Tensor | None:
    loaded = read.pictures.get(role)
    return None if loaded is None else loaded.image


def _row(
    job: Job, ordinal: int, data: bytes, image: Tensor, scores: Scores, order: Order
) -> Result:
    values = scores.values
    return Result(
        id=new_id(),
        job_id=job.id,
        ordinal=ordinal,
        tenant=job.tenant,
        lease_token=job.lease_token,
        visibility="published",
        blob_key=(key := blobs.put(job.tenant, data)),
        sha256=key,
        format=order.output.format,
        bytes=len(data),
        width=image.shape[-1],
        height=image.shape[-2],
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


def _keep(job: Job, rows: list[Result], made: Made, read: Read, kind: SourceKind) -> None:
    """What a third party needs to recompute the proof lies beside the result."""
    version = _versions(job)
    for row in rows:
        row.source_kind, row.model_version = kind, version
        row.source_key = read.keys.get("picture") or read.keys.get("picture_a")
        row.reference_key = read.keys.get("order.reference")
    last = rows[-1]
    last.placement = None if made.placement is None else list(made.placement)
    last.mask_key = _mask_key(job.tenant, made.product_mask)
    last.edit_mask_key = _mask_key(job.tenant, made.edit_mask)


def _mask_key(tenant: str, mask: Tensor | None) -> str | None:
    return None if mask is None else blobs.put(tenant, images.encode(mask, format="png"))


def _versions(job: Job) -> str | None:
    """The labels of the versions that worked on it."""
    with reading() as session:
        labelled = [versions.get(session, chosen).label for chosen in (job.versions or {}).values()]
    return ", ".join(labelled) or None


def _waited_ms(job: Job) -> float:
    if job.started_at is None:
        return 0.0
    return max(0.0, (job.started_at - max(job.scheduled_at, job.created_at)).total_seconds() * 1000)


def _put_down(lease: Lease, error: Exception) -> None:
    judgement = judge(error)
    if judgement.permanent:
        committer.fail(lease, code=judgement.code, detail=judgement.detail)
        return
    _log.warning("an attempt failed", job=lease.job_id, code=judgement.code, exc_info=error)
    with transaction() as session:
        transitions.retry(session, lease, code=judgement.code, detail=judgement.detail)
