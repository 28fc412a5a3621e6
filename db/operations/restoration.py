"""Bettering a picture as it is: less noise, more pixels."""

from typing import Annotated, Literal

from pydantic import Field

from db.operations.base import Key, Operation, VersionName


class Denoise(Operation):
    """Take the noise out of a picture, at its own resolution and in colour."""

    op: Literal["denoise"] = "denoise"
    reference = "none"
    source_kind = "enhanced"
    picture: Key
    sigma: Annotated[float, Field(ge=0.0, le=75.0)] | None = None
    """Noise in 8-bit steps. Left out: estimated from the picture."""
    strength: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    """0 leaves the picture as it is."""
    engine: Literal["network", "classical"] = "network"
    """The learned residual network, or non-local means."""
    version: VersionName | None = None

    def needs(self) -> dict[str, str | None]:
        return {"denoiser": self.version} if self.engine == "network" else {}


class Upscale(Operation):
    """More pixels: bicubic until the network lands."""

    op: Literal["upscale"] = "upscale"
    reference = "none"
    source_kind = "enhanced"
    picture: Key
    scale: Literal[2] = 2
    """How many times wider and higher."""

    def pixels(self, given: int) -> int:
        return given * self.scale**2
