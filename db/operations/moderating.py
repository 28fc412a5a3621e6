"""Asking whether the shop's policy lets a picture through."""

from typing import ClassVar, Literal

from db.operations.base import Key, NetworkName, Operation, Outcome, VersionName


class Moderate(Operation):
    """Whether your policy lets a picture through: allow, review or block, with its reasons.

    The policy is that of the order's channel, else the shop's, else the one that ships. What the
    policy leaves off is not asked; all that is measured is told. A picture that is blocked is
    quarantined, and one that is judged again and passes is given back.
    """

    op: Literal["moderate"] = "moderate"
    networks: ClassVar[tuple[NetworkName, ...]] = ("classifier",)
    outcome: ClassVar[Outcome] = "report"
    picture: Key
    version: VersionName | None = None

    def needs(self) -> dict[str, str | None]:
        return {"classifier": self.version}
