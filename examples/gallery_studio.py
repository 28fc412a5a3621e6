"""The gallery's jobs as a worker does them: rows in the archive, files delivered, scores measured.

Nothing here makes or measures a picture: `workers.perform` does, from the job's row to its result.
"""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from db import admission, blobs, intake, line, pictures, stages, transitions
from db.engine import reading, transaction
from db.operations.base import QueueName
from db.operations.order import parse
from db.operations.union import OPERATIONS
from db.tables.jobs import SUCCEEDED, Job
from db.tables.results import Result
from examples.gallery_entries import Entry, as_ordered
from examples.gallery_pictures import picture
from examples.pictures import png
from workers import register
from workers.batcher import Batcher
from workers.committer import Committer
from workers.leases import Leases
from workers.perform import Bench, perform
from workers.serving import Serving
from workers.warm import Warm

TENANT = "gallery"
_WORKER = "gallery"
_LEASE_S = 600.0


class DidNotSucceed(RuntimeError):
    """A job of the gallery failed; the message says which, and with what code."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A result: its file as the caller gets it, and the numbers in its row.

    Attributes:
        scores: as the row has them; None where there was nothing to compare with.
        flags: `identical` and the like, those that are true.
    """

    picture: Image.Image
    scores: dict[str, float | None]
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shot:
    """A stage: its picture, its name, and of a heat map what its colours mean."""

    picture: Image.Image
    name: str
    scale: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry and what came of it.

    Attributes:
        order: what was sent, with names in the place of the pictures' ids.
        report: the numbers that the job reports of itself.
        stages: how it came about, where the entry asks for that.
    """

    entry: Entry
    order: dict[str, Any]
    results: tuple[Delivered, ...]
    report: dict[str, float]
    stages: tuple[Shot, ...] = ()


class Studio:
    """Does entries one after the other, in the archive that is open."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def show(self, entry: Entry) -> Shown:
        """Do the entry's job.

        Raises:
            DidNotSucceed: it ended in another way.
        """
        operation = {"op": entry.op, **entry.parameters}
        envelope = {"reference": entry.reference} if entry.reference else {}
        ids = {role: _kept(name) for role, name in entry.pictures.items()}
        sent = {**operation, **as_ordered(ids)}
        beside = {role: _kept(name) for role, name in envelope.items()}
        order = {"operation": sent, **beside, **entry.envelope}
        job = self._done(json.dumps(order).encode(), entry.op)
        given = {**operation, **as_ordered(entry.pictures)}
        named = {"operation": given, **envelope, **entry.envelope}
        return Shown(entry, named, _results(job), _numbers(job.report or {}), _stages(job))

    def _done(self, sent: bytes, op: str) -> Job:
        with transaction() as session:
            job_id = admission.place(session, TENANT, parse(sent), key=None).job.id
        perform(self._claimed(OPERATIONS[op].queue), self._bench)
        with reading() as session:
            done = session.get_one(Job, job_id)
        if done.state != SUCCEEDED:
            raise DidNotSucceed(f"{op} {done.state}: {done.error_code}, {done.error_detail}")
        return done

    def _claimed(self, queue: QueueName) -> Job:
        """The one job that waits, with the versions that serve it."""
        with transaction() as session:
            waiting = list(line.following(session, queue, known=OPERATIONS, most=1))
            (job,) = transitions.claim(
                session, waiting, owner=_WORKER, device="cpu", lease_s=_LEASE_S
            )
            versions = Serving().versions(session, job)
            transitions.fix_versions(session, {job.id: versions})
            set_committed_value(job, "versions", versions)
        return job


@contextmanager
def opened() -> Iterator[Studio]:
    """A studio on the CPU with the weights that ship."""
    register.register()
    batcher = Batcher(torch.device("cpu"), max_batch=8, wait_s=0.001)
    committer = Committer(patience_s=60)
    committer.start()
    leases = Leases(_WORKER, lease_s=_LEASE_S, state=lambda: "ready")
    try:
        yield Studio(Bench(leases, Warm(batcher), committer, batcher.seats))
    finally:
        committer.stop()
        batcher.stop()
        intake.close()


def _kept(name: str) -> str:
    """The id of a picture, which went in by the door that a stranger's goes in by."""
    data = png(picture(name))
    checked = intake.check(data)
    blobs.put(TENANT, data)
    with transaction() as session:
        return pictures.register(session, TENANT, checked, name=name).picture.id


def _results(job: Job) -> tuple[Delivered, ...]:
    with reading() as session:
        rows = select(Result).where(Result.job_id == job.id).order_by(Result.ordinal)
        return tuple(map(_delivered, session.scalars(rows)))


def _stages(job: Job) -> tuple[Shot, ...]:
    with reading() as session:
        rows = stages.of_job(session, job.id)
        return tuple(Shot(_opened(TENANT, r.picture_key), r.name, r.scale) for r in rows)


def _opened(tenant: str, key: str) -> Image.Image:
    with Image.open(io.BytesIO(blobs.get(tenant, key))) as opened_file:
        return opened_file.convert("RGBA" if "A" in opened_file.mode else "RGB")


def _delivered(row: Result) -> Delivered:
    shown = _opened(row.tenant, row.blob_key)
    flags = ("identical", "product_identical", "protected_identical", "unproven")
    scores = {
        name: value
        for name, value in row.scores.items()
        if value is None or isinstance(value, int | float)
    }
    return Delivered(shown, scores, tuple(flag for flag in flags if getattr(row, flag)))


def _numbers(report: dict[str, Any]) -> dict[str, float]:
    return {name: value for name, value in report.items() if isinstance(value, int | float)}
