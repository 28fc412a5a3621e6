"""Making pictures: sampled from noise, or from a picture's place in the latent space."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from db.operations.base import MAX_SEED, Key, NetworkName, Operation, VersionName

Seed = Annotated[int, Field(ge=0, le=MAX_SEED, description="Drawn when left out, and kept.")]
Category = Annotated[
    str, Field(min_length=1, max_length=64, description="A category the version knows.")
]


class _Generation(Operation):
    source_kind = "generated"
    seed: Seed | None = None


class Sample(_Generation):
    """New pictures of a category from a conditional GAN or VAE.

    Where a classifier of the shop's that serves, or one that ships, knows the version's
    categories, the report tells the share of pictures in which it finds the one that was asked
    for: `class_agreement`; each result has its probability in `scores.details.agreement`.
    """

    op: Literal["sample"] = "sample"
    network: Literal["gan", "vae"] = "gan"
    """Which kind of network draws."""
    version: VersionName | None = None
    n: Annotated[int, Field(ge=1, le=64)] = 1
    """How many pictures."""
    category: Category | None = None
    """Left out: the categories in turn."""
    truncation: Annotated[float, Field(ge=0.1, le=1.0)] = 1.0
    """Below 1: nearer to the typical, less varied."""

    def needs(self) -> dict[str, str | None]:
        return {self.network: self.version}


class _FromPicture(_Generation):
    networks: ClassVar[tuple[NetworkName, ...]] = ("vae",)
    version: VersionName | None = None
    category: Category | None = None
    """Left out: the one that reconstructs best."""

    def needs(self) -> dict[str, str | None]:
        return {"vae": self.version}


class Reconstruct(_FromPicture):
    """A picture through the VAE and back: what the network understood of it."""

    op: Literal["reconstruct"] = "reconstruct"
    reference = "own"
    picture: Key


class Vary(_FromPicture):
    """Variants of a picture from its neighbourhood in the VAE's latent space."""

    op: Literal["vary"] = "vary"
    picture: Key
    n: Annotated[int, Field(ge=1, le=16)] = 4
    """How many variants."""
    sigma: Annotated[float, Field(ge=0.0, le=2.0)] = 0.5
    """How far from the picture, in standard deviations of the prior."""


class Personalize(_FromPicture):
    """New pictures to somebody's taste: drawn by the VAE, and moved to what they liked.

    There is nothing to compare them with: `psnr_db` and `ssim` are null. The report tells what
    is expected of them before and after they were moved.
    """

    op: Literal["personalize"] = "personalize"
    liked: Annotated[tuple[Key, ...], Field(min_length=1, max_length=32)]
    """Pictures and results that they liked."""
    disliked: Annotated[tuple[Key, ...], Field(max_length=32)] = ()
    """And those that they did not."""
    n: Annotated[int, Field(ge=1, le=16)] = 4
    """How many pictures."""
    strength: Annotated[float, Field(ge=0.0, le=3.0)] = 1.0
    """How far they are moved, in standard deviations of what the category draws."""

    @model_validator(mode="after")
    def _of_one_opinion(self) -> "Personalize":
        if set(self.liked) & set(self.disliked):
            raise ValueError("a picture was liked, or it was not")
        return self

    def pictures(self) -> dict[str, str]:
        """Each by its place: `liked.0`, `disliked.0`."""
        named = (("liked", self.liked), ("disliked", self.disliked))
        return {f"{role}.{at}": key for role, keys in named for at, key in enumerate(keys)}


class Interpolate(_FromPicture):
    """The way from one picture to another through the VAE's latent space."""

    op: Literal["interpolate"] = "interpolate"
    picture_a: Key
    picture_b: Key
    steps: Annotated[int, Field(ge=2, le=32)] = 8
    """How many pictures, both ends included."""


class Translate(_Generation):
    """A product drawn from a sketch, by a network that learnt to; as large as that network draws.

    A photograph, whose edges are found first, is what its own scores compare with. A version that
    learnt from label maps reads the picture as one; `label_iou` tells whether the product is there.
    """

    op: Literal["translate"] = "translate"
    networks: ClassVar[tuple[NetworkName, ...]] = ("translator",)
    reference = "own"
    picture: Key
    """Dark lines on lighter paper, or a photograph; for a version of label maps, flat colours of
    its palette."""
    kind: Literal["sketch", "photograph"] = "sketch"
    """What the picture is; a version of label maps takes no photograph."""
    category: Category | None = None
    """Left out: the one whose picture's own edges are nearest to the sketch, or the map's."""
    version: VersionName | None = None

    def needs(self) -> dict[str, str | None]:
        return {"translator": self.version}
