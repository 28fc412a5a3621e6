"""Holding a picture against what a sales channel wants of it, and mending it."""

from typing import Literal

from db.operations import presets
from db.operations.base import Key, Operation
from db.operations.presets import PresetName


class Check(Operation):
    """Each rule of a channel's preset, passed or not, with what was measured."""

    op: Literal["check"] = "check"
    queue = "cpu"
    picture: Key
    preset: PresetName
    """Whose rules."""
    fix: bool = False
    """Cut the product out, put it on white at the channel's size, and check what is delivered."""
    mask: Key | None = None
    """Where the product is, if you know better."""

    def pixels(self, given: int) -> int:
        return max(given, presets.get(self.preset).make.side_px ** 2) if self.fix else given
