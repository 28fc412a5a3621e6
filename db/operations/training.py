"""Learning from a shop's own pictures, and measuring what came of it."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from db.operations.base import MAX_SEED, NetworkName, Operation, VersionName
from db.operations.recipe import Recipe, refuse_what_means_nothing

Label = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
]


DatasetName = Annotated[str, StringConstraints(min_length=1, max_length=140, pattern=r"^[^\x00]+$")]
PartName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]
MaxImages = Annotated[int, Field(ge=8, le=10_000_000)]


class Jitter(BaseModel):
    """How far colours are varied; 0 leaves them as they are."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    brightness: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    """Brighter or darker by up to this share."""
    contrast: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    """More or less of it by up to this share."""
    saturation: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    """More or less of it by up to this share."""
    hue: Annotated[float, Field(ge=0.0, le=0.5)] = 0.0
    """Turned by up to this share of the colour circle."""


class Augment(BaseModel):
    """How training pictures are varied; drawn anew at each step from the job's seed."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    rotate_deg: Annotated[float, Field(ge=0.0, le=45.0)] = 0.0
    """Up to so many degrees either way."""
    flip: bool = False
    """Mirror half of them; shoes that all face one way learn a wrong thing from it."""
    crop: Annotated[float, Field(ge=0.0, le=0.3)] = 0.0
    """Share of the side that a random crop may take off."""
    scale: Annotated[float, Field(ge=0.0, le=0.3)] = 0.0
    """Larger or smaller by up to this share."""
    jitter: Jitter = Jitter()
    """Other light and colours."""


class Train(Recipe):
    """Train a network on a registered dataset; the result is a version that others can name."""

    op: Literal["train"] = "train"
    queue = "train"
    outcome = "report"
    timeout_s = 86_400.0
    dataset: DatasetName
    """Id, name (its newest version) or `name@version` of a registered dataset."""
    network: NetworkName
    """Which kind of network learns; those that restore see windows at the pictures' own scale."""
    epochs: Annotated[int, Field(ge=1, le=1_000)] = 20
    """How often it sees the whole dataset."""
    batch_size: Annotated[int, Field(ge=2, le=1_024)] = 64
    """Pictures in one step."""
    learning_rate: Annotated[float, Field(ge=1e-6, le=1e-1)] | None = None
    """Left out: the recipe's."""
    image_size: Literal[32, 64] = 32
    """Side in pixels that pictures are brought to, by a network that draws them."""
    max_images: MaxImages | None = None
    """Learn from a part of the dataset: the first so many, category by category."""
    processes: Annotated[int, Field(ge=1, le=16)] = 1
    """How many share each batch, each on a device of its own; on a CPU they share its cores."""
    augment: Augment | None = None
    """How the pictures are varied. Left out: as the recipe does."""
    start_from: VersionName | None = None
    """Id or label of a version of this network, whose weights it begins with. Left out: anew."""
    freeze: Annotated[tuple[PartName, ...], Field(min_length=1, max_length=8)] | None = None
    """Parts of that version that stay as they are; of a vae `encoder` and `decoder`, say."""
    label: (
        Annotated[
            str,
            StringConstraints(
                min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
            ),
        ]
        | None
    ) = None
    """Name of the version that comes out. Left out: network-dataset."""
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None
    """Drawn when left out, and kept."""

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if self.freeze and self.start_from is None:
            raise ValueError("freeze what? nothing stays as it is without start_from")
        refuse_what_means_nothing(self, self.network)
        if self.network == "matte" and self.augment is not None and self.augment.jitter != Jitter():
            raise ValueError("jitter means nothing to a matte: its grounds change the light")
        if self.source == "labels" and self.augment is not None and self.augment.jitter != Jitter():
            raise ValueError("jitter means nothing to label maps: they have no light")
        _refuse_vain_guesses(self)
        return self


def _refuse_vain_guesses(asked: Train) -> None:
    """Whether two rounds can be learnt as they were asked for.

    Raises:
        ValueError: saying what stands against it.
    """
    if asked.pseudo_threshold is None and asked.labelled_share is None:
        return
    if asked.processes > 1 or asked.start_from is not None:
        raise ValueError("with labelled_share a classifier begins anew, in one process")
    if asked.pseudo_threshold is None:
        return
    if (asked.labelled_share or 1.0) == 1.0:
        raise ValueError("guess what? labelled_share leaves no picture without a label")
    if asked.target is not None or asked.patience is not None:
        raise ValueError("both rounds are as long: patience and target mean nothing to them")


class Evaluate(Operation):
    """Measure a version on a dataset's held-out pictures, beside its baseline and what serves now.

    A training does so by itself at its end; this is for a version that is older than what serves,
    or for other pictures. A promotion is judged by the newest evaluation.
    """

    op: Literal["evaluate"] = "evaluate"
    queue = "train"
    outcome = "report"
    timeout_s = 7_200.0
    version: VersionName
    """Id or label of the version."""
    dataset: DatasetName
    """Name or id of a registered dataset; what the version learnt from is not measured."""
    max_images: MaxImages | None = None
    """Of a part of the dataset, as in the training that is to be judged."""
