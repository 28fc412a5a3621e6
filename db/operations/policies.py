"""What a shop lets through: a policy says of which pictures what is asked, and what follows.

The one that ships is policies/default.toml; a shop's own are rows, each version kept.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Verdict = Literal["allow", "review", "block"]
VERDICTS: Final[tuple[Verdict, ...]] = ("allow", "review", "block")
"""From the mildest to the gravest; the gravest of all that was found counts."""
Answer = Literal["off", "review", "block"]
"""What follows where something is found; `off`: nobody looks for it."""
Doubt = Literal["off", "review"]
"""The same of what is too unsure to block for."""
Looked = Literal["judged", "passed"]

DEFAULT_LABEL: Final = "default@1"
_FILE: Final = Path(__file__).parent / "policies" / "default.toml"
_OperationName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
_Share = Annotated[float, Field(gt=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class HashRule(_Part):
    """The shop's block list."""

    exact: Answer = "block"
    """The very bytes of an entry."""
    near: Answer = "review"
    """A picture that looks like an entry's; garments on plain ground are much alike."""
    radius_bits: Annotated[int, Field(ge=0, le=16)] = 6
    """So many of the 64 bits of a look may differ. More finds more copies, and more that is none:
    docs/safety.md has the measured shares."""


class HeuristicRule(_Part):
    """What is counted, without a network."""

    skin: Doubt = "off"
    """Much of it has the colour of skin. Sand, wood and leather have it, too, and dark skin is
    often missed: it only ever sends to review."""
    most_skin_share: _Share = 0.35
    one_colour: Answer = "off"
    """Every pixel is like every other."""
    generated: Answer = "off"
    """The file itself says that it was generated; asked of inputs."""


class UnfamiliarRule(_Part):
    """How unlike what the serving classifier learnt from a picture is."""

    answer: Doubt = "off"
    most: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """1: further away than 99 of 100 pictures that the classifier did not learn from."""
    unmeasured: Literal["allow", "review"] = "review"
    """What follows where the serving classifier has no statistics to measure it by."""


class NsfwRule(_Part):
    """How likely a picture shows nudity or sex, as Yahoo's open_nsfw has it (2016).

    Nobody knows how often it errs on your pictures: it only ever sends to review. A worker without
    the extra `nsfw` holds every picture that it is to ask this of.
    """

    answer: Doubt = "off"
    threshold: Annotated[float, Field(ge=0.8, le=1)] = 0.8
    """From this probability on."""


class PolicyRules(_Part):
    """What is asked of pictures, and what follows."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
    inputs: Looked = "judged"
    """The pictures that a job is given."""
    outputs: Looked = "judged"
    """The pictures that it delivers."""
    hashes: HashRule = HashRule()
    heuristics: HeuristicRule = HeuristicRule()
    unfamiliar: UnfamiliarRule = UnfamiliarRule()
    nsfw: NsfwRule = NsfwRule()
    always_review: Annotated[tuple[_OperationName, ...], Field(max_length=64, strict=False)] = ()
    """Operations whose results a person sees before anybody else: those with people in them."""


@cache
def default() -> PolicyRules:
    """The policy of whoever has set none, as this build ships it."""
    with _FILE.open("rb") as file:
        return PolicyRules.model_validate(tomllib.load(file))
