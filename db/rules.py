"""Every question we ask of the rules by which networks are trained again."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import clock, datasets
from db.ids import is_id, new_id
from db.operations.training import Train
from db.portable import insert_once
from db.refusals import wrong
from db.tables.retrainings import RetrainingRule


class RuleNotFound(LookupError):
    """The tenant has no such rule."""


class RuleExists(ValueError):
    """The network has a rule for this dataset."""


@dataclass(frozen=True, slots=True)
class When:
    """What starts a training: either of the two, or both.

    Attributes:
        ratings: so many new ones, neither of them 0.
        drop_db: by how much the mean PSNR of results must have fallen, beyond noise.
        over_results: of how many results that is the mean.
    """

    ratings: int | None = None
    drop_db: float | None = None
    over_results: int | None = None


def add(
    session: Session, tenant: str, operation: Train, when: When, *, promotes: bool, by: str | None
) -> RetrainingRule:
    """A rule for a network and one of the shop's own datasets; earlier ratings do not count.

    Raises:
        DatasetNotFound: the shop has none of this name.
        Refused: the dataset is named with its version, which would never be another.
        RuleExists: there is a rule for these two.
    """
    dataset = datasets.own(session, tenant, operation.dataset)
    if dataset.name != operation.dataset:
        detail = f"{operation.dataset} is one version for ever; name the dataset: {dataset.name}"
        raise wrong("/operation/dataset", "dataset_version", detail)
    row = {
        "id": new_id(),
        "tenant": tenant,
        "network": operation.network,
        "dataset": dataset.name,
        "operation": operation.model_dump(mode="json", exclude_unset=True) | {"op": operation.op},
        "ratings": when.ratings,
        "drop_db": when.drop_db,
        "over_results": when.over_results,
        "promotes": promotes,
        "counted_until": clock.now(),
        "made_by": by,
        "created_at": clock.now(),
    }
    session.execute(insert_once(session, RetrainingRule, row))
    made = session.get(RetrainingRule, row["id"])
    if made is None:
        known = f"{operation.network} has a rule for {dataset.name} already"
        raise RuleExists(f"{known}; remove it first")
    return made


def of(session: Session, tenant: str) -> Sequence[RetrainingRule]:
    """A tenant's, oldest first."""
    mine = select(RetrainingRule).where(RetrainingRule.tenant == tenant)
    return session.scalars(mine.order_by(RetrainingRule.created_at, RetrainingRule.id)).all()


def ids(session: Session) -> Sequence[str]:
    """Those of all tenants, oldest first."""
    in_order = (RetrainingRule.created_at, RetrainingRule.id)
    return session.scalars(select(RetrainingRule.id).order_by(*in_order)).all()


def find(session: Session, tenant: str, rule_id: str) -> RetrainingRule:
    """One of the tenant's.

    Raises:
        RuleNotFound: there is none of this id.
    """
    found = session.get(RetrainingRule, rule_id) if is_id(rule_id) else None
    if found is None or found.tenant != tenant:
        raise RuleNotFound("no rule has this id")
    return found


def remove(session: Session, tenant: str, rule_id: str) -> None:
    """It starts nothing more; a training under way goes on, and nobody promotes what it makes.

    Raises:
        RuleNotFound: there is none of this id.
    """
    session.delete(find(session, tenant, rule_id))
    session.flush()
