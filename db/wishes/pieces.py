"""The parts of a wish that the vocabulary knows, the longest first, and the parts between them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from db.wishes.text import Sort, Token, tokens
from db.wishes.vocabulary import Grammar, Kind, Term, Vocabulary

PieceKind = Kind | Grammar | Sort | Literal["unknown"]
_AS_IT_STANDS: Final = ("size", "ratio", "side", "scale", "hex", "comma", "or", "and", "stop")
_DONE: Final = ("action", "setting")
_NOTHING_BEHIND: Final = "transparent"
_ON_GROUNDS: Final = ("shadow", "drop_shadow", "reflection")
_LONGEST_PHRASE: Final = 8


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
    """As it was written and as it was meant; `is_named`: an article stands before it."""

    text: str
    meant: str | None
    is_named: bool = False


def pieces(wish: str, vocabulary: Vocabulary) -> list[Piece]:
    """The whole wish, without articles."""
    found: list[Piece] = []
    words: list[_Word] = []
    for token in tokens(wish):
        if token.sort == "word":
            parts = vocabulary.joined.get(token.text, (token.text,))
            words += [_Word(part, vocabulary.speller.meant(part)) for part in parts]
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
    said = list(_without_articles(words, vocabulary))
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


def _without_articles(words: Sequence[_Word], vocabulary: Vocabulary) -> Iterator[_Word]:
    is_named = False
    for word in words:
        if _is_article(word, vocabulary):
            is_named = True
        else:
            yield replace(word, is_named=is_named)
            is_named = False


def _match(said: Sequence[_Word], at: int, vocabulary: Vocabulary) -> tuple[int, Term | None]:
    meant = tuple(word.meant for word in said[at : at + _LONGEST_PHRASE])
    for phrase, term in vocabulary.phrases.get(meant[0] or "", ()):
        length = len(phrase)
        if meant[:length] == phrase and not _refuses_more(said, at, length, term, vocabulary):
            return length, term
    return 1, None


def _refuses_more(
    said: Sequence[_Word], at: int, length: int, term: Term, vocabulary: Vocabulary
) -> bool:
    """Whether a phrase that begins with a refusal is cut out of a longer one.

    Of "no background blur" the blur is refused, "no background shadow" wants no shadow, and
    "drop the shadow" no drop shadow.
    """
    refusal = _refusal(said, at, length, vocabulary)
    if refusal is None:
        return False
    rest, what = _match(said, at + refusal, vocabulary)
    if what is None or what.kind not in _DONE:
        rest = 0
    is_noun = term.kind == "action" and what is not None and what.kind == "action"
    is_apart = is_noun and rest == length - refusal and said[at + refusal].is_named
    if refusal + rest > length or is_apart:
        return True
    if term.name != _NOTHING_BEHIND or at + length == len(said):
        return False
    _, following = _match(said, at + length, vocabulary)
    return following is not None and _lies_on_ground(following)


def _refusal(said: Sequence[_Word], at: int, length: int, vocabulary: Vocabulary) -> int | None:
    """How many words of a phrase are a refusal by themselves, if it begins with one."""
    meant = tuple(word.meant for word in said[at : at + length])
    lengths = (
        len(phrase)
        for phrase, term in vocabulary.phrases.get(meant[0] or "", ())
        if term.kind == "not" and len(phrase) < length and meant[: len(phrase)] == phrase
    )
    return next(lengths, None)


def _lies_on_ground(term: Term) -> bool:
    return term.kind == "setting" or term.name in _ON_GROUNDS


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
        term, length = _whole_refusal(text, at, term, length, vocabulary)
        if unknown_from < at:
            yield Piece("unknown", text[unknown_from:at])
        yield Piece(term.kind, text[at : at + length], term.name)
        at += length
        unknown_from = at
    if unknown_from < at:
        yield Piece("unknown", text[unknown_from:at])


def _whole_refusal(
    text: str, at: int, term: Term, length: int, vocabulary: Vocabulary
) -> tuple[Term, int]:
    """The refusal alone, where the term is cut out of a longer one: of "不要背景虚化"."""
    for short in range(length - 1, 0, -1):
        refusal = vocabulary.characters.get(text[at : at + short])
        if refusal is None or refusal.kind != "not":
            continue
        what, rest = _longest(text, at + short, vocabulary)
        if what is not None and what.kind in _DONE and short + rest > length:
            return refusal, short
        following, _ = _longest(text, at + length, vocabulary)
        if term.name == _NOTHING_BEHIND and following is not None and _lies_on_ground(following):
            return refusal, short
    return term, length


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
