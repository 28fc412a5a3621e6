"""Lines end where a reader of the script expects it."""

import pytest

from models.advertising.breaking import broken, pieces


def wide(line: str) -> float:
    """Ten pixels a character, twenty a Chinese one."""
    return sum(20 if ord(character) > 0x2E80 else 10 for character in line)


def test_latin_is_broken_at_spaces_and_balanced():
    assert broken("one two three four", width=110, measure=wide) == ["one two", "three four"]


def test_chinese_is_broken_between_characters():
    lines = broken("暖冬短靴今日上市", width=100, measure=wide)

    assert lines == ["暖冬短靴", "今日上市"]


@pytest.mark.parametrize("width", range(40, 200, 20))
def test_no_line_begins_with_a_comma_or_ends_with_an_opening_quote(width: int):
    lines = broken("暖冬短靴，今日「新品」上市！全场八折。", width=width, measure=wide)

    assert lines is not None
    assert not any(line[0] in "，」！。" for line in lines)
    assert not any(line[-1] == "「" for line in lines)


def test_a_latin_word_among_chinese_stays_whole():
    assert "Packshot" in pieces("新品Packshot上市")


def test_devanagari_is_broken_at_spaces_alone():
    lines = broken("सर्दियों के जूते", width=100, measure=wide)

    assert lines is not None
    assert " ".join(lines) == "सर्दियों के जूते"


def test_a_word_that_is_too_long_for_the_width_is_not_cut():
    assert broken("extraordinary", width=100, measure=wide) is None


def test_the_callers_line_breaks_stay():
    assert broken("one\ntwo", width=500, measure=wide) == ["one", "two"]
