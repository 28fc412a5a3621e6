"""Identifiers that sort by time."""

import time
from uuid import UUID

import pytest

from db.ids import is_id, new_id


def test_an_id_is_a_version_7_uuid_of_this_millisecond():
    before = time.time_ns() // 1_000_000
    made = UUID(new_id())
    after = time.time_ns() // 1_000_000

    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= after


def test_ids_of_later_milliseconds_sort_later():
    made = []
    for _ in range(5):
        made.append(new_id())
        time.sleep(0.002)

    assert made == sorted(made)


def test_ids_of_one_moment_are_all_different():
    assert len({new_id() for _ in range(20_000)}) == 20_000


def test_every_new_id_is_an_id():
    assert is_id(new_id())


@pytest.mark.parametrize(
    "text",
    [
        *("", "gan-fashion@1", "0190a0b0", "0190A0B0-0000-7000-8000-00000000000A"),
        *("{0190a0b0-0000-7000-8000-000000000000}", "0190a0b0000070008000000000000000"),
        *("urn:uuid:0190a0b0-0000-7000-8000-000000000000", "0190a0b0-0000-7000-8000-00000000000g"),
    ],
)
def test_other_spellings_are_no_ids(text: str):
    assert not is_id(text)
