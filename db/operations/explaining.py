"""Showing what a network does: where it looks, what its directions mean, what it finds alike."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from db.operations.base import Key, Operation, SourceKind, VersionName
from db.operations.generation import Category, Seed
from db.operations.training import DatasetName

Method = Literal["occlusion", "latent", "neighbours"]

_OF: Final[dict[str, tuple[Method, ...]]] = {
    "picture": ("occlusion", "latent", "neighbours"),
    "category": ("occlusion", "latent"),
    "patch_share": ("occlusion",),
    "stride_share": ("occlusion",),
    "network": ("latent",),
    "attribute": ("latent",),
    "rows": ("latent",),
    "steps": ("latent",),
    "span_sd": ("latent",),
    "dataset": ("neighbours",),
    "k": ("neighbours",),
    "max_images": ("neighbours",),
}
"""Which methods a parameter belongs to; the others leave it as it is."""


class Explain(Operation):
    """Show what a network does, as a picture and as numbers in the result's `details`.

    `occlusion` covers a picture place by place: where a classifier loses its category, it looked.
    `latent` walks along the directions in which a GAN's or VAE's pictures differ most, or from
    one category towards another. `neighbours` shows the pictures of a dataset that a classifier
    finds most alike. How one result of any operation came about is another question: the field
    `explain` of its order keeps that.
    """

    op: Literal["explain"] = "explain"
    method: Method
    """What is shown; a parameter of another method is refused."""
    picture: Key | None = None
    """What is looked at; of `latent` with a VAE, where the walk begins. Left out there: chance."""
    version: VersionName | None = None
    category: Category | None = None
    """Of `occlusion`: left out, the likeliest. Of `latent`: left out, the one that reconstructs
    the picture best, or the first."""
    patch_share: Annotated[float, Field(ge=0.05, le=0.5)] = 0.2
    """Of `occlusion`: the side of what is covered, as a share of the picture's longer side."""
    stride_share: Annotated[float, Field(ge=0.02, le=0.5)] = 0.05
    """Of `occlusion`: how far the cover moves on; at most its own side."""
    network: Literal["gan", "vae"] = "vae"
    """Of `latent`: whose directions."""
    attribute: Category | None = None
    """Of `latent` with a VAE: the way to this category's mean code, in the place of the
    principal directions."""
    rows: Annotated[int, Field(ge=1, le=8)] = 4
    """Of `latent`: how many principal directions, that of the largest spread first."""
    steps: Annotated[int, Field(ge=3, le=15)] = 7
    """Of `latent`: pictures along a direction; of an odd number the middle one is the beginning."""
    span_sd: Annotated[float, Field(ge=0.5, le=4.0)] = 2.0
    """Of `latent`: how far either way, in standard deviations along the direction."""
    dataset: DatasetName | None = None
    """Of `neighbours`: name or id of a dataset of yours, or of one that ships."""
    k: Annotated[int, Field(ge=1, le=16)] = 6
    """Of `neighbours`: how many."""
    max_images: Annotated[int, Field(ge=8, le=20_000)] = 2_000
    """Of `neighbours`: of a larger dataset so many are looked at, spread evenly over it."""
    seed: Seed | None = None

    @field_validator(*_OF)
    @classmethod
    def _belongs(cls, value: Any, info: ValidationInfo) -> Any:
        """A parameter that would change nothing is a mistake."""
        name, method = str(info.field_name), info.data.get("method")
        is_default = value == cls.model_fields[name].default
        if method is not None and method not in _OF[name] and not is_default:
            raise ValueError(f"{name} is of {' and '.join(_OF[name])}, not of {method}")
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.method != "latent" and self.picture is None:
            raise ValueError(f"{self.method} looks at a picture: name one")
        if self.method == "neighbours" and self.dataset is None:
            raise ValueError("neighbours are of a dataset: name one")
        if self.stride_share > self.patch_share:
            raise ValueError("a cover that moves on by more than its side leaves gaps")
        if self.network == "gan" and (self.picture or self.attribute):
            raise ValueError("a GAN has no codes of pictures: picture and attribute are of a VAE")
        return self

    def needs(self) -> dict[str, str | None]:
        return {self.network if self.method == "latent" else "classifier": self.version}

    def delivers(self) -> SourceKind:
        return "generated" if self.method == "latent" else "composite"
