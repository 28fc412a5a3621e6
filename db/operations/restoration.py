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


class Deblock(Operation):
    """Take JPEG's blocks and rings out of a picture; one that shows none is left alone."""

    op: Literal["deblock"] = "deblock"
    source_kind = "enhanced"
    picture: Key
    quality: Annotated[int, Field(ge=1, le=100)] | None = None
    """Of the JPEG that it was, as libjpeg counts. Left out: found from its blocks, so long as they
    lie where they lay."""
    strength: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    """0 leaves the picture as it is."""
    engine: Literal["network", "classical"] = "classical"
    """A network that was trained for it, or the mean of the picture's own shifted JPEGs."""
    version: VersionName | None = None

    def needs(self) -> dict[str, str | None]:
        return {"deblocker": self.version} if self.engine == "network" else {}


class Deblur(Operation):
    """Make a picture sharp that is a little out of focus; a sharp one is left alone."""

    op: Literal["deblur"] = "deblur"
    source_kind = "enhanced"
    picture: Key
    radius_px: Annotated[float, Field(ge=0.0, le=5.0)] | None = None
    """Standard deviation of the blur. Left out: found from the sharpest edges."""
    noise: Annotated[float, Field(ge=0.0, le=25.0)] | None = None
    """In 8-bit steps; the more there is, the less is sharpened. Left out: estimated."""
    strength: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    """0 leaves the picture as it is."""
    engine: Literal["network", "classical"] = "classical"
    """A network that was trained for it, or Wiener's filter."""
    version: VersionName | None = None

    def needs(self) -> dict[str, str | None]:
        return {"deblurrer": self.version} if self.engine == "network" else {}


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
