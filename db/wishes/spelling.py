"""Finds the word behind a typing error: one or two letters wrong, never in short words.

Words that share a piece after letters were left out (the deletion index of SymSpell, Garbe 2012)
are compared by optimal string alignment: left out, put in, changed, or two neighbours swapped.
"""

from collections.abc import Iterable
from typing import Final

_MOST_LETTERS: Final = 20
"""A longer word is none of ours, and would have too many pieces."""


class Speller:
    """Knows some words, and finds the one that was meant."""

    def __init__(
        self, words: Iterable[str], *, known: Iterable[str], whole: Iterable[str] = ()
    ) -> None:
        """`words` are looked for, those that are `whole` terms first; `known` ones are right."""
        self._known, self._whole = frozenset(known), frozenset(whole)
        self._pieces: dict[str, list[str]] = {}
        for word in sorted(set(words)):
            for piece in _pieces(word, _errors_in(word)):
                self._pieces.setdefault(piece, []).append(word)

    def meant(self, word: str) -> str | None:
        """The only word that is nearest; itself where it is known, None where none is near."""
        if word in self._known:
            return word
        if not 4 <= len(word) <= _MOST_LETTERS or not word.isascii():
            return None
        most = 2 if len(word) >= 7 else 1
        asked = {one for piece in _pieces(word, most) for one in self._pieces.get(piece, ())}
        aways = {one: away for one in asked if (away := _away(word, one)) is not None}
        near = [one for one, away in aways.items() if away == min(aways.values())]
        if len(near) > 1:  # "sharpn" is "sharpen", which is a term, and not the "sharp" of others
            near = [one for one in near if one in self._whole]
        return near[0] if len(near) == 1 else None


def _errors_in(word: str) -> int:
    """How many letters may be wrong: none of three, one up to seven."""
    if len(word) < 4:
        return 0
    return 1 if len(word) < 8 else 2


def _away(typed: str, word: str) -> int | None:
    """In how many places they differ, if that is not too many for such a word."""
    if typed[0] != word[0] and typed[:2] != word[1::-1]:
        return None  # hardly anybody errs in a first letter, and another one makes another word
    if len(word) == 4 and sorted(typed) != sorted(word):
        return None  # of four letters only "bleu"
    away = distance(typed, word)
    return away if away <= _errors_in(word) else None


def distance(one: str, other: str) -> int:
    """Optimal string alignment distance."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        next_row = [i]
        for j, its in enumerate(other, start=1):
            best = min(row[j] + 1, next_row[j - 1] + 1, row[j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == its:
                best = min(best, before[j - 2] + 1)
            next_row.append(best)
        before, row = row, next_row
    return row[-1]


def _pieces(word: str, most: int) -> set[str]:
    """The word, and what it is with up to so many letters left out."""
    found = newest = {word}
    for _ in range(most):
        newest = {one[:at] + one[at + 1 :] for one in newest for at in range(len(one))}
        found = found | newest
    return found
