"""A version made smaller, if it stays nearly as good."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from db.operations.base import MAX_SEED, Operation, VersionName
from db.operations.training import DatasetName, Label, MaxImages

MAX_DROP: Final[Mapping[str, float]] = {
    "psnr_db": 0.5, "y_psnr_db": 0.5, "accuracy": 0.02, "iou": 0.02, "hole_nearness": 0.002,
    "way_nearness": 0.002, "kernel_distance": 0.001,
}  # fmt: skip
"""How much less good a smaller version may be, in the unit of what decides."""
KEEP: Final = 0.5
EPOCHS: Final[Mapping[str, int]] = {"quantise": 0, "prune": 5, "distill": 10}
_OF_LEARNING: Final = ("keep", "epochs", "batch_size", "learning_rate")


class Compress(Operation):
    """Make a version smaller; what comes of it is a candidate, if it is nearly as good."""

    op: Literal["compress"] = "compress"
    queue = "train"
    outcome = "report"
    timeout_s = 86_400.0
    version: VersionName
    """Id or label of the version; it stays as it is."""
    how: Literal["quantise", "prune", "distill"]
    """`quantise`: weights in a byte each, any network, as fast as before; `prune`: the strongest
    channels, taught on; `distill`: the same channels, taught the version's answers."""
    dataset: DatasetName
    """What it is measured on, and learns from."""
    keep: Annotated[float, Field(ge=0.05, le=0.95)] | None = None
    """Share of the channels of each scale that is left. Left out: 0.5."""
    max_drop: Annotated[float, Field(ge=0.0, le=100.0)] | None = None
    """How much less good it may be on held-out pictures. Left out: 0.5 dB, 0.02 of accuracy or
    IoU, or 0.001 of kernel distance."""
    epochs: Annotated[int, Field(ge=1, le=1_000)] | None = None
    """Left out: 5 of a pruned network, 10 of one that is distilled."""
    batch_size: Annotated[int, Field(ge=2, le=1_024)] | None = None
    """Left out: the recipe's."""
    learning_rate: Annotated[float, Field(ge=1e-6, le=1e-1)] | None = None
    """Left out: a quarter of the recipe's."""
    max_images: MaxImages | None = None
    """Learn from a part of the dataset: the first so many, category by category."""
    label: Label | None = None
    """Name of the version that comes out. Left out: the version's, and how."""
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None
    """Drawn when left out, and kept."""

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        given = [name for name in _OF_LEARNING if getattr(self, name) is not None]
        if self.how == "quantise" and given:
            raise ValidationError.from_exception_data("Compress", [_idle(name) for name in given])
        return self

    @property
    def learning_epochs(self) -> int:
        """Those that were asked for, or as many as are usual."""
        return self.epochs or EPOCHS[self.how]


def _idle(name: str) -> InitErrorDetails:
    sentence = "{name} means nothing to quantise, which learns nothing"
    kind = PydanticCustomError("means_nothing", sentence, {"name": name})
    return InitErrorDetails(type=kind, loc=(name,), input=name)
