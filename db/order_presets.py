"""The preset that an order names: one that ships, or a shop's own, which its job holds whole."""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from db import presets
from db.operations.checking import Check
from db.operations.order import Order
from db.operations.pipeline import Pipeline
from db.operations.presets import PRESET_NAMES, Preset, rules
from db.refusals import at, wrong

Found = Mapping[str, Preset]
"""The shop's own, by the labels that orders name them by."""


def look_up(session: Session, tenant: str, orders: Sequence[Order]) -> Found:
    """All that these orders name and the shop has."""
    labels = {label for one in orders if (label := _own(one)) is not None}
    return presets.find_many(session, tenant, labels)


def settled(order: Order, found: Found) -> Order:
    """The order as its job keeps it: whatever the shop changes later, its rules are these."""
    preset = found.get(_own(order) or "")
    if preset is None:
        return order
    said = order.model_dump(mode="json", exclude_unset=True)
    said["operation"] |= {"op": order.operation.op, "preset": preset.model_dump(mode="json")}
    return Order.model_validate_json(json.dumps(said))


def check(order: Order, found: Found, *, is_retry: bool) -> None:
    """Whether it names a preset that there is; a job that is tried again has its own by now.

    Raises:
        Refused: `preset_not_found`, or rules in the place of a name.
    """
    said = order.operation.preset if isinstance(order.operation, Check | Pipeline) else None
    if isinstance(said, Preset) and not is_retry:
        detail = "name a preset; POST /v1/presets makes one of your own"
        raise wrong("/operation/preset", "preset_not_named", detail)
    if isinstance(said, str) and said not in found and rules(said) is None:
        detail = f"there is no preset {said}; there are {', '.join(PRESET_NAMES)} and your own"
        raise at("/operation/preset", "preset_not_found", detail)


def _own(order: Order) -> str | None:
    """The label, if none that ships has it."""
    match order.operation:
        case Check(preset=str() as label) | Pipeline(preset=str() as label):
            return label if label.partition("@")[0] not in PRESET_NAMES else None
        case _:
            return None
