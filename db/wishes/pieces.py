"""The parts of a wish that the vocabulary knows, the longest first, and the parts between them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from db.wishes.text import Sort, Token, tokens
from db.wishes.vocabulary import Grammar, Kind, Term, Vocabulary

PieceKind = Kind | Grammar | Sort | Literal["unknown"]
_AS_IT_STANDS: Final = ("size", "ratio", "side", "scale", "hex", "comma", "or", "and", "stop")
_DONE: Final = ("action", "setting")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the wish.

    Attributes:
        text: as it was written.
        name: the term's; empty where there is none.
        corrected: a typing error was seen through.
    """

    kind: PieceKind
    text: str
    name: str = ""
    numbers: tuple[int, ...] = ()
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    meant: str | None


def pieces(wish: str, vocabulary: Vocabulary) -> list[Piece]:
    """The whole wish, without articles."""
    found: list[Piece] = []
    words: list[_Word] = []
    for token in tokens(wish):
        if token.sort == "word":
            words.append(_Word(token.text, vocabulary.speller.meant(token.text)))
            continue
        found += _of_words(words, vocabulary)
        words = []
        found += _of_token(token, vocabulary)
    return [*found, *_of_words(words, vocabulary)]


def _of_token(token: Token, vocabulary: Vocabulary) -> Iterator[Piece]:
    if token.sort == "han":
        yield from _of_characters(token.text, vocabulary)
    elif token.sort in _AS_IT_STANDS:
        yield Piece(token.sort, token.text, numbers=token.numbers)
    else:
        yield Piece("unknown", token.text)


def _of_words(words: Sequence[_Word], vocabulary: Vocabulary) -> Iterator[Piece]:
    """By longest match; a word that no phrase begins with is unknown."""
    said = [word for word in words if not _is_article(word, vocabulary)]
    at = 0
    while at < len(said):
        length, term = _match(said, at, vocabulary)
        text = " ".join(word.text for word in said[at : at + length])
        if term is None:
            yield Piece("unknown", text)
        else:
            corrected = any(word.text != word.meant for word in said[at : at + length])
            yield Piece(term.kind, text, term.name, corrected=corrected)
        at += length


def _match(said: Sequence[_Word], at: int, vocabulary: Vocabulary) -> tuple[int, Term | None]:
    meant = tuple(word.meant for word in said[at : at + 8])
    for phrase, term in vocabulary.phrases.get(meant[0] or "", ()):
        if meant[: len(phrase)] == phrase and not _is_cut_short(said, at, len(phrase), vocabulary):
            return len(phrase), term
    return 1, None


def _is_cut_short(said: Sequence[_Word], at: int, length: int, vocabulary: Vocabulary) -> bool:
    """Of "no background blur" the first two words are no phrase: what is refused is a blur."""
    if length == 1:
        return False
    first = _alone(said[at], vocabulary)
    if first is None or first.kind != "not" or at + length == len(said):
        return False
    _, following = _match(said, at + length, vocabulary)
    return following is not None and following.kind in _DONE


def _alone(word: _Word, vocabulary: Vocabulary) -> Term | None:
    phrases = vocabulary.phrases.get(word.meant or "", ())
    return next((term for phrase, term in phrases if len(phrase) == 1), None)


def _is_article(word: _Word, vocabulary: Vocabulary) -> bool:
    term = _alone(word, vocabulary)
    return term is not None and term.kind == "article"


def _of_characters(text: str, vocabulary: Vocabulary) -> Iterator[Piece]:
    """By longest match, without a segmenter: one character alone counts only beside what is known.

    So the red of "口红" (lipstick), the no of "不锈钢" (stainless) and the ground of "鞋跟底" stay
    parts of words that we do not know.
    """
    at, unknown_from = 0, 0
    while at < len(text):
        term, length = _longest(text, at, vocabulary)
        if length == 1 and not _stands_free(text, at, unknown_from, vocabulary):
            length = 0
        if term is None or length == 0:
            at += 1
            continue
        if unknown_from < at:
            yield Piece("unknown", text[unknown_from:at])
        yield Piece(term.kind, text[at : at + length], term.name)
        at += length
        unknown_from = at
    if unknown_from < at:
        yield Piece("unknown", text[unknown_from:at])


def _longest(text: str, at: int, vocabulary: Vocabulary) -> tuple[Term | None, int]:
    for length in range(min(vocabulary.longest, len(text) - at), 0, -1):
        if term := vocabulary.characters.get(text[at : at + length]):
            return term, length
    return None, 0


def _stands_free(text: str, at: int, unknown_from: int, vocabulary: Vocabulary) -> bool:
    """Whether what is around one character is known too, or nothing."""
    if unknown_from < at:
        return False
    return at + 1 == len(text) or _longest(text, at + 1, vocabulary)[1] > 0
