"""Measuring two pictures against each other."""

from typing import Literal

from db.operations.base import Key, Operation


class Score(Operation):
    """Every score of a picture against a reference; delivers numbers, no picture."""

    op: Literal["score"] = "score"
    queue = "cpu"
    outcome = "report"
    reference = "own"
    picture: Key
    reference_picture: Key
    mask: Key | None = None
    """White where the product is."""
