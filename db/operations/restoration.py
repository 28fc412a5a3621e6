"""Bettering a picture as it is: less noise, more pixels."""

from typing import Annotated, Literal

from pydantic import Field

from db.operations.base import Key, Limits, Operation, VersionName


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
    """More pixels: by the learned network, asked again where once is not enough, or bicubic."""

    op: Literal["upscale"] = "upscale"
    reference = "none"
    source_kind = "enhanced"
    picture: Key
    scale: Literal[2, 3, 4] = 2
    """How many times wider and higher."""
    engine: Literal["network", "classical"] = "classical"
    """The learned network, or bicubic."""
    version: VersionName | None = None

    def needs(self) -> dict[str, str | None]:
        return {"upscaler": self.version} if self.engine == "network" else {}

    def limits(self) -> Limits:
        """A network that invents what the picture does not say is not to be published unseen."""
        return {"backproj_psnr_db": (35.0, None)} if self.engine == "network" else {}

    def pixels(self, given: int) -> int:
        return given * self.scale**2
