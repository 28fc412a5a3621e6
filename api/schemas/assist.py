"""A wish in words, and what was understood, found or placed."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.base import Answer, Text
from api.schemas.jobs import JobOut
from api.schemas.results import ResultOut, result_out
from db.operations.base import Key
from db.precedents import Near
from db.wishes.reading import LONGEST_WISH
from db.wishes.vocabulary import ChannelWord, ColourWord, Kind, Vocabulary
from db.wishes.wish import Heard, Part

Mode = Literal["do", "plan", "anew"]
Outcome = Literal["planned", "existing", "queued"]


class AssistIn(BaseModel):
    """A picture and what is wanted of it."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    picture: Key
    wish: Annotated[str, Field(min_length=1, max_length=LONGEST_WISH)]
    """In English or Chinese: "in red on white, square for Instagram", "红色的，白底"."""
    mode: Mode = "do"
    """`do` gives a result that is exactly this already, else places the order; `plan` places
    nothing; `anew` places it whatever there is."""
    sku: Text | None = None
    """Results of this product are looked at, too."""
    channel: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00]*$")] | None = None
    external_id: Text | None = None
    webhook_url: Annotated[str, Field(max_length=2_048)] | None = None

    def envelope(self) -> dict[str, str]:
        """What of it goes into the order as it is."""
        named = ("sku", "channel", "external_id", "webhook_url")
        return {name: said for name in named if (said := getattr(self, name)) is not None}


class TermOut(Answer):
    """A part of the wish that was understood."""

    kind: Kind | Literal["scale"]
    text: str
    """As it was written."""
    name: str
    part: Part
    """Of colours: the product's, its own before (`source`), or the ground's."""
    hex: str | None
    lab: list[float] | None
    """CIE L*a*b* of the colour."""
    refused: bool
    """It was said that this is not wanted: it is not done."""
    corrected: bool
    """A typing error was seen through."""


class NearOut(Answer):
    """A published result for the same picture or sku that is not quite what was asked for."""

    distance: float
    """0 says the same, 1 nothing of it."""
    differs: list[str]
    result: ResultOut


class AssistOut(Answer):
    """What became of a wish."""

    outcome: Outcome
    understood: list[TermOut]
    ignored_terms: list[str]
    """What is none of our words: nothing was done about it."""
    order: dict[str, Any]
    """As POST /v1/jobs takes it."""
    result: ResultOut | None
    """That is exactly this already."""
    near: list[NearOut]
    job: JobOut | None


class WordOut(Answer):
    """A term, and what people may call it."""

    name: str
    en: list[str]
    zh: list[str]
    hex: str | None
    """Of a colour."""
    preset: str | None
    """Of a channel that has one."""


class VocabularyOut(Answer):
    """All words that wishes are read by, by kind."""

    longest_wish: int
    """Characters."""
    words: dict[Kind, list[WordOut]]


def term_out(one: Heard) -> TermOut:
    colour = one.colour
    return TermOut(
        kind=one.kind,
        text=one.text,
        name=one.name,
        part=one.part,
        hex=None if colour is None else colour.hex,
        lab=None if colour is None else [round(value, 2) for value in colour.lab],
        refused=one.refused,
        corrected=one.corrected,
    )


def near_out(found: Sequence[Near]) -> list[NearOut]:
    return [
        NearOut(
            distance=round(one.distance, 4),
            differs=list(one.differs),
            result=result_out(one.result),
        )
        for one in found
    ]


def vocabulary_out(known: Vocabulary, kinds: Sequence[Kind]) -> VocabularyOut:
    words = {
        kind: [
            WordOut(
                name=name,
                en=said.en,
                zh=said.zh,
                hex=said.hex if isinstance(said, ColourWord) else None,
                preset=said.preset if isinstance(said, ChannelWord) else None,
            )
            for name, said in known.of(kind).items()
        ]
        for kind in kinds
    }
    return VocabularyOut(longest_wish=LONGEST_WISH, words=words)
