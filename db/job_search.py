"""Jobs by what people have at hand: how an id begins, a sku, an external id."""

import re
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import jobs
from db.steering import beside
from db.tables.jobs import Job

_BEGINNING: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f-]{0,27})?")
_BEHIND_ALL: Final = "g"
"""Sorts behind every digit of an id."""


def of(session: Session, tenant: str, text: str, *, most: int) -> Sequence[Job]:
    """At most so many, newest first. Each of the three is found by its index."""
    found = {
        job.id: job
        for job in (
            *_beginning(session, tenant, text.lower(), most),
            *jobs.page(session, tenant, limit=most, sku=text),
            *jobs.page(session, tenant, limit=most, external_id=text),
        )
    }
    newest = sorted(found.values(), key=lambda job: (job.created_at, job.id), reverse=True)
    return newest[:most]


def _beginning(session: Session, tenant: str, text: str, most: int) -> Sequence[Job]:
    """A range, because no database uses an index for what a pattern begins with on its own."""
    if not _BEGINNING.fullmatch(text):
        return ()
    mine: list[Any] = [beside(Job.tenant, tenant), Job.id >= text, Job.id < text + _BEHIND_ALL]
    return session.scalars(select(Job).where(*mine).order_by(Job.id.desc()).limit(most)).all()
