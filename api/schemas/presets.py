"""What sales channels want of a picture."""

from api.schemas.base import Answer
from db.operations.presets import Preset


class PresetsOut(Answer):
    items: list[Preset]
