"""Operations that seek the product in their picture, and by what they find it."""

from typing import Literal

from db.operations.base import Operation, VersionName


class Seeking(Operation):
    """Where neither a mask nor the picture's transparency says what the product is."""

    engine: Literal["network", "classical"] = "classical"
    """What finds the product: a network that learnt to, or the border's colours and GrabCut."""
    version: VersionName | None = None

    def needs(self) -> dict[str, str | None]:
        return {"matte": self.version} if self.engine == "network" else {}
