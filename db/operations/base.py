"""What every operation has: a queue, the networks it needs, and strict frozen parameters."""

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

QueueName = Literal["gpu", "train", "cpu"]
NetworkName = Literal[
    "gan", "vae", "denoiser", "deblocker", "deblurrer", "classifier", "upscaler", "translator",
    "matte", "style", "inpainter", "warp",
]  # fmt: skip

# How far a picture is a photograph still, from least changed to not at all.
SourceKind = Literal["original", "enhanced", "composite", "generated"]
SOURCE_KINDS: tuple[SourceKind, ...] = get_args(SourceKind)

# What psnr_db and ssim compare the output with when the caller gives no reference.
ReferenceKind = Literal["none", "own"]

# What an operation ends in: pictures, each a result; or its job's report alone.
Outcome = Literal["pictures", "report"]

Key = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
    Field(description="Id of a picture or of a result."),
]
VersionName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@:-]*$"),
    Field(description="Id or label of a version. Left out: the one that is serving."),
]
HexColour = Annotated[
    str,
    StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True),
    Field(description="A colour as #rrggbb."),
]
Channel = Annotated[int, Field(ge=0, le=255)]
Rgb = tuple[Channel, Channel, Channel]
MAX_SEED = 2**32 - 1
Limits = dict[str, tuple[float | None, float | None]]
"""The least and the most that each score may be."""


class Operation(BaseModel):
    """One thing that can be asked for; subclasses hold its parameters.

    ClassVars:
        queue: which workers run it.
        networks: the networks it needs, whose versions are fixed at the first claim.
        reference: what its output is compared with.
        source_kind: how far its picture is a photograph, given a photograph.
        outcome: what it ends in.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    queue: ClassVar[QueueName] = "gpu"
    networks: ClassVar[tuple[NetworkName, ...]] = ()
    reference: ClassVar[ReferenceKind] = "none"
    source_kind: ClassVar[SourceKind] = "original"
    outcome: ClassVar[Outcome] = "pictures"
    timeout_s: ClassVar[float] = 900.0

    def needs(self) -> dict[str, str | None]:
        """Each network this operation calls, and the version it asks for."""
        return dict.fromkeys(self.networks)

    def delivers(self) -> SourceKind:
        """What its picture is, given a photograph."""
        return self.source_kind

    def limits(self) -> Limits:
        """Gates that hold where the order names none for the same score."""
        return {}

    def pixels(self, given: int) -> int:
        """The most that it has to hold at a time, for pictures of so many pixels: its room."""
        return given

    def pictures(self) -> dict[str, str]:
        """Role of each picture that its parameters name, and the picture's id."""
        roles = (
            "picture", "picture_a", "picture_b", "reference_picture", "plate", "target", "style",
            "logo", "mask",
        )  # fmt: skip
        # Not by getattr: of a field that an operation lacks, pydantic takes long to say so.
        named = {role: vars(self).get(role) for role in roles}
        # A training has a `target` too, which is no picture.
        return {role: key for role, key in named.items() if isinstance(key, str)}
