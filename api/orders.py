"""An order becomes a job only if all that it names is there and fits together."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from api import geometry, pointers
from api.errors import Problem, at, wrong
from api.geometry import At
from db import datasets, jobs, pictures, versions
from db.datasets import DatasetNotFound, DatasetTooSmall
from db.jobs import Created
from db.operations.base import Operation
from db.operations.order import Order
from db.operations.training import Train
from db.pictures import Source
from db.versions import VersionNotFound


def place(
    session: Session, tenant: str, order: Order, *, key: str | None, retry_of: str | None = None
) -> Created:
    """Write the job, then look whether it may stay: a replay is answered whatever has changed.

    Raises:
        Problem: the caller's transaction must end without a commit.
        IdempotencyKeyReused: the key belongs to another request.
    """
    _check_times(order)
    created = jobs.create(session, tenant, order, idempotency_key=key, retry_of=retry_of)
    if created.new:
        _check_window(order, created.job.created_at)
        _check(session, tenant, order)
    return created


def _check(session: Session, tenant: str, order: Order) -> None:
    _check_gates(order)
    sources = _sources(session, tenant, order)
    for where, operation in geometry.parts(order.operation):
        _check_versions(session, tenant, operation, where)
    if isinstance(order.operation, Train):
        _check_dataset(session, tenant, order.operation.dataset)
    geometry.check(order, sources)


def _check_times(order: Order) -> None:
    for name, moment in (("run_after", order.run_after), ("deadline_at", order.deadline_at)):
        try:
            _ = moment and moment.astimezone(UTC)
        except OverflowError as error:
            detail = "the calendar has no such moment in UTC"
            raise wrong(pointers.pointer(name), "datetime_out_of_range", detail) from error


def _check_window(order: Order, now: datetime) -> None:
    """There must be a time at which the job may run."""
    if order.deadline_at is None:
        return
    if order.deadline_at <= now:
        detail = "the deadline has passed; no worker could begin in time"
        raise wrong("/deadline_at", "deadline_passed", detail)
    if order.run_after is not None and order.run_after >= order.deadline_at:
        detail = "the job may not run before the moment by which it must have begun"
        raise wrong("/run_after", "run_after_deadline", detail)


def _check_gates(order: Order) -> None:
    for name, (least, most) in order.limits().items():
        if least is not None and most is not None and least > most:
            detail = f"nothing is at least {least:g} and at most {most:g}"
            raise wrong(pointers.pointer("gates", name), "min_above_max", detail)


def _sources(session: Session, tenant: str, order: Order) -> Mapping[At, Source]:
    found = {
        geometry.place_of(role): pictures.resolve(session, tenant, key)
        for role, key in order.pictures().items()
    }
    missing = [pointers.pointer(*where) for where, source in found.items() if source is None]
    if missing:
        code, detail = "picture_not_found", "no picture and no result has this id"
        errors = [{"pointer": where, "code": code, "detail": detail} for where in missing]
        raise Problem(code, f"{', '.join(missing)}: {detail}", errors=errors)
    return {where: source for where, source in found.items() if source is not None}


def _check_versions(session: Session, tenant: str, operation: Operation, where: At) -> None:
    try:
        versions.choose(session, tenant, operation.needs())
    except VersionNotFound as error:
        raise at(pointers.pointer(*where, "version"), "version_not_found", str(error)) from error


def _check_dataset(session: Session, tenant: str, name: str) -> None:
    try:
        datasets.to_train_on(session, tenant, name)
    except DatasetNotFound as error:
        raise at("/operation/dataset", "dataset_not_found", str(error)) from error
    except DatasetTooSmall as error:
        raise at("/operation/dataset", "dataset_too_small", str(error)) from error
