"""Every question we ask of labels: what a classifier proposes, and what a person says to it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, assert_never

from sqlalchemy import ColumnElement, Select, and_, delete, exists, select, tuple_
from sqlalchemy.orm import Session, aliased

from db import clock, pictures
from db.portable import upsert
from db.tables.jobs import SUCCEEDED, Job, JobInput
from db.tables.labels import Label
from db.tables.pictures import Picture
from db.tables.results import Result

Verdict = Literal["confirm", "correct", "reject"]
_PROPOSES: Final = "classify"
_ROLE: Final = "picture"


class NothingProposed(LookupError):
    """No classification of the tenant's has named a category of it."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the newest classification of a picture or result says it is.

    Attributes:
        id: of the job that says so.
        report: its own: `category`, `probability`, `categories`, `version`.
    """

    id: str
    picture_id: str
    report: dict[str, Any]
    created_at: datetime

    @property
    def category(self) -> str:
        return str(self.report["category"])


def proposals(
    session: Session, tenant: str, *, limit: int, after: tuple[datetime, str] | None = None
) -> Sequence[Proposal]:
    """Those that nobody has answered, newest first, older than the job of `after`.

    What is quarantined waits for nobody: it cannot be looked at.
    """
    answered = exists().where(Label.tenant == tenant, Label.picture_id == JobInput.picture_id)
    wanted = _classified(tenant).where(~answered, ~_is_outdated(tenant), ~_is_quarantined())
    if after is not None:
        wanted = wanted.where(tuple_(Job.created_at, Job.id) < after)
    rows = session.execute(wanted.order_by(Job.created_at.desc(), Job.id.desc()).limit(limit))
    return [_proposal(row) for row in rows]


def decide(
    session: Session, tenant: str, picture_id: str, verdict: Verdict, *, category: str | None = None
) -> Label:
    """Keep a person's answer; an earlier one is replaced.

    Args:
        session: whose transaction keeps it.
        tenant: whose picture or result it is.
        picture_id: its id.
        verdict: `confirm` what is proposed, `correct` it by the category, or `reject` it.
        category: what it is, to `correct`.

    Raises:
        NothingProposed: nobody classified it, or there is no such picture.
    """
    mine = _classified(tenant).where(JobInput.picture_id == picture_id)
    row = session.execute(mine.order_by(Job.created_at.desc(), Job.id.desc()).limit(1)).first()
    if row is None or not pictures.resolve_many(session, tenant, [picture_id], hold=True):
        raise NothingProposed("no classification names a category of this id")
    proposed = _proposal(row).category
    values = {
        "tenant": tenant,
        "picture_id": picture_id,
        "proposed": proposed,
        "category": _said(verdict, proposed, category),
        "decided_at": clock.now(),
    }
    changed = ("proposed", "category", "decided_at")
    told = upsert(session, Label, values, update=changed).returning(Label)
    return session.scalars(told, execution_options={"populate_existing": True}).one()


def of(session: Session, tenant: str) -> dict[str, str]:
    """The category of each picture and result of which a person said it."""
    mine = (Label.tenant == tenant, Label.category.is_not(None))
    found = session.execute(select(Label.picture_id, Label.category).where(*mine))
    return {picture: str(category) for picture, category in found}


def forget(session: Session, picture_ids: Collection[str]) -> None:
    """Labels of pictures or results that go."""
    gone = delete(Label).where(Label.picture_id.in_(picture_ids))
    session.execute(gone, execution_options={"synchronize_session": False})


def _classified(tenant: str) -> Select[Any]:
    of_job = and_(JobInput.job_id == Job.id, JobInput.role == _ROLE)
    asked = select(Job.id, JobInput.picture_id, Job.report, Job.created_at).join(JobInput, of_job)
    return asked.where(
        Job.tenant == tenant,
        Job.op == _PROPOSES,
        Job.state == SUCCEEDED,
        Job.report.is_not(None),
    )


def _is_outdated(tenant: str) -> Any:
    """Whether the picture was classified again."""
    later, its = aliased(Job), aliased(JobInput)
    return exists().where(
        its.picture_id == JobInput.picture_id,
        its.role == _ROLE,
        later.id == its.job_id,
        later.tenant == tenant,
        later.op == _PROPOSES,
        later.state == SUCCEEDED,
        later.report.is_not(None),
        tuple_(later.created_at, later.id) > tuple_(Job.created_at, Job.id),
    )


def _is_quarantined() -> ColumnElement[bool]:
    of_picture = (Picture.id == JobInput.picture_id, Picture.quarantine.is_not(None))
    of_result = (Result.id == JobInput.picture_id, Result.visibility == "quarantined")
    return exists().where(*of_picture) | exists().where(*of_result)


def _proposal(row: Sequence[Any]) -> Proposal:
    job_id, picture_id, report, created_at = row
    return Proposal(job_id, picture_id, dict(report), created_at)


def _said(verdict: Verdict, proposed: str, category: str | None) -> str | None:
    match verdict:
        case "confirm":
            return proposed
        case "correct":
            return category
        case "reject":
            return None
        case _:
            assert_never(verdict)
