"""Several operations in one job, each on the picture that the one before made."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from db.operations.base import SOURCE_KINDS, Key, Operation, SourceKind
from db.operations.product import Background, Cutout, Place, Recolor
from db.operations.restoration import Denoise, Upscale
from db.operations.retouching import Inpaint, Outpaint

PREVIOUS = "00000000-0000-0000-0000-000000000000"
"""Stands in a step's `picture` for the picture that the step before made."""


class DenoiseStep(Denoise):
    picture: Key = PREVIOUS


class UpscaleStep(Upscale):
    picture: Key = PREVIOUS


class CutoutStep(Cutout):
    picture: Key = PREVIOUS


class BackgroundStep(Background):
    picture: Key = PREVIOUS


class PlaceStep(Place):
    picture: Key = PREVIOUS


class RecolorStep(Recolor):
    picture: Key = PREVIOUS


class InpaintStep(Inpaint):
    picture: Key = PREVIOUS


class OutpaintStep(Outpaint):
    picture: Key = PREVIOUS


AnyStep = (
    DenoiseStep
    | UpscaleStep
    | CutoutStep
    | BackgroundStep
    | PlaceStep
    | RecolorStep
    | InpaintStep
    | OutpaintStep
)


class Pipeline(Operation):
    """Steps in order in one job; the last picture is delivered, or each step's if asked."""

    op: Literal["pipeline"] = "pipeline"
    picture: Key
    steps: Annotated[
        tuple[Annotated[AnyStep, Field(discriminator="op")], ...], Field(min_length=1, max_length=8)
    ]
    """Each step's own parameters; its picture is the one the step before made."""
    keep_steps: bool = False
    """Deliver every step's picture, the last one last."""

    @model_validator(mode="after")
    def _one_after_another(self) -> Self:
        """A step takes what the one before made, and a job one version of each network."""
        if any(step.picture != PREVIOUS for step in self.steps):
            raise ValueError("a step takes the picture of the one before; it names none")
        named = [pair for step in self.steps for pair in step.needs().items()]
        if len(set(named)) != len(dict(named)):
            raise ValueError("two steps name two versions of one network")
        return self

    def needs(self) -> dict[str, str | None]:
        return {
            network: version for step in self.steps for network, version in step.needs().items()
        }

    def pixels(self, given: int) -> int:
        most = current = given
        for step in self.steps:
            current = step.width * step.height if isinstance(step, Place) else step.pixels(current)
            most = max(most, current)
        return most

    def delivers(self) -> SourceKind:
        return max((step.delivers() for step in self.steps), key=SOURCE_KINDS.index)

    def pictures(self) -> dict[str, str]:
        named = super().pictures()
        for number, step in enumerate(self.steps):
            for role, key in step.pictures().items():
                if key != PREVIOUS:
                    named[f"steps.{number}.{role}"] = key
        return named
