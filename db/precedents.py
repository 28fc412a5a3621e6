"""What was delivered already for a picture or product: exactly what an order asks, or near it.

Nearness is counted in what was said: operations, and parameters that are not at their defaults.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.operations import presets
from db.operations.base import Operation
from db.operations.order import Order
from db.operations.pipeline import Pipeline
from db.operations.presets import Preset
from db.pictures import Source
from db.steering import beside
from db.tables.jobs import Job
from db.tables.results import Result
from db.wishes.colours import apart, hex_of

MOST_NEAR: Final = 5
_LOOKED_AT: Final = 200
_FAR_DELTA_E: Final = 50.0
"""Colours so far apart have nothing in common."""
_NOT_SAID: Final = frozenset({"op", "picture"})
Said = Mapping[str, Any]
"""By operation and parameter: {"recolor": True, "recolor.to_hex": "#c8202b"}, in their order."""


@dataclass(frozen=True, slots=True)
class Near:
    """A result for the same picture or product.

    Attributes:
        distance: 0 says the same, 1 nothing of it.
        differs: what is said otherwise, by operation and parameter.
    """

    result: Result
    distance: float
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Precedents:
    """The newest result that is exactly what is asked for, and others, the nearest first."""

    exact: Result | None
    near: tuple[Near, ...]


def find(session: Session, tenant: str, order: Order, source: Source) -> Precedents:
    """Among the newest published results of the source's bytes, and of the order's sku."""
    asked = said(order.operation)
    near: list[Near] = []
    for result, request in _published(session, tenant, order, source):
        try:
            before = Order.model_validate_json(request)
        except ValidationError:
            continue  # of an older build, which asked in other words
        one = _compared(result, asked, said(before.operation))
        is_same_picture = result.source_key == source.key
        if is_same_picture and one.distance == 0 and _is_written_alike(order, before, result):
            return Precedents(result, ())
        if one.distance < 1:
            near.append(one if is_same_picture else _of_another_picture(one))
    near.sort(key=lambda one: one.distance)
    return Precedents(None, tuple(near[:MOST_NEAR]))


def said(operation: Operation) -> Said:
    """What an operation says beside its picture; a pipeline's steps in their order."""
    if not isinstance(operation, Pipeline):
        return dict(_said(operation))
    whole: dict[str, Any] = {"keep_steps": True} if operation.keep_steps else {}
    if operation.preset is not None:
        return whole | {"preset": _label(operation.preset)}
    for number, step in enumerate(operation.steps or ()):
        again = any(one.op == step.op for one in (operation.steps or ())[:number])
        whole |= _said(step, name=f"{step.op}.{number}" if again else step.op)
    return whole


def _published(
    session: Session, tenant: str, order: Order, source: Source
) -> Iterator[tuple[Result, str]]:
    """The newest of the same picture and operation first, so that an exact one is found."""
    of_op, seen = beside(Result.op, order.operation.op), set[str]()
    # By its id, which begins with its time, and by no index of it: there are few of one source, and
    # a database that reads them in their order would walk through the tenant's whole history.
    newest = Result.id.concat("").desc()
    mine = select(Result, Job.request).where(Result.source_key == source.key).order_by(newest)
    questions = [mine.where(of_op), mine]
    if order.sku is not None:
        of_sku = select(Result, Job.request).where(Result.sku == order.sku)
        questions.append(of_sku.order_by(Result.created_at.desc(), Result.id.desc()))
    for asked in questions:
        published = asked.join(Job, Job.id == Result.job_id).where(
            Result.tenant == tenant, Result.visibility == "published"
        )
        for result, request in session.execute(published.limit(_LOOKED_AT)):
            if result.id not in seen:
                seen.add(result.id)
                yield result, request


def _said(operation: Operation, *, name: str | None = None) -> dict[str, Any]:
    named = name or str(getattr(operation, "op"))  # noqa: B009 — every operation has it, the base not
    values = operation.model_dump(mode="json", exclude_defaults=True, exclude=set(_NOT_SAID))
    return {named: True} | {f"{named}.{one}": value for one, value in values.items()}


def _label(preset: str | Preset) -> str:
    """Under its version: rules that changed are others."""
    found = presets.rules(preset)
    return str(preset) if found is None else found.label


def _compared(result: Result, asked: Said, before: Said) -> Near:
    names = [*asked, *(name for name in before if name not in asked)]
    costs = {name: _cost(asked.get(name), before.get(name)) for name in names}
    if all(cost == 0 for cost in costs.values()) and list(asked) != list(before):
        return Near(result, 1 / (1 + len(names)), ("order of the steps",))
    differs = tuple(name for name, cost in costs.items() if cost)
    return Near(result, sum(costs.values()) / max(len(names), 1), differs)


def _cost(asked: object, before: object) -> float:
    """0 of the same, 1 of what differs; less of colours that are near each other."""
    if asked == before:
        return 0.0
    one, other = _hex(asked), _hex(before)
    if one is None or other is None:
        return 1.0
    return min(1.0, apart(one, other) / _FAR_DELTA_E)


def _hex(value: object) -> str | None:
    if isinstance(value, str) and len(value) == 7 and value.startswith("#"):
        return value
    if isinstance(value, Sequence) and len(value) == 3 and all(isinstance(v, int) for v in value):
        return hex_of((value[0], value[1], value[2]))
    return None


def _is_written_alike(order: Order, before: Order, result: Result) -> bool:
    """Whether the file is as it is asked for, and by the rules that hold today."""
    preset = getattr(order.operation, "preset", None)
    of_today = preset is None or result.preset_version in (None, _label(preset))
    return order.output == before.output and of_today


def _of_another_picture(one: Near) -> Near:
    """As near as what was said, but never the same."""
    return Near(one.result, max(one.distance, 0.5), ("picture", *one.differs))
