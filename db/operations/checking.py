"""Holding a picture against what a sales channel wants of it, and mending it."""

from typing import Literal

from db.operations import presets
from db.operations.base import Key, Operation
from db.operations.presets import AnyPreset


class Check(Operation):
    """Each rule of a channel's preset, passed or not, with what was measured."""

    op: Literal["check"] = "check"
    queue = "cpu"
    picture: Key
    preset: AnyPreset
    """Whose rules."""
    fix: bool = False
    """Cut the product out, put it on white at the channel's size, and check what is delivered."""
    mask: Key | None = None
    """Where the product is, if you know better."""

    def pixels(self, given: int) -> int:
        wanted = presets.rules(self.preset)
        return given if wanted is None or not self.fix else max(given, wanted.make.side_px**2)
