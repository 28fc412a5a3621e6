"""Every question we ask of datasets and of what training on them gave per epoch."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import clock
from db.blobs import SHIPPED
from db.ids import is_id, new_id
from db.portable import insert_once, upsert
from db.tables.versions import Dataset, Epoch

MIN_PICTURES = 8
"""A dataset smaller than one small batch teaches nothing."""


class DatasetNotFound(LookupError):
    """No such dataset for this tenant."""


class DatasetTooSmall(ValueError):
    """Too few pictures to train on."""


class DatasetExists(ValueError):
    """The name belongs to other pictures; a dataset never changes once registered."""


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
) -> Dataset:
    """Register a dataset; the same name and pictures again give the row that is there.

    Raises:
        DatasetExists: the name belongs to other pictures.
    """
    row: dict[str, Any] = {
        "id": new_id(),
        "tenant": tenant,
        "name": name,
        "kind": kind,
        "pictures": pictures,
        "categories": categories,
        "manifest": manifest,
        "licence": licence,
        "created_at": clock.now(),
    }
    session.execute(insert_once(session, Dataset, row))
    found = session.scalars(
        select(Dataset).where(Dataset.tenant == tenant, Dataset.name == name)
    ).one()
    if (found.kind, found.pictures, found.manifest) != (kind, pictures, manifest):
        raise DatasetExists(f"the dataset {name!r} holds other pictures; choose another name")
    return found


def find(session: Session, tenant: str, name: str) -> Dataset:
    """The dataset of an id or name, the tenant's own before one that ships with us.

    Raises:
        DatasetNotFound: there is none.
    """
    which = Dataset.id == name if is_id(name) else Dataset.name == name
    found = session.scalars(
        select(Dataset)
        .where(Dataset.tenant.in_((tenant, SHIPPED)), which)
        .order_by(Dataset.tenant == SHIPPED)
    ).first()
    if found is None:
        raise DatasetNotFound(f"there is no dataset {name!r}")
    return found


def to_train_on(session: Session, tenant: str, name: str) -> Dataset:
    """A dataset that is large enough to learn from.

    Raises:
        DatasetNotFound: there is none.
        DatasetTooSmall: with how many pictures it has and needs.
    """
    found = find(session, tenant, name)
    if found.pictures < MIN_PICTURES:
        raise DatasetTooSmall(
            f"the dataset {found.name!r} has {found.pictures} pictures; "
            f"training needs at least {MIN_PICTURES}"
        )
    return found


def visible(session: Session, tenant: str) -> Sequence[Dataset]:
    mine = Dataset.tenant.in_((tenant, SHIPPED))
    return session.scalars(select(Dataset).where(mine).order_by(Dataset.name)).all()


def record_epoch(session: Session, job_id: str, number: int, values: dict[str, Any]) -> None:
    """Write how an epoch went; a resumed run writes over the same number."""
    row = {"job_id": job_id, "number": number, "created_at": clock.now(), **values}
    session.execute(upsert(session, Epoch, row, update=tuple(values)))


def epochs(session: Session, job_id: str) -> Sequence[Epoch]:
    rows = select(Epoch).where(Epoch.job_id == job_id).order_by(Epoch.number)
    return session.scalars(rows).all()
