"""An order becomes a job only if all that it names is there and fits together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import (
    addresses,
    clock,
    datasets,
    geometry,
    jobs,
    one_training,
    order_presets,
    pictures,
    settings,
    urls,
    versions,
)
from db.datasets import DatasetNotFound, DatasetTooSmall, DatasetUnfit
from db.geometry import At
from db.jobs import Created
from db.operations.base import Operation
from db.operations.compressing import Compress
from db.operations.explaining import Explain
from db.operations.order import Order
from db.operations.presets import Preset
from db.operations.training import Evaluate, Train
from db.operations.tuning import Tune
from db.pictures import Source
from db.pointers import pointer
from db.refusals import Refused, at, wrong
from db.versions import VersionNotFound

Need = tuple[str, str | None]
"""A network, and the version of it that is asked for."""
Lesson = tuple[str, str | None]
"""A dataset, and the network that is to learn from it, if any."""
Named = TypeVar("Named")

_UNTEACHABLE: Final[Mapping[type[Exception], str]] = {
    DatasetNotFound: "dataset_not_found",
    DatasetTooSmall: "dataset_too_small",
    DatasetUnfit: "dataset_unfit",
}


@dataclass(frozen=True, slots=True)
class Known:
    """All that some orders name, looked up once for all of them."""

    sources: Mapping[str, Source]
    versions: Mapping[Need, Exception | None]
    judged: Mapping[str, Exception | None]
    datasets: Mapping[Lesson, Exception | None]
    presets: Mapping[str, Preset]
    """Of the shop's own."""
    now: datetime | None
    """Of the database; asked only where an order has a deadline."""


def place(
    session: Session, tenant: str, order: Order, *, key: str | None, retry_of: str | None = None
) -> Created:
    """Write the job, then look whether it may stay: a replay is answered whatever has changed.

    Raises:
        Refused: the caller's transaction must end without a commit.
        IdempotencyKeyReused: the key belongs to another request.
        QueueQuota: the tenant has too many queued jobs.
    """
    # Held: an erasure comes before this and the order is refused, or after it and sees the job.
    known = look_up(session, tenant, [order], hold=True)
    one_training.begin(session, tenant, [order])
    created = jobs.create(
        session,
        tenant,
        order_presets.settled(order, known.presets),
        sources=known.sources,
        digest=order.digest(),
        idempotency_key=key,
        retry_of=retry_of,
    )
    if created.new:
        check(order, known, is_retry=retry_of is not None)
        one_training.refuse_second(session, created.job, order)
    return created


def look_up(session: Session, tenant: str, orders: Sequence[Order], *, hold: bool = False) -> Known:
    """Everything that these orders name, each thing once, in as few questions as can be.

    With `hold` nobody can erase their pictures before this transaction ends.
    """
    needs = {need for order in orders for need in order.operation.needs().items()}
    operations = [order.operation for order in orders]
    judged = {one.version for one in operations if isinstance(one, Evaluate | Compress)}
    begun = {start for one in operations if (start := _start(one))}
    keys = {key for order in orders for key in order.pictures().values()}
    timed = any(order.deadline_at is not None for order in orders)
    return Known(
        sources=pictures.resolve_many(session, tenant, keys, hold=hold),
        versions=_tried(needs | begun, lambda need: versions.choose(session, tenant, dict([need]))),
        judged=_tried(
            judged | {name for _, name in begun if name},
            lambda name: versions.find(session, tenant, name),
        ),
        datasets=_tried(
            {lesson for one in operations if (lesson := _lesson(one))},
            lambda lesson: _taught(session, tenant, lesson),
        ),
        presets=order_presets.look_up(session, tenant, orders),
        now=session.scalar(select(clock.now())) if timed else None,
    )


def check(order: Order, known: Known, *, is_retry: bool = False) -> None:
    """Whether a worker could do it, as far as can be said without a pixel.

    Raises:
        Refused: naming the field.
    """
    order_presets.check(order, known.presets, is_retry=is_retry)
    order = order_presets.settled(order, known.presets)
    _check_window(order, known.now)
    _check_gates(order)
    check_webhook(order.webhook_url)
    sources = _sources(order, known.sources)
    _check_versions(order, known)
    _check_dataset(order, known.datasets)
    geometry.check(order, sources)


def check_webhook(url: str | None) -> None:
    """Whether a job or batch may be told of at this place.

    Raises:
        Refused: `url_scheme`, `url_invalid` or `url_forbidden_address`.
    """
    if url is not None:
        try:
            addresses.check(url, settings.get().allowed())
        except urls.Refused as error:
            raise at("/webhook_url", error.code, error.detail) from error


def _tried(
    names: Iterable[Named], look: Callable[[Named], object]
) -> dict[Named, Exception | None]:
    """What each question says against its name; None for what is there."""
    answers: dict[Named, Exception | None] = {}
    for name in names:
        try:
            look(name)
        except (VersionNotFound, DatasetNotFound, DatasetTooSmall, DatasetUnfit) as error:
            answers[name] = error
        else:
            answers[name] = None
    return answers


def _check_window(order: Order, now: datetime | None) -> None:
    """There must be a time at which the job may run."""
    if order.deadline_at is None or now is None:
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
            raise wrong(pointer("gates", name), "min_above_max", detail)


def _sources(order: Order, found: Mapping[str, Source]) -> dict[At, Source]:
    places = {geometry.place_of(role): key for role, key in order.pictures().items()}
    missing = [pointer(*where) for where, key in places.items() if key not in found]
    if missing:
        code, detail = "picture_not_found", "no picture and no result has this id"
        errors = [{"pointer": where, "code": code, "detail": detail} for where in missing]
        raise Refused(code, f"{', '.join(missing)}: {detail}", errors=errors)
    return {where: found[key] for where, key in places.items()}


def _check_versions(order: Order, known: Known) -> None:
    for where, operation in geometry.parts(order.operation):
        for need in operation.needs().items():
            if error := known.versions[need]:
                raise at(pointer(*where, "version"), "version_not_found", str(error)) from error
    judged = order.operation if isinstance(order.operation, Evaluate | Compress) else None
    if judged and (error := known.judged[judged.version]):
        raise at("/operation/version", "version_not_found", str(error)) from error
    if (start := _start(order.operation)) and (error := known.versions[start]):
        missing = known.judged[start[1] or ""]
        code = "version_not_found" if missing else "start_unfit"
        raise at("/operation/start_from", code, str(missing or error)) from error


def _start(operation: Operation) -> Need | None:
    """The version that a training begins with, if it begins with one."""
    if isinstance(operation, Train) and operation.start_from is not None:
        return operation.network, operation.start_from
    return None


def _lesson(operation: Operation) -> Lesson | None:
    """The dataset that it names, if it names one."""
    match operation:
        case Train(dataset=name, network=network) | Tune(dataset=name, network=network):
            return name, network
        case Evaluate(dataset=name) | Compress(dataset=name) | Explain(dataset=str(name)):
            return name, None
        case _:
            return None


def _taught(session: Session, tenant: str, lesson: Lesson) -> None:
    """What is only measured on is there, and that is all it has to be."""
    name, network = lesson
    if network is None:
        datasets.find(session, tenant, name)
    else:
        datasets.to_train_on(session, tenant, name, network=network)


def _check_dataset(order: Order, answers: Mapping[Lesson, Exception | None]) -> None:
    lesson = _lesson(order.operation)
    if lesson is not None and (error := answers[lesson]):
        code = next(code for kind, code in _UNTEACHABLE.items() if isinstance(error, kind))
        raise at("/operation/dataset", code, str(error)) from error
