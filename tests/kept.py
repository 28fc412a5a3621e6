"""Pictures, results and what names them, as rows with real bytes in the store."""

from hashlib import sha256
from typing import Any

from sqlalchemy import update

from db import blobs, clock, results, transitions
from db.engine import reading, transaction
from db.ids import new_id
from db.tables.jobs import JobInput
from db.tables.pictures import Blob, Picture
from db.tables.versions import Dataset, Version
from tests import rows


def picture(data: bytes = b"shoe", *, tenant: str = rows.TENANT) -> str:
    """The id of a picture that was taken in."""
    key = blobs.put(tenant, data)
    what = {"format": "png", "mode": "RGB", "bytes": len(data), "width": 1, "height": 1}
    with transaction() as session:
        row = Picture(id=new_id(), tenant=tenant, sha256=key, created_at=clock.now(), **what)
        session.add(row)
        return row.id


def job(*pictures: str, tenant: str = rows.TENANT, **columns: Any) -> str:
    """The id of a queued job that uses these pictures or results."""
    job_id = rows.queued(tenant=tenant, **columns)
    with transaction() as session:
        session.add_all(use(job_id, one, number) for number, one in enumerate(pictures))
    return job_id


def use(job_id: str, picture: str, number: int = 0) -> JobInput:
    """That a job uses a picture or result."""
    return JobInput(job_id=job_id, role=f"picture_{number}", picture_id=picture)


def made(*pictures: str, data: bytes = b"better", mask: bytes | None = None) -> tuple[str, str]:
    """The ids of a job that used these and succeeded, and of its result."""
    job_id = job(*pictures)
    finished = _finished(job_id, data, mask)
    return job_id, finished


def _finished(job_id: str, data: bytes, mask: bytes | None) -> str:
    rows.change(job_id, priority=0)  # the first in line
    (claimed,) = rows.claim()
    assert claimed.id == job_id
    lease = rows.lease_of(claimed)
    key = blobs.put(rows.TENANT, data)
    mask_key = None if mask is None else blobs.put(rows.TENANT, mask)
    with transaction() as session:
        assert transitions.succeed(session, lease)
        row = rows.result(lease, blob_key=key, sha256=key, mask_key=mask_key)
        results.add(session, [row])
        return row.id


def dataset(*pictures: str, tenant: str = rows.TENANT, name: str = "shoes") -> str:
    """The id of a dataset of these pictures."""
    with transaction() as session:
        found = [session.get_one(Picture, one) for one in pictures]
        manifest = [{"picture": p.id, "sha256": p.sha256, "category": "shoe"} for p in found]
        row = Dataset(
            id=new_id(),
            tenant=tenant,
            name=name,
            kind="pictures",
            pictures=len(pictures),
            categories=["shoe"],
            manifest=manifest,
            created_at=clock.now(),
        )
        session.add(row)
        return row.id


def version(data: bytes, *, tenant: str = rows.TENANT, job_id: str | None = None) -> str:
    """The id of a version with these weights."""
    key = blobs.put(tenant, data)
    with transaction() as session:
        row = Version(
            id=new_id(),
            tenant=tenant,
            label=f"net@{key[:6]}",
            network="gan",
            state="candidate",
            weights_key=key,
            card="{}",
            job_id=job_id,
            created_at=clock.now(),
        )
        session.add(row)
        return row.id


def a_day_passes() -> None:
    """All bytes were last put longer ago than they are kept for nobody."""
    with transaction() as session:
        long_ago = clock.seconds_from_now(-blobs.GRACE_S - 1)
        session.execute(update(Blob).values(last_put_at=long_ago))


def is_kept(data: bytes, *, tenant: str = rows.TENANT) -> bool:
    """Whether the store has these bytes."""
    try:
        return blobs.get(tenant, sha256(data).hexdigest()) == data
    except blobs.NotStored:
        return False


def has_row(data: bytes, *, tenant: str = rows.TENANT) -> bool:
    with reading() as session:
        return session.get(Blob, (tenant, sha256(data).hexdigest())) is not None
