"""Asking a file where it comes from."""

from typing import Literal

from db.operations.base import Key, Operation


class Verify(Operation):
    """What a file says of its making, and whether it is exactly one that we delivered.

    The answer is the job's report, no picture: label, China's mark, whether there is a C2PA
    manifest and whose signature it has, and the result whose bytes these are.
    """

    op: Literal["verify"] = "verify"
    queue = "cpu"
    outcome = "report"
    picture: Key
    """The file as it came is looked at, not what was decoded from it."""
