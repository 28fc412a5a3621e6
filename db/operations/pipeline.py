"""Several operations in one job, each on the picture that the one before made."""

from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from db.operations import presets
from db.operations.appearance import MatchColor, Relight, Shadow, Stylize
from db.operations.base import SOURCE_KINDS, Key, Operation, SourceKind
from db.operations.presets import AnyPreset, Preset
from db.operations.product import WHITE, Background, Cutout, Place, Recolor
from db.operations.restoration import Deblock, Deblur, Denoise, Upscale
from db.operations.retouching import Inpaint, Outpaint

PREVIOUS = "00000000-0000-0000-0000-000000000000"
"""Stands in a step's `picture` for the picture that the step before made."""


class DenoiseStep(Denoise):
    picture: Key = PREVIOUS


class DeblockStep(Deblock):
    picture: Key = PREVIOUS


class DeblurStep(Deblur):
    picture: Key = PREVIOUS


class UpscaleStep(Upscale):
    picture: Key = PREVIOUS


class CutoutStep(Cutout):
    picture: Key = PREVIOUS


class BackgroundStep(Background):
    picture: Key = PREVIOUS
    n: Literal[1] = 1
    """A step makes one picture."""


class PlaceStep(Place):
    picture: Key = PREVIOUS


class RecolorStep(Recolor):
    picture: Key = PREVIOUS


class ShadowStep(Shadow):
    picture: Key = PREVIOUS


class RelightStep(Relight):
    picture: Key = PREVIOUS


class MatchColorStep(MatchColor):
    picture: Key = PREVIOUS


class StylizeStep(Stylize):
    picture: Key = PREVIOUS


class InpaintStep(Inpaint):
    picture: Key = PREVIOUS


class OutpaintStep(Outpaint):
    picture: Key = PREVIOUS


AnyStep = (
    DenoiseStep
    | DeblockStep
    | DeblurStep
    | UpscaleStep
    | CutoutStep
    | BackgroundStep
    | PlaceStep
    | RecolorStep
    | ShadowStep
    | RelightStep
    | MatchColorStep
    | StylizeStep
    | InpaintStep
    | OutpaintStep
)


class Pipeline(Operation):
    """Steps in order in one job, or a channel's preset; the last picture is delivered, or all."""

    op: Literal["pipeline"] = "pipeline"
    picture: Key
    steps: (
        Annotated[
            tuple[Annotated[AnyStep, Field(discriminator="op")], ...],
            Field(min_length=1, max_length=8),
        ]
        | None
    ) = None
    """Each step's own parameters; its picture is the one the step before made."""
    preset: AnyPreset | None = None
    """In place of steps: cut out, placed on white and written as this channel wants it."""
    keep_steps: bool = False
    """Deliver every step's picture, the last one last."""

    @model_validator(mode="after")
    def _one_after_another(self) -> Self:
        """A step takes what the one before made, and a job one version of each network."""
        if (self.steps is None) == (self.preset is None):
            raise ValidationError.from_exception_data("Pipeline", [self._either()])
        steps = self.plan()
        if any(step.picture != PREVIOUS for step in steps):
            raise ValueError("a step takes the picture of the one before; it names none")
        named = [pair for step in steps for pair in step.needs().items()]
        if len(set(named)) != len(dict(named)):
            raise ValueError("two steps name two versions of one network")
        return self

    def plan(self) -> tuple[AnyStep, ...]:
        """The steps that are done: its own, or its preset's."""
        if self.preset is None:
            return self.steps or ()
        wanted = presets.rules(self.preset)
        return () if wanted is None else _for_channel(wanted)

    def needs(self) -> dict[str, str | None]:
        return {
            network: version for step in self.plan() for network, version in step.needs().items()
        }

    def pixels(self, given: int) -> int:
        most = current = given
        for step in self.plan():
            current = step.width * step.height if isinstance(step, Place) else step.pixels(current)
            most = max(most, current)
        return most

    def delivers(self) -> SourceKind:
        return max((step.delivers() for step in self.plan()), key=SOURCE_KINDS.index)

    def pictures(self) -> dict[str, str]:
        named = super().pictures()
        for number, step in enumerate(self.plan()):
            for role, key in step.pictures().items():
                if key != PREVIOUS:
                    named[f"steps.{number}.{role}"] = key
        return named

    def _either(self) -> InitErrorDetails:
        if self.preset is None:
            return InitErrorDetails(type="missing", loc=("steps",), input=None)
        kind = PydanticCustomError("steps_or_preset", "either steps or a preset, not both")
        return InitErrorDetails(type=kind, loc=("preset",), input=self.preset)


@lru_cache(maxsize=64)  # shops have as many of their own as they like
def _for_channel(wanted: Preset) -> tuple[AnyStep, ...]:
    side, fill = wanted.make.side_px, wanted.make.fill_long_side
    # Placing puts the cut-out on white too. A step of its own for that would lose the transparency,
    # and a white product would be sought on white.
    return CutoutStep(), PlaceStep(width=side, height=side, fill_long_side=fill, rgb=WHITE)
