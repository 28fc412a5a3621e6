"""Every question we ask of datasets and of what training on them gave per epoch."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, false, func, select
from sqlalchemy.orm import Session, defer

from db import clock, origin, revisions, trainable
from db.blobs import SHIPPED
from db.ids import is_id, new_id
from db.portable import insert_once, upsert
from db.splits import Split
from db.tables.jobs import Job
from db.tables.versions import Dataset, Epoch
from db.trainable import Lacking, Need

PICTURES: Final = "pictures"
"""The kind of a dataset that a shop has registered; what ships with us is of other kinds."""
MOST_AT_ONCE = 10
_LONGEST_NUMBER = 9
# Any number that no other lock of two numbers uses.
_POSTGRESQL_LOCK: Final = 7_225_745
# What one version of a dataset has, and the next has otherwise.
_CONTENT: Final = ("kind", "pictures", "manifest", "left_out", "licence")


class DatasetNotFound(LookupError):
    """No such dataset for this tenant."""


class DatasetTooSmall(ValueError):
    """Too few pictures to train on."""


class DatasetUnfit(ValueError):
    """Pictures enough, and yet this network cannot learn from them."""


def add(
    session: Session,
    *,
    tenant: str,
    name: str,
    kind: str,
    pictures: int,
    categories: list[str],
    manifest: list[dict[str, Any]],
    licence: str | None,
    left_out: dict[str, Any] | None = None,
) -> Dataset:
    """Register a dataset: the next version of its name, or the newest if it holds just the same."""
    row: dict[str, Any] = {
        "id": new_id(),
        "tenant": tenant,
        "name": name,
        "kind": kind,
        "pictures": pictures,
        "categories": categories,
        "manifest": manifest,
        "left_out": left_out,
        "licence": licence,
        "made_by": origin.current().made_by,
        "created_at": clock.now(),
    }
    for _ in range(MOST_AT_ONCE):
        newest = session.scalars(_versions(tenant, name).limit(1)).first()
        if newest is not None and all(getattr(newest, key) == row[key] for key in _CONTENT):
            return newest
        row["version"] = 1 if newest is None else newest.version + 1
        session.execute(insert_once(session, Dataset, row))
        if (added := session.get(Dataset, row["id"])) is not None:
            return added
    raise RuntimeError(f"{MOST_AT_ONCE} others took the next version of the dataset {name!r}")


def find(session: Session, tenant: str, name: str, *, as_of: datetime | None = None) -> Dataset:
    """The dataset of an id, a name or `name@1`, the tenant's own before one that ships with us.

    A name alone means its newest version; with `as_of`, the one that was the newest then.

    Raises:
        DatasetNotFound: there is none.
    """
    mine = (Dataset.tenant.in_((tenant, SHIPPED)), _named(name, as_of))
    in_order = (Dataset.tenant == SHIPPED, Dataset.version.desc())
    found = session.scalars(select(Dataset).where(*mine).order_by(*in_order).limit(1)).first()
    if found is None:
        raise DatasetNotFound(f"there is no dataset {name!r}")
    return found


def own(session: Session, tenant: str, name: str) -> Dataset:
    """The same of the tenant's own ones; what ships with us stays as it is.

    Raises:
        DatasetNotFound: there is none.
    """
    found = find(session, tenant, name)
    if found.tenant != tenant:
        raise DatasetNotFound(f"the dataset {name!r} ships with us and is never changed")
    return found


def to_train_on(
    session: Session, tenant: str, name: str, *, network: str, as_of: datetime | None = None
) -> Dataset:
    """A dataset that a network can learn from.

    Raises:
        DatasetNotFound: there is none.
        DatasetTooSmall: with how many pictures it has and needs.
        DatasetUnfit: with what else it lacks.
    """
    found = find(session, tenant, name, as_of=as_of)
    lacks = lacking(found, trainable.NEEDS[network])
    if lacks is not None:
        kind = DatasetTooSmall if lacks.is_too_small else DatasetUnfit
        raise kind(f"the dataset {found.name!r} {lacks.detail}")
    return found


def lacking(dataset: Dataset, need: Need) -> Lacking | None:
    """What it lacks for a network; of one that ships with us only its kind is known here."""
    if dataset.kind == PICTURES:
        return trainable.lacking(need, dataset.manifest)
    return trainable.lacking_as_shipped(need, dataset.kind)


def visible(session: Session, tenant: str) -> Sequence[Dataset]:
    """All versions of all datasets that a tenant may name, without their manifests."""
    mine = Dataset.tenant.in_((tenant, SHIPPED))
    without = (defer(Dataset.manifest, raiseload=True), defer(Dataset.left_out, raiseload=True))
    in_order = (Dataset.name, Dataset.version)
    return session.scalars(select(Dataset).where(mine).order_by(*in_order).options(*without)).all()


def alone(session: Session, tenant: str, name: str) -> None:
    """Nobody else adds a version of this name before the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        lock = func.pg_advisory_xact_lock(_POSTGRESQL_LOCK, func.hashtext(f"{tenant}/{name}"))
        session.execute(select(lock))


def splits(session: Session, tenant: str, name: str) -> dict[str, Split]:
    """In which split each product was when it first came, over all versions of a name."""
    manifests = session.scalars(_versions(tenant, name).with_only_columns(Dataset.manifest))
    return {
        entry["product"]: entry["split"]
        for manifest in manifests  # the newest first, so that the oldest has the last word
        for entry in manifest
        if "split" in entry
    }


def record_epoch(session: Session, job_id: str, number: int, values: dict[str, Any]) -> None:
    """Write how an epoch went; a resumed run writes over the same number."""
    tenant = select(Job.tenant).where(Job.id == job_id).scalar_subquery()
    row = {"job_id": job_id, "number": number, "tenant": tenant, "created_at": clock.now()} | values
    session.execute(upsert(session, Epoch, row, update=tuple(values)))
    # A job is told with its epochs: one more is a change of it.
    revisions.one_more(session, [job_id])


def epochs(session: Session, job_id: str) -> Sequence[Epoch]:
    rows = select(Epoch).where(Epoch.job_id == job_id).order_by(Epoch.number)
    return session.scalars(rows).all()


def _versions(tenant: str, name: str) -> Select[Dataset]:
    """The newest first."""
    mine = (Dataset.tenant == tenant, Dataset.name == name)
    return select(Dataset).where(*mine).order_by(Dataset.version.desc())


def _named(name: str, as_of: datetime | None) -> ColumnElement[bool]:
    if "\0" in name:
        return false()  # PostgreSQL refuses to be asked for it
    if is_id(name):
        return Dataset.id == name
    base, at, number = name.rpartition("@")
    if at and number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER:
        return and_(Dataset.name == base, Dataset.version == int(number))
    newest = Dataset.name == name
    return newest if as_of is None else and_(newest, Dataset.created_at <= as_of)
