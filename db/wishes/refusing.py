"""Why a wish becomes no order, and what could be said instead."""

from collections.abc import Iterator, Mapping
from typing import Final

from db.refusals import LONGEST_DETAIL, Refused
from db.wishes import vocabulary
from db.wishes.vocabulary import KINDS, Kind

_POINTER: Final = "/wish"


def not_understood() -> Refused:
    """Nothing in it says what to do; the errors tell the words that there are, by kind."""
    errors = [
        {"pointer": _POINTER, "code": kind, "detail": _told(words)}
        for kind, words in spoken().items()
    ]
    detail = "nothing in it says what is to be done; `errors` tells the words by their kind"
    return Refused("wish_not_understood", detail, errors=errors)


def ambiguous(found: Mapping[str, list[str]]) -> Refused:
    """It says several things where one is possible: by what they are, as they were written."""
    errors = [
        {"pointer": _POINTER, "code": what, "detail": " or ".join(said)[:LONGEST_DETAIL]}
        for what, said in found.items()
    ]
    told = "; ".join(f"{error['code']}: {error['detail']}?" for error in errors)
    return Refused("wish_ambiguous", told, errors=errors)


def impossible(why: str) -> Refused:
    """It is clear, and no order can do it."""
    error = {"pointer": _POINTER, "code": "wish_impossible", "detail": why[:LONGEST_DETAIL]}
    return Refused("wish_impossible", why, errors=[error])


def spoken() -> dict[Kind, dict[str, tuple[list[str], list[str]]]]:
    """All terms by kind and name, each with its English and its Chinese words."""
    known = vocabulary.get()
    return {
        kind: {name: (said.en, said.zh) for name, said in known.of(kind).items()} for kind in KINDS
    }


def _told(words: Mapping[str, tuple[list[str], list[str]]]) -> str:
    """As many as there is room for, whole."""
    told = ""
    for text in _first_of_each(words):
        longer = f"{told}, {text}" if told else text
        if len(longer) > LONGEST_DETAIL - 2:
            return f"{told}, …"
        told = longer
    return told


def _first_of_each(words: Mapping[str, tuple[list[str], list[str]]]) -> Iterator[str]:
    for english, chinese in words.values():
        yield " ".join([*english[:1], *chinese[:1]])
