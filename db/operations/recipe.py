"""How a network learns, beyond how long: what is left out is as in the network's recipe."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from db.operations.base import Operation

Kinds = Annotated[
    tuple[Literal["color", "translation", "cutout"], ...], Field(min_length=1, max_length=3)
]

ValidationScore = Annotated[str, StringConstraints(pattern=r"^val_[a-z0-9_]{1,60}$")]
Target = Annotated[dict[ValidationScore, float], Field(min_length=1, max_length=1)]

OF_NETWORKS: Final[Mapping[str, tuple[str, ...]]] = {
    "beta": ("vae",),
    "reconstruction": ("vae",),
    "free_bits": ("vae",),
    "r1_gamma": ("gan",),
    "adversarial": ("gan", "translator", "inpainter"),
    "l1_weight": ("translator", "inpainter"),
    "diff_augment": ("gan",),
    "diff_augment_p": ("gan",),
    "dropout": ("gan", "vae", "classifier"),
    "smoothing": ("classifier",),
    "labelled_share": ("classifier",),
    "pseudo_threshold": ("classifier",),
    "blocks": ("gan", "vae"),
    "scale": ("upscaler",),
    "source": ("translator",),
}
"""Which networks a parameter means something to; all others mean something to every network."""


class Recipe(Operation):
    """Parameters of the descent and of the losses."""

    optimizer: Literal["adam", "adamw", "sgd"] | None = None
    """What turns gradients into steps; `sgd` has Nesterov's momentum of 0.9."""
    schedule: Literal["one_cycle", "constant", "cosine", "linear"] | None = None
    """Of the learning rate: up and down, as it is, down along a cosine, or steady for one half and
    then straight down to a fifth."""
    weight_decay: Annotated[float, Field(ge=0.0, le=1.0)] | None = None
    """Pull of the weights to zero (L2)."""
    clip_norm: Annotated[float, Field(ge=0.0, le=1_000.0)] | None = None
    """The longest that a network's gradient may be; 0: as long as it is."""
    accumulate: Annotated[int, Field(ge=1, le=64)] | None = None
    """Batches whose gradients are added for one step: memory of a small one, statistics of a
    large one."""
    dropout: Annotated[float, Field(ge=0.0, le=0.9)] | None = None
    """Share left out of what the last layer of a discriminator or a classifier, or a VAE's decoder,
    is told."""
    ema_images: Annotated[int, Field(ge=1, le=100_000_000)] | None = None
    """Half-life of the weights' running mean, which is what is kept, in pictures."""
    precision: Literal["auto", "fp32", "bf16"] | None = None
    """Of the convolutions; `auto`: bfloat16 where the device has it."""
    reconstruction: Literal["gaussian", "mse", "l1", "bce"] | None = None
    """How far off a VAE's picture is: by a Gaussian of the best variance, by squares, by absolute
    differences, or by binary cross-entropy."""
    beta: Annotated[float, Field(gt=0.0, le=16.0)] | None = None
    """Weight of a VAE's Kullback-Leibler term."""
    free_bits: Annotated[float, Field(ge=0.0, le=10.0)] | None = None
    """Nats a dimension of that term that cost nothing."""
    adversarial: Literal["non_saturating", "hinge", "least_squares", "minimax"] | None = None
    """What the halves of a GAN, a translator or an inpainter are punished for."""
    l1_weight: Annotated[float, Field(ge=0.0, le=1_000.0)] | None = None
    """Weight of a translator's or an inpainter's absolute differences, beside what its critic
    says."""
    r1_gamma: Annotated[float, Field(ge=0.0, le=100.0)] | None = None
    """Weight of a discriminator's gradient penalty."""
    diff_augment: Kinds | None = None
    """How everything that a discriminator sees is varied, real and generated alike."""
    diff_augment_p: Annotated[float, Field(ge=0.0, le=1.0)] | None = None
    """Of a picture, that it is varied at all."""
    scale: Literal[2, 4] | None = None
    """How many times larger an upscaler makes a picture; left out, twice."""
    source: Literal["edges", "labels"] | None = None
    """What a translator draws from: the edges of the pictures, or label maps, for which they must
    be cut out; left out, edges."""
    blocks: Literal["residual", "attention"] | None = None
    """What a GAN or VAE is built of; with attention what lies far apart can agree."""
    smoothing: Annotated[float, Field(ge=0.0, le=0.5)] | None = None
    """Share of a label that a classifier is told belongs to the other categories."""
    labelled_share: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    """Share of the labels that a classifier is told, the same of each category; left out, all."""
    pseudo_threshold: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    """How sure a classifier must be of a picture whose label it was not told to learn from its own
    guess, in a second round as long as the first; left out, there is none."""

    patience: Annotated[int, Field(ge=1, le=1_000)] | None = None
    """Epochs without a better validation score after which it ends, with the best."""
    target: Target | None = None
    """A validation score and how much of it is enough, `{"val_psnr_db": 25.0}`: the training ends
    as soon as it is there, and fails if it never is."""

    @field_validator("diff_augment")
    @classmethod
    def _each_once(cls, kinds: Kinds | None) -> Kinds | None:
        if kinds is not None and len(set(kinds)) < len(kinds):
            raise ValueError("each kind once")
        return kinds

    @field_validator("diff_augment_p")
    @classmethod
    def _of_something(cls, p: float | None, info: ValidationInfo) -> float | None:
        if p is not None and info.data.get("diff_augment", ()) is None:
            raise ValueError("the chance of what? diff_augment names no kinds")
        return p


def refuse_what_means_nothing(operation: BaseModel, network: str) -> None:
    """Whether each parameter that was given means something to the network.

    Raises:
        pydantic.ValidationError: naming each that does not.
    """
    given = ((name, getattr(operation, name)) for name in OF_NETWORKS)
    foreign = [
        _meaningless(name, value, network)
        for name, value in given
        if value is not None and network not in OF_NETWORKS[name]
    ]
    if foreign:
        raise ValidationError.from_exception_data(type(operation).__name__, foreign)


def _meaningless(name: str, value: Any, network: str) -> InitErrorDetails:
    told = {"name": name, "network": network, "others": " or ".join(OF_NETWORKS[name])}
    sentence = "{name} means nothing to a network of the kind {network}; it is for {others}"
    kind = PydanticCustomError("means_nothing", sentence, told)
    return InitErrorDetails(type=kind, loc=(name,), input=value)
