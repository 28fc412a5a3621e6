"""Rows as one parameter of a statement, read back as they were given, on both databases."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Float, Integer, String, select
from sqlalchemy.types import TypeEngine

from db import portable
from db.engine import reading
from db.portable import as_given, in_parts, json_text

pytestmark = pytest.mark.usefixtures("archive")

AWKWARD = [
    "",
    " ",
    "null",
    "1",
    "true",
    '{"a": [1]}',
    'say "so"',
    "it's",
    "back\\slash",
    "line\nbreak\ttab",
    "$.key ? :name %s %(x)s",
    "ünïcödé – 靴 👟",
    "\u2028\x7f\x01",
]
_WORDS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"))


def _read_back(
    rows: Sequence[Mapping[str, Any]], **columns: TypeEngine[Any]
) -> list[dict[str, Any]]:
    with reading() as session:
        found = portable.given(session.get_bind().dialect.name, "these", **columns)
        told = session.execute(select(*found.c), {"these": as_given(rows)})
        return [dict(row) for row in told.mappings()]


def test_each_column_comes_back_in_its_type():
    row = {"text": "a", "whole": 7, "real": 0.5, "flag": True}

    (found,) = _read_back([row], text=String(), whole=Integer(), real=Float(), flag=Boolean())

    assert found == row
    assert {name: type(value) for name, value in found.items()} == {
        "text": str,
        "whole": int,
        "real": float,
        "flag": bool,
    }


@pytest.mark.parametrize("number", [0, -1, 2**31 - 1, -(2**31)])
def test_whole_numbers_come_back_whole(number: int):
    assert _read_back([{"n": number}], n=Integer()) == [{"n": number}]


def test_nothing_comes_back_as_nothing_whether_it_is_said_or_left_out():
    rows = [{"a": None, "b": 1}, {"b": None}, {"a": "x"}]

    found = _read_back(rows, a=String(), b=Integer())

    assert found == [{"a": None, "b": 1}, {"a": None, "b": None}, {"a": "x", "b": None}]


@pytest.mark.parametrize("text", AWKWARD)
def test_text_comes_back_letter_by_letter(text: str):
    assert _read_back([{"text": text}], text=String()) == [{"text": text}]


@settings(
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(_WORDS, max_size=5))
def test_any_texts_come_back_letter_by_letter(texts: list[str]):
    rows = [{"text": text} for text in texts]

    assert _read_back(rows, text=String()) == rows


def test_no_rows_are_no_rows():
    assert _read_back([], text=String(), n=Integer()) == []


def test_a_thousand_rows_come_back_in_their_order():
    rows = [{"n": number, "text": f"row {number}"} for number in range(1_000)]

    assert _read_back(rows, n=Integer(), text=String()) == rows


def test_what_a_row_has_beside_its_columns_is_left_out():
    assert _read_back([{"a": 1, "b": 2}], a=Integer()) == [{"a": 1}]


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": {"b": [1, 2.5, None, {"c": 'it\'s "so"'}]}, "ü": "靴"},
        [1, 2],
        "text",
        7,
        1.5,
        True,
        None,
    ],
)
def test_json_in_a_text_comes_back_as_what_it_says(value: Any):
    with reading() as session:
        dialect = session.get_bind().dialect.name
        found = portable.given(dialect, "these", text=String())
        asked = select(json_text(dialect, found.c.text))
        told = session.scalar(asked, {"these": as_given([{"text": json.dumps(value)}])})

    assert told == value


def test_many_ids_come_once_in_order_and_as_many_as_a_statement_takes() -> None:
    ids = [f"{number:05d}" for number in range(12_000)]

    parts = list(in_parts([*reversed(ids), *ids]))

    assert [len(part) for part in parts] == [5_000, 5_000, 2_000]
    assert [one for part in parts for one in part] == ids
