"""Which operations make a picture for a sales channel, and what it therefore has to be."""

from db.operations import presets
from db.operations.base import Operation
from db.operations.checking import Check
from db.operations.pipeline import Pipeline
from db.operations.presets import Preset


def named(operation: Operation) -> Preset | None:
    """The preset that an operation names at all."""
    match operation:
        case Check(preset=said) | Pipeline(preset=str() | Preset() as said):
            return presets.rules(said)
        case _:
            return None


def goal(operation: Operation) -> Preset | None:
    """The preset that the delivered picture is made for; a mere check makes none."""
    if isinstance(operation, Check) and not operation.fix:
        return None
    return named(operation)
