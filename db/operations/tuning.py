"""Which settings a network learns best with: many short trainings, each told by those before it."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from db.operations.base import MAX_SEED, NetworkName, Operation
from db.operations.training import DatasetName, Label, MaxImages, Train

SearchName = Literal[
    "learning_rate", "weight_decay", "dropout", "smoothing", "beta", "free_bits", "r1_gamma",
    "clip_norm", "ema_images", "batch_size", "accumulate", "optimizer", "schedule",
    "reconstruction", "adversarial", "blocks",
]  # fmt: skip
Values = Annotated[tuple[float | str, ...], Field(min_length=2, max_length=16)]
Search = Annotated[dict[SearchName, Values], Field(min_length=1, max_length=8)]

BY_LOG: Final = ("learning_rate", "beta", "r1_gamma", "ema_images")
RANGES: Final = (*BY_LOG, "weight_decay", "dropout", "smoothing", "free_bits", "clip_norm")
"""Between two numbers, some by their logarithm; all others are one of some values."""
WHOLE: Final = ("ema_images", "batch_size", "accumulate")

SPACES: Final[Mapping[str, Mapping[str, tuple[float | str, ...]]]] = {
    "gan": {
        "learning_rate": (1e-4, 1e-3), "r1_gamma": (0.01, 1.0), "batch_size": (32, 64, 128),
    },
    "vae": {
        "learning_rate": (3e-4, 5e-3), "weight_decay": (0.0, 0.1), "batch_size": (32, 64, 128),
    },
    "denoiser": {"learning_rate": (3e-4, 4e-3), "batch_size": (8, 16, 32)},
    "deblocker": {"learning_rate": (3e-4, 4e-3), "batch_size": (8, 16, 32)},
    "deblurrer": {"learning_rate": (3e-4, 4e-3), "batch_size": (8, 16, 32)},
    "upscaler": {"learning_rate": (3e-4, 4e-3), "batch_size": (8, 16, 32)},
    "classifier": {
        "learning_rate": (0.01, 0.1), "smoothing": (0.0, 0.2), "weight_decay": (0.0, 2e-3),
        "batch_size": (64, 128, 256),
    },
}  # fmt: skip
"""What is searched of each network where nobody says; of any other, its learning rate."""
ELSE: Final[Mapping[str, tuple[float | str, ...]]] = {"learning_rate": (1e-4, 4e-3)}


class Tune(Operation):
    """Try a network's settings in short trainings; the best one becomes a candidate.

    Trials that fall behind the median are ended early, and one that fails ends no other.
    """

    op: Literal["tune"] = "tune"
    queue = "train"
    outcome = "report"
    timeout_s = 86_400.0
    dataset: DatasetName
    """Id, name (its newest version) or `name@version` of a registered dataset."""
    network: NetworkName
    """Which kind of network learns."""
    trials: Annotated[int, Field(ge=1, le=500)] = 20
    """How many there are at most."""
    minutes: Annotated[float, Field(gt=0.0, le=1_440.0)] | None = None
    """After so many no further trial is begun; the one under way ends."""
    epochs: Annotated[int, Field(ge=1, le=1_000)] = 5
    """Of a trial."""
    search: Search | None = None
    """By name two numbers, between which it may lie, or the values that may be chosen. Left out:
    what is usual for the network."""
    image_size: Literal[32, 64] = 32
    """As of a training."""
    max_images: MaxImages | None = None
    """Learn from a part of the dataset: the first so many, category by category."""
    label: Label | None = None
    """Name of the version that comes out. Left out: network-dataset-tuned."""
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None
    """Drawn when left out, and kept."""

    @model_validator(mode="after")
    def _can_be_tried(self) -> Self:
        for name, values in self.space().items():
            if name in RANGES:
                _refuse_no_range(name, values)
            elif len(set(values)) < len(values):
                raise _wrong(name, "each value once")
            for value in values:
                self._refuse_value(name, value)
        return self

    def space(self) -> Mapping[str, tuple[float | str, ...]]:
        """What is searched, by name."""
        if self.search is None:
            return SPACES.get(self.network, ELSE)
        return {str(name): values for name, values in self.search.items()}

    def training(self, parameters: Mapping[str, Any]) -> Train:
        """The training that a trial with these settings is.

        Raises:
            pydantic.ValidationError: one of them is none that a training takes.
        """
        return Train.model_validate(
            {
                "dataset": self.dataset,
                "network": self.network,
                "epochs": self.epochs,
                "image_size": self.image_size,
                "max_images": self.max_images,
                **{name: _whole(name, value) for name, value in parameters.items()},
            }
        )

    def _refuse_value(self, name: str, value: float | str) -> None:
        try:
            self.training({name: value})
        except ValidationError as error:
            raise _wrong(name, error.errors()[0]["msg"]) from error


def _whole(name: str, value: Any) -> Any:
    is_one = isinstance(value, float) and value.is_integer()
    return int(value) if name in WHOLE and is_one else value


def _refuse_no_range(name: str, values: tuple[float | str, ...]) -> None:
    low, high = values[0], values[-1]
    if len(values) != 2 or isinstance(low, str) or isinstance(high, str) or not low < high:
        raise _wrong(name, "two numbers, the lower one first")
    if name in BY_LOG and low <= 0:
        raise _wrong(name, "from above 0")


def _wrong(name: str, why: str) -> ValidationError:
    kind = PydanticCustomError("search_invalid", "{name}: {why}", {"name": name, "why": why})
    error = InitErrorDetails(type=kind, loc=("search", name), input=name)
    return ValidationError.from_exception_data("Tune", [error])
