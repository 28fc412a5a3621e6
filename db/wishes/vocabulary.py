"""The words that wishes are read by: words/*.toml, checked as they are read.

A term has a kind, a name, and what people call it in English and Chinese.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from db.operations.base import HexColour
from db.operations.presets import PresetName
from db.wishes.spelling import Speller

Kind = Literal["colour", "setting", "action", "size", "channel", "format"]
Grammar = Literal[
    "shade",
    "scale",
    "not",
    "ground",
    "product",
    "or",
    "and",
    "on",
    "to",
    "but",
    "filler",
    "article",
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
LOOKED_FOR_BEHIND_ERRORS: Final = (*KINDS, "shade", "scale", "not", "ground")
_FOLDER: Final = Path(__file__).parent / "words"
_FILES: Final[Mapping[Kind, str]] = {
    "colour": "colours", "setting": "settings", "action": "actions", "size": "sizes",
    "channel": "channels", "format": "formats",
}  # fmt: skip
_GRAMMAR: Final[TypeAdapter[Grammar]] = TypeAdapter(Grammar)
_COLOUR: Final = "色"  # which a Chinese colour may go without


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    en: list[str]
    zh: list[str]


Word = TypeVar("Word", bound=_Said)


class ColourWord(_Said):
    """A colour, and the plainer ones that it is a kind of."""

    hex: HexColour
    of: list[str] = []


class ShadeWord(_Said):
    """The way to white, or below 0 to black, and what becomes of the chroma.

    `alone` is the action that it is where no colour follows.
    """

    lightness: Annotated[float, Field(ge=-1, le=1)]
    chroma: Annotated[float, Field(ge=0, le=2)]
    alone: str | None = None


class SettingWord(_Said):
    """What is behind the product; without `background` nothing is."""

    background: dict[str, Any] | None = None
    palette: list[HexColour] | None = None


class ActionWord(_Said):
    """A step of a pipeline."""

    step: dict[str, Any]


class SizeWord(_Said):
    """One of the sizes of the operation `ad`; `loose` says only its proportions."""

    named: str
    loose: bool


class ChannelWord(_Said):
    """A channel's preset, or its usual sizes."""

    preset: PresetName | None = None
    sizes: list[str] | None = None


class FormatWord(_Said):
    """A file's format, called as the order's output calls it."""


@dataclass(frozen=True, slots=True)
class Term:
    """What a word or several words stand for."""

    kind: Kind | Grammar
    name: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All words; `phrases` by their first word, the longest first; `joined` as "lightblue"."""

    colours: Mapping[str, ColourWord]
    shades: Mapping[str, ShadeWord]
    settings: Mapping[str, SettingWord]
    actions: Mapping[str, ActionWord]
    sizes: Mapping[str, SizeWord]
    channels: Mapping[str, ChannelWord]
    formats: Mapping[str, FormatWord]
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], Term], ...]]
    joined: Mapping[str, tuple[str, str]]
    characters: Mapping[str, Term]
    longest: int
    """How many characters the longest Chinese one has."""
    speller: Speller

    def of(self, kind: Kind) -> Mapping[str, _Said]:
        """The terms of a kind by name, in their files' order."""
        match kind:
            case "colour":
                return self.colours
            case "setting":
                return self.settings
            case "action":
                return self.actions
            case "size":
                return self.sizes
            case "channel":
                return self.channels
            case "format":
                return self.formats


@cache
def get() -> Vocabulary:
    """The vocabulary that this build ships."""
    colours = _read("colours", ColourWord)
    shades, settings = _read("shades", ShadeWord), _read("settings", SettingWord)
    actions, sizes = _read("actions", ActionWord), _read("sizes", SizeWord)
    channels, formats = _read("channels", ChannelWord), _read("formats", FormatWord)
    grammar = dict(_read("grammar", _Said))
    plain = grammar.pop("plain")
    all_of_them: dict[Kind | Grammar, Mapping[str, _Said]] = {
        "colour": colours, "setting": settings, "action": actions, "size": sizes,
        "channel": channels, "format": formats, "shade": shades,
        "scale": _read("scales", _Said),
        **{_grammar(name): {name: said} for name, said in grammar.items()},
    }  # fmt: skip
    words = [
        (Term(kind, name), said)
        for kind, named in all_of_them.items()
        for name, said in named.items()
    ]
    english = _english(words)
    characters = {text: term for term, said in words for text in _chinese(term, said)}
    return Vocabulary(
        colours, shades, settings, actions, sizes, channels, formats,
        phrases=_by_first(english),
        joined=_joined(shades, colours),
        characters=characters,
        longest=max(map(len, characters)),
        speller=_speller(english, plain.en),
    )  # fmt: skip


def _read(file: str, kind: type[Word]) -> Mapping[str, Word]:
    with (_FOLDER / f"{file}.toml").open("rb") as opened:
        return {name: kind.model_validate(said) for name, said in tomllib.load(opened).items()}


def _grammar(name: str) -> Grammar:
    found: Grammar = _GRAMMAR.validate_python(name)
    return found


def _english(words: list[tuple[Term, _Said]]) -> dict[tuple[str, ...], Term]:
    return {tuple(text.split()): term for term, said in words for text in said.en}


def _chinese(term: Term, said: _Said) -> Iterator[str]:
    for text in said.zh:
        yield text
        if term.kind == "colour" and text.endswith(_COLOUR):
            yield text.removesuffix(_COLOUR)


def _by_first(
    english: Mapping[tuple[str, ...], Term],
) -> dict[str, tuple[tuple[tuple[str, ...], Term], ...]]:
    found: dict[str, list[tuple[tuple[str, ...], Term]]] = {}
    for words in sorted(english, key=len, reverse=True):
        found.setdefault(words[0], []).append((words, english[words]))
    return {first: tuple(all_of_it) for first, all_of_it in found.items()}


def _joined(
    shades: Mapping[str, ShadeWord], colours: Mapping[str, ColourWord]
) -> dict[str, tuple[str, str]]:
    """Shades that are written with their colour as one word."""
    return {
        shade + colour: (shade, colour)
        for word in shades.values()
        for shade in word.en
        for named in colours.values()
        for colour in named.en
        if " " not in colour
    }


def _speller(english: Mapping[tuple[str, ...], Term], plain: list[str]) -> Speller:
    targets = {
        word
        for words, term in english.items()
        if term.kind in LOOKED_FOR_BEHIND_ERRORS
        for word in words
    }
    known = {word for words in english for word in words}
    whole = {words[0] for words in english if len(words) == 1}
    return Speller(targets, known=known | set(plain), whole=whole)
